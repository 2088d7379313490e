"""The phase of a lesson and its participants, followed from events of other packages. Shows no entities."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from lectern.kernel.errors import Conflict
from lectern.kernel.roles import SessionRole
from lectern.kernel.standing import Standing
from lectern.timeline.event import (
    Event,
    ParticipantJoined,
    ParticipantRemoved,
    SessionEnded,
    SessionStarted,
    TimelineEvent,
)
from lectern.timeline.idea import Actor, Audience, ClassState, Entity, Texts, Touch


class Phase(StrEnum):
    """Where a lesson stands."""

    WAITING = "waiting"
    LIVE = "live"
    OVER = "over"


PHASES: Mapping[Phase, Mapping[type[Event], Phase]] = MappingProxyType(
    {
        Phase.WAITING: {SessionStarted: Phase.LIVE, SessionEnded: Phase.OVER},
        Phase.LIVE: {SessionEnded: Phase.OVER},
        Phase.OVER: {SessionStarted: Phase.LIVE},
    }
)
"""Whether a lesson may start again after its end is decided by the sessions package; we follow."""


@dataclass(slots=True)
class Lesson:
    """The phase, and the role of everybody who takes part; whoever was removed takes part no more."""

    phase: Phase = Phase.WAITING
    roles: dict[str, str] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)


class LessonIdea:
    """Follows who is there and whether the lesson is on."""

    name = "lesson_phase"
    events: tuple[type[Event], ...] = (SessionStarted, SessionEnded, ParticipantJoined, ParticipantRemoved)
    paths: tuple[str, ...] = ()

    def empty(self) -> Lesson:
        """See `Idea`."""
        return Lesson()

    def apply(self, slice_: Lesson, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case ParticipantJoined(participant=participant, role=role):
                if participant not in slice_.removed:
                    slice_.roles[participant] = role
            case ParticipantRemoved(participant=participant):
                slice_.roles.pop(participant, None)
                slice_.removed.add(participant)
            case SessionStarted() | SessionEnded() as turn:
                slice_.phase = PHASES[slice_.phase].get(type(turn), slice_.phase)

    def touched(self, slice_: Lesson, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        return ()

    def entities(self, slice_: Lesson) -> Iterable[Touch]:
        """See `Idea`."""
        return ()

    def render(self, slice_: Lesson, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        return None


LESSON = LessonIdea()


def require_live(state: ClassState) -> None:
    """Insist that the lesson is on.

    Raises:
        Conflict: it has not started yet (`session_not_live`), or it is over (`session_over`).
    """
    require_not_over(state)
    if state.of(LESSON).phase is Phase.WAITING:
        raise Conflict("session_not_live", "The lesson has not started yet.")


def require_not_over(state: ClassState) -> None:
    """Insist that the lesson has not ended; the waiting room will do.

    Raises:
        Conflict: the lesson is over (`session_over`).
    """
    if state.of(LESSON).phase is Phase.OVER:
        raise Conflict("session_over", "The lesson is over.")


def standing_of(state: ClassState, participant_id: str) -> Standing:
    """Return what the timeline says of somebody by now."""
    lesson = state.of(LESSON)
    role = lesson.roles.get(participant_id)
    return Standing(None if role is None else SessionRole(role), participant_id in lesson.removed)


def refuse_lapsed(state: ClassState, actor: Actor) -> None:
    """Refuse every command of somebody who was shown out, or is staff no longer (a `Guard` of the engine).

    A connection keeps the role that it was admitted with; the timeline knows whether it still holds.

    Raises:
        Forbidden: see `Standing.insist`.
    """
    standing_of(state, actor.participant_id).insist(actor.role)


def takes_part(state: ClassState, participant_id: str) -> bool:
    """Tell whether `participant_id` has joined and was not removed; a screen counts as well."""
    return participant_id in state.of(LESSON).roles


def is_learner(role: str) -> bool:
    """Tell whether a role as it stands in events is a learner's."""
    return role == SessionRole.LEARNER.value
