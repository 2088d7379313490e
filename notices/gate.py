"""The gate to the mail server: how fast mail may leave, and when to try again while the server is away. Pure.

There is one gate for all server processes, a row that each locks before it takes mail out of the outbox.
A fault of the server itself (down, wrong password) closes the gate for all mail, and costs no message
one of its tries; a fault of one message concerns that message alone.
"""

from dataclasses import dataclass, replace
from typing import Final

from lectern.kernel.clock import UtcMs

FIRST_PAUSE_MS: Final = 5_000
LONGEST_PAUSE_MS: Final = 300_000
BURST_MS: Final = 10_000
"""What the pace allows in so much time may leave at once."""
FIRST_RETRY_MS: Final = 60_000
LONGEST_RETRY_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Gate:
    """`paced_utc_ms` is when all that left would have left at an even pace; the rest is about faults.

    `failures` counts tries since the server last took mail, `since_utc_ms` is when the first of them failed.
    """

    paced_utc_ms: int = 0
    closed_until_utc_ms: int = 0
    failures: int = 0
    problem: str | None = None
    detail: str | None = None
    since_utc_ms: int | None = None

    def opens_in_ms(self, now: UtcMs) -> int:
        """Return how long the gate stays closed. A clock that was set back does not close it for ever."""
        wait = self.closed_until_utc_ms - now
        return wait if 0 < wait <= LONGEST_PAUSE_MS else 0

    def lets_out(self, now: UtcMs, per_minute: int) -> int:
        """Return how many mails may leave now; after a fault just one, to see whether the server is back."""
        if self.opens_in_ms(now) > 0:
            return 0
        if self.failures:
            return 1
        interval_ms = 60_000 / per_minute
        burst_ms = max(BURST_MS, interval_ms)
        ahead_ms = min(max(0, self.paced_utc_ms - now), burst_ms)
        return int((burst_ms - ahead_ms) / interval_ms)

    def passed(self, count: int, now: UtcMs, per_minute: int) -> "Gate":
        """Count mails that leave."""
        burst_ms = max(BURST_MS, 60_000 / per_minute)
        start = now + min(max(0, self.paced_utc_ms - now), burst_ms)
        return replace(self, paced_utc_ms=round(start + count * 60_000 / per_minute))

    def worked(self) -> "Gate":
        """The server took a mail (or refused it for its own sake): it is there."""
        return Gate(self.paced_utc_ms)

    def broke(self, problem: str, detail: str, now: UtcMs) -> "Gate":
        """The server failed: wait 5 s, 10 s, 20 s … up to five minutes."""
        pause = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** min(self.failures, 10))
        return replace(
            self,
            closed_until_utc_ms=now + pause,
            failures=self.failures + 1,
            problem=problem,
            detail=detail,
            since_utc_ms=self.since_utc_ms if self.failures else now,
        )


def retry_delay_ms(attempts: int) -> int:
    """Return how long a message waits that the server would not take for now: 1, 2, 4 … 60 minutes."""
    return int(min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** min(max(0, attempts - 1), 10)))
