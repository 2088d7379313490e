"""Notes in SQL: the whole document up to some change, and every change since.

Every function works in the caller's transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.notes.notebook import Notebook, Record
from interactions.notes.tables import changes as c
from interactions.notes.tables import notes as t
from lectern.db.upsert import insert_new

CHANGES_KEPT, ITEMS_KEPT = 200, 600
"""After so many changes, or items in them, the document is written down as a whole instead."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose rows these are."""

    session_id: str
    org_id: str


@dataclass(frozen=True, slots=True)
class Change:
    """One accepted change; `author` is None for a whole document."""

    n: int
    raw: bytes
    author: str | None


async def lock(tx: AsyncConnection, group_id: str, owner: Owner) -> tuple[Record, bool]:
    """Hold a group's notes until the transaction ends, and return their record and whether they are closed.

    Whoever locks several does it in the order of their ids.
    """
    row = {
        "group_id": group_id,
        "session_id": owner.session_id,
        "org_id": owner.org_id,
        "n": 0,
        "base": None,
        "base_n": 0,
        "writers": {},
        "chars": {},
        "pieces": 0,
        "is_kept": False,
    }
    await insert_new(tx, t, [row])
    query = select(t.c.n, t.c.pieces, t.c.writers, t.c.chars, t.c.is_kept).where(t.c.group_id == group_id)
    found = (await tx.execute(query.with_for_update())).one()
    return Record(found.n, found.pieces, found.writers, found.chars), found.is_kept


async def heads(tx: AsyncConnection, group_ids: Iterable[str]) -> dict[str, int]:
    """Return the number of the last change of each of these groups; 0 is left out."""
    query = select(t.c.group_id, t.c.n).where(t.c.group_id.in_(list(group_ids)), t.c.n > 0)
    return {row.group_id: row.n for row in await tx.execute(query)}


async def since(tx: AsyncConnection, group_id: str, n: int) -> list[Change]:
    """Return what brings a document that holds the first `n` changes up to date."""
    query = select(t.c.base, t.c.base_n).where(t.c.group_id == group_id)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return []
    found = [Change(row.base_n, row.base, None)] if row.base is not None and n < row.base_n else []
    later = (
        select(c.c.n, c.c.change, c.c.author)
        .where(c.c.group_id == group_id, c.c.n > max(n, row.base_n if found else 0))
        .order_by(c.c.n)
    )
    return found + [Change(each.n, each.change, each.author) for each in await tx.execute(later)]


async def catch_up(tx: AsyncConnection, group_id: str, notebook: Notebook) -> None:
    """Read what `notebook` does not have yet."""
    load(notebook, await since(tx, group_id, notebook.n))


def load(notebook: Notebook, changes: Iterable[Change]) -> None:
    """Take in stored changes; those that are refused by now are left out, see `Notebook.load`."""
    left_out = [
        change.n for change in changes if not notebook.load(change.raw, change.n, whole=change.author is None)
    ]
    if left_out:
        _log.warning("notes_changes_left_out", changes=len(left_out), first=left_out[0])


async def append(
    tx: AsyncConnection, group_id: str, owner: Owner, fresh: Sequence[Change], record: Record
) -> None:
    """Write down accepted changes, and what is known after them."""
    rows = [
        {
            "group_id": group_id,
            "n": change.n,
            "session_id": owner.session_id,
            "org_id": owner.org_id,
            "author": change.author,
            "change": change.raw,
        }
        for change in fresh
    ]
    await tx.execute(insert(c), rows)
    known = {"n": record.n, "pieces": record.pieces, "writers": record.writers, "chars": record.chars}
    await tx.execute(update(t).where(t.c.group_id == group_id).values(**known))


async def compact(tx: AsyncConnection, group_id: str, notebook: Notebook) -> None:
    """Write the document down as a whole once enough has changed: it is read faster than its changes."""
    row = (await tx.execute(select(t.c.base_n).where(t.c.group_id == group_id))).one()
    if notebook.n - row.base_n < CHANGES_KEPT and notebook.fresh_items < ITEMS_KEPT:
        return
    whole = {"base": notebook.content(), "base_n": notebook.n}
    notebook.fresh_items = 0
    await tx.execute(update(t).where(t.c.group_id == group_id).values(**whole))
    await tx.execute(delete(c).where(c.c.group_id == group_id, c.c.n <= notebook.n))


async def chars(tx: AsyncConnection, session_id: str) -> dict[str, dict[str, int]]:
    """Return how much everybody has written so far in each group whose notes are still open."""
    query = select(t.c.group_id, t.c.chars).where(t.c.session_id == session_id, ~t.c.is_kept)
    return {row.group_id: row.chars for row in await tx.execute(query)}


async def close(tx: AsyncConnection, group_id: str) -> None:
    """Take no more changes, and forget those that there were: the timeline has the text."""
    await tx.execute(delete(c).where(c.c.group_id == group_id))
    gone: dict[str, Any] = {"is_kept": True, "base": None, "writers": {}}
    await tx.execute(update(t).where(t.c.group_id == group_id).values(**gone))
