"""A job, what a worker says about it, and when a failed one is tried again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lectern.jobs.states import JobState
from lectern.kernel.clock import UtcMs

DEFAULT_MAX_ATTEMPTS = 3
LEASE_MS = 15_000
"""A worker that is silent for so long has lost its job; heartbeats come three times as often."""
_FIRST_RETRY_MS = 2_000
_LONGEST_RETRY_MS = 60_000
_FAIREST_PROGRESS = 0.05
"""Below this share of the work an estimate of the rest would be a guess."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be done: `subject` is the id of what it is about, `args` what the worker needs to know."""

    org_id: str
    kind: str
    subject: str
    args: Mapping[str, Any]
    max_attempts: int = DEFAULT_MAX_ATTEMPTS


@dataclass(frozen=True, slots=True)
class Job:
    """A job row. `progress` is 0..1 of the current attempt; `reason` is text for the owner.

    `lease_owner` is made anew by every claim, so that a worker that lost a job cannot speak for it again,
    not even after the same worker has claimed it once more.
    """

    id: str
    org_id: str
    kind: str
    subject: str
    args: dict[str, Any]
    state: JobState
    attempts: int
    max_attempts: int
    lease_owner: str | None
    lease_until_ms: int | None
    not_before_ms: int
    progress: float
    reason_code: str | None
    reason: str | None
    estimate_s: int | None
    created_ms: int
    started_ms: int | None
    finished_ms: int | None
    result: dict[str, Any] | None

    @property
    def over(self) -> bool:
        """Whether nothing more can come of it: done, or failed."""
        return self.state in (JobState.DONE, JobState.FAILED)


class JobFailed(Exception):
    """Raised by work that cannot succeed: `reason` is for the owner, in words.

    `retry` says that another attempt may succeed; `hold` that only a person can remove the cause (a full
    disk): the job then waits in `held` without using up its attempts.
    """

    def __init__(self, code: str, reason: str, *, retry: bool = False, hold: bool = False) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.retry = retry
        self.hold = hold


class LeaseLost(Exception):
    """Raised inside work when it is no longer this worker's: stop, and leave no trace."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a heartbeat reports: progress 0..1, and the seconds that remain (None: too early to say)."""

    progress: float = 0.0
    estimate_s: int | None = field(default=None)


def measured(progress: float, started_ms: int, now: UtcMs) -> Measured:
    """Clamp `progress` and estimate the rest from the pace so far."""
    share = min(1.0, max(0.0, progress))
    if share < _FAIREST_PROGRESS:
        return Measured(share)
    elapsed_s = max(0, now - started_ms) / 1000
    return Measured(share, round(elapsed_s * (1 - share) / share))


def retry_delay_ms(attempts: int) -> int:
    """Return how long to wait before the attempt after the `attempts`-th: 2 s, 4 s, 8 s … up to a minute."""
    return int(min(_LONGEST_RETRY_MS, _FIRST_RETRY_MS * 2 ** max(0, attempts - 1)))
