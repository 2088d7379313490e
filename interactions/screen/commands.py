"""Deciding about screens."""

import msgspec

from interactions.screen.events import ScreenHeadsSet
from interactions.screen.idea import SCREEN
from lectern.kernel.errors import NotFound, Rejected
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import STAFF, Call, ClassState, Command, Decision

MOST_HEADS = 10_000


class SetHeads(msgspec.Struct, frozen=True, kw_only=True):
    """So many sit before a screen besides those who scanned its code."""

    screen: str
    extra: int


def set_heads(state: ClassState, call: Call, data: SetHeads) -> Decision:
    """Note the host's count; it stands for people without a phone."""
    site = state.of(SCREEN).screens.get(data.screen)
    if site is None:
        raise NotFound("screen_not_found", "There is no such screen in this session.")
    if not 0 <= data.extra <= MOST_HEADS:
        raise Rejected("heads_invalid", f"Give a number from 0 to {MOST_HEADS}.", most=MOST_HEADS)
    if site.extra == data.extra:
        return Decision()
    heads = ScreenHeadsSet(screen=data.screen, extra=data.extra)
    return Decision((NewEvent(payload=heads, actor=call.actor.participant_id),))


COMMANDS = (Command("screen_heads", SetHeads, STAFF, set_heads),)
