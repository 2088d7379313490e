"""Decisions about groups' recordings in SQL. Every method works inside the caller's transaction."""

from collections.abc import Collection
from typing import cast

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.groups.recordings import ShownTo
from catalogue.groups.tables import group_replays
from catalogue.tables import replays
from lectern.db.one_of import one_of
from lectern.db.upsert import put
from lectern.timeline.tables import texts

_rows = group_replays.c


class GroupStore:
    """Who is shown what a group recorded, and what groups are called."""

    async def shown_to(self, tx: AsyncConnection, session_id: str) -> dict[str, ShownTo]:
        """Return what was decided, by group."""
        query = select(_rows.group_id, _rows.shown_to).where(_rows.session_id == session_id)
        return {row.group_id: cast("ShownTo", row.shown_to) for row in await tx.execute(query)}

    async def shown_to_of(self, tx: AsyncConnection, replay_id: str, group: str) -> ShownTo:
        """Return what was decided of one group of a replay."""
        query = (
            select(_rows.shown_to)
            .join(replays, replays.c.session_id == _rows.session_id)
            .where(replays.c.id == replay_id, _rows.group_id == group)
        )
        return cast("ShownTo", (await tx.execute(query)).scalar_one_or_none() or "staff")

    async def decide(  # noqa: PLR0917 - one line of a table
        self,
        tx: AsyncConnection,
        org_id: str,
        session_id: str,
        group: str,
        shown_to: ShownTo,
        by: str,
        now: int,
    ) -> None:
        """Overwrite what was decided of one group."""
        key = {"session_id": session_id, "group_id": group, "org_id": org_id}
        await put(tx, group_replays, {**key, "shown_to": shown_to, "decided_by": by, "decided_utc_ms": now})

    async def forget(self, tx: AsyncConnection, session_id: str) -> None:
        """Delete what was decided: the recordings are erased."""
        await tx.execute(delete(group_replays).where(_rows.session_id == session_id))

    async def words(self, tx: AsyncConnection, session_id: str, refs: Collection[str]) -> dict[str, str]:
        """Return the words behind these references, without those that were erased."""
        query = select(texts.c.id, texts.c.body).where(
            texts.c.session_id == session_id, one_of(texts.c.id, refs)
        )
        return {row.id: row.body for row in await tx.execute(query)}
