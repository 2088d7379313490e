"""Noting that what the index says of a medium may be old; `catalogue.shelf.indexer` then reads it anew.

Every method works inside the caller's transaction: whoever changes a medium marks it there and then.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.shelf.arrange import ShelfKind
from catalogue.shelf.tables import medium_shelf, medium_tags, shelf_marks
from lectern.db.upsert import put_all
from lectern.kernel.ids import new_id


class ShelfKey(NamedTuple):
    """What stands on the shelf."""

    medium: ShelfKind
    id: str


class Marked(NamedTuple):
    """A mark as it was read: another one may have taken its place since."""

    key: ShelfKey
    org_id: str
    mark: str


_AT_ONCE = 500
_SHELF_CHANGES = frozenset(
    {"title", "state", "live_version", "version", "ready_utc_ms", "ended_utc_ms", "description", "shown"}
)


def is_news(values: Mapping[str, Any]) -> bool:
    """Tell whether columns of a medium that are overwritten may be seen on the shelf."""
    return not _SHELF_CHANGES.isdisjoint(values)


async def mark(tx: AsyncConnection, org_id: str, keys: Iterable[ShelfKey]) -> None:
    """Note that these media have changed."""
    rows = [
        {"medium": key.medium, "medium_id": key.id, "org_id": org_id, "mark": new_id()}
        for key in sorted(set(keys))
    ]
    for start in range(0, len(rows), _AT_ONCE):
        await put_all(tx, shelf_marks, rows[start : start + _AT_ONCE])


async def mark_tagged(tx: AsyncConnection, org_id: str, tag_ids: Sequence[str]) -> None:
    """Note that what has one of these tags has changed."""
    query = select(medium_tags.c.medium, medium_tags.c.medium_id).where(medium_tags.c.tag_id.in_(tag_ids))
    await mark(tx, org_id, [ShelfKey(row.medium, row.medium_id) for row in await tx.execute(query)])


async def mark_filed(tx: AsyncConnection, org_id: str, category_ids: Sequence[str]) -> None:
    """Note that what stands in one of these categories has changed."""
    query = select(medium_shelf.c.medium, medium_shelf.c.medium_id).where(
        medium_shelf.c.category_id.in_(category_ids)
    )
    await mark(tx, org_id, [ShelfKey(row.medium, row.medium_id) for row in await tx.execute(query)])


async def marked(tx: AsyncConnection, limit: int) -> list[Marked]:
    """Return marks, in any order."""
    rows = await tx.execute(select(shelf_marks).limit(limit))
    return [Marked(ShelfKey(row.medium, row.medium_id), row.org_id, row.mark) for row in rows]


async def take(tx: AsyncConnection, seen: Marked) -> bool:
    """Take a mark away; False if another has taken its place or it is done: then nothing may be written.

    Whoever takes it holds the row until the end of the transaction: of two who read facts, the one that read
    them before the latest change writes nothing.
    """
    gone = await tx.execute(
        delete(shelf_marks).where(
            shelf_marks.c.medium == seen.key.medium,
            shelf_marks.c.medium_id == seen.key.id,
            shelf_marks.c.mark == seen.mark,
        )
    )
    return gone.rowcount == 1


async def waiting(tx: AsyncConnection) -> int:
    """Return how many media wait to be read."""
    return (await tx.execute(select(func.count()).select_from(shelf_marks))).scalar_one()
