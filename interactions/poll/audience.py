"""Whom a poll is put to: everybody, everybody counted by group, or one group; and who may ask whom."""

from interactions.breakout.idea import BREAKOUT, Group
from interactions.breakout.placing import require_group, require_open
from interactions.lesson.idea import require_live, standing_of
from interactions.poll.events import AskedGroup
from interactions.poll.idea import Poll
from lectern.kernel.errors import Forbidden, NotFound, Rejected
from lectern.timeline.idea import Call, ClassState


def require_staff(state: ClassState, call: Call) -> None:
    """Insist on a live lesson and on a role that may have been lost since this connection began.

    Raises:
        Conflict: the lesson is not live.
        Forbidden: the actor is no longer staff (`not_allowed`).
    """
    require_live(state)
    if not standing_of(state, call.actor.participant_id).is_staff(call.actor.role):
        raise Forbidden("not_allowed", "Your role in this session does not allow this.")


def require_lead(state: ClassState, call: Call, group_id: str | None) -> Group | None:
    """Return the group that is asked, None for everybody, if the actor may ask it: staff, reporter or tutor.

    Raises:
        Conflict: the class is not in groups (`breakout_closed`), or the lesson is not live.
        NotFound: there is no such group (`group_not_found`).
        Forbidden: learners ask their own group, and only who leads it (`not_allowed`, `not_leader`).
    """
    if group_id is None or call.actor.is_staff:
        require_staff(state, call)
        return None if group_id is None else require_group(require_open(state), group_id)
    group = require_group(require_open(state), group_id)
    who = call.actor.participant_id
    if who not in group.members:
        raise NotFound("group_not_found", "You are in no such group.")
    if not group.is_led_by(who):
        raise Forbidden("not_leader", "Only the reporter or a tutor asks the group.")
    return group


def groups_asked(state: ClassState, *, by_group: bool, anonymous: bool) -> tuple[AskedGroup, ...]:
    """Return the groups whose answers are to be counted by themselves.

    Raises:
        Conflict: the class is not in groups (`breakout_closed`).
        Rejected: an anonymous answer would tell its group (`by_group_anonymous`).
    """
    if not by_group:
        return ()
    if anonymous:
        raise Rejected("by_group_anonymous", "An anonymous poll is not counted by group.")
    groups = require_open(state).groups.values()
    return tuple(AskedGroup(id=group.id, name_ref=group.name_ref) for group in groups)


def group_of_voter(state: ClassState, poll: Poll, voter: str) -> str | None:
    """Return the group for which an answer counts, None if for none.

    Raises:
        NotFound: the poll is another group's (`poll_not_found`).
    """
    if poll.opened.group is None and not poll.opened.groups:
        return None
    breakout = state.of(BREAKOUT)
    group = breakout.group_with(voter) if breakout.is_open else None
    if poll.opened.group is not None and (group is None or group.id != poll.opened.group):
        raise NotFound("poll_not_found", "There is no such poll.")
    return None if group is None else group.id
