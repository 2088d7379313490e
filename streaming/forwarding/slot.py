"""A slot: one receiving m-line of a subscriber, fed by one track after another without a seam.

Its SSRC, sequence numbers, timestamps and picture numbers go on whatever feeds it (`output_stream`). Its
states are in `slot_states`, which layer it should be at in `layer_choice`. While `layer` is not `target`, a
keyframe of `target` is asked for, and the slot goes on with `layer` until then. What is lost on the way to
the subscriber is sent again by `resender`, what a narrow link takes is measured out by `pacer`.
"""

from collections.abc import Iterator
from typing import Final

from streaming.control.extensions import FORWARDED, MID, WRITTEN
from streaming.control.messages import Codec, MediaSection
from streaming.forwarding.hot_path import Lane, Output, Path, forward
from streaming.forwarding.layer import PACKET_OVERHEAD_OCTETS, Head, Layer
from streaming.forwarding.layer_choice import (
    ANY_LAYER,
    LayerOption,
    by_preference,
    options_of,
    starting_point,
    target_of,
)
from streaming.forwarding.output_stream import OutputStream
from streaming.forwarding.pacer import Pacer
from streaming.forwarding.resender import Resender
from streaming.forwarding.rtx_stream import RtxStream
from streaming.forwarding.slot_states import TABLE, SlotEvent, SlotState
from streaming.forwarding.track import Track
from streaming.rtp.packet_ring import ForwardPacket
from streaming.srtp import SrtpSender

CATCH_UP_PACKETS: Final = 24
"""Per turn of 10 ms: 2,400 packets a second, far above any stream, far below a burst that fills buffers."""
FRESH_KEYFRAME_S: Final = 0.1
"""A keyframe that came so shortly before a change of layers was decided still serves it."""
STALLED_TAKE_OLD_S: Final = 1.5
"""A layer that stopped is left for an old keyframe when nobody sends a fresh one for so long."""


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
        self.waiting_since = 0.0
        self.switching_since = 0.0
        self.switches = 0
        self.keyframe_wishes = 0
        self.has_keys = False
        is_urgent = section.kind == "audio"
        self.lane = Lane(ssrc, section.mid, mid_id, numbering, repeats=repeats, is_urgent=is_urgent)
        rtx_lane = Lane(rtx_ssrc, section.mid, mid_id, numbering, repeats=False, is_urgent=is_urgent)
        self.stream = OutputStream(self.lane, first_seq=first_seq, first_timestamp=first_timestamp)
        self.rtx = RtxStream(rtx_lane, section, first_seq)
        self.pacer = Pacer()
        self.resender = Resender(self.stream, self.rtx, self.pacer)
        self._cursor = 0

    def codec_for(self, codec: Codec) -> Codec | None:
        """The subscriber's payload type for a publisher's codec: the same parameters if possible."""
        same = [c for c in self.section.codecs if c.name.lower() == codec.name.lower()]
        return next((c for c in same if c.fmtp == codec.fmtp), same[0] if same else None)

    def protect_with(self, sender: SrtpSender) -> None:
        """The subscriber can receive from now on."""
        self.lane.protect_with(sender)
        self.rtx.protect_with(sender)
        self.has_keys = True

    def move_to(self, path: Path) -> None:
        """The subscriber is at this address now."""
        self.lane.path = path
        self.rtx.lane.path = path

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
        self._leave_live()
        self.stream.reset()
        track.slots.remove(self)
        track.unsettled.pop(self, None)
        self.track = self.layer = self.target = None
        self.announced = (False, "")
        self.state = TABLE[self.state][SlotEvent.UNROUTE]

    def settle(self) -> None:
        """Bring the numbers up to date with what the hot path has sent."""
        if self.state is SlotState.LIVE:
            self.stream.settle()

    def restart(self, layer: Layer, now: float) -> None:
        """`layer` begins anew (settle was called before): wait for its first usable packet, if it fed us."""
        self.stream.forget(layer)
        if self.layer is not layer:
            return
        self._leave_hot_path()
        self.layer = None
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
        return options_of(self.track, self.max_layer, now)

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
        if self.track is None or self.aimed is None or self.bound < 0:
            return
        target = target_of(self.track, self.layer, aimed=self.aimed, max_layer=self.max_layer)
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
            self._leave_live()
            self.stream.end()
            self.layer = self.target = None
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
        for layer in self._candidates(self.track):
            head = starting_point(layer, now, any_age=any_age)
            if head is not None and self._begin(layer, head, now):
                return True
        return False

    def _candidates(self, track: Track) -> Iterator[Layer]:
        return by_preference(track, self.target, ANY_LAYER if self.aimed is None else self.aimed)

    def _begin(self, layer: Layer, head: Head, now: float) -> bool:
        """Go on with `layer` from `head`; False when the subscriber does not decode its codec."""
        codec = None if layer.codec is None else self.codec_for(layer.codec)
        if codec is None:
            return False
        event = SlotEvent.START if self.state is SlotState.WAITING else SlotEvent.SWITCH
        self._leave_live()
        self.stream.begin(layer, head, codec, now)
        self.switches += self.layer is not layer
        self.layer = layer
        self._cursor = head.ext_seq
        self._go(event)
        self._ask_for_target(now)
        return True

    # ── being fed ──

    def catch_up(self, output: Output, now: float, limit: int = CATCH_UP_PACKETS) -> int:
        """One turn of CATCHING_UP with at most `limit` packets; returns how many it took."""
        layer, pacer = self.layer, self.pacer
        assert layer is not None
        highest = layer.ring.highest
        assert highest is not None
        pacer.earn(now)
        budget = limit = min(limit, CATCH_UP_PACKETS)
        while budget and self._cursor <= highest and (pacer.bitrate_bps is None or pacer.credit_octets > 0):
            packet = layer.ring.get(self._cursor)
            self._cursor += 1
            if packet is not None:
                forward(packet, (self.lane,), output, now)
                pacer.credit_octets -= len(packet.payload) + PACKET_OVERHEAD_OCTETS
                self.stream.sent(packet, now)
                budget -= 1
        if self._cursor > highest and pacer.bitrate_bps is None:
            self._go(SlotEvent.LEVEL)
            layer.live_lanes.append(self.lane)
        return limit - budget

    def pace(self, bitrate_bps: float | None, now: float) -> None:
        """Send at this rate at most, None: as it comes. Keyframes are spread, sound goes in between."""
        self.pacer.pace(bitrate_bps, now)
        if bitrate_bps is not None and self.state is SlotState.LIVE:
            self._leave_live()
            assert self.layer is not None
            self._cursor = (self.layer.ring.highest or 0) + 1
            self._go(SlotEvent.PACE)

    def send_late(self, packet: ForwardPacket, output: Output, now: float) -> None:
        """A packet of our layer behind its newest one arrived: send it if this slot's stream passed it."""
        first = self.stream.map.first_source_seq
        if first is None or packet.ext_seq < first:
            return
        if self.state is SlotState.LIVE or (
            self.state is SlotState.CATCHING_UP and packet.ext_seq < self._cursor
        ):
            forward(packet, (self.lane,), output, now)

    def _leave_live(self) -> None:
        """Be fed by the hot path no longer, with numbers up to date."""
        self.settle()
        self._leave_hot_path()

    def _leave_hot_path(self) -> None:
        if self.state is SlotState.LIVE and self.layer is not None:
            self.layer.live_lanes.remove(self.lane)

    # ── feedback of the subscriber ──

    def receive_nack(self, lost: tuple[int, ...], output: Output, now: float) -> None:
        """It lost these numbers: send again what may be sent again."""
        self.settle()
        self.resender.receive_nack(lost, output, now, is_paused=self.is_paused)

    def wish_keyframe(self) -> None:
        """The subscriber lost its picture (PLI, FIR)."""
        self.keyframe_wishes += 1
        layer = self.layer or self.target
        if layer is not None:
            layer.keyframes.wish()

    # ── padding ──

    @property
    def can_pad(self) -> bool:
        """Whether padding can be sent without touching the numbers of the media."""
        return self.has_keys and self.track is not None and self.rtx.padding_type is not None

    def pad(self, octets: int, output: Output, now: float) -> None:
        """Send padding on the RTX stream: `octets` with headers, in whole packets."""
        self.rtx.pad(octets, self.stream.map.last_timestamp, output, now)

    # ── what it says about itself ──

    @property
    def sent_octets(self) -> int:
        """Everything that went to the subscriber for this slot, with headers."""
        lane, again = self.lane, self.rtx.lane
        packets = lane.packets + again.packets
        return lane.octets + again.octets + packets * PACKET_OVERHEAD_OCTETS + self.rtx.padding_octets

    def clock_at(self, now: float) -> tuple[float | None, int] | None:
        """For a sender report: wall clock (s since 1900, None without the publisher's) and RTP time, now."""
        is_fed = self.state is SlotState.LIVE or self.state is SlotState.CATCHING_UP
        if not is_fed or self.track is None:
            return None
        return self.stream.clock_at(self.track.wall.behind_s, now)

    def media(self) -> tuple[bool, str]:
        """Paused, and the rid of the layer that feeds it: for those who tell the subscriber."""
        return self.is_paused, "" if self.layer is None else self.layer.rid

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
