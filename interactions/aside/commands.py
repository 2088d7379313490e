"""Deciding what is for the replay."""

import msgspec

from interactions.aside.events import AsideBegan, AsideEnded
from interactions.aside.idea import ASIDE
from interactions.lesson.idea import require_live
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import STAFF, Call, ClassState, Command, Decision


class BeginAside(msgspec.Struct, frozen=True, kw_only=True):
    """What follows is not for the replay."""


class EndAside(msgspec.Struct, frozen=True, kw_only=True):
    """What follows is for the replay again."""


def begin(state: ClassState, call: Call, data: BeginAside) -> Decision:
    """Go aside; twice changes nothing."""
    require_live(state)
    if state.of(ASIDE).since_utc_ms is not None:
        return Decision()
    return Decision((NewEvent(payload=AsideBegan(), actor=call.actor.participant_id),))


def end(state: ClassState, call: Call, data: EndAside) -> Decision:
    """Go on for the replay; without an aside nothing changes."""
    require_live(state)
    if state.of(ASIDE).since_utc_ms is None:
        return Decision()
    return Decision((NewEvent(payload=AsideEnded(), actor=call.actor.participant_id),))


COMMANDS = (Command("aside_begin", BeginAside, STAFF, begin), Command("aside_end", EndAside, STAFF, end))
