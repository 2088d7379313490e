"""Calendar subscriptions: a secret address of one person's lessons, kept by its hash, revocable."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.upsert import put
from lectern.kernel.clock import UtcMs
from lectern.kernel.ids import new_secret
from notices.tables import calendar_feeds as f


@dataclass(frozen=True, slots=True)
class Feed:
    """Whose calendar it is, and since when."""

    org_id: str
    person_id: str
    created_utc_ms: int


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def renew(tx: AsyncConnection, org_id: str, person_id: str, now: UtcMs) -> str:
    """Make somebody's secret address and return its token, this once; the one before ends."""
    token = new_secret()
    row = {"person_id": person_id, "org_id": org_id, "token_hash": _hash(token), "created_utc_ms": now}
    await put(tx, f, row)
    return token


async def revoke(tx: AsyncConnection, person_id: str) -> None:
    """End somebody's secret address."""
    await tx.execute(delete(f).where(f.c.person_id == person_id))


async def of_person(tx: AsyncConnection, person_id: str) -> Feed | None:
    """Return somebody's subscription."""
    row = (await tx.execute(select(f).where(f.c.person_id == person_id))).one_or_none()
    return None if row is None else Feed(row.org_id, row.person_id, row.created_utc_ms)


async def of_token(tx: AsyncConnection, token: str) -> Feed | None:
    """Return whose calendar an address is, while it is in force."""
    row = (await tx.execute(select(f).where(f.c.token_hash == _hash(token)))).one_or_none()
    return None if row is None else Feed(row.org_id, row.person_id, row.created_utc_ms)
