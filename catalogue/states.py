"""The lives of a replay and of a microcourse as tables. Pure.

A replay appears when its session first goes live, and is ready once the session is over and the packager has
closed its playlists. A microcourse is `processing` while a job cuts it; what is published does not change.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from lectern.kernel.errors import Conflict


class ReplayState(StrEnum):
    """Where a replay stands."""

    LIVE = "live"
    READY = "ready"
    FAILED = "failed"


class ReplayEvent(StrEnum):
    """What can happen to a replay."""

    CLOSED = "closed"
    GIVEN_UP = "given_up"
    RESTARTED = "restarted"


class MicrocourseState(StrEnum):
    """Where a microcourse stands."""

    DRAFT = "draft"
    PROCESSING = "processing"
    READY = "ready"
    PUBLISHED = "published"
    FAILED = "failed"


class MicrocourseEvent(StrEnum):
    """What can happen to a microcourse."""

    SUBMITTED = "submitted"
    CUT = "cut"
    CUT_FAILED = "cut_failed"
    RETRIED = "retried"
    EDITED = "edited"
    PUBLISHED = "published"


_R, _RE, _M, _ME = ReplayState, ReplayEvent, MicrocourseState, MicrocourseEvent

REPLAY_TABLE: Mapping[ReplayState, Mapping[ReplayEvent, ReplayState]] = {
    _R.LIVE: {_RE.CLOSED: _R.READY, _RE.GIVEN_UP: _R.FAILED, _RE.RESTARTED: _R.LIVE},
    _R.READY: {_RE.RESTARTED: _R.LIVE},
    _R.FAILED: {_RE.CLOSED: _R.READY, _RE.RESTARTED: _R.LIVE},
}

MICROCOURSE_TABLE: Mapping[MicrocourseState, Mapping[MicrocourseEvent, MicrocourseState]] = {
    _M.DRAFT: {_ME.SUBMITTED: _M.PROCESSING},
    _M.PROCESSING: {_ME.CUT: _M.READY, _ME.CUT_FAILED: _M.FAILED, _ME.EDITED: _M.PROCESSING},
    _M.READY: {_ME.PUBLISHED: _M.PUBLISHED, _ME.EDITED: _M.PROCESSING},
    _M.FAILED: {_ME.RETRIED: _M.PROCESSING, _ME.EDITED: _M.PROCESSING},
    _M.PUBLISHED: {},
}

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)

_REFUSALS: Mapping[str, tuple[str, str]] = {
    MicrocourseEvent.PUBLISHED: (
        "microcourse_not_ready",
        "Only a microcourse that has been cut and is not yet published can be published.",
    ),
    MicrocourseEvent.RETRIED: (
        "microcourse_not_failed",
        "Only a microcourse that failed can be tried again.",
    ),
    MicrocourseEvent.EDITED: (
        "microcourse_published",
        "A published microcourse does not change. Cut a new one from the replay.",
    ),
}


def after(table: Mapping[S, Mapping[E, S]], state: S, event: E) -> S:
    """Return the state that follows.

    Raises:
        Conflict: nothing of the kind can happen in this state; the code names what was asked for.
    """
    target = table[state].get(event)
    if target is None:
        code, message = _REFUSALS.get(event, ("state_conflict", "This cannot be done now."))
        raise Conflict(code, message, state=state)
    return target
