"""Deciding about hands, and about who goes on stage."""

import msgspec

from interactions.hand.events import HandGranted, HandLowered, HandRaised
from interactions.hand.idea import HAND, TRANSITIONS, State, invited, places_taken
from interactions.lesson.idea import LESSON, is_learner, require_live
from lectern.kernel.errors import Conflict, Forbidden
from lectern.kernel.stage import MAX_ON_STAGE
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import ANYONE, STAFF, Call, ClassState, Command, Decision


class Raise(msgspec.Struct, frozen=True, kw_only=True):
    """Ask to speak."""


class Lower(msgspec.Struct, frozen=True, kw_only=True):
    """Take one's hand down, or (staff) that of `participant`."""

    participant: str | None = None


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Let `participant`, whose hand is up, speak to the room; with `camera` also be seen."""

    participant: str
    camera: bool = False


class Invite(msgspec.Struct, frozen=True, kw_only=True):
    """As `Grant`, for any learner. Nothing is switched on: the learner presses their own buttons."""

    participant: str
    camera: bool = False


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
    """Let somebody on stage who has a hand up; granting the same twice changes nothing.

    Raises:
        Conflict: the hand went down meanwhile (`hand_not_raised`), no place is left (`stage_full`).
    """
    require_live(state)
    if state.of(HAND).state_of(data.participant) is State.DOWN:
        raise Conflict("hand_not_raised", "This hand is not raised any more.")
    return _let_on_stage(state, call, data.participant, camera=data.camera)


def invite(state: ClassState, call: Call, data: Invite) -> Decision:
    """Let a learner on stage, whatever their hand.

    Raises:
        Conflict: no learner of this lesson (`not_invitable`), no place is left (`stage_full`).
    """
    require_live(state)
    if not is_learner(state.of(LESSON).roles.get(data.participant, "")):
        raise Conflict("not_invitable", "Only learners who are in this lesson can be invited on stage.")
    return _let_on_stage(state, call, data.participant, camera=data.camera)


def _let_on_stage(state: ClassState, call: Call, who: str, *, camera: bool) -> Decision:
    there = invited(state)
    if there.get(who) is camera:
        return Decision()
    if who not in there and len(places_taken(state)) >= MAX_ON_STAGE:
        raise Conflict(
            "stage_full",
            f"All {MAX_ON_STAGE} places on stage are taken. Take somebody off stage first.",
            limit=MAX_ON_STAGE,
        )
    granted = HandGranted(participant=who, camera=camera)
    return Decision((NewEvent(payload=granted, actor=call.actor.participant_id),))


COMMANDS = (
    Command("hand_raise", Raise, ANYONE, raise_hand),
    Command("hand_lower", Lower, ANYONE, lower_hand, takes_away=True),
    Command("hand_grant", Grant, STAFF, grant_hand),
    Command("stage_invite", Invite, STAFF, invite),
)
