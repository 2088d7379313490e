"""A slot: one receiving m-line of a subscriber, fed by one track after another without a seam.

Its SSRC, sequence numbers and timestamps go on whatever feeds it. States:

    EMPTY ──route──▶ WAITING ──start──▶ CATCHING_UP ──level──▶ LIVE
      ▲                 ▲◀──────────────────┴──────────restart───┘
      └──── unroute ────┴───────────────────┴────────────────────┘

WAITING lacks a keyframe (video) or a packet (audio). CATCHING_UP sends what the track's ring holds from a
keyframe on, a few packets per turn (pacing), and becomes LIVE when it has reached the newest packet: then the
hot path feeds it, and nobody touches this object until something changes.
"""

import struct
from enum import Enum
from typing import Final

from streaming.control.extensions import FORWARDED, MID, WRITTEN
from streaming.control.messages import Codec, MediaSection
from streaming.forwarding.hot_path import Lane, Output, Path, forward
from streaming.forwarding.track import Head, Track
from streaming.rtp.packet_ring import ForwardPacket
from streaming.rtp.sequence import ContinuityMap
from streaming.srtp import SrtpSender

CATCH_UP_PACKETS: Final = 24
"""Per turn of 10 ms: 2,400 packets a second, far above any stream, far below a burst that fills buffers."""
FRESH_SOUND_S: Final = 0.1
"""A paused microphone's last word is not said again to whoever comes later."""
RESEND_INTERVAL_S: Final = 0.1
MAX_RESENDS: Final = 3
MAX_RESEND_MEMORY: Final = 512
MAX_NACK_NUMBERS: Final = 256


class SlotState(Enum):
    """See the module."""

    EMPTY = "empty"
    WAITING = "waiting"
    CATCHING_UP = "catching_up"
    LIVE = "live"


class SlotEvent(Enum):
    """See the module."""

    ROUTE = "route"
    UNROUTE = "unroute"
    START = "start"
    LEVEL = "level"
    RESTART = "restart"


TABLE: Final[dict[SlotState, dict[SlotEvent, SlotState]]] = {
    SlotState.EMPTY: {SlotEvent.ROUTE: SlotState.WAITING},
    SlotState.WAITING: {
        SlotEvent.START: SlotState.CATCHING_UP,
        SlotEvent.RESTART: SlotState.WAITING,
        SlotEvent.UNROUTE: SlotState.EMPTY,
    },
    SlotState.CATCHING_UP: {
        SlotEvent.LEVEL: SlotState.LIVE,
        SlotEvent.RESTART: SlotState.WAITING,
        SlotEvent.UNROUTE: SlotState.EMPTY,
    },
    SlotState.LIVE: {SlotEvent.RESTART: SlotState.WAITING, SlotEvent.UNROUTE: SlotState.EMPTY},
}


class Slot:
    """See the module. Created with random `ssrc`s and starting points; one owner, the forwarding plane."""

    def __init__(
        self, section: MediaSection, ssrc: int, rtx_ssrc: int, *, first_seq: int, first_timestamp: int
    ) -> None:
        mid_id = section.header_extensions.get(MID)
        numbering = {uri: n for uri, n in section.header_extensions.items() if uri in FORWARDED | WRITTEN}
        repeats = any(codec.rtx_pt is None for codec in section.codecs)
        self.section = section
        self.mid = section.mid
        self.state = SlotState.EMPTY
        self.track: Track | None = None
        self.codec: Codec | None = None
        self.waiting_since = 0.0
        self.nacks = 0
        self.unanswered_nacks = 0
        self.retransmitted = 0
        self.keyframe_wishes = 0
        is_urgent = section.kind == "audio"
        self.lane = Lane(ssrc, section.mid, mid_id, numbering, repeats=repeats, is_urgent=is_urgent)
        self.rtx_lane = Lane(rtx_ssrc, section.mid, mid_id, numbering, repeats=False, is_urgent=is_urgent)
        self.has_keys = False
        self._map = ContinuityMap(first_seq, first_timestamp)
        self._rtx_seq = first_seq
        self._cursor = 0
        self._resent: dict[int, tuple[float, int]] = {}

    def codec_for(self, codec: Codec) -> Codec | None:
        """The subscriber's payload type for a publisher's codec: the same parameters if possible."""
        same = [c for c in self.section.codecs if c.name.lower() == codec.name.lower()]
        return next((c for c in same if c.fmtp == codec.fmtp), same[0] if same else None)

    def protect_with(self, sender: SrtpSender) -> None:
        """The subscriber can receive from now on."""
        self.lane.protect_with(sender)
        self.rtx_lane.protect_with(sender)
        self.has_keys = True

    def move_to(self, path: Path) -> None:
        """The subscriber is at this address now."""
        self.lane.path = path
        self.rtx_lane.path = path

    # ── life of a route ──

    def route(self, track: Track, now: float) -> None:
        """Be fed by `track`, which may not flow yet."""
        self.unroute()
        self._go(SlotEvent.ROUTE)
        self.track = track
        self.waiting_since = now
        track.slots.append(self)

    def unroute(self) -> None:
        """Be fed by nothing."""
        if self.track is None:
            return
        self.settle()
        self._leave_live()
        self.track.slots.remove(self)
        self.track = None
        self.codec = None
        self._go(SlotEvent.UNROUTE)

    def settle(self) -> None:
        """Bring the numbers up to date with what the hot path has sent."""
        track = self.track
        if self.state is SlotState.LIVE and track is not None and track.ring.highest is not None:
            self._map.sent(track.ring.highest, track.highest_timestamp, track.last_arrival)

    def restart(self, now: float) -> None:
        """The track begins anew (settle was called before): wait for its first usable packet."""
        self._leave_live()
        self._go(SlotEvent.RESTART)
        self.waiting_since = now
        self.codec = None

    def try_start(self, now: float, *, any_age: bool = False) -> bool:
        """Begin with what the track's ring offers. False when it must wait (for a keyframe)."""
        track = self.track
        if self.state is not SlotState.WAITING or track is None or track.codec is None or not self.has_keys:
            return False
        self.codec = self.codec_for(track.codec)
        head = self._starting_point(track, now, any_age=any_age)
        if head is None or self.codec is None:
            return False
        age = max(0.0, track.last_arrival - head.arrival)
        self._map.switch(head.ext_seq, head.timestamp, age, track.codec.clock_rate, now)
        self._cursor = head.ext_seq
        self._resent.clear()
        lane, rtx_lane = self.lane, self.rtx_lane
        lane.payload_type = self.codec.pt
        rtx_lane.payload_type = self.codec.rtx_pt or 0
        lane.seq_offset = self._map.seq_offset
        lane.timestamp_offset = rtx_lane.timestamp_offset = self._map.timestamp_offset
        self._go(SlotEvent.START)
        return True

    def _starting_point(self, track: Track, now: float, *, any_age: bool) -> Head | None:
        if track.kind == "video":
            return track.complete_head() if any_age else track.recent_head(now)
        if now - track.last_arrival > FRESH_SOUND_S:
            return None
        newest = None if track.ring.highest is None else track.ring.get(track.ring.highest)
        return None if newest is None else Head(newest.ext_seq, newest.timestamp, newest.arrival)

    def catch_up(self, output: Output, now: float, limit: int = CATCH_UP_PACKETS) -> int:
        """One turn of CATCHING_UP with at most `limit` packets; returns how many it took."""
        track = self.track
        assert track is not None
        assert track.ring.highest is not None
        budget = limit = min(limit, CATCH_UP_PACKETS)
        while budget and self._cursor <= track.ring.highest:
            packet = track.ring.get(self._cursor)
            self._cursor += 1
            if packet is not None:
                forward(packet, (self.lane,), output, now)
                self._map.sent(packet.ext_seq, packet.timestamp, now)
                budget -= 1
        if self._cursor > track.ring.highest:
            self._go(SlotEvent.LEVEL)
            track.live_lanes.append(self.lane)
        return limit - budget

    def send_late(self, packet: ForwardPacket, output: Output, now: float) -> None:
        """A packet behind the newest one arrived: send it if this slot's stream already passed it."""
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
        for seq16 in lost[:MAX_NACK_NUMBERS]:
            source = self._map.source_of(seq16)
            packet = None if source is None or self.track is None else self.track.ring.get(source)
            if packet is None:
                self.unanswered_nacks += 1
            elif self._may_resend(packet.ext_seq, now):
                self._resend(packet, seq16, output, now)

    def _may_resend(self, source_seq: int, now: float) -> bool:
        last, times = self._resent.get(source_seq, (float("-inf"), 0))
        if now - last < RESEND_INTERVAL_S or times >= MAX_RESENDS:
            return False
        if len(self._resent) >= MAX_RESEND_MEMORY:
            del self._resent[next(iter(self._resent))]
        self._resent[source_seq] = (now, times + 1)
        return True

    def _resend(self, packet: ForwardPacket, seq16: int, output: Output, now: float) -> None:
        self.retransmitted += 1
        if self.codec is None or self.codec.rtx_pt is None:
            forward(packet, (self.lane,), output, now)
            return
        original = struct.pack("!H", seq16) + packet.payload
        again = ForwardPacket(
            self._rtx_seq,
            packet.timestamp,
            packet.marker,
            packet.extensions,
            original,
            packet.arrival,
            packet.picture_id_at + 2 if packet.picture_id_at >= 0 else -1,
            packet.tl0_pic_idx_at + 2 if packet.tl0_pic_idx_at >= 0 else -1,
        )
        self._rtx_seq += 1
        forward(again, (self.rtx_lane,), output, now)

    def clock_at(self, now: float) -> tuple[float | None, int] | None:
        """For a sender report: wall clock (s since 1900, None without the publisher's) and RTP time, now."""
        track = self.track
        if self.state not in {SlotState.LIVE, SlotState.CATCHING_UP} or track is None or track.codec is None:
            return None
        rate, offset = track.codec.clock_rate, self._map.timestamp_offset
        timestamp = track.highest_timestamp + int((now - track.last_arrival) * rate)
        if track.clock is None:
            return None, timestamp + offset
        return track.clock.ntp_s + track.wall.behind_s + (
            timestamp - track.clock.timestamp
        ) / rate, timestamp + offset

    def _leave_live(self) -> None:
        if self.state is SlotState.LIVE and self.track is not None:
            self.track.live_lanes.remove(self.lane)

    def _go(self, event: SlotEvent) -> None:
        self.state = TABLE[self.state][event]
