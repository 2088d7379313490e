"""What getting in needs to know of sessions and people; `lectern.app` wires the answers."""

from dataclasses import dataclass
from typing import Protocol


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

    async def audit(self, org_id: str, actor: str, action: str, target: str) -> None:
        """Write down that a token was given out."""
