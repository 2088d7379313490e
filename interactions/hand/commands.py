"""Deciding about hands."""

import msgspec

from interactions.hand.events import HandGranted, HandLowered, HandRaised
from interactions.hand.idea import HAND, TRANSITIONS
from interactions.lesson.idea import require_live
from lectern.kernel.errors import Conflict, Forbidden
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import ANYONE, STAFF, Call, ClassState, Command, Decision


class Raise(msgspec.Struct, frozen=True, kw_only=True):
    """Ask to speak."""


class Lower(msgspec.Struct, frozen=True, kw_only=True):
    """Take one's hand down, or (staff) that of `participant`."""

    participant: str | None = None


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Let `participant` speak to the room."""

    participant: str


def raise_hand(state: ClassState, call: Call, data: Raise) -> Decision:
    """Raise one's hand; it stays up when raised twice."""
    require_live(state)
    who = call.actor.participant_id
    if HandRaised not in TRANSITIONS[state.of(HAND).state_of(who)]:
        return Decision()
    return Decision((NewEvent(payload=HandRaised(participant=who), actor=who),))


def lower_hand(state: ClassState, call: Call, data: Lower) -> Decision:
    """Take a hand down, and the microphone with it; a hand that is down stays so."""
    require_live(state)
    who = data.participant or call.actor.participant_id
    if who != call.actor.participant_id and not call.actor.is_staff:
        raise Forbidden("not_allowed", "Only the presenter and the host can lower the hand of others.")
    if HandLowered not in TRANSITIONS[state.of(HAND).state_of(who)]:
        return Decision()
    return Decision((NewEvent(payload=HandLowered(participant=who), actor=call.actor.participant_id),))


def grant_hand(state: ClassState, call: Call, data: Grant) -> Decision:
    """Let somebody speak who has a hand up; granting twice changes nothing."""
    require_live(state)
    hands = state.of(HAND)
    hand_state = hands.state_of(data.participant)
    if HandGranted in TRANSITIONS[hand_state]:
        granted = HandGranted(participant=data.participant)
        return Decision((NewEvent(payload=granted, actor=call.actor.participant_id),))
    if data.participant in hands.up:
        return Decision()
    raise Conflict("hand_not_raised", "This hand is not raised any more.")


COMMANDS = (
    Command("hand_raise", Raise, ANYONE, raise_hand),
    Command("hand_lower", Lower, ANYONE, lower_hand),
    Command("hand_grant", Grant, STAFF, grant_hand),
)
