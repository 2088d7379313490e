"""The lesson itself: planned, live, ended; by whom; and the commands that start and end it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from lectern.kernel.errors import Conflict
from lectern.timeline.event import Event, NewEvent, RosterChanged, SessionEnded, SessionStarted, TimelineEvent
from lectern.timeline.idea import (
    STAFF,
    STAFF_ONLY,
    Audience,
    Call,
    ClassState,
    Command,
    Decision,
    Texts,
    Touch,
)


class LessonState(StrEnum):
    """Where a lesson stands."""

    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDED = "ended"


class SessionPlanned(Event, frozen=True, kw_only=True):
    """What the lesson is to be; comes again whenever it changes. `host`: a person, not the presenter."""

    TYPE: ClassVar[str] = "session_planned"
    session: str
    title: str
    starts_utc_ms: int
    zone: str
    presenter_ref: str | None = None
    host: str | None = None
    planned_minutes: int | None = None


TRANSITIONS: dict[LessonState, dict[str, LessonState]] = {
    LessonState.SCHEDULED: {
        SessionStarted.TYPE: LessonState.LIVE,
        SessionEnded.TYPE: LessonState.ENDED,
    },
    LessonState.LIVE: {SessionEnded.TYPE: LessonState.ENDED},
    LessonState.ENDED: {},
}


@dataclass(slots=True)
class Lesson:
    """The slice."""

    plan: SessionPlanned | None = None
    state: LessonState = LessonState.SCHEDULED
    first_started_utc_ms: int | None = None
    ended_utc_ms: int | None = None
    expected: int = 0


class LessonIdea:
    """Entity `lesson`."""

    name = "lesson"
    events = (SessionPlanned, RosterChanged, SessionStarted, SessionEnded)
    paths = ("lesson",)

    def empty(self) -> Lesson:
        """See `Idea`."""
        return Lesson()

    def apply(self, slice_: Lesson, event: TimelineEvent) -> None:
        """See `Idea`."""
        if isinstance(event.payload, SessionPlanned):
            slice_.plan = event.payload
            return
        if isinstance(event.payload, RosterChanged):
            slice_.expected = event.payload.expected
            return
        following = TRANSITIONS[slice_.state].get(event.type)
        if following is None:
            return
        slice_.state = following
        if following is LessonState.LIVE and slice_.first_started_utc_ms is None:
            slice_.first_started_utc_ms = event.utc_ms
        if following is LessonState.ENDED:
            slice_.ended_utc_ms = event.utc_ms

    def touched(self, slice_: Lesson, event: TimelineEvent) -> list[Touch]:
        """See `Idea`."""
        if isinstance(event.payload, RosterChanged):
            return [Touch("lesson", STAFF_ONLY)] if slice_.plan is not None else []
        return self.entities(slice_)

    def entities(self, slice_: Lesson) -> list[Touch]:
        """See `Idea`."""
        return [Touch("lesson")] if slice_.plan is not None else []

    def render(self, slice_: Lesson, touch: Touch, audience: Audience, texts: Texts) -> dict[str, Any] | None:
        """See `Idea`."""
        del touch
        if slice_.plan is None:
            return None
        plan = slice_.plan
        return {
            "id": plan.session,
            "title": plan.title,
            "state": slice_.state.value,
            "starts_utc_ms": plan.starts_utc_ms,
            "first_started_utc_ms": slice_.first_started_utc_ms,
            "ended_utc_ms": slice_.ended_utc_ms,
            "zone": plan.zone,
            "presenter": texts.get(plan.presenter_ref) if plan.presenter_ref else None,
            "expected": slice_.expected if audience is Audience.STAFF else None,
        }


LESSON = LessonIdea()


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data of a command that needs none."""


def start(state: ClassState, call: Call, _data: Nothing) -> Decision:
    """Go live; starting a live lesson again changes nothing.

    Raises:
        Conflict: it is over (`session_over`).
    """
    lesson = state.of(LESSON)
    if lesson.state is LessonState.LIVE:
        return Decision()
    if SessionStarted.TYPE not in TRANSITIONS[lesson.state]:
        raise Conflict("session_over", "This session is over and cannot be started again.")
    return Decision((NewEvent(payload=SessionStarted(), actor=call.actor.participant_id),))


def end(state: ClassState, call: Call, _data: Nothing) -> Decision:
    """End the lesson for everybody; ending an ended one changes nothing.

    Raises:
        Conflict: it was never live (`session_not_live`).
    """
    lesson = state.of(LESSON)
    if lesson.state is LessonState.ENDED:
        return Decision()
    if lesson.state is not LessonState.LIVE:
        raise Conflict("session_not_live", "This session has not been started.")
    return Decision((NewEvent(payload=SessionEnded(), actor=call.actor.participant_id),))


COMMANDS = (
    Command("lesson_start", Nothing, STAFF, start),
    Command("lesson_end", Nothing, STAFF, end),
)
