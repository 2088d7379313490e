"""What a receiver knows about one incoming stream: loss and jitter for reports, and what to ask for again."""

from dataclasses import dataclass
from typing import Final

from streaming.rtp.rtcp import ReportBlock

FIRST_ASK_AFTER_S: Final = 0.02
"""Reordered packets come within this time."""
ASK_AGAIN_AFTER_S: Final = 0.06
"""Until it is known how long an answer takes."""
SHORTEST_PATIENCE_S: Final = 0.03
LONGEST_PATIENCE_S: Final = 0.4
MAX_ASKS: Final = 10
MAX_MISSING: Final = 256
"""A larger hole is not worth asking for: a keyframe repairs it."""


class ReceptionStatistics:
    """Receiver report figures of one SSRC (RFC 3550 sections 6.4.1, A.3, A.8)."""

    __slots__ = (
        "_base_seq",
        "_clock_rate",
        "_expected_before",
        "_last_report_at",
        "_last_report_ntp",
        "_received_before",
        "_transit",
        "highest_seq",
        "jitter",
        "received",
    )

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._base_seq: int | None = None
        self._expected_before = 0
        self._received_before = 0
        self._transit: float | None = None
        self._last_report_ntp = 0
        self._last_report_at = 0.0
        self.highest_seq = 0
        self.received = 0
        self.jitter = 0.0

    def receive_packet(self, ext_seq: int, timestamp: int, now: float) -> None:
        """Count one original packet (no retransmissions)."""
        if self._base_seq is None:
            self._base_seq = ext_seq
            self.highest_seq = ext_seq
        elif ext_seq > self.highest_seq:
            self.highest_seq = ext_seq
        self.received += 1
        transit = now * self._clock_rate - timestamp
        if self._transit is not None:
            self.jitter += (abs(transit - self._transit) - self.jitter) / 16
        self._transit = transit

    def receive_sender_report(self, ntp: int, now: float) -> None:
        """`ntp` as 32.32 fixed point."""
        self._last_report_ntp = ntp >> 16 & 0xFFFFFFFF
        self._last_report_at = now

    @property
    def lost(self) -> int:
        """Packets that never came; negative when duplicates outnumber them."""
        if self._base_seq is None:
            return 0
        return self.highest_seq - self._base_seq + 1 - self.received

    def report(self, ssrc: int, now: float) -> ReportBlock:
        """The block for the next receiver report; starts a new interval."""
        expected = self.received + self.lost
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self.received - self._received_before)
        self._expected_before = expected
        self._received_before = self.received
        fraction = min(255, (lost_now << 8) // expected_now) if expected_now > 0 and lost_now > 0 else 0
        dlsr = int((now - self._last_report_at) * 65536) if self._last_report_ntp else 0
        jitter = min(int(self.jitter), 0xFFFFFFFF)
        return ReportBlock(ssrc, fraction, self.lost, self.highest_seq, jitter, self._last_report_ntp, dlsr)


@dataclass(slots=True)
class _Missing:
    ask_at: float
    asks: int = 0
    first_asked_at: float = 0.0


class MissingPackets:
    """Sequence numbers to ask a publisher for again, by timer (RFC 4585 section 6.2.1).

    Asked again when the answer is overdue: how long answers take is learnt from those to first questions.
    Drain: call `due(now)` no later than `next_deadline()`.
    """

    __slots__ = ("_missing", "answer_s", "given_up", "highest", "recovered")

    def __init__(self) -> None:
        self.answer_s: float | None = None
        self._missing: dict[int, _Missing] = {}
        self.highest: int | None = None
        self.recovered = 0
        self.given_up = 0

    def receive_packet(self, ext_seq: int, now: float) -> None:
        """A packet arrived, by whatever way."""
        highest = self.highest
        if highest is None or ext_seq == highest + 1:
            self.highest = ext_seq
        elif ext_seq > highest:
            if ext_seq - highest > MAX_MISSING:
                self.given_up += len(self._missing)
                self._missing.clear()
            else:
                for number in range(highest + 1, ext_seq):
                    self._missing[number] = _Missing(now + FIRST_ASK_AFTER_S)
            self.highest = ext_seq
            while len(self._missing) > MAX_MISSING:
                del self._missing[next(iter(self._missing))]
                self.given_up += 1
        else:
            missing = self._missing.pop(ext_seq, None)
            if missing is not None:
                self.recovered += 1
                self._learn(missing, now)

    def _learn(self, missing: _Missing, now: float) -> None:
        """An answer to a later question may belong to the first: it only says that answers take no longer."""
        if not missing.asks:
            return
        took = now - missing.first_asked_at
        if self.answer_s is None:
            self.answer_s = took
        elif missing.asks == 1:
            self.answer_s += (took - self.answer_s) / 8
        else:
            self.answer_s += max(0.0, min(took, LONGEST_PATIENCE_S) - self.answer_s) / 16

    @property
    def patience_s(self) -> float:
        """How long to wait for an answer."""
        if self.answer_s is None:
            return ASK_AGAIN_AFTER_S
        return min(LONGEST_PATIENCE_S, max(SHORTEST_PATIENCE_S, 1.25 * self.answer_s + 0.01))

    def due(self, now: float) -> list[int]:
        """Extended numbers to ask for now, ascending; each at most MAX_ASKS times."""
        asked: list[int] = []
        if not self._missing:
            return asked
        for number, missing in list(self._missing.items()):
            if missing.ask_at > now:
                continue
            if missing.asks >= MAX_ASKS:
                del self._missing[number]
                self.given_up += 1
                continue
            missing.asks += 1
            if missing.asks == 1:
                missing.first_asked_at = now
            missing.ask_at = now + self.patience_s
            asked.append(number)
        return sorted(asked)

    def next_deadline(self) -> float | None:
        """Monotonic seconds of the next question, None when nothing is missing."""
        return min((missing.ask_at for missing in self._missing.values()), default=None)
