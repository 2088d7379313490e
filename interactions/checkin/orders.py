"""What a correction asks of whoever keeps the attendance, in its transaction."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.timeline.event import NewEvent
from lectern.timeline.store import Head


@dataclass(frozen=True, slots=True)
class StandingChanges:
    """After the lesson, staff changes how somebody stands in a round: refused once attendance is closed."""


class NothingIsClosed:
    """Carries out `StandingChanges` where nobody closes attendance: a clerk who lets everything pass."""

    async def carry_out(
        self, _tx: AsyncConnection, _head: Head, _order: StandingChanges
    ) -> tuple[NewEvent, ...]:
        """See `Clerk`."""
        return ()
