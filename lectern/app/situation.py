"""A class as the media plane sees it: read off the slices of sessions and interactions."""

from typing import Final

from interactions.aside.idea import ASIDE
from interactions.breakout.idea import BREAKOUT
from interactions.hand.events import HandLowered
from interactions.hand.idea import HAND, invited
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import Event, ParticipantRemoved
from lectern.timeline.idea import ClassState
from sessions.lesson.idea import LESSON, LessonState
from sessions.presence.idea import PRESENCE
from signaling.plane.situation import Situation

READ: Final = (LESSON, BREAKOUT, PRESENCE, HAND, ASIDE)
"""The ideas that decide it: a word in the chat or a vote leaves it as it was, and costs nothing here."""


def situation_of(state: ClassState) -> Situation:
    """See `signaling.plane.situation.SituationOf`."""
    return state.read_off(_situation, READ)


def _situation(state: ClassState) -> Situation:
    lesson = state.of(LESSON)
    breakout = state.of(BREAKOUT)
    participants = state.of(PRESENCE).participants
    staff: list[str] = []
    gone: list[str] = []
    away_since_utc_ms: dict[str, int] = {}
    for id_, present in participants.items():  # once: thousands, at each step of a class that comes back
        if present.standing.is_staff():
            staff.append(id_)
        if present.removed:
            gone.append(id_)
        if not present.connections and present.left_utc_ms is not None:
            away_since_utc_ms[id_] = present.left_utc_ms
    guests = {id_: camera for id_, camera in invited(state).items() if id_ in participants}
    return Situation(
        live=lesson.state is LessonState.LIVE,
        ended=lesson.state is LessonState.ENDED,
        first_started_utc_ms=lesson.first_started_utc_ms,
        groups=breakout.whereabouts(),
        may_speak=frozenset(staff) | guests.keys(),
        removed=frozenset(gone),
        staff=frozenset(staff),
        presenters=tuple(id_ for id_ in staff if participants[id_].joined.role == SessionRole.PRESENTER),
        invited=tuple(guests),
        heard_everywhere=frozenset(breakout.voices),
        aside=state.of(ASIDE).since_utc_ms is not None,
        recorded_groups=breakout.recorded_groups(),
        with_camera=frozenset(id_ for id_, camera in guests.items() if camera),
        away_since_utc_ms=away_since_utc_ms,
    )


def loses_rights(event: Event) -> str | None:
    """Return who may not send any more, or not as much, when this event is written."""
    return event.participant if isinstance(event, HandLowered | ParticipantRemoved) else None
