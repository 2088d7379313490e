"""What the catalogue asks of other packages; `lectern.app` wires it."""

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection


class Titles(Protocol):
    """Knows what sessions are called."""

    async def session_title(self, tx: AsyncConnection, session_id: str) -> str:
        """Return the session's title, read in the transaction that appends its first event."""


class Rosters(Protocol):
    """Knows who should attend."""

    async def on_roster(self, session_id: str, person_id: str) -> bool:
        """Tell whether the person is on the session's roster."""
