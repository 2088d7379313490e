"""What signaling needs of presence, for peers without a class connection (WHIP, WHEP) and for `/signal`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from lectern.kernel.access import SessionGrant


@dataclass(frozen=True, slots=True)
class Seat:
    """A participant and the connection that was opened for it."""

    participant_id: str
    connection_id: str


class Seats(Protocol):
    """Lets machines in, and finds participants; `lectern.app` wires the answers."""

    async def participant_of(self, grant: SessionGrant) -> str | None:
        """Return the participant that a token's holder has become, if they connected already."""

    async def enter(self, org_id: str, grant: SessionGrant, source: str) -> Seat:
        """Open a connection for a publisher or player that is not a browser room."""

    async def left(self, session_id: str, connection_id: str) -> None:
        """Close it."""

    async def seen(self, connection_ids: Iterable[str]) -> None:
        """Keep connections alive."""
