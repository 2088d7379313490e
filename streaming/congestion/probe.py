"""Finding out whether a downlink carries more, before more is promised to it.

    IDLE ──something to gain, and quiet──▶ SENDING ──burst over──▶ LISTENING ──answer──▶ IDLE
      ▲                                       └──────── trouble ───────┴──────────────────┘

A burst is short and at most twice what is known to go through. While it runs, `owed_bytes` of padding are to
be sent. How long the queue is that it leaves tells what went through: an echo behind the burst measures it
(`echo.py`). Where nobody answers echoes, the next clean report has to do.
"""

from enum import Enum
from typing import Final

BURST_S: Final = 0.4
ABORT_QUEUE_S: Final = 0.12
"""A queue longer than that ends a burst early: sound waits in it too."""
ANSWER_TIMEOUT_S: Final = 1.0
REPORT_TIMEOUT_S: Final = 3.0
"""Without echoes: receivers report once a second, and a report may get lost."""
REPORT_COVERS_S: Final = 0.6
FIRST_FACTOR: Final = 1.5
NEXT_FACTOR: Final = 2.0
GAIN: Final = 1.1
"""Less than this above the limit is none."""
UNNOTICED_QUEUE_S: Final = 0.025
OWN_DOING_S: Final = 1.0
QUIET_S: Final = 1.5
"""After trouble, nothing is tried for so long."""
BACK_OFF_S: Final = 2.0
LONGEST_BACK_OFF_S: Final = 4.0
SLOW_AFTER: Final = 20
SLOW_BACK_OFF_S: Final = 15.0
"""After so many failures in a row a path is taken for what it is."""


class ProbeState(Enum):
    """See the module."""

    IDLE = "idle"
    SENDING = "sending"
    LISTENING = "listening"


class ProbeEvent(Enum):
    """See the module."""

    BEGIN = "begin"
    SENT = "sent"
    TROUBLE = "trouble"
    ANSWER = "answer"


TABLE: Final[dict[ProbeState, dict[ProbeEvent, ProbeState]]] = {
    ProbeState.IDLE: {ProbeEvent.BEGIN: ProbeState.SENDING},
    ProbeState.SENDING: {ProbeEvent.SENT: ProbeState.LISTENING, ProbeEvent.TROUBLE: ProbeState.IDLE},
    ProbeState.LISTENING: {ProbeEvent.ANSWER: ProbeState.IDLE, ProbeEvent.TROUBLE: ProbeState.IDLE},
}


class Prober:
    """One per subscriber. `sent` counts bursts, `failed` those that met trouble."""

    __slots__ = (
        "_began_at",
        "_factor",
        "_failures",
        "_limit_bps",
        "_next_at",
        "_owed_at",
        "_padding_bps",
        "ended_at",
        "failed",
        "sent",
        "state",
        "target_bps",
    )

    def __init__(self) -> None:
        self.state = ProbeState.IDLE
        self.target_bps = 0.0
        self.sent = 0
        self.failed = 0
        self._factor = FIRST_FACTOR
        self._failures = 0
        self._next_at = 0.0
        self._began_at = 0.0
        self.ended_at = float("-inf")
        self._owed_at = 0.0
        self._padding_bps = 0.0
        self._limit_bps = 0.0

    def consider(
        self, limit_bps: float, flowing_bps: float, next_bps: float | None, trouble_at: float, now: float
    ) -> None:
        """Begin a burst if there is something to gain (`next_bps`) and the path is quiet."""
        if self.state is not ProbeState.IDLE or next_bps is None or next_bps <= limit_bps:
            return
        if now < self._next_at or now - trouble_at < QUIET_S:
            return
        self._go(ProbeEvent.BEGIN)
        self._limit_bps = limit_bps
        self.target_bps = min(max(next_bps, 1.2 * GAIN * limit_bps), limit_bps * self._factor)
        self._padding_bps = max(0.0, self.target_bps - flowing_bps)
        self._began_at = self._owed_at = now
        self.sent += 1

    def owed_bytes(self, now: float) -> int:
        """Padding to send now, in bytes with headers. When the burst is over, an echo should follow it."""
        if self.state is not ProbeState.SENDING:
            return 0
        until = min(now, self._began_at + BURST_S)
        owed = int((until - self._owed_at) * self._padding_bps / 8)
        if owed:
            self._owed_at = until
        if now >= self._began_at + BURST_S:
            self.ended_at = now
            self._go(ProbeEvent.SENT)
        return owed

    def receive_queue(self, queue_s: float, now: float, *, asked_at: float | None) -> float | None:
        """How long the queue is. With `asked_at`, from an answer to an echo of that time.

        Returns what goes through, when this was the answer to the burst and there is a gain.
        """
        if self.state is ProbeState.SENDING and queue_s > ABORT_QUEUE_S:
            self.fail(now)
        if self.state is not ProbeState.LISTENING or asked_at is None or asked_at < self.ended_at:
            return None
        waited = max(0.0, queue_s - UNNOTICED_QUEUE_S)
        delivered_bps = self.target_bps * BURST_S / (BURST_S + waited)
        if delivered_bps < GAIN * self._limit_bps:
            self.fail(now)
            return None
        return self._succeed(delivered_bps, now)

    def receive_report(self, now: float, *, is_clean: bool) -> float | None:
        """Where nobody answers echoes: a report of a time behind the burst. Returns what is proven."""
        if self.state is not ProbeState.LISTENING or now - self.ended_at < REPORT_COVERS_S:
            return None
        if is_clean:
            return self._succeed(self.target_bps, now)
        self.fail(now)
        return None

    def expire(self, now: float, *, is_answered: bool) -> None:
        """No answer, or no report, for too long is a bad sign."""
        patience_s = ANSWER_TIMEOUT_S if is_answered else REPORT_TIMEOUT_S
        if self.state is ProbeState.LISTENING and now - self.ended_at > patience_s:
            self.fail(now)

    def is_recent(self, now: float) -> bool:
        """Whether a queue that shows now may be our own doing."""
        return self.state is not ProbeState.IDLE or now - self.ended_at < OWN_DOING_S

    def fail(self, now: float) -> None:
        """There was trouble."""
        if self.state is ProbeState.IDLE:
            return
        self._go(ProbeEvent.TROUBLE)
        self.ended_at = now
        self.failed += 1
        self._failures += 1
        self._factor = FIRST_FACTOR
        longest = SLOW_BACK_OFF_S if self._failures > SLOW_AFTER else LONGEST_BACK_OFF_S
        self._next_at = now + min(longest, BACK_OFF_S * 2 ** min(self._failures - 1, 8))

    def _succeed(self, delivered_bps: float, now: float) -> float:
        self._go(ProbeEvent.ANSWER)
        self._failures = 0
        self._factor = NEXT_FACTOR
        self._next_at = now
        return delivered_bps

    def _go(self, event: ProbeEvent) -> None:
        self.state = TABLE[self.state][event]
