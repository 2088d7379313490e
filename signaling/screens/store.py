"""Short codes of screens in SQL. Every function works in the caller's transaction."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.screens.tables import screen_codes as c


@dataclass(frozen=True, slots=True)
class ScreenCode:
    """What a TV types to show a session; `by_roster`: people before it may come in by number and name."""

    session_id: str
    org_id: str
    code: str
    by_roster: bool
    created_by: str
    created_utc_ms: int


async def put(tx: AsyncConnection, code: ScreenCode) -> None:
    """Write a session's code, in place of the one before."""
    await drop(tx, code.session_id)
    await tx.execute(insert(c).values({field: getattr(code, field) for field in ScreenCode.__slots__}))


async def drop(tx: AsyncConnection, session_id: str) -> None:
    """Take a session's code back."""
    await tx.execute(delete(c).where(c.c.session_id == session_id))


async def of_session(tx: AsyncConnection, session_id: str) -> ScreenCode | None:
    """Return a session's code."""
    row = (await tx.execute(select(c).where(c.c.session_id == session_id))).one_or_none()
    return _code(row)


async def by_code(tx: AsyncConnection, code: str) -> ScreenCode | None:
    """Return what a code stands for."""
    row = (await tx.execute(select(c).where(c.c.code == code))).one_or_none()
    return _code(row)


def _code(row: Any) -> ScreenCode | None:
    if row is None:
        return None
    return ScreenCode(**{field: getattr(row, field) for field in ScreenCode.__slots__})
