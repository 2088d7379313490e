"""Servers and stewards in SQL. Every function works in the caller's transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.one_of import one_of
from lectern.db.upsert import insert_new, put
from lectern.kernel.clock import UtcMs
from lectern.servers.roll import FORGOTTEN_AFTER_S, Roll, Server
from lectern.servers.tables import servers, session_stewards

_CLOCKS = {
    "sqlite": "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "postgresql": "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
}


@dataclass(frozen=True, slots=True)
class Stewarded:
    """Who steers a session after `claim`."""

    server_id: str
    address: str


async def database_clock(tx: AsyncConnection) -> UtcMs:
    """Return what time it is in the database: the one clock that all server processes share."""
    return UtcMs(int((await tx.execute(text(_CLOCKS[tx.dialect.name]))).scalar_one()))


async def beat(
    tx: AsyncConnection, server_id: str, address: str, loads: Mapping[str, tuple[int, int]]
) -> UtcMs:
    """Say that a server is there; forget those that have not been for long. Returns the database's time.

    Whoever takes over from this server locks the same row: what is read after this holds.
    """
    now = await database_clock(tx)
    row = {"id": server_id, "address": address, "seen_utc_ms": now, "loads": dict(loads)}
    await put(tx, servers, row)
    await tx.execute(delete(servers).where(servers.c.seen_utc_ms < now - FORGOTTEN_AFTER_S * 1_000))
    return now


async def read_roll(tx: AsyncConnection, now: UtcMs) -> Roll:
    """Return everything."""
    known = {row.id: _server(row) for row in await tx.execute(select(servers))}
    rows = await tx.execute(select(session_stewards.c.session_id, session_stewards.c.server_id))
    return Roll(now, known, {row.session_id: row.server_id for row in rows})


async def claim(
    tx: AsyncConnection, session_id: str, server_id: str, *, may_take_over: bool
) -> Stewarded | None:
    """Make a server the steward of a session that has none, or whose steward is gone; return who it is now.

    None: the steward is silent, and it is too early to say that it is gone.
    """
    now = await database_clock(tx)
    ours = {"session_id": session_id, "server_id": server_id, "since_utc_ms": now}
    await insert_new(tx, session_stewards, [ours])
    mine = session_stewards.c.session_id == session_id
    query = select(session_stewards.c.server_id).where(mine).with_for_update()
    holder = (await tx.execute(query)).scalar_one()
    if holder == server_id:
        return Stewarded(server_id, "")
    row = (await tx.execute(select(servers).where(servers.c.id == holder).with_for_update())).one_or_none()
    if row is not None:
        server = _server(row)
        if not server.is_silent(await database_clock(tx)):
            return Stewarded(server.id, server.address)
        if not may_take_over:
            return None
    await tx.execute(update(session_stewards).where(mine).values(server_id=server_id, since_utc_ms=now))
    return Stewarded(server_id, "")


async def release(tx: AsyncConnection, server_id: str, session_ids: Collection[str]) -> None:
    """These sessions need no steward any more."""
    await tx.execute(
        delete(session_stewards).where(
            session_stewards.c.server_id == server_id, one_of(session_stewards.c.session_id, session_ids)
        )
    )


async def leave(tx: AsyncConnection, server_id: str) -> None:
    """A server goes, and everything that it steered is free."""
    await tx.execute(delete(session_stewards).where(session_stewards.c.server_id == server_id))
    await tx.execute(delete(servers).where(servers.c.id == server_id))


def _server(row: Row[Any]) -> Server:
    loads = {name: (int(pair[0]), int(pair[1])) for name, pair in row.loads.items()}
    return Server(row.id, row.address, UtcMs(row.seen_utc_ms), loads)
