"""A slot: one receiving m-line of a subscriber, fed by one track after another without a seam.

Its SSRC, sequence numbers, timestamps and picture numbers go on whatever feeds it. States:

    EMPTY ──route──▶ WAITING ──start──▶ CATCHING_UP ──level──▶ LIVE
      ▲                │ ▲ ▲◀──────────────┴──────────restart───┤
      │              pause resume          ▲◀─────────switch────┤
      │                ▼ │                 │                    │
      │               PAUSED ◀─────────────┴──────────pause─────┤
      └──── unroute ───┴───────────────────┴────────────────────┘

WAITING lacks a keyframe (video) or a packet (audio). CATCHING_UP sends what a layer's ring holds from a
keyframe on, a few packets per turn (pacing), and becomes LIVE when it has reached the newest packet: then the
hot path feeds it, and nobody touches this object until something changes. PAUSED sends nothing by request.
A slot that is paced (its subscriber's link is narrow) never gets beyond CATCHING_UP: the ring is its queue.

**Which layer.** `target` is the layer to be at: the largest that flows within two bounds, `aim(layer)` (what
the link takes; the allocator's word) and `max_layer` of the route (how large the picture is drawn). When
nothing flows within the second bound but something does above it, that is better than no picture. While
`layer` is not `target`, a keyframe of `target` is asked for, and the slot goes on with `layer` until then.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from streaming.control.extensions import ABS_SEND_TIME, FORWARDED, MID, WRITTEN
from streaming.control.messages import Codec, MediaSection
from streaming.forwarding.hot_path import Lane, Output, Path, forward
from streaming.forwarding.layer import PACKET_OVERHEAD_OCTETS, Head, Layer
from streaming.forwarding.track import Track
from streaming.rtp import padding
from streaming.rtp.extensions import abs_send_time
from streaming.rtp.packet_ring import ForwardPacket, PacketRing
from streaming.rtp.sequence import ContinuityMap, unwrap16
from streaming.srtp import SrtpSender

CATCH_UP_PACKETS: Final = 24
"""Per turn of 10 ms: 2,400 packets a second, far above any stream, far below a burst that fills buffers."""
FRESH_SOUND_S: Final = 0.1
"""A paused microphone's last word is not said again to whoever comes later."""
FRESH_KEYFRAME_S: Final = 0.1
"""A keyframe that came so shortly before a change of layers was decided still serves it."""
STALLED_TAKE_OLD_S: Final = 1.5
"""A layer that stopped is left for an old keyframe when nobody sends a fresh one for so long."""
USUAL_TRIP_S: Final = 0.1
RESEND_SPACING: Final = 0.8
"""Of a round trip: who asks again sooner cannot have missed the answer yet."""
SHORTEST_SPACING_S: Final = 0.02
LONGEST_SPACING_S: Final = 0.4
MAX_RESENDS: Final = 6
MAX_RESEND_MEMORY: Final = 512
RESEND_BURST_OCTETS: Final = 200_000
RESEND_SHARE: Final = 0.5
"""Of what was sent, so much may be sent again in the long run, and RESEND_BURST_OCTETS at once."""
MAX_CREDIT_S: Final = 0.02
MAX_OVERDRAFT_S: Final = 0.1
"""What is sent again over a narrow link is taken from what would be sent anew, at most so far ahead."""
MAX_NACK_NUMBERS: Final = 256
NACK_NUMBERS_PER_S: Final = 1000
NACK_NUMBERS_BURST: Final = 512
"""Looking one up costs some 3 us, and a datagram can name 8,000: more than any honest viewer misses waits."""
MAX_STRETCHES: Final = 3
ANY_LAYER: Final = 255
_PICTURE_ID_MASK: Final = 0x7FFF


class SlotState(Enum):
    """See the module."""

    EMPTY = "empty"
    WAITING = "waiting"
    CATCHING_UP = "catching_up"
    LIVE = "live"
    PAUSED = "paused"


class SlotEvent(Enum):
    """See the module."""

    ROUTE = "route"
    UNROUTE = "unroute"
    START = "start"
    LEVEL = "level"
    PACE = "pace"
    SWITCH = "switch"
    RESTART = "restart"
    PAUSE = "pause"
    RESUME = "resume"


_FED: Final[dict[SlotEvent, SlotState]] = {
    SlotEvent.SWITCH: SlotState.CATCHING_UP,
    SlotEvent.RESTART: SlotState.WAITING,
    SlotEvent.PAUSE: SlotState.PAUSED,
    SlotEvent.UNROUTE: SlotState.EMPTY,
}
TABLE: Final[dict[SlotState, dict[SlotEvent, SlotState]]] = {
    SlotState.EMPTY: {SlotEvent.ROUTE: SlotState.WAITING},
    SlotState.WAITING: {
        SlotEvent.START: SlotState.CATCHING_UP,
        SlotEvent.RESTART: SlotState.WAITING,
        SlotEvent.PAUSE: SlotState.PAUSED,
        SlotEvent.UNROUTE: SlotState.EMPTY,
    },
    SlotState.CATCHING_UP: {SlotEvent.LEVEL: SlotState.LIVE, **_FED},
    SlotState.LIVE: {SlotEvent.PACE: SlotState.CATCHING_UP, **_FED},
    SlotState.PAUSED: {
        SlotEvent.RESUME: SlotState.WAITING,
        SlotEvent.RESTART: SlotState.PAUSED,
        SlotEvent.UNROUTE: SlotState.EMPTY,
    },
}


class LayerOption(NamedTuple):
    """A layer that a slot could get. One that rests costs what it cost when it flowed (0: unknown)."""

    layer: int
    bitrate_bps: int
    flows: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the output that one layer fed, for those who ask for its packets after it ended.

    Sequence numbers are those of the output, extended.
    """

    first_seq: int
    last_seq: int
    layer: Layer
    ring: PacketRing
    seq_offset: int
    timestamp_offset: int
    picture_id_offset: int
    tl0_pic_idx_offset: int
    codec: Codec


class Slot:
    """See the module. Created with random `ssrc`s and starting points; one owner, the forwarding plane."""

    def __init__(
        self, section: MediaSection, ssrc: int, rtx_ssrc: int, *, first_seq: int, first_timestamp: int
    ) -> None:
        mid_id = section.header_extensions.get(MID)
        numbering = {uri: n for uri, n in section.header_extensions.items() if uri in FORWARDED | WRITTEN}
        repeats = any(codec.rtx_pt is None for codec in section.codecs)
        self.section = section
        self.transport = ""
        self.mid = section.mid
        self.state = SlotState.EMPTY
        self.track: Track | None = None
        self.layer: Layer | None = None
        self.target: Layer | None = None
        self.priority = 2
        self.max_layer = ANY_LAYER
        self.aimed: int | None = ANY_LAYER
        self.is_hidden = False
        self.announced: tuple[bool, str] = (False, "")
        self.codec: Codec | None = None
        self.waiting_since = 0.0
        self.switching_since = 0.0
        self.switches = 0
        self.nacks = 0
        self.unanswered_nacks = 0
        self.retransmitted = 0
        self.keyframe_wishes = 0
        is_urgent = section.kind == "audio"
        self.lane = Lane(ssrc, section.mid, mid_id, numbering, repeats=repeats, is_urgent=is_urgent)
        self.rtx_lane = Lane(rtx_ssrc, section.mid, mid_id, numbering, repeats=False, is_urgent=is_urgent)
        self.has_keys = False
        self.padding_octets = 0
        self._sender: SrtpSender | None = None
        self._pace_bps: float | None = None
        self._paced_at = 0.0
        self._credit_octets = 0.0
        self.round_trip_s = USUAL_TRIP_S
        self._resend_credit = float(RESEND_BURST_OCTETS)
        self._resend_earned_at = 0
        self._map = ContinuityMap(first_seq, first_timestamp)
        self._rtx_seq = first_seq
        self._cursor = 0
        self._resent: dict[int, tuple[float, int]] = {}
        self._nack_numbers = float(NACK_NUMBERS_BURST)
        self._nacked_at = 0.0
        self._stretches: list[Stretch] = []
        self._began_seq = first_seq
        self._picture_id: int | None = None
        self._tl0_pic_idx: int | None = None
        self._clock_anchor: tuple[float, int] | None = None

    def codec_for(self, codec: Codec) -> Codec | None:
        """The subscriber's payload type for a publisher's codec: the same parameters if possible."""
        same = [c for c in self.section.codecs if c.name.lower() == codec.name.lower()]
        return next((c for c in same if c.fmtp == codec.fmtp), same[0] if same else None)

    def protect_with(self, sender: SrtpSender) -> None:
        """The subscriber can receive from now on."""
        self.lane.protect_with(sender)
        self.rtx_lane.protect_with(sender)
        self._sender = sender
        self.has_keys = True

    def move_to(self, path: Path) -> None:
        """The subscriber is at this address now."""
        self.lane.path = path
        self.rtx_lane.path = path

    # ── life of a route ──

    def route(self, track: Track, now: float) -> None:
        """Be fed by `track`, which may not flow yet."""
        self.unroute()
        self.track = track
        track.slots.append(self)
        self._go(SlotEvent.ROUTE)
        self.waiting_since = now
        self._pause_or_resume(now)
        self.retarget(now)

    def unroute(self) -> None:
        """Be fed by nothing."""
        track = self.track
        if track is None:
            return
        self._leave()
        self._stretches.clear()
        track.slots.remove(self)
        track.unsettled.pop(self, None)
        self.track = self.layer = self.target = None
        self.codec = None
        self._clock_anchor = None
        self.announced = (False, "")
        self.state = TABLE[self.state][SlotEvent.UNROUTE]

    def settle(self) -> None:
        """Bring the numbers up to date with what the hot path has sent."""
        layer = self.layer
        if self.state is SlotState.LIVE and layer is not None and layer.ring.highest is not None:
            self._map.sent(layer.ring.highest, layer.highest_timestamp, layer.last_arrival)
            newest = layer.ring.get(layer.ring.highest)
            if newest is not None:
                self._note_picture(newest)

    def restart(self, layer: Layer, now: float) -> None:
        """`layer` begins anew (settle was called before): wait for its first usable packet, if it fed us."""
        self._stretches = [s for s in self._stretches if s.layer is not layer]
        if self.layer is not layer:
            return
        self._leave_live()
        self.layer = None
        self.codec = None
        self._clock_anchor = None
        self.waiting_since = now
        self._go(SlotEvent.RESTART)

    # ── which layer ──

    def view(self, *, max_layer: int | None, is_hidden: bool, now: float) -> None:
        """How the subscriber looks at it: `max_layer` bounds the picture (None: not at all)."""
        self.max_layer = ANY_LAYER if max_layer is None else max(0, max_layer)
        self.is_hidden = is_hidden
        self._pause_or_resume(now)
        self.retarget(now)

    def aim(self, layer: int | None, now: float) -> None:
        """What the subscriber's link takes: at most this layer, ANY_LAYER for all, None for no picture."""
        self.aimed = layer
        self._pause_or_resume(now)
        self.retarget(now)

    def options(self, now: float) -> list[LayerOption]:
        """What could be sent, from the smallest layer to the largest that the route wants.

        Empty for an empty slot, a hidden one, and a track that never sent anything.
        """
        if self.track is None or self.is_hidden:
            return []
        return [
            LayerOption(layer.index, layer.measure(now), layer.is_flowing)
            for layer in self.track.layers[: self.max_layer + 1]
            if layer.has_begun
        ]

    @property
    def bound(self) -> int:
        """The largest layer within both bounds; -1 when paused."""
        return -1 if self.is_hidden or self.aimed is None else min(self.aimed, self.max_layer)

    @property
    def wanted_layer(self) -> int | None:
        """Which layer its publisher should send for this slot, whether it does so now or not."""
        if self.track is None or self.bound < 0:
            return None
        return min(self.bound, self.track.top)

    @property
    def is_paused(self) -> bool:
        """Nothing is sent because somebody said so."""
        return self.state is SlotState.PAUSED

    def retarget(self, now: float) -> None:
        """Choose the target again, after bounds or flows changed."""
        track = self.track
        if track is None or self.bound < 0:
            return
        target = track.best(self.bound)
        if target is None and self.aimed is not None and self.aimed > self.max_layer:
            target = next((layer for layer in track.layers[: self.aimed + 1] if layer.is_flowing), None)
        if target is None:
            is_within = self.layer is not None and self.layer.index <= self.bound
            target = self.layer if is_within else track.layers[min(self.bound, track.top)]
        if target is not self.target:
            self.target = target
            self._ask_for_target(now)
        self._sort()

    def _ask_for_target(self, now: float) -> None:
        self.switching_since = now
        if self.target is not None and self.is_switching:
            self.target.keyframes.wish()

    @property
    def is_switching(self) -> bool:
        """Fed by one layer, and waiting for the keyframe of another."""
        return self.layer is not None and self.target is not self.layer

    def _pause_or_resume(self, now: float) -> None:
        if self.track is None:
            return
        if self.bound < 0 and self.state is not SlotState.PAUSED:
            self._leave()
            self.layer = self.target = None
            self.codec = None
            self._go(SlotEvent.PAUSE)
        elif self.bound >= 0 and self.state is SlotState.PAUSED:
            self.waiting_since = now
            self._go(SlotEvent.RESUME)

    # ── starting and switching ──

    def advance(self, now: float, *, any_age: bool = False) -> bool:
        """Start, or switch to the target, if a keyframe allows it now. `any_age`: an old one is fine too."""
        if self.state is SlotState.WAITING:
            return self.try_start(now, any_age=any_age)
        target, layer = self.target, self.layer
        if target is None or layer is None or target is layer:
            return False
        head = target.complete_head()
        if head is None:
            return False
        is_fresh = head.arrival >= self.switching_since - FRESH_KEYFRAME_S
        if not is_fresh and (layer.is_flowing or now - self.switching_since < STALLED_TAKE_OLD_S):
            return False
        return self._begin(target, head, now)

    def try_start(self, now: float, *, any_age: bool = False) -> bool:
        """Begin with what the rings offer. False when it must wait (for a keyframe)."""
        if self.state is not SlotState.WAITING or self.track is None or not self.has_keys:
            return False
        for layer in self._by_preference():
            head = self._starting_point(layer, now, any_age=any_age)
            if head is not None and self._begin(layer, head, now):
                return True
        return False

    def _by_preference(self) -> Iterator[Layer]:
        """The target, then what could stand in for it: a picture at once is worth more than a sharp one."""
        assert self.track is not None
        if self.target is not None:
            yield self.target
        aimed = ANY_LAYER if self.aimed is None else self.aimed
        for layer in reversed(self.track.layers[: aimed + 1]):
            if layer is not self.target and layer.is_flowing:
                yield layer

    def _starting_point(self, layer: Layer, now: float, *, any_age: bool) -> Head | None:
        if layer.kind == "video":
            return layer.complete_head() if any_age else layer.recent_head(now)
        if now - layer.last_arrival > FRESH_SOUND_S:
            return None
        newest = None if layer.ring.highest is None else layer.ring.get(layer.ring.highest)
        return None if newest is None else Head(newest.ext_seq, newest.timestamp, newest.arrival)

    def _begin(self, layer: Layer, head: Head, now: float) -> bool:
        """Go on with `layer` from `head`; False when the subscriber does not decode its codec."""
        codec = None if layer.codec is None else self.codec_for(layer.codec)
        if codec is None:
            return False
        aligned = self._aligned_timestamp(layer, head)
        event = SlotEvent.START if self.state is SlotState.WAITING else SlotEvent.SWITCH
        self._leave()
        age = max(0.0, layer.last_arrival - head.arrival)
        self._map.switch(head.ext_seq, head.timestamp, age, codec.clock_rate, now, aligned=aligned)
        self.switches += self.layer is not layer
        self.layer = layer
        self.codec = codec
        self._began_seq = self._map.next_seq
        self._cursor = head.ext_seq
        lane = self.lane
        lane.payload_type = codec.pt
        lane.seq_offset = self._map.seq_offset
        lane.timestamp_offset = self._map.timestamp_offset
        self._go_on_counting_pictures(layer.ring.get(head.ext_seq))
        self._go(event)
        self._ask_for_target(now)
        return True

    def _aligned_timestamp(self, layer: Layer, head: Head) -> int | None:
        """The output timestamp of `head` by the publisher's clocks, None without reports of both layers."""
        old = self.layer
        if old is not None and old is not layer and old.clock is not None and self._clock_anchor is None:
            if old.codec is None or layer.codec is None or old.codec.clock_rate != layer.codec.clock_rate:
                return None
            self._clock_anchor = old.clock.ntp_s, old.clock.timestamp + self._map.timestamp_offset
        if self._clock_anchor is None or layer.clock is None or layer.codec is None:
            return None
        rate = layer.codec.clock_rate
        captured_s = layer.clock.ntp_s + (head.timestamp - layer.clock.timestamp) / rate
        anchor_s, anchor_timestamp = self._clock_anchor
        return anchor_timestamp + round((captured_s - anchor_s) * rate)

    def _go_on_counting_pictures(self, first: ForwardPacket | None) -> None:
        self.lane.picture_id_offset = self.lane.tl0_pic_idx_offset = 0
        if first is None:
            return
        picture_id, tl0_pic_idx = picture_numbers(first)
        if picture_id is not None and self._picture_id is not None:
            self.lane.picture_id_offset = (self._picture_id + 1 - picture_id) & _PICTURE_ID_MASK
        if tl0_pic_idx is not None and self._tl0_pic_idx is not None:
            self.lane.tl0_pic_idx_offset = (self._tl0_pic_idx + 1 - tl0_pic_idx) & 0xFF

    def _note_picture(self, packet: ForwardPacket) -> None:
        """What the last picture sent was called at the subscriber's side."""
        picture_id, tl0_pic_idx = picture_numbers(packet)
        if picture_id is not None:
            self._picture_id = picture_id + self.lane.picture_id_offset & _PICTURE_ID_MASK
        if tl0_pic_idx is not None:
            self._tl0_pic_idx = tl0_pic_idx + self.lane.tl0_pic_idx_offset & 0xFF

    def _leave(self) -> None:
        """Stop being fed by the current layer; what it fed can be asked for again a little longer."""
        self.settle()
        self._leave_live()
        layer, codec, last_seq = self.layer, self.codec, self._map.last_seq
        if layer is None or codec is None or last_seq is None or last_seq < self._began_seq:
            return
        lane = self.lane
        self._stretches.append(
            Stretch(
                self._began_seq,
                last_seq,
                layer,
                layer.ring,
                lane.seq_offset,
                lane.timestamp_offset,
                lane.picture_id_offset,
                lane.tl0_pic_idx_offset,
                codec,
            )
        )
        del self._stretches[:-MAX_STRETCHES]
        self._began_seq = self._map.next_seq

    def catch_up(self, output: Output, now: float, limit: int = CATCH_UP_PACKETS) -> int:
        """One turn of CATCHING_UP with at most `limit` packets; returns how many it took."""
        layer = self.layer
        assert layer is not None
        highest = layer.ring.highest
        assert highest is not None
        self._earn_credit(now)
        budget = limit = min(limit, CATCH_UP_PACKETS)
        while budget and self._cursor <= highest and (self._pace_bps is None or self._credit_octets > 0):
            packet = layer.ring.get(self._cursor)
            self._cursor += 1
            if packet is not None:
                forward(packet, (self.lane,), output, now)
                self._credit_octets -= len(packet.payload) + PACKET_OVERHEAD_OCTETS
                self._map.sent(packet.ext_seq, packet.timestamp, now)
                self._note_picture(packet)
                budget -= 1
        if self._cursor > highest and self._pace_bps is None:
            self._go(SlotEvent.LEVEL)
            layer.live_lanes.append(self.lane)
        return limit - budget

    def pace(self, bitrate_bps: float | None, now: float) -> None:
        """Send at this rate at most, None: as it comes. Keyframes are spread, sound goes in between."""
        if self._pace_bps is None:
            self._paced_at, self._credit_octets = now, 0.0
        self._pace_bps = bitrate_bps
        if bitrate_bps is not None and self.state is SlotState.LIVE:
            self.settle()
            self._leave_live()
            assert self.layer is not None
            self._cursor = (self.layer.ring.highest or 0) + 1
            self._go(SlotEvent.PACE)

    def _earn_credit(self, now: float) -> None:
        """May be overdrawn by one packet; what is not used is soon lost."""
        if self._pace_bps is not None:
            earned = self._pace_bps / 8 * (now - self._paced_at)
            self._credit_octets = min(self._credit_octets + earned, self._pace_bps / 8 * MAX_CREDIT_S)
            self._paced_at = now

    def send_late(self, packet: ForwardPacket, output: Output, now: float) -> None:
        """A packet of our layer behind its newest one arrived: send it if this slot's stream passed it."""
        first = self._map.first_source_seq
        if first is None or packet.ext_seq < first:
            return
        if self.state is SlotState.LIVE or (
            self.state is SlotState.CATCHING_UP and packet.ext_seq < self._cursor
        ):
            forward(packet, (self.lane,), output, now)

    # ── feedback of the subscriber ──

    def receive_nack(self, lost: tuple[int, ...], output: Output, now: float) -> None:
        """Send again what the ring still has: on the RTX SSRC if agreed, else the identical packet."""
        self.settle()
        self.nacks += 1
        earned = (now - self._nacked_at) * NACK_NUMBERS_PER_S
        allowed = min(self._nack_numbers + earned, NACK_NUMBERS_BURST)
        asked = lost[: min(MAX_NACK_NUMBERS, int(allowed))]
        self._nacked_at, self._nack_numbers = now, allowed - len(asked)
        self.unanswered_nacks += len(lost) - len(asked)
        for seq16 in asked:
            stretch = self._stretch_of(seq16)
            if stretch is None or self._map.last_seq is None:
                self.unanswered_nacks += 1
                continue
            seq = unwrap16(seq16, self._map.last_seq)
            packet = stretch.ring.get(seq - stretch.seq_offset)
            if packet is None:
                self.unanswered_nacks += 1
            elif self._may_resend(seq, len(packet.payload), now):
                self._resend(packet, seq16, stretch, output, now)

    def _stretch_of(self, seq16: int) -> Stretch | None:
        """Who fed this output number. Without RTX only the current one: the lane must repeat its bytes."""
        layer, codec, last_seq = self.layer, self.codec, self._map.last_seq
        if last_seq is None:
            return None
        seq = unwrap16(seq16, last_seq)
        if layer is not None and codec is not None and self._began_seq <= seq <= last_seq:
            lane = self.lane
            return Stretch(
                self._began_seq,
                last_seq,
                layer,
                layer.ring,
                lane.seq_offset,
                lane.timestamp_offset,
                lane.picture_id_offset,
                lane.tl0_pic_idx_offset,
                codec,
            )
        for stretch in self._stretches:
            if stretch.first_seq <= seq <= stretch.last_seq and stretch.codec.rtx_pt is not None:
                return stretch
        return None

    def _may_resend(self, seq: int, size: int, now: float) -> bool:
        last, times = self._resent.get(seq, (float("-inf"), 0))
        spacing_s = min(LONGEST_SPACING_S, max(SHORTEST_SPACING_S, RESEND_SPACING * self.round_trip_s))
        if now - last < spacing_s or times >= MAX_RESENDS:
            return False
        if self._pace_bps is not None:
            if self.is_paused or self._credit_octets < -MAX_OVERDRAFT_S * self._pace_bps / 8:
                self.unanswered_nacks += 1
                return False
            self._credit_octets -= size + PACKET_OVERHEAD_OCTETS
        earned = RESEND_SHARE * (self.lane.octets - self._resend_earned_at)
        self._resend_earned_at = self.lane.octets
        self._resend_credit = min(self._resend_credit + earned, RESEND_BURST_OCTETS)
        if self._resend_credit < size:
            self.unanswered_nacks += 1
            return False
        self._resend_credit -= size
        if len(self._resent) >= MAX_RESEND_MEMORY:
            del self._resent[next(iter(self._resent))]
        self._resent[seq] = (now, times + 1)
        return True

    def _resend(
        self, packet: ForwardPacket, seq16: int, stretch: Stretch, output: Output, now: float
    ) -> None:
        self.retransmitted += 1
        if stretch.codec.rtx_pt is None:
            forward(packet, (self.lane,), output, now)
            return
        lane = self.rtx_lane
        lane.payload_type = stretch.codec.rtx_pt
        lane.timestamp_offset = stretch.timestamp_offset
        lane.picture_id_offset = stretch.picture_id_offset
        lane.tl0_pic_idx_offset = stretch.tl0_pic_idx_offset
        again = ForwardPacket(
            self._rtx_seq,
            packet.timestamp,
            packet.marker,
            packet.extensions,
            struct.pack("!H", seq16) + packet.payload,
            packet.arrival,
            packet.picture_id_at + 2 if packet.picture_id_at >= 0 else -1,
            packet.tl0_pic_idx_at + 2 if packet.tl0_pic_idx_at >= 0 else -1,
        )
        self._rtx_seq += 1
        forward(again, (lane,), output, now)

    # ── padding ──

    @property
    def sent_octets(self) -> int:
        """Everything that went to the subscriber for this slot, with headers."""
        packets = self.lane.packets + self.rtx_lane.packets
        return (
            self.lane.octets + self.rtx_lane.octets + packets * PACKET_OVERHEAD_OCTETS + self.padding_octets
        )

    @property
    def can_pad(self) -> bool:
        """Whether padding can be sent without touching the numbers of the media."""
        return self.has_keys and self.track is not None and self._padding_type is not None

    @property
    def _padding_type(self) -> int | None:
        if self.section.kind != "video":
            return None
        return next((codec.rtx_pt for codec in self.section.codecs if codec.rtx_pt is not None), None)

    def pad(self, octets: int, output: Output, now: float) -> None:
        """Send padding on the RTX stream: `octets` with headers, in whole packets."""
        payload_type, sender, ids = self._padding_type, self._sender, self.section.header_extensions
        if payload_type is None or sender is None:
            return
        extensions = [(ids[MID], self.mid.encode())] if MID in ids else []
        if ABS_SEND_TIME in ids:
            extensions.append((ids[ABS_SEND_TIME], abs_send_time(now)))
        while octets > 0:
            size = max(1, min(padding.MAX_PADDING, octets - PACKET_OVERHEAD_OCTETS))
            seq = self._rtx_seq
            self._rtx_seq += 1
            header, body = padding.build(
                payload_type,
                seq & 0xFFFF,
                self._map.last_timestamp,
                self.rtx_lane.ssrc,
                extensions=extensions,
                size=size,
            )
            datagram = sender.protect_rtp(header, body, self.rtx_lane.ssrc, seq)
            if datagram is not None:
                output.append((self.rtx_lane.path, datagram))
            self.padding_octets += size + PACKET_OVERHEAD_OCTETS
            octets -= size + PACKET_OVERHEAD_OCTETS

    def wish_keyframe(self) -> None:
        """The subscriber lost its picture (PLI, FIR)."""
        self.keyframe_wishes += 1
        layer = self.layer or self.target
        if layer is not None:
            layer.keyframes.wish()

    def clock_at(self, now: float) -> tuple[float | None, int] | None:
        """For a sender report: wall clock (s since 1900, None without the publisher's) and RTP time, now."""
        track, layer = self.track, self.layer
        if self.state not in {SlotState.LIVE, SlotState.CATCHING_UP} or track is None or layer is None:
            return None
        if layer.codec is None:
            return None
        rate, offset = layer.codec.clock_rate, self._map.timestamp_offset
        timestamp = layer.highest_timestamp + int((now - layer.last_arrival) * rate)
        if layer.clock is None:
            return None, timestamp + offset
        return layer.clock.ntp_s + track.wall.behind_s + (
            timestamp - layer.clock.timestamp
        ) / rate, timestamp + offset

    def media(self) -> tuple[bool, str]:
        """Paused, and the rid of the layer that feeds it: for those who tell the subscriber."""
        return self.is_paused, "" if self.layer is None else self.layer.rid

    def _leave_live(self) -> None:
        if self.state is SlotState.LIVE and self.layer is not None:
            self.layer.live_lanes.remove(self.lane)

    def _go(self, event: SlotEvent) -> None:
        self.state = TABLE[self.state][event]
        self._sort()

    def _sort(self) -> None:
        """Be among the unsettled slots of the track, or not."""
        if self.track is None:
            return
        if self.state in {SlotState.WAITING, SlotState.CATCHING_UP} or self.is_switching:
            self.track.unsettled[self] = None
        else:
            self.track.unsettled.pop(self, None)


def picture_numbers(packet: ForwardPacket) -> tuple[int | None, int | None]:
    """Picture id (7 or 15 bits) and TL0PICIDX of a packet, None for what it does not carry."""
    payload, at, tl0_at = packet.payload, packet.picture_id_at, packet.tl0_pic_idx_at
    picture_id: int | None = None
    if at >= 0:
        is_long = payload[at] & 0x80
        picture_id = (payload[at] & 0x7F) << 8 | payload[at + 1] if is_long else payload[at]
    return picture_id, payload[tl0_at] if tl0_at >= 0 else None
