"""A class as the media plane sees it: read off the slices of sessions and interactions."""

from interactions.breakout.idea import BREAKOUT
from interactions.hand.idea import may_speak
from lectern.kernel.roles import SessionRole
from lectern.timeline.idea import ClassState
from sessions.lesson.idea import LESSON, LessonState
from sessions.presence.idea import PRESENCE
from signaling.plane.situation import Situation


def situation_of(state: ClassState) -> Situation:
    """See `signaling.plane.situation.SituationOf`."""
    lesson = state.of(LESSON)
    breakout = state.of(BREAKOUT)
    participants = state.of(PRESENCE).participants
    groups: dict[str, str] = {}
    if breakout.is_open:
        groups = {member: group.id for group in breakout.groups.values() for member in group.members}
    speakers = {
        id_
        for id_, present in participants.items()
        if SessionRole(present.joined.role).is_staff or may_speak(state, id_)
    }
    return Situation(
        live=lesson.state is LessonState.LIVE,
        ended=lesson.state is LessonState.ENDED,
        first_started_utc_ms=lesson.first_started_utc_ms,
        groups=groups,
        may_speak=frozenset(speakers),
        removed=frozenset(id_ for id_, present in participants.items() if present.removed),
    )
