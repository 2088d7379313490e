"""Who reads a group's notes, and who writes in them, as the class is now. Pure."""

from interactions.breakout.idea import BREAKOUT, Group
from interactions.breakout.placing import require_group, require_open
from interactions.chat.idea import CHAT
from interactions.lesson.idea import refuse_lapsed, standing_of
from lectern.kernel.errors import Forbidden, NotFound
from lectern.timeline.idea import Actor, ClassState


def require_reader(state: ClassState, actor: Actor, group_id: str) -> Group:
    """Return the group, if its notes are open to `actor`: a member's own group's, or any group's to staff.

    Raises:
        Conflict: the class is not in groups (`breakout_closed`).
        NotFound: no group of theirs (`group_not_found`).
        Forbidden: they may not take part as what they were (`not_allowed`, `removed`).
    """
    refuse_lapsed(state, actor)
    group = require_group(require_open(state), group_id)
    if actor.participant_id not in group.members and not _is_staff(state, actor):
        raise NotFound("group_not_found", "You are in no such group.")
    return group


def require_writer(state: ClassState, actor: Actor, group_id: str) -> None:
    """Insist that `actor` may write: a member who is not muted, a tutor, or staff on a visit.

    Raises:
        Forbidden: staff look on from outside (`notes_read_only`), or took the right away (`chat_muted`).
        Conflict, NotFound: as `require_reader`.
    """
    group = require_reader(state, actor, group_id)
    who = actor.participant_id
    if _is_staff(state, actor):
        if who not in group.members | group.tutors and state.of(BREAKOUT).visits.get(who) != group_id:
            raise Forbidden("notes_read_only", "Visit this group to write in its notes.")
    elif who in state.of(CHAT).muted:
        raise Forbidden("chat_muted", "The host has stopped you from writing in this lesson.")


def may_read(state: ClassState, actor: Actor, group_id: str) -> bool:
    """Tell whether the notes are still open to somebody who looks at them."""
    breakout = state.of(BREAKOUT)
    group = breakout.groups.get(group_id)
    if not breakout.is_open or group is None or standing_of(state, actor.participant_id).removed:
        return False
    return actor.participant_id in group.members or _is_staff(state, actor)


def _is_staff(state: ClassState, actor: Actor) -> bool:
    return standing_of(state, actor.participant_id).is_staff(actor.role)
