"""The lives of a replay and of a microcourse as tables. Pure.

A replay appears when its session first goes live, and is ready once the session is over and the packager has
closed its playlists.

A microcourse is `processing` while a job cuts it. What was cut is reviewed by a person, and then published.
The table is about the version in work: to edit what is published begins the next version, while the published
one goes on playing (`Microcourse.live_version`) until the next is published or it is retired.
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
    IN_REVIEW = "in_review"
    SENT_BACK = "sent_back"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    RETIRED = "retired"
    FAILED = "failed"


class MicrocourseEvent(StrEnum):
    """What can happen to a microcourse."""

    SUBMITTED = "submitted"
    CUT = "cut"
    CUT_FAILED = "cut_failed"
    RETRIED = "retried"
    EDITED = "edited"
    REVIEW_ASKED = "review_asked"
    TAKEN_BACK = "taken_back"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    PUBLISHED = "published"
    RETIRED = "retired"


_R, _RE, _M, _ME = ReplayState, ReplayEvent, MicrocourseState, MicrocourseEvent

REPLAY_TABLE: Mapping[ReplayState, Mapping[ReplayEvent, ReplayState]] = {
    _R.LIVE: {_RE.CLOSED: _R.READY, _RE.GIVEN_UP: _R.FAILED, _RE.RESTARTED: _R.LIVE},
    _R.READY: {_RE.RESTARTED: _R.LIVE},
    _R.FAILED: {_RE.CLOSED: _R.READY, _RE.RESTARTED: _R.LIVE},
}

MICROCOURSE_TABLE: Mapping[MicrocourseState, Mapping[MicrocourseEvent, MicrocourseState]] = {
    _M.DRAFT: {_ME.SUBMITTED: _M.PROCESSING},
    _M.PROCESSING: {_ME.CUT: _M.READY, _ME.CUT_FAILED: _M.FAILED, _ME.EDITED: _M.PROCESSING},
    _M.READY: {
        _ME.EDITED: _M.PROCESSING,
        _ME.REVIEW_ASKED: _M.IN_REVIEW,
        _ME.APPROVED: _M.REVIEWED,
        _ME.SENT_BACK: _M.SENT_BACK,
        _ME.PUBLISHED: _M.PUBLISHED,
    },
    _M.IN_REVIEW: {
        _ME.EDITED: _M.PROCESSING,
        _ME.TAKEN_BACK: _M.READY,
        _ME.APPROVED: _M.REVIEWED,
        _ME.SENT_BACK: _M.SENT_BACK,
    },
    _M.SENT_BACK: {_ME.EDITED: _M.PROCESSING, _ME.REVIEW_ASKED: _M.IN_REVIEW},
    _M.REVIEWED: {
        _ME.EDITED: _M.PROCESSING,
        _ME.SENT_BACK: _M.SENT_BACK,
        _ME.PUBLISHED: _M.PUBLISHED,
    },
    _M.PUBLISHED: {_ME.EDITED: _M.PROCESSING, _ME.RETIRED: _M.RETIRED},
    _M.RETIRED: {_ME.EDITED: _M.PROCESSING, _ME.PUBLISHED: _M.PUBLISHED},
    _M.FAILED: {_ME.RETRIED: _M.PROCESSING, _ME.EDITED: _M.PROCESSING},
}
"""Who may do it is asked elsewhere (`catalogue.reviewing`): publishing what is `ready` skips the review."""

CUT = frozenset({_M.READY, _M.IN_REVIEW, _M.SENT_BACK, _M.REVIEWED, _M.PUBLISHED, _M.RETIRED})
"""The version in work has its files: it can be played by those who may see it."""

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)

_REFUSALS: Mapping[str, tuple[str, str]] = {
    MicrocourseEvent.PUBLISHED: (
        "microcourse_not_ready",
        "Only a microcourse that has been cut and is not yet published can be published.",
    ),
    MicrocourseEvent.REVIEW_ASKED: (
        "microcourse_not_reviewable",
        "Only a microcourse that has been cut and is not published can be reviewed.",
    ),
    MicrocourseEvent.APPROVED: (
        "microcourse_not_reviewable",
        "Only a microcourse that has been cut and is not published can be reviewed.",
    ),
    MicrocourseEvent.SENT_BACK: (
        "microcourse_not_reviewable",
        "Only a microcourse that has been cut and is not published can be reviewed.",
    ),
    MicrocourseEvent.TAKEN_BACK: (
        "microcourse_not_in_review",
        "This microcourse does not wait for a review.",
    ),
    MicrocourseEvent.RETIRED: (
        "microcourse_not_published",
        "This microcourse is not shown to learners.",
    ),
    MicrocourseEvent.RETRIED: (
        "microcourse_not_failed",
        "Only a microcourse that failed can be tried again.",
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
