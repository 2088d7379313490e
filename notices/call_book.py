"""Calls in SQL, within the caller's transaction; a version keeps the server processes apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.upsert import put
from lectern.kernel.clock import UtcMs
from notices.calls import Call
from notices.rules import Rules
from notices.tables import lesson_calls as c
from notices.tables import notice_rules


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as it was read."""

    session_id: str
    org_id: str
    version: int
    call: Call


async def change(
    tx: AsyncConnection, org_id: str, session_id: str, how: Callable[[Call | None], Call]
) -> None:
    """Change a lesson's call, or begin it; what follows is looked at at once."""
    row = await read(tx, session_id, lock=True)
    call = how(None if row is None else row.call)
    if row is None:
        await tx.execute(
            insert(c).values(
                session_id=session_id, org_id=org_id, version=0, due_utc_ms=0, call=msgspec.to_builtins(call)
            )
        )
    elif call != row.call:
        await replace(tx, row, call, 0)


async def replace(tx: AsyncConnection, row: CallRow, call: Call, due_utc_ms: int | None) -> bool:
    """Write a call if nobody did so since `row` was read; tell whether it was written."""
    done = await tx.execute(
        update(c)
        .where(c.c.session_id == row.session_id, c.c.version == row.version)
        .values(call=msgspec.to_builtins(call), due_utc_ms=due_utc_ms, version=row.version + 1)
    )
    return bool(done.rowcount)


async def read(tx: AsyncConnection, session_id: str, *, lock: bool = False) -> CallRow | None:
    """Return a lesson's call."""
    query = select(c).where(c.c.session_id == session_id)
    found = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        return None
    return CallRow(found.session_id, found.org_id, found.version, msgspec.convert(found.call, Call))


async def sequences(tx: AsyncConnection, session_ids: Sequence[str]) -> dict[str, Call]:
    """Return the calls of these lessons, as far as they have any."""
    query = select(c.c.session_id, c.c.call).where(c.c.session_id.in_(list(session_ids)))
    return {row.session_id: msgspec.convert(row.call, Call) for row in await tx.execute(query)}


async def overdue(tx: AsyncConnection, now: UtcMs, limit: int) -> list[CallRow]:
    """Return the calls to look at now, the longest waiting first."""
    query = select(c).where(c.c.due_utc_ms <= now).order_by(c.c.due_utc_ms).limit(limit)
    return [
        CallRow(row.session_id, row.org_id, row.version, msgspec.convert(row.call, Call))
        for row in await tx.execute(query)
    ]


async def look_again(tx: AsyncConnection, org_id: str | None = None) -> None:
    """Have every call that may still remind looked at: the rules changed, or the server starts."""
    where = [c.c.due_utc_ms.is_not(None)] + ([] if org_id is None else [c.c.org_id == org_id])
    await tx.execute(update(c).where(*where).values(due_utc_ms=0))


async def rules_of(tx: AsyncConnection, org_id: str, default: Rules) -> Rules:
    """Return when an organisation reminds."""
    query = select(notice_rules.c.rules).where(notice_rules.c.org_id == org_id)
    found = (await tx.execute(query)).scalar_one_or_none()
    return (default if found is None else msgspec.convert(found, Rules)).ordered()


async def set_rules(tx: AsyncConnection, org_id: str, rules: Rules) -> None:
    """Keep when an organisation reminds, for lessons that are planned already too."""
    await put(tx, notice_rules, {"org_id": org_id, "rules": msgspec.to_builtins(rules.ordered())})
    await look_again(tx, org_id)
