"""The life of a job as a table. Pure.

    queued ──claimed──▶ running ──completed──▶ done
      ▲                  │  │ └────failed────▶ failed
      └─retried/released─┘  └──held──▶ held

A job whose worker went silent is claimed again (`lost`); after its last attempt it fails. `failed` and `held`
wait for a person, whose `resumed` gives it all its attempts back. `cancelled` ends it for good.
"""

from enum import StrEnum

from lectern.kernel.errors import Conflict


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    HELD = "held"


class JobEvent(StrEnum):
    """What can happen to a job."""

    CLAIMED = "claimed"
    COMPLETED = "completed"
    RETRIED = "retried"
    RELEASED = "released"
    FAILED = "failed"
    HELD = "held"
    LOST = "lost"
    RESUMED = "resumed"
    CANCELLED = "cancelled"


_S, _E = JobState, JobEvent

JOB_TABLE: dict[JobState, dict[JobEvent, JobState]] = {
    _S.QUEUED: {_E.CLAIMED: _S.RUNNING, _E.HELD: _S.HELD, _E.CANCELLED: _S.FAILED},
    _S.RUNNING: {
        _E.COMPLETED: _S.DONE,
        _E.RETRIED: _S.QUEUED,
        _E.RELEASED: _S.QUEUED,
        _E.FAILED: _S.FAILED,
        _E.HELD: _S.HELD,
        _E.LOST: _S.QUEUED,
        _E.CANCELLED: _S.FAILED,
    },
    _S.FAILED: {_E.RESUMED: _S.QUEUED},
    _S.HELD: {_E.RESUMED: _S.QUEUED, _E.CANCELLED: _S.FAILED},
    _S.DONE: {},
}


def after(state: JobState, event: JobEvent) -> JobState:
    """Return the state that follows.

    Raises:
        Conflict: nothing of the kind can happen to a job in this state (`job_state`).
    """
    target = JOB_TABLE[state].get(event)
    if target is None:
        raise Conflict("job_state", f"This job is {state} already.", state=state, event=event)
    return target
