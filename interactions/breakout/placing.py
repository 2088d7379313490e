"""Who belongs to which group while the class is split: moved by staff, by choice, or by the rule."""

import msgspec

from interactions.breakout.idea import BREAKOUT, Breakout, Group
from interactions.lesson.idea import LESSON, is_learner, require_live, takes_part
from lectern.kernel.errors import Conflict, NotFound, Rejected
from lectern.timeline.event import BreakoutPlaced, NewEvent
from lectern.timeline.idea import Call, ClassState, Decision


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to move, and where to; null is the main room."""

    participant: str
    group: str | None = None


class Choose(msgspec.Struct, frozen=True, kw_only=True):
    """The group that a learner wants to be in."""

    group: str


def require_open(state: ClassState) -> Breakout:
    """Return the breakout that is on.

    Raises:
        Conflict: the class is not in groups (`breakout_closed`), or the lesson is not on.
    """
    require_live(state)
    breakout = state.of(BREAKOUT)
    if not breakout.is_open:
        raise Conflict("breakout_closed", "The class is not in groups now.")
    return breakout


def require_group(breakout: Breakout, id_: str) -> Group:
    """Return a group of this breakout.

    Raises:
        NotFound: there is none of this id (`group_not_found`).
    """
    group = breakout.groups.get(id_)
    if group is None:
        raise NotFound("group_not_found", "There is no such group.")
    return group


def move(state: ClassState, call: Call, data: Move) -> Decision:
    """Put somebody into another group, whatever its limit, or back into the main room."""
    breakout = require_open(state)
    if data.group is not None:
        require_group(breakout, data.group)
    require_here(state, data.participant)
    left = breakout.group_with(data.participant)
    is_there = left.id == data.group if left is not None else data.group is None
    if is_there and (data.group is not None or data.participant in breakout.staying):
        return Decision()
    return Decision((_placed(data.participant, data.group, left, "staff", call.actor.participant_id),))


def choose(state: ClassState, call: Call, data: Choose) -> Decision:
    """Join the group that one likes, or change to it, while it has room."""
    breakout = require_open(state)
    if breakout.late != "choose":
        raise Conflict("choice_not_offered", "The host decides who is in which group.")
    group = require_group(breakout, data.group)
    who = call.actor.participant_id
    require_here(state, who)
    left = breakout.group_with(who)
    if left is group:
        return Decision()
    if group.is_full:
        raise Conflict("group_full", "This group is full. Please choose another one.", most=group.most)
    return Decision((_placed(who, group.id, left, "choice", who),))


def arrival(state: ClassState, participant_id: str) -> NewEvent | None:
    """Return where the rule puts a learner who comes while the class is split; None where it does not."""
    breakout = state.of(BREAKOUT)
    role = state.of(LESSON).roles.get(participant_id)
    if not breakout.is_open or breakout.late != "smallest" or role is None or not is_learner(role):
        return None
    if participant_id in breakout.staying or breakout.group_with(participant_id) is not None:
        return None
    group = min(breakout.groups.values(), key=lambda each: (each.is_full, len(each.members), each.place))
    if group.is_full:
        return None
    return _placed(participant_id, group.id, None, "rule", None)


def require_here(state: ClassState, who: str) -> None:
    """Insist that somebody takes part.

    Raises:
        Rejected: they have not joined, or were removed (`member_unknown`).
    """
    if not takes_part(state, who):
        raise Rejected("member_unknown", "This person is not in the lesson.", participant=who[:64])


def _placed(who: str, group: str | None, left: Group | None, by: str, actor: str | None) -> NewEvent:
    left_id = None if left is None else left.id
    payload = BreakoutPlaced(participant=who, group=group, left=left_id, by=by)
    return NewEvent(payload=payload, actor=actor)
