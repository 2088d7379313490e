"""Links that somebody made for somebody else: which there are, who answers for them, how they are used.

Rows, not tokens.

Every function works in the caller's transaction.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.one_of import one_of
from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import SessionRole
from sessions.tables import join_links as t

_CHUNK = 500
_STAFF = [role.value for role in SessionRole if role.is_staff]


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a session, for a person or a guest of that name. `made_by` is whoever made it (or a key).

    `held_by` answers for it since whoever made it no longer runs the session ("": the session's presenter;
    None: still whoever made it). `uses` counts how often the link itself was opened, not reconnections.
    """

    id: str
    org_id: str
    session_id: str
    role: SessionRole
    person_id: str | None
    guest_name: str | None
    made_by: str
    made_utc_ms: int
    expires_utc_ms: int
    ended_utc_ms: int | None = None
    held_by: str | None = None
    label: str | None = None
    uses: int = 0
    used_utc_ms: int | None = None


async def add(tx: AsyncConnection, link: Link) -> None:
    """Write down that a link was made."""
    await tx.execute(insert(t).values({field: getattr(link, field) for field in Link.__slots__}))


async def page(
    tx: AsyncConnection, session_id: str, now: UtcMs, *, before: str, limit: int, ended: bool = False
) -> list[Link]:
    """Return links of a session, the newest first (ids are in order of time); `ended`: also closed ones."""
    query = select(t).where(t.c.session_id == session_id).order_by(t.c.id.desc()).limit(limit)
    if not ended:
        query = query.where(t.c.ended_utc_ms.is_(None), t.c.expires_utc_ms > now)
    if before:
        query = query.where(t.c.id < before)
    return [_link(row) for row in await tx.execute(query)]


async def one(tx: AsyncConnection, session_id: str, link_id: str) -> Link | None:
    """Return a link of a session."""
    query = select(t).where(t.c.id == link_id, t.c.session_id == session_id)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _link(row)


async def among(tx: AsyncConnection, session_id: str, ids: Collection[str]) -> list[Link]:
    """Return those of these links that are the session's."""
    query = select(t).where(t.c.session_id == session_id, one_of(t.c.id, ids))
    return [_link(row) for row in await tx.execute(query)]


async def count_uses(tx: AsyncConnection, uses: Mapping[str, int], now: UtcMs) -> None:
    """Count that links were opened so many times each."""
    for link_id, count in sorted(uses.items()):
        values = {"uses": t.c.uses + count, "used_utc_ms": now}
        await tx.execute(update(t).where(t.c.id == link_id).values(values))


async def count(tx: AsyncConnection, session_id: str, now: UtcMs) -> int:
    """Return how many links still open a session."""
    query = select(func.count()).where(
        t.c.session_id == session_id, t.c.ended_utc_ms.is_(None), t.c.expires_utc_ms > now
    )
    return int((await tx.execute(query)).scalar_one())


async def open_among(tx: AsyncConnection, session_id: str, ids: Collection[str]) -> frozenset[str]:
    """Return those of these links that were made for this session and not taken back."""
    if not ids:
        return frozenset()
    query = select(t.c.id).where(
        one_of(t.c.id, ids), t.c.session_id == session_id, t.c.ended_utc_ms.is_(None)
    )
    return frozenset((await tx.execute(query)).scalars())


async def end(tx: AsyncConnection, session_id: str, link_id: str, now: UtcMs) -> Link | None:
    """Take a link back, and return it; None if there is none (any more)."""
    found = select(t).where(t.c.id == link_id, t.c.session_id == session_id, t.c.ended_utc_ms.is_(None))
    row = (await tx.execute(found)).one_or_none()
    if row is None:
        return None
    await tx.execute(update(t).where(t.c.id == link_id).values(ended_utc_ms=now))
    return _link(row)


async def end_of(tx: AsyncConnection, session_id: str, person_id: str, now: UtcMs) -> list[Link]:
    """Take back what somebody who is relieved made for staff, or was given as staff; return it."""
    query = select(t).where(
        t.c.session_id == session_id,
        t.c.ended_utc_ms.is_(None),
        t.c.role.in_(_STAFF),
        or_(t.c.made_by == person_id, t.c.person_id == person_id),
    )
    found = [_link(row) for row in await tx.execute(query)]
    if found:
        ids = [link.id for link in found]
        await tx.execute(update(t).where(one_of(t.c.id, ids)).values(ended_utc_ms=now))
    return found


async def pass_on(tx: AsyncConnection, session_id: str, before: str, after: str) -> int:
    """Let `after` answer for the open links that `before` made (or answered for); return how many."""
    held = func.coalesce(t.c.held_by, t.c.made_by) == before
    where = [t.c.session_id == session_id, t.c.ended_utc_ms.is_(None), held]
    done = await tx.execute(update(t).where(*where).values(held_by=after))
    return int(done.rowcount)


def _link(row: Any) -> Link:
    values = {field: getattr(row, field) for field in Link.__slots__}
    return Link(**values | {"role": SessionRole(row.role)})
