"""Who is asking, and what they may do: roles and API-key scopes come down to the same permissions."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from lectern.kernel.errors import Forbidden
from lectern.kernel.roles import OrgRole, SessionRole


class Permission(StrEnum):
    """What can be allowed; an API key's scopes are these names."""

    SESSIONS_READ = "sessions:read"
    SESSIONS_WRITE = "sessions:write"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    ATTENDANCE_READ = "attendance:read"
    REPLAYS_READ = "replays:read"
    REPLAYS_WRITE = "replays:write"
    VIEWS_READ = "views:read"
    TIMELINE_READ = "timeline:read"
    ADMIN = "admin"


_P = Permission
_WATCH = frozenset({_P.SESSIONS_READ, _P.REPLAYS_READ})
_TEACH = _WATCH | {_P.SESSIONS_WRITE, _P.REPLAYS_WRITE, _P.ATTENDANCE_READ, _P.VIEWS_READ, _P.PEOPLE_READ}

ALLOWED: dict[OrgRole, frozenset[Permission]] = {
    OrgRole.ADMIN: frozenset(Permission),
    OrgRole.PRESENTER: _TEACH,
    OrgRole.HOST: _TEACH,
    OrgRole.LEARNER: _WATCH,
    OrgRole.LINE_MANAGER: _WATCH | {_P.ATTENDANCE_READ, _P.VIEWS_READ, _P.PEOPLE_READ},
}

WHOLE_ORG_ROLES = frozenset({OrgRole.ADMIN, OrgRole.PRESENTER, OrgRole.HOST})


@dataclass(frozen=True, slots=True)
class SessionGrant:
    """What a join or play token says: one session, one role, one person or guest.

    `guest_id` tells guests (and screens) of one name apart and stays the same over reconnects;
    `participant_id` is set once the participant exists (after the first connection). `screen_id` is the
    screen (a participant) by whose code they came in: they take part without media. `issued_s` is when the
    token was made (seconds of wall time; None where that is not known). `link_id` names the link that was
    made for it: a link can be taken back.
    """

    session_id: str
    role: SessionRole
    person_id: str | None
    participant_id: str | None = None
    guest_id: str | None = None
    guest_name: str | None = None
    screen_id: str | None = None
    issued_s: int | None = field(default=None, compare=False)
    link_id: str | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """A person with a cookie, an integrator with a key, or the holder of a session token.

    `departments` are those whose people a line manager may see; it widens nothing for other roles. `sign_in`
    tells the sign-ins of one person apart ("" for whoever has no cookie).
    """

    org_id: str
    subject_id: str
    permissions: frozenset[Permission]
    roles: frozenset[OrgRole] = frozenset()
    departments: frozenset[str] = frozenset()
    person_id: str | None = None
    grant: SessionGrant | None = None
    sign_in: str = field(default="", compare=False)

    def allows(self, permission: Permission) -> bool:
        """Tell whether `permission` is held."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Insist on `permission`.

        Raises:
            Forbidden: it is not held.
        """
        if permission not in self.permissions:
            raise Forbidden(
                "not_allowed", "You are not allowed to do this. Ask an administrator.", needs=permission
            )

    def is_staff_by_link(self, session_id: str) -> bool:
        """Tell whether this is the holder of a link (a token) that makes them staff of this very session."""
        return self.grant is not None and self.grant.role.is_staff and self.grant.session_id == session_id

    @property
    def sees_everybody(self) -> bool:
        """Whether people of every department may be shown (admin, presenter, host, API key)."""
        if self.grant is not None:
            return False
        return self.person_id is None or bool(self.roles & WHOLE_ORG_ROLES)

    def sees_department(self, department_id: str | None) -> bool:
        """Tell whether people of `department_id` may be shown."""
        return self.sees_everybody or department_id in self.departments


def runs(who: Principal, led_by: Collection[str | None], *, by_link_to: str | None = None) -> bool:
    """Tell whether somebody runs a session, `led_by` its presenter and host: these, administrators, and keys.

    Whether they belong to its organisation and hold the permission is asked apart. A link opens its session
    alone, to staff alone, and only where what is asked says so: `by_link_to` is the session then, None where
    links open nothing.

    Other questions are wider, on purpose: reports (`analytics.access`), cutting recordings
    (`catalogue.access.may_edit`) and the library of questions are open to whoever teaches.
    """
    if who.grant is not None:
        return by_link_to is not None and who.is_staff_by_link(by_link_to)
    return who.person_id is None or who.person_id in led_by or who.allows(Permission.ADMIN)


def insist_on_running(
    who: Principal,
    led_by: Collection[str | None],
    *,
    by_link_to: str | None = None,
    needs: Permission = Permission.SESSIONS_WRITE,
) -> None:
    """Let pass whoever runs a session, see `runs`, and may do what is asked with sessions: `needs`.

    Raises:
        Forbidden: somebody else's session (`not_your_session`), or not allowed with any (`not_allowed`).
    """
    if who.grant is None or by_link_to is None:
        who.require(needs)
    if not runs(who, led_by, by_link_to=by_link_to):
        raise Forbidden("not_your_session", "Only its presenter, its host or an administrator may do this.")
