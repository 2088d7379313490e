"""One stream without a seam, made of what one layer after another sends: the numbers that a subscriber sees.

Sequence numbers and picture numbers go on by one where the source changes. Timestamps go on by the
publisher's clocks, if its reports put both layers on one, else by the time that passed.

What a source sent can be asked for again a little longer, also after another one took over.
"""

from dataclasses import dataclass
from typing import Final

from streaming.control.messages import Codec
from streaming.forwarding.hot_path import Lane
from streaming.forwarding.layer import Head, Layer
from streaming.rtp.packet_ring import ForwardPacket, PacketRing
from streaming.rtp.sequence import ContinuityMap, unwrap16

MAX_PAST_SOURCES: Final = 3
_PICTURE_ID_MASK: Final = 0x7FFF


@dataclass(frozen=True, slots=True)
class Source:
    """What feeds the output from `first_seq` on, and by how much its numbers are shifted.

    `first_seq` is extended and counts as the output does; `codec` is the subscriber's.
    """

    first_seq: int
    layer: Layer
    ring: PacketRing
    codec: Codec
    seq_offset: int
    timestamp_offset: int
    picture_id_offset: int
    tl0_pic_idx_offset: int


class OutputStream:
    """See the module. Sets the offsets and the payload type of `lane`; `map` is for looking up only."""

    def __init__(self, lane: Lane, *, first_seq: int, first_timestamp: int) -> None:
        self.lane = lane
        self.map = ContinuityMap(first_seq, first_timestamp)
        self.source: Source | None = None
        self._past: list[tuple[Source, int]] = []
        self._picture_id: int | None = None
        self._tl0_pic_idx: int | None = None
        self._clock_anchor: tuple[float, int] | None = None

    # ── life of a source ──

    def begin(self, layer: Layer, head: Head, codec: Codec, now: float) -> None:
        """Go on with `layer` from `head`. Who lets the hot path feed the lane must settle before."""
        aligned = self._aligned_timestamp(layer, head)
        self.end()
        age = max(0.0, layer.last_arrival - head.arrival)
        self.map.switch(head.ext_seq, head.timestamp, age, codec.clock_rate, now, aligned=aligned)
        lane = self.lane
        lane.payload_type = codec.pt
        lane.seq_offset = self.map.seq_offset
        lane.timestamp_offset = self.map.timestamp_offset
        self._go_on_counting_pictures(layer.ring.get(head.ext_seq))
        self.source = Source(
            self.map.next_seq,
            layer,
            layer.ring,
            codec,
            lane.seq_offset,
            lane.timestamp_offset,
            lane.picture_id_offset,
            lane.tl0_pic_idx_offset,
        )

    def end(self) -> None:
        """The source feeds nothing any more; what it fed can be asked for again a little longer."""
        source, last_seq = self.source, self.map.last_seq
        self.source = None
        if source is not None and last_seq is not None and last_seq >= source.first_seq:
            self._past.append((source, last_seq))
            del self._past[:-MAX_PAST_SOURCES]

    def forget(self, layer: Layer) -> None:
        """`layer` begins anew: what it sent before cannot be asked for."""
        self._past = [past for past in self._past if past[0].layer is not layer]
        if self.source is not None and self.source.layer is layer:
            self.source = None
            self._clock_anchor = None

    def reset(self) -> None:
        """What comes next is of another track."""
        self.source = None
        self._past.clear()
        self._clock_anchor = None

    def _aligned_timestamp(self, layer: Layer, head: Head) -> int | None:
        """The output timestamp of `head` by the publisher's clocks, None without reports of both layers."""
        old = None if self.source is None else self.source.layer
        if old is not None and old is not layer and old.clock is not None and self._clock_anchor is None:
            if old.codec is None or layer.codec is None or old.codec.clock_rate != layer.codec.clock_rate:
                return None
            self._clock_anchor = old.clock.ntp_s, old.clock.timestamp + self.map.timestamp_offset
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

    # ── what was sent ──

    def sent(self, packet: ForwardPacket, at: float) -> None:
        """A packet of the source went out."""
        self.map.sent(packet.ext_seq, packet.timestamp, at)
        picture_id, tl0_pic_idx = picture_numbers(packet)
        if picture_id is not None:
            self._picture_id = picture_id + self.lane.picture_id_offset & _PICTURE_ID_MASK
        if tl0_pic_idx is not None:
            self._tl0_pic_idx = tl0_pic_idx + self.lane.tl0_pic_idx_offset & 0xFF

    def settle(self) -> None:
        """The hot path has sent all that the source has."""
        ring = None if self.source is None else self.source.ring
        if ring is not None and ring.highest is not None:
            newest = ring.get(ring.highest)
            if newest is not None:
                self.sent(newest, newest.arrival)

    def source_of(self, seq16: int) -> Source | None:
        """Who fed this output number. Without RTX only the present one: the lane must repeat its bytes."""
        last_seq, source = self.map.last_seq, self.source
        if last_seq is None:
            return None
        seq = unwrap16(seq16, last_seq)
        if source is not None and source.first_seq <= seq <= last_seq:
            return source
        for past, last in self._past:
            if past.first_seq <= seq <= last and past.codec.rtx_pt is not None:
                return past
        return None

    def clock_at(self, behind_s: float, now: float) -> tuple[float | None, int] | None:
        """For a sender report: wall clock (s since 1900, None without the publisher's) and RTP time, now.

        `behind_s`: how far the publisher's wall clock is behind ours.
        """
        layer = None if self.source is None else self.source.layer
        if layer is None or layer.codec is None:
            return None
        rate, offset = layer.codec.clock_rate, self.map.timestamp_offset
        timestamp = layer.highest_timestamp + int((now - layer.last_arrival) * rate)
        if layer.clock is None:
            return None, timestamp + offset
        return layer.clock.ntp_s + behind_s + (timestamp - layer.clock.timestamp) / rate, timestamp + offset


def picture_numbers(packet: ForwardPacket) -> tuple[int | None, int | None]:
    """Picture id (7 or 15 bits) and TL0PICIDX of a packet, None for what it does not carry."""
    payload, at, tl0_at = packet.payload, packet.picture_id_at, packet.tl0_pic_idx_at
    picture_id: int | None = None
    if at >= 0:
        is_long = payload[at] & 0x80
        picture_id = (payload[at] & 0x7F) << 8 | payload[at + 1] if is_long else payload[at]
    return picture_id, payload[tl0_at] if tl0_at >= 0 else None
