"""Who may read reports, and whose rows they contain."""

from analytics.neighbours import PersonCard, Seats
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import Forbidden, NotFound


def insist_on_report(who: Principal, permission: Permission, org_id: str, session_id: str) -> None:
    """Let pass who holds `permission` in the organisation, and staff with a token of the very session.

    Reading is wider than running the session (`lectern.kernel.access.runs`): whoever teaches sees how others'
    lessons went, and a line manager the rows of their own people (`sees`).

    Raises:
        NotFound: of another organisation. Forbidden: not allowed.
    """
    if who.org_id != org_id:
        raise NotFound("session_not_found", "There is no such session.")
    if who.grant is None:
        who.require(permission)
    elif not who.is_staff_by_link(session_id):
        raise Forbidden("not_allowed", "You are not allowed to do this. Ask an administrator.")


def sees(who: Principal, card: PersonCard | None) -> bool:
    """Tell whether `who` may see somebody's row: a line manager, own departments only, and no guests."""
    if who.grant is not None:
        return True
    return who.sees_department(card.department_id if card else None)


async def viewer_of(who: Principal, seats: Seats) -> str:
    """Return whose watching it is: the person, or the participant that a guest was in the lesson.

    A guest who never came to the lesson is known by the id of their token.

    Raises:
        Forbidden: an API key watches nothing (`no_viewer`).
    """
    grant = who.grant
    person = who.person_id or (grant.person_id if grant else None)
    if person is not None:
        return person
    if grant is None:
        raise Forbidden("no_viewer", "Only a person or a guest can watch. Use their token.")
    return grant.participant_id or await seats.participant_of(grant) or grant.guest_id or who.subject_id
