"""Deciding about draws."""

import msgspec

from interactions.checkin.idea import CHECKIN, State
from interactions.lesson.idea import require_live
from interactions.lottery.events import LotteryDrawn, LotteryReset
from interactions.lottery.idea import LOTTERY
from lectern.kernel.errors import Conflict, NotFound, Rejected
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import STAFF, Call, ClassState, Command, Decision

MOST_WINNERS = 50


class DrawLots(msgspec.Struct, frozen=True, kw_only=True):
    """Draw so many of those who checked in to a round; fewer, where fewer are left."""

    round: str
    winners: int = 1


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """Takes nothing."""


def draw(state: ClassState, call: Call, data: DrawLots) -> Decision:
    """Draw among those who are still learners here and have not won since the last reset.

    Raises:
        Conflict: nobody is left (`lottery_nobody_left`).
    """
    require_live(state)
    checkins = state.of(CHECKIN)
    round_ = checkins.rounds.get(data.round)
    if round_ is None or round_.state is State.WITHDRAWN:
        raise NotFound("checkin_not_found", "There is no such check-in.")
    if not 1 <= data.winners <= MOST_WINNERS:
        raise Rejected("winners_count_invalid", f"Draw 1 to {MOST_WINNERS} at a time.", most=MOST_WINNERS)
    came = {who for who, mark in round_.marks.items() if mark.standing != "absent"}
    pool = sorted((came & checkins.learners.keys()) - state.of(LOTTERY).won)
    if not pool:
        raise Conflict("lottery_nobody_left", "Nobody is left to be drawn. Reset the draw to start again.")
    winners = tuple(call.rng.sample(pool, min(data.winners, len(pool))))
    drawn = LotteryDrawn(id=call.new_id(), round=round_.id, winners=winners, among=len(pool))
    event = NewEvent(payload=drawn, actor=call.actor.participant_id)
    return Decision((event,), {"id": drawn.id, "left": len(pool) - len(winners)})


def reset(state: ClassState, call: Call, data: Nothing) -> Decision:
    """Let everybody be drawn again."""
    require_live(state)
    if not state.of(LOTTERY).won:
        return Decision()
    return Decision((NewEvent(payload=LotteryReset(), actor=call.actor.participant_id),))


COMMANDS = (
    Command("lottery_draw", DrawLots, STAFF, draw),
    Command("lottery_reset", Nothing, STAFF, reset),
)
