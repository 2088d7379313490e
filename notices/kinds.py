"""The kinds of notices: what each must know, and how it is handled."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

import msgspec


class Channel(StrEnum):
    """A way to a person."""

    APP = "app"
    MAIL = "mail"


class Kind(StrEnum):
    """What a notice is about. The names are kept in rows and in people's choices: they never change."""

    INVITED = "invited"
    HOSTING = "hosting"
    RELIEVED = "relieved"
    MOVED = "moved"
    CANCELLED = "cancelled"
    COMING = "coming"
    STARTING = "starting"
    MISSED = "missed"
    QUESTION_ANSWERED = "question_answered"
    ATTENDANCE_CLOSED = "attendance_closed"
    OBJECTED = "objected"
    WORK_ITEM = "work_item"
    REVIEW_ASKED = "review_asked"
    REVIEWED = "reviewed"
    WATCH_DUE = "watch_due"
    REPLAY_SHOWN = "replay_shown"


class LessonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson as it was planned when the notice was written.

    `sequence` counts its plans from 0 (RFC 5545 §3.8.7.4). `undone` are codes of what somebody has still to
    do after it: absent, checkin, feedback. `live`: it has begun. `stays`: whoever hosts it no longer is still
    expected there, so that the entry in their calendar stays too. `replay_id`: its replay, where it is about
    that.
    """

    session_id: str
    title: str
    starts_utc_ms: int
    zone: str
    minutes: int
    sequence: int = 0
    presenter: str | None = None
    undone: tuple[str, ...] = ()
    live: bool = False
    stays: bool = False
    replay_id: str = ""


class ClosedFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A closed attendance record: what must leave the house so that nobody can rewrite it unseen.

    `head` is the end of its hash chain in hexadecimal digits, `version` counts its closings from 1.
    """

    session_id: str
    title: str
    head: str
    version: int
    rows: int
    closed_utc_ms: int
    zone: str
    fingerprint: str | None = None
    reason: str | None = None


class ReviewFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A microcourse that waits for its review, or that was reviewed. `said`: the reviewer's words."""

    session_id: str
    microcourse_id: str
    title: str
    approved: bool = False
    said: str = ""


class WatchFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A required replay, microcourse or series that somebody has not watched yet.

    `over`: its deadline has passed. `session_id` is the lesson's; empty of a series, which has none.
    """

    session_id: str
    medium: Literal["replay", "microcourse", "series"]
    medium_id: str
    title: str
    due_utc_ms: int
    zone: str
    over: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """How a kind is handled. `private`: nobody but its recipient is shown to whom it went.

    `has_calendar`: its mail carries an invitation, its change, or its cancellation.
    """

    facts: type[msgspec.Struct]
    may_be_muted: bool = True
    private: bool = False
    has_calendar: bool = False


KINDS: Mapping[Kind, About] = MappingProxyType(
    {
        Kind.INVITED: About(LessonFacts, may_be_muted=False, has_calendar=True),
        Kind.HOSTING: About(LessonFacts, may_be_muted=False, has_calendar=True),
        Kind.RELIEVED: About(LessonFacts, may_be_muted=False, has_calendar=True),
        Kind.MOVED: About(LessonFacts, may_be_muted=False, has_calendar=True),
        Kind.CANCELLED: About(LessonFacts, may_be_muted=False, has_calendar=True),
        Kind.COMING: About(LessonFacts),
        Kind.STARTING: About(LessonFacts),
        Kind.MISSED: About(LessonFacts),
        # Questions may be asked without a name: the list of what was sent must not give it away.
        Kind.QUESTION_ANSWERED: About(LessonFacts, private=True),
        Kind.ATTENDANCE_CLOSED: About(ClosedFacts, may_be_muted=False),
        Kind.OBJECTED: About(LessonFacts),
        Kind.WORK_ITEM: About(LessonFacts),
        Kind.REVIEW_ASKED: About(ReviewFacts),
        Kind.REVIEWED: About(ReviewFacts),
        Kind.WATCH_DUE: About(WatchFacts),
        Kind.REPLAY_SHOWN: About(LessonFacts),
    }
)


def facts_of(kind: Kind, facts: Mapping[str, Any]) -> Any:
    """Return `facts` as the kind's struct.

    Raises:
        msgspec.ValidationError: they are not what the kind needs.
    """
    return msgspec.convert(dict(facts), KINDS[kind].facts)
