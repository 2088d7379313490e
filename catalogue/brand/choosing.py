"""In which look a microcourse is made: the one that its editor chose, or whose it is by itself.

By itself it is the look of whoever gave the lesson, else of whoever has it made, else the organisation's.
Which version of it is written down with the microcourse, and stays when it is made again, unless the newest
is wanted.
"""

from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.brand.look import LookStore
from catalogue.edits import EditList
from lectern.kernel.access import Principal


class Presenters(Protocol):
    """Knows who gave a lesson."""

    async def presenter_id(self, tx: AsyncConnection, session_id: str) -> str | None:
        """Return the person who gave it; None if nobody is named."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A version of a look; without one (None) a microcourse is plain."""

    look_id: str | None
    version: int = 0


PLAIN = Pin(None)


@dataclass(frozen=True, slots=True)
class LookChooser:
    """Chooses inside the caller's transaction."""

    presenters: Presenters
    store: LookStore = field(default_factory=LookStore)

    async def by_itself(self, tx: AsyncConnection, who: Principal, org_id: str, session_id: str) -> str:
        """Return the look that a microcourse of a session has when nobody chooses one."""
        presenter = await self.presenters.presenter_id(tx, session_id)
        order = [each for each in (presenter, who.person_id, org_id) if each is not None]
        given = await self.store.given_to(tx, org_id, order)
        return next((given[each] for each in order if each in given), org_id)

    async def pinned(
        self, tx: AsyncConnection, who: Principal, org_id: str, session_id: str, content: EditList
    ) -> Pin:
        """Return what `content` asks for, as it is now.

        Raises:
            NotFound: its look was deleted. Conflict: its look is not used any more.
        """
        if not content.branded:
            return PLAIN
        look_id = content.look or await self.by_itself(tx, who, org_id, session_id)
        return Pin(look_id, (await self.store.usable(tx, org_id, look_id)).version)


def chose_alike(one: EditList, other: EditList) -> bool:
    """Tell whether two lists ask for the same look."""
    return (one.branded, one.look) == (other.branded, other.look)
