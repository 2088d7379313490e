"""Recordings in SQL. Every function works in the caller's transaction."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.one_of import one_of
from lectern.db.upsert import insert_new, put
from lectern.kernel.clock import UtcMs
from lectern.recordings.tables import packaging_places, recordings


@dataclass(frozen=True, slots=True)
class Recording:
    """Recording `number` of a session. `counted_bytes` of its manifest count; None: not decided yet."""

    number: int
    counted_bytes: int | None


async def add(tx: AsyncConnection, session_id: str, at_least: int, now: UtcMs) -> int:
    """Return the number of a session's next recording: one that no other has, `at_least` or higher.

    Raises:
        IntegrityError: another process took the same one at the same moment; try again.
    """
    number = max(await newest(tx, session_id), at_least - 1) + 1
    row = {"session_id": session_id, "number": number, "started_utc_ms": now, "counted_bytes": None}
    await tx.execute(recordings.insert().values(**row))
    return number


async def newest(tx: AsyncConnection, session_id: str) -> int:
    """Return the number of a session's newest recording; 0: there is none."""
    query = select(func.max(recordings.c.number)).where(recordings.c.session_id == session_id)
    return (await tx.execute(query)).scalar_one() or 0


async def add_known(tx: AsyncConnection, session_id: str, numbers: Collection[int], now: UtcMs) -> None:
    """Add recordings that were found on a disk, unless they are known."""
    rows = [
        {"session_id": session_id, "number": number, "started_utc_ms": now, "counted_bytes": None}
        for number in sorted(numbers)
    ]
    await insert_new(tx, recordings, rows)


async def of_session(tx: AsyncConnection, session_id: str) -> list[Recording]:
    """Return a session's recordings in their order."""
    columns = select(recordings.c.number, recordings.c.counted_bytes)
    query = columns.where(recordings.c.session_id == session_id).order_by(recordings.c.number)
    return [Recording(row.number, row.counted_bytes) for row in await tx.execute(query)]


async def recorded(tx: AsyncConnection, session_ids: Collection[str]) -> frozenset[str]:
    """Return which of these sessions have a recording."""
    query = select(recordings.c.session_id).where(one_of(recordings.c.session_id, session_ids)).distinct()
    return frozenset((await tx.execute(query)).scalars())


async def count(tx: AsyncConnection, session_id: str, number: int, counted_bytes: int) -> None:
    """Decide for good how much of a recording's manifest counts; what was decided before stays."""
    mine = (recordings.c.session_id == session_id) & (recordings.c.number == number)
    undecided = mine & recordings.c.counted_bytes.is_(None)
    await tx.execute(update(recordings).where(undecided).values(counted_bytes=counted_bytes))


async def place_of(tx: AsyncConnection, session_id: str) -> str | None:
    """Return the id of the folder where a session is packaged; None: nowhere yet."""
    query = select(packaging_places.c.place).where(packaging_places.c.session_id == session_id)
    return (await tx.execute(query)).scalar_one_or_none()


async def take_place(tx: AsyncConnection, session_id: str, place: str, now: UtcMs) -> None:
    """From now on a session is packaged in this folder, and in no other."""
    await put(tx, packaging_places, {"session_id": session_id, "place": place, "since_utc_ms": now})
