"""What getting in needs to know of sessions and people; `lectern.app` wires the answers."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.kernel.access import Principal, insist_on_running
from lectern.kernel.errors import NotFound
from lectern.kernel.roles import SessionRole


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session, as far as its door is concerned."""

    id: str
    org_id: str
    state: str
    guests_allowed: bool
    auto_start: bool
    presenter_person_id: str | None
    host_person_id: str | None

    def role_of(self, person_id: str | None) -> SessionRole | None:
        """Return as what somebody runs it in person; None if they do not."""
        if person_id is None:
            return None
        if person_id == self.presenter_person_id:
            return SessionRole.PRESENTER
        return SessionRole.HOST if person_id == self.host_person_id else None


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link that was made for somebody. `name` is the guest's, or the person's; times are wall time.

    `held_by` answers for it in place of whoever made it. The names are None of keys and commands.
    """

    id: str
    session_id: str
    org_id: str
    role: str
    person_id: str | None
    name: str | None
    made_by: str
    made_utc_ms: int
    expires_utc_ms: int
    label: str | None = None
    made_by_name: str | None = None
    held_by: str | None = None
    held_by_name: str | None = None
    ended_utc_ms: int | None = None
    uses: int = 0
    used_utc_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ByLink:
    """A participant who came by a link."""

    participant_id: str
    link: MadeLink


class Links(Protocol):
    """Keeps the links that were made, and takes them back. Both stand in the audit log, without the token."""

    async def keep(self, link: MadeLink) -> None:
        """Write down a link before it is given out. Raises Rejected: there are too many of this session."""

    async def page(self, session_id: str, before: str, limit: int, *, ended: bool) -> list[MadeLink]:
        """Return links that still open a session (`ended`: and those that did), the newest first."""

    async def show(self, session_id: str, link_id: str, actor: str) -> MadeLink:
        """Return a link that is to be given out once more. Raises NotFound (`link_not_found`)."""

    async def arrivals(self, session_id: str) -> list[ByLink]:
        """Return who came by which link."""

    async def end(self, session_id: str, link_id: str, actor: str) -> None:
        """Take a link back. Raises NotFound (`link_not_found`)."""


class Seating(Protocol):
    """Knows who sits before a screen of a session."""

    async def seat_of(self, session_id: str, pass_: str) -> str:
        """Return the screen (a participant) that a pass was given for. Raises Unauthenticated."""

    async def by_roster(self, session_id: str) -> bool:
        """Tell whether people before a screen may come in by number and name."""


class Doors(Protocol):
    """Answers questions about sessions and people."""

    async def session(self, session_id: str) -> SessionFacts:
        """Return a session. Raises NotFound."""

    async def expects(self, session_id: str, person_id: str) -> bool:
        """Tell whether a person is on the roster."""

    async def person_by_external_id(self, org_id: str, external_id: str) -> str | None:
        """Return a person's id."""

    async def name_of(self, person_id: str) -> str | None:
        """Return a person's name."""

    async def start(self, session_id: str) -> None:
        """Start a session that starts by itself."""

    async def audit(self, tx: AsyncConnection, *, org_id: str, actor: str, action: str, target: str) -> None:
        """Write down who did what, in the transaction that does it."""


async def session_run_by(who: Principal, doors: Doors, session_id: str, *, by_link: bool) -> SessionFacts:
    """Return a session, for whoever runs it, administrators and keys; `by_link`: for staff by a link, too.

    Raises:
        NotFound: there is none, or it is another organisation's. Forbidden: whoever asks does not run it.
    """
    session = await doors.session(session_id)
    if session.org_id != who.org_id:
        raise NotFound("session_not_found", "There is no such session.")
    led_by = (session.presenter_person_id, session.host_person_id)
    insist_on_running(who, led_by, by_link_to=session.id if by_link else None)
    return session
