"""Question sets in SQL: the only file here that speaks it.

Every function works in the caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.answers.draft import Draft
from interactions.question_sets.tables import question_sets as t
from interactions.question_sets.tables import session_question_sets as used
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, NotFound


class Item(Draft, frozen=True, kw_only=True):
    """A question of a set; `id` stays while its words stay."""

    id: str


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A set. `version` grows with every change, so that two editors do not overwrite each other."""

    id: str
    org_id: str
    title: str
    items: tuple[Item, ...]
    version: int
    created_by: str
    created_utc_ms: UtcMs
    updated_utc_ms: UtcMs


@dataclass(frozen=True, slots=True)
class SetLine:
    """A set in a list."""

    id: str
    title: str
    count: int
    updated_utc_ms: UtcMs


async def add(tx: AsyncConnection, set_: QuestionSet) -> None:
    """Keep a new set."""
    await tx.execute(insert(t).values(**_row(set_)))


async def change(tx: AsyncConnection, set_: QuestionSet) -> None:
    """Overwrite the set that has the version before.

    Raises:
        Conflict: somebody else has changed it meanwhile (`set_changed`).
    """
    query = (
        update(t)
        .where(t.c.id == set_.id, t.c.org_id == set_.org_id, t.c.version == set_.version - 1)
        .values(**_row(set_))
    )
    if (await tx.execute(query)).rowcount != 1:
        raise Conflict("set_changed", "Somebody else has changed this. Reload to see their version.")


async def remove(tx: AsyncConnection, org_id: str, set_id: str) -> None:
    """Delete a set, and take it from the sessions that would have used it.

    Raises:
        NotFound: there is no such set (`set_not_found`).
    """
    if (await tx.execute(delete(t).where(t.c.id == set_id, t.c.org_id == org_id))).rowcount != 1:
        raise not_found()
    await tx.execute(delete(used).where(used.c.set_id == set_id))


async def get(tx: AsyncConnection, org_id: str, set_id: str) -> QuestionSet:
    """Return a set.

    Raises:
        NotFound: there is no such set (`set_not_found`).
    """
    row = (await tx.execute(select(t).where(t.c.id == set_id, t.c.org_id == org_id))).one_or_none()
    if row is None:
        raise not_found()
    return _set(row)


async def page(tx: AsyncConnection, org_id: str, q: str, before: str, limit: int) -> list[SetLine]:
    """Return the sets whose title contains `q`, the newest first, after the one named `before`."""
    query = select(t.c.id, t.c.title, t.c.count, t.c.updated_utc_ms).where(t.c.org_id == org_id)
    if q:
        query = query.where(t.c.title.icontains(q, autoescape=True))
    if before:
        query = query.where(t.c.id < before)
    rows = await tx.execute(query.order_by(t.c.id.desc()).limit(limit))
    return [SetLine(*row) for row in rows]


async def attached(tx: AsyncConnection, session_id: str) -> list[QuestionSet]:
    """Return the sets of a session in their order."""
    query = select(t).join(used, used.c.set_id == t.c.id).where(used.c.session_id == session_id)
    return [_set(row) for row in await tx.execute(query.order_by(used.c.position))]


async def attach(tx: AsyncConnection, session_id: str, org_id: str, set_ids: Sequence[str]) -> None:
    """Give a session these sets, instead of those it had.

    Raises:
        NotFound: there is no such set (`set_not_found`).
    """
    known = set((await tx.execute(select(t.c.id).where(t.c.id.in_(set_ids), t.c.org_id == org_id))).scalars())
    if known != set(set_ids):
        raise not_found()
    await tx.execute(delete(used).where(used.c.session_id == session_id))
    rows = [
        {"session_id": session_id, "set_id": set_id, "org_id": org_id, "position": position}
        for position, set_id in enumerate(dict.fromkeys(set_ids))
    ]
    if rows:
        await tx.execute(insert(used), rows)


def not_found() -> NotFound:
    """Return the refusal of a set that is not there."""
    return NotFound("set_not_found", "There is no such set of questions.")


def _row(set_: QuestionSet) -> dict[str, Any]:
    return {
        "id": set_.id,
        "org_id": set_.org_id,
        "title": set_.title,
        "questions": msgspec.to_builtins(set_.items),
        "count": len(set_.items),
        "version": set_.version,
        "created_by": set_.created_by,
        "created_utc_ms": set_.created_utc_ms,
        "updated_utc_ms": set_.updated_utc_ms,
    }


def _set(row: Any) -> QuestionSet:
    return QuestionSet(
        row.id,
        row.org_id,
        row.title,
        msgspec.convert(row.questions, tuple[Item, ...]),
        row.version,
        row.created_by,
        row.created_utc_ms,
        row.updated_utc_ms,
    )
