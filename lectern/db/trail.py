"""The audit log, as packages write to it: in the transaction of the act, or not at all."""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.kernel.access import Principal


class Trail(Protocol):
    """Writes down who did what. There is no act without its entry, and no entry without its act.

    What leaves the house (an export, a mail) has no transaction of its own: its entry is written first.
    """

    async def write(
        self, tx: AsyncConnection, who: Principal, action: str, target: str, details: Mapping[str, Any], /
    ) -> None:
        """Add an entry to the audit log."""
