"""What a viewer sees and hears: pictures put together in order, sound played out, gaps measured."""

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from streaming.rtp.packet import RtpPacket
from streaming.rtp.sequence import SequenceUnwrapper

SOUND_S: Final = 0.02
FIRST_BUFFER: Final = 3
LONG_BUFFER: Final = 6
HURRY_EVERY: Final = 4
"""With a long buffer every fourth step plays two packets, as time-compression does."""
MAX_ASKS: Final = 10
ASK_AGAIN_S: Final = 0.1
STUCK_S: Final = 3.0
ASK_KEYFRAME_AGAIN_S: Final = 0.5
MAX_WAITING: Final = 2000


@dataclass(slots=True)
class Ask:
    """A lost packet: when to ask for it next, and how often it was asked for."""

    at: float
    asks: int = 0


@dataclass(slots=True)
class VideoPlayout:
    """Pictures are shown as soon as they and all before them back to a keyframe are whole.

    NACKs as libwebrtc: at once when a gap shows, again after a round trip, ten times. A keyframe is asked for
    when a packet is given up, or nothing could be shown for STUCK_S.
    """

    round_trip_s: float = ASK_AGAIN_S
    shown_at: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    keyframes_asked: int = 0
    _sequence: SequenceUnwrapper = field(default_factory=SequenceUnwrapper)
    _packets: dict[int, RtpPacket] = field(default_factory=dict)
    _missing: dict[int, Ask] = field(default_factory=dict)
    _next: int | None = None
    _highest: int | None = None
    _wants_key: bool = True
    _asked_key_at: float = float("-inf")

    def receive(self, packet: RtpPacket, seq16: int, payload: bytes, now: float) -> None:
        """Take in a packet (`seq16` and `payload` as before retransmission)."""
        number = self._sequence.unwrap(seq16)
        if self._next is not None and number < self._next:
            return
        self._missing.pop(number, None)
        if self._highest is not None:
            for lost in range(self._highest + 1, number):
                self._missing[lost] = Ask(now)
        self._highest = number if self._highest is None else max(self._highest, number)
        self._packets[number] = RtpPacket(
            packet.marker, packet.payload_type, seq16, packet.timestamp, packet.ssrc, (), payload
        )
        if len(self._packets) > MAX_WAITING:
            self._packets.clear()
            self._wants_key = True
        self._show(now)

    def _show(self, now: float) -> None:
        while True:
            start = self._next
            if self._wants_key or start is None:
                start = self._keyframe()
                if start is None:
                    return
            end = start
            while (held := self._packets.get(end)) is not None and not held.marker:
                end += 1
            if held is None:
                newer = self._keyframe() if self._next is not None else None
                if newer is None or newer <= start or not self._is_whole(newer):
                    return
                self._skip_to(newer)
                continue
            self.sizes.append(sum(len(self._packets.pop(n).payload) for n in range(start, end + 1)))
            self.shown_at.append(now)
            self._wants_key = False
            self._skip_to(end + 1)

    def _is_whole(self, start: int) -> bool:
        while (held := self._packets.get(start)) is not None:
            if held.marker:
                return True
            start += 1
        return False

    def _keyframe(self) -> int | None:
        """The newest keyframe's first packet."""
        heads = [n for n, p in self._packets.items() if p.payload[:1] == b"\x10" and not p.payload[1] & 1]
        return max(heads, default=None)

    def _skip_to(self, number: int) -> None:
        self._next = number
        for old in [n for n in self._packets if n < number]:
            del self._packets[old]
        for old in [n for n in self._missing if n < number]:
            del self._missing[old]

    def asks(self, now: float) -> list[int]:
        """Sequence numbers (16 bits) to NACK now."""
        due = []
        for number, ask in list(self._missing.items()):
            if ask.at > now:
                continue
            if ask.asks >= MAX_ASKS:
                del self._missing[number]
                self._wants_key = self._next is not None
                continue
            ask.asks += 1
            ask.at = now + self.round_trip_s
            due.append(number)
        return [n & 0xFFFF for n in sorted(due)]

    def needs_keyframe(self, now: float) -> bool:
        """Whether to send a PLI now."""
        last = self.shown_at[-1] if self.shown_at else float("-inf")
        stuck = self._wants_key or (bool(self._packets) and now - last > STUCK_S)
        if self._highest is None or not stuck or now - self._asked_key_at < ASK_KEYFRAME_AGAIN_S:
            return False
        self._asked_key_at = now
        self.keyframes_asked += 1
        return True

    def longest_freeze_s(self, begin: float, end: float) -> float:
        """The longest time without a new picture within these moments."""
        moments = [begin, *(at for at in self.shown_at if begin < at < end), end]
        return max(b - a for a, b in pairwise(moments))

    def shown_between(self, begin: float, end: float) -> int:
        """How many pictures were shown."""
        return sum(begin <= at < end for at in self.shown_at)

    def bitrate_between(self, begin: float, end: float) -> float:
        """Of the pictures that were shown, in bits per second."""
        shown = zip(self.shown_at, self.sizes, strict=True)
        return 8 * sum(size for at, size in shown if begin <= at < end) / (end - begin)

    def first_at_bitrate(self, bitrate_bps: float, since: float) -> float:
        """When the pictures shown began to have this bitrate over a second; infinite: never."""
        moments = [at for at in self.shown_at if at >= since]
        return next((at for at in moments if self.bitrate_between(at, at + 1.0) >= bitrate_bps), float("inf"))


@dataclass(slots=True)
class SoundPlayout:
    """Plays a packet every 20 ms. Two things can go wrong:

    a gap: a packet is missing while a later one is here; what it held is lost;
    a stretch: all are late; the last one is stretched and the delay grows, as in a browser, which later plays
    a long buffer a bit quicker.
    """

    gaps: list[tuple[float, float]] = field(default_factory=list)
    stretches: list[tuple[float, float]] = field(default_factory=list)
    played: int = 0
    _sequence: SequenceUnwrapper = field(default_factory=SequenceUnwrapper)
    _waiting: set[int] = field(default_factory=set)
    _next: int | None = None
    _gap_s: float = 0.0
    _stretch_s: float = 0.0
    _steps: int = 0
    _recent: deque[int] = field(default_factory=lambda: deque(maxlen=50))

    def receive(self, packet: RtpPacket) -> None:
        """Take in a packet."""
        number = self._sequence.unwrap(packet.seq16)
        if self._next is None or number >= self._next:
            self._waiting.add(number)

    def step(self, now: float) -> None:
        """20 ms passed."""
        if self._next is None:
            if len(self._waiting) < FIRST_BUFFER:
                return
            self._next = min(self._waiting)
        self._steps += 1
        self._play(now)
        self._recent.append(len(self._waiting))
        if self._steps % HURRY_EVERY == 0 and min(self._recent) > LONG_BUFFER and self._next in self._waiting:
            self._play(now)

    def _play(self, now: float) -> None:
        assert self._next is not None
        if self._next in self._waiting:
            self._waiting.discard(self._next)
            self._next += 1
            self.played += 1
            if self._gap_s:
                self.gaps.append((now, self._gap_s))
            if self._stretch_s:
                self.stretches.append((now, self._stretch_s))
            self._gap_s = self._stretch_s = 0.0
        elif self._waiting:
            self._next += 1
            self._gap_s += SOUND_S
        else:
            self._stretch_s += SOUND_S

    def longest_gap_s(self, begin: float, end: float) -> float:
        """The most sound that was lost in one piece and ended within these moments."""
        return max((s for at, s in self.gaps if begin <= at <= end), default=self._gap_s)

    def longest_stretch_s(self, begin: float, end: float) -> float:
        """The longest time that a last packet was stretched over, within these moments."""
        return max((s for at, s in self.stretches if begin <= at <= end), default=self._stretch_s)
