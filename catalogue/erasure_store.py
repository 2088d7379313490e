"""Erasures of asides in SQL. Every method works inside the caller's transaction."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.erasure_tables import aside_erasures
from lectern.db.upsert import put

_erasures = aside_erasures.c


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was said aside, up to `version` of the replay, is to be erased; with `done_utc_ms`, it is."""

    session_id: str
    org_id: str
    version: int
    asked_by: str
    asked_utc_ms: int
    done_utc_ms: int | None = None


class ErasureStore:
    """What is to be erased."""

    async def erasure(self, tx: AsyncConnection, session_id: str) -> Erasure | None:
        """Return what was last asked for a session."""
        query = select(aside_erasures).where(_erasures.session_id == session_id)
        row = (await tx.execute(query)).one_or_none()
        return None if row is None else Erasure(**row._mapping)

    async def ask(self, tx: AsyncConnection, erasure: Erasure) -> None:
        """Note that it is to be done."""
        row = {name: getattr(erasure, name) for name in Erasure.__slots__}
        await put(tx, aside_erasures, row)

    async def done(self, tx: AsyncConnection, session_id: str, now: int) -> None:
        """Note that it is done."""
        mine = (_erasures.session_id == session_id, _erasures.done_utc_ms.is_(None))
        await tx.execute(update(aside_erasures).where(*mine).values(done_utc_ms=now))

    async def waiting(self, tx: AsyncConnection) -> list[str]:
        """Return the sessions of which something is still to be erased."""
        query = select(_erasures.session_id).where(_erasures.done_utc_ms.is_(None))
        return list((await tx.execute(query)).scalars())
