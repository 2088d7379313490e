"""Erasures of asides in SQL. Every method works inside the caller's transaction."""

from dataclasses import dataclass

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.erasure_tables import aside_erasures
from lectern.db.upsert import put

_erasures = aside_erasures.c


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was said aside is to be erased, as far as recording `up_to_recording`; with `done_utc_ms`, it is.

    `version` is that of the replay when it was asked for: the lesson may have gone on since.
    """

    session_id: str
    org_id: str
    version: int
    up_to_recording: int
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

    async def done(self, tx: AsyncConnection, erasure: Erasure, now: int) -> None:
        """Note that it is done; what was asked for since then is still to be done."""
        mine = (_erasures.session_id == erasure.session_id, _erasures.done_utc_ms.is_(None))
        same = _erasures.up_to_recording == erasure.up_to_recording
        await tx.execute(update(aside_erasures).where(*mine, same).values(done_utc_ms=now))

    async def waiting(self, tx: AsyncConnection, since_utc_ms: int) -> list[str]:
        """Return the sessions of which something is still to be erased, or was erased since then."""
        done = _erasures.done_utc_ms
        query = select(_erasures.session_id).where(or_(done.is_(None), done >= since_utc_ms))
        return list((await tx.execute(query)).scalars())
