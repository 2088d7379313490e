"""Who may watch and who may edit. Pure."""

from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import Forbidden, NotFound


def may_watch(who: Principal, org_id: str, session_id: str, *, on_roster: bool) -> bool:
    """Tell whether `who` may watch what was recorded in a session.

    The holder of a session's token may watch that session and nothing else; others need `replays:read` in
    the organisation, or a place on the session's roster.
    """
    if who.org_id != org_id:
        return False
    if who.grant is not None:
        return who.grant.session_id == session_id
    return who.allows(Permission.REPLAYS_READ) or on_roster


def may_edit(who: Principal, org_id: str, session_id: str) -> bool:
    """Tell whether `who` may cut microcourses from a session: `replays:write`, or staff of that session.

    Not only whoever runs it (`lectern.kernel.access.runs`): editors and reviewers work on lessons that others
    gave, and often on several at once.
    """
    if who.org_id != org_id:
        return False
    if who.grant is not None:
        return who.is_staff_by_link(session_id)
    return who.allows(Permission.REPLAYS_WRITE)


def insist_on_library(who: Principal) -> None:
    """Refuse those who may not look through the organisation's media: a link opens one session's alone.

    Raises:
        Forbidden: without `replays:read`, or with a session's token.
    """
    who.require(Permission.REPLAYS_READ)
    if who.grant is not None:
        raise Forbidden("not_allowed", "Your link opens one lesson. Sign in to look through the library.")


def insist_on_edit(who: Principal, org_id: str, session_id: str) -> None:
    """Refuse those who may not edit; another organisation's things do not exist for them.

    Raises:
        NotFound: of another organisation. Forbidden: not allowed.
    """
    if who.org_id != org_id:
        raise NotFound("replay_not_found", "There is no such replay.")
    if not may_edit(who, org_id, session_id):
        raise Forbidden("not_allowed", "You are not allowed to edit recordings. Ask an administrator.")


def viewer_of(who: Principal) -> str | None:
    """Return whose place in a medium it is: the person's or the guest's; None for an API key."""
    if who.person_id is not None:
        return who.person_id
    if who.grant is not None:
        return who.grant.person_id or who.grant.guest_id or who.subject_id
    return None
