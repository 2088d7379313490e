"""Deadlines in SQL: at most one of a kind per session; kinds of polls carry the poll's id.

Every function works in the caller's transaction.
"""

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.deadlines.tables import deadlines as d
from lectern.kernel.clock import UtcMs
from lectern.timeline.store import Head

POLL = "poll/"
BALLOTS = "ballots/"
NOTES = "notes"


async def put(tx: AsyncConnection, head: Head, kind: str, due: UtcMs) -> None:
    """Remember when something of `kind` is due, instead of what was due before."""
    await drop(tx, head.session_id, kind)
    await tx.execute(
        insert(d).values(session_id=head.session_id, kind=kind, org_id=head.org_id, due_utc_ms=due)
    )


async def drop(tx: AsyncConnection, session_id: str, kind: str) -> None:
    """Forget what was due."""
    await tx.execute(delete(d).where(d.c.session_id == session_id, d.c.kind == kind))


async def end(tx: AsyncConnection, session_id: str, now: UtcMs) -> None:
    """Forget what was due in a lesson that is over; ballots that still wait are to be counted now."""
    waits = d.c.kind.startswith(BALLOTS)
    await tx.execute(delete(d).where(d.c.session_id == session_id, ~waits))
    await tx.execute(update(d).where(d.c.session_id == session_id, waits).values(due_utc_ms=now))


async def overdue(tx: AsyncConnection, now: UtcMs) -> list[str]:
    """Return the sessions in which something is due, the longest waiting first."""
    query = select(d.c.session_id).where(d.c.due_utc_ms <= now).order_by(d.c.due_utc_ms)
    return list(dict.fromkeys((await tx.execute(query)).scalars()))


async def next_due(tx: AsyncConnection, now: UtcMs) -> UtcMs | None:
    """Return when the next thing after `now` is due."""
    query = select(d.c.due_utc_ms).where(d.c.due_utc_ms > now).order_by(d.c.due_utc_ms).limit(1)
    due = (await tx.execute(query)).scalar_one_or_none()
    return None if due is None else UtcMs(due)
