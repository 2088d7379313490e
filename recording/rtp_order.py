"""Puts a track's RTP packets back in order within a small window, and says what is missing (pure)."""

from dataclasses import dataclass
from typing import NamedTuple

SEQ_MOD = 1 << 16
RESTART_DISTANCE = 3000
"""A jump in sequence numbers beyond this is a new numbering, not loss (RFC 3550 §A.1, MAX_DROPOUT)."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """The parts of an RTP packet that a recorder needs (RFC 3550 §5.1). `payload` is without padding."""

    seq: int
    timestamp: int
    ssrc: int
    marker: bool
    payload: bytes


def parse_rtp(data: bytes) -> RtpPacket | None:
    """None for what is not a well-formed RTP packet."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    start = 12 + 4 * (data[0] & 0x0F)
    if data[0] & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data)
    if data[0] & 0x20:
        end -= data[-1]
        if data[-1] == 0:
            return None
    if end < start:
        return None
    return RtpPacket(
        seq=int.from_bytes(data[2:4], "big"),
        timestamp=int.from_bytes(data[4:8], "big"),
        ssrc=int.from_bytes(data[8:12], "big"),
        marker=bool(data[1] & 0x80),
        payload=data[start:end],
    )


class Ordered(NamedTuple):
    """A packet in its turn. `gap`: packets right before it are missing for good."""

    packet: RtpPacket
    gap: bool


class ReorderWindow:
    """Holds packets that came too early until the missing ones came, at most `hold_s` and `capacity` packets.

    `receive` and `handle_timer` return what is now in order; a packet is returned at most once.
    Retransmissions fit in when they come within `hold_s`. A new numbering is held back for `settle_s` to find
    its first packet.
    """

    def __init__(self, *, hold_s: float = 0.5, settle_s: float = 0.1, capacity: int = 512) -> None:
        self.late = 0
        self.lost = 0
        self._hold_s = hold_s
        self._settle_s = settle_s
        self._capacity = capacity
        self._first: int | None = None
        self._settled = False
        self._expected = 0
        self._early: dict[int, tuple[RtpPacket, float]] = {}

    def receive(self, packet: RtpPacket, now: float) -> list[Ordered]:
        """`now` is the packet's arrival, monotonic seconds."""
        out: list[Ordered] = []
        if self._first is None:
            self._first = packet.seq
        origin = self._expected if self._settled else self._first
        ahead = (packet.seq - origin) % SEQ_MOD
        if RESTART_DISTANCE < ahead < SEQ_MOD - RESTART_DISTANCE:
            out = self.flush()
            self._first, self._settled = packet.seq, False
        elif self._settled and ahead >= SEQ_MOD - RESTART_DISTANCE:
            self.late += 1
            return self.handle_timer(now)
        self._early.setdefault(packet.seq, (packet, now))
        if self._settled:
            out += self._drain(gap=False)
        return [*out, *self.handle_timer(now)]

    def handle_timer(self, now: float) -> list[Ordered]:
        """Gives up packets that are missing for too long."""
        out: list[Ordered] = []
        hold_s = self._hold_s if self._settled else self._settle_s
        while self._early and (
            len(self._early) > self._capacity
            or now - min(arrival for _, arrival in self._early.values()) >= hold_s
        ):
            out += self._skip()
        return out

    def flush(self) -> list[Ordered]:
        """Everything that is held, gaps marked."""
        out: list[Ordered] = []
        while self._early:
            out += self._skip()
        return out

    def _skip(self) -> list[Ordered]:
        assert self._first is not None
        origin = self._expected if self._settled else (self._first - RESTART_DISTANCE) % SEQ_MOD
        lowest = min(self._early, key=lambda seq: (seq - origin) % SEQ_MOD)
        if self._settled:
            self.lost += (lowest - origin) % SEQ_MOD
        self._settled, self._expected = True, lowest
        return self._drain(gap=True)

    def _drain(self, *, gap: bool) -> list[Ordered]:
        out: list[Ordered] = []
        while self._expected in self._early:
            packet, _ = self._early.pop(self._expected)
            out.append(Ordered(packet, gap))
            gap = False
            self._expected = (self._expected + 1) % SEQ_MOD
        return out
