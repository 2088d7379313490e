"""Stream keys in SQL: the only file here that speaks it. Every method runs in the caller's transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.kernel.access import SessionGrant
from lectern.kernel.roles import SessionRole
from signaling.stream_keys.tables import stream_keys

PUBLISH = "publish"
WATCH = "watch"


@dataclass(frozen=True, slots=True)
class StreamKey:
    """A stream key's row. `publication` is the WHIP session that runs with it."""

    id: str
    org_id: str
    session_id: str
    name: str
    use: str
    role: SessionRole
    person_id: str | None
    guest_id: str | None
    guest_name: str | None
    secret_hash: str
    created_by: str
    created_utc_ms: int
    expires_utc_ms: int | None
    last_used_utc_ms: int | None
    revoked_utc_ms: int | None
    publication: str | None

    @property
    def grant(self) -> SessionGrant:
        """Who comes in with this key."""
        return SessionGrant(
            self.session_id,
            self.role,
            self.person_id,
            guest_id=self.guest_id,
            guest_name=self.guest_name,
            issued_s=self.created_utc_ms // 1_000,
        )


class StreamKeyStore:
    """Reads and writes stream keys."""

    async def create(self, tx: AsyncConnection, key: StreamKey) -> None:
        """Insert a key."""
        await tx.execute(
            insert(stream_keys).values({field: getattr(key, field) for field in StreamKey.__slots__})
        )

    async def get(self, tx: AsyncConnection, key_id: str) -> StreamKey | None:
        """Return a key, revoked or not."""
        row = (await tx.execute(select(stream_keys).where(stream_keys.c.id == key_id))).one_or_none()
        return None if row is None else _key(row)

    async def of_session(self, tx: AsyncConnection, session_id: str) -> list[StreamKey]:
        """Return the keys of a session that were not revoked, the newest first."""
        query = (
            select(stream_keys)
            .where(stream_keys.c.session_id == session_id, stream_keys.c.revoked_utc_ms.is_(None))
            .order_by(stream_keys.c.created_utc_ms.desc(), stream_keys.c.id.desc())
        )
        return [_key(row) for row in await tx.execute(query)]

    async def many(self, tx: AsyncConnection, key_ids: Collection[str]) -> dict[str, StreamKey]:
        """Return keys by id."""
        query = select(stream_keys).where(stream_keys.c.id.in_(list(key_ids)))
        return {row.id: _key(row) for row in await tx.execute(query)}

    async def revoke(self, tx: AsyncConnection, session_id: str, key_id: str, now: int) -> bool:
        """Revoke a key of a session; False if there is none (any more)."""
        revoked = await tx.execute(
            update(stream_keys)
            .where(
                stream_keys.c.id == key_id,
                stream_keys.c.session_id == session_id,
                stream_keys.c.revoked_utc_ms.is_(None),
            )
            .values(revoked_utc_ms=now)
        )
        return bool(revoked.rowcount)

    async def revoke_of(self, tx: AsyncConnection, session_id: str, person_id: str, now: int) -> None:
        """Revoke the keys for publishing that somebody made or has, in a session that they no longer run."""
        k = stream_keys.c
        mine = or_(k.created_by == person_id, k.person_id == person_id)
        await tx.execute(
            update(stream_keys)
            .where(k.session_id == session_id, k.use == PUBLISH, mine, k.revoked_utc_ms.is_(None))
            .values(revoked_utc_ms=now)
        )

    async def publishes(self, tx: AsyncConnection, key_id: str, publication: str, now: int) -> None:
        """Write down that a WHIP session was opened with a key."""
        await tx.execute(
            update(stream_keys)
            .where(stream_keys.c.id == key_id)
            .values(publication=publication, last_used_utc_ms=now)
        )

    async def ended(self, tx: AsyncConnection, key_id: str, publication: str) -> None:
        """Write down that a WHIP session is over; a newer one of the same key stays."""
        await tx.execute(
            update(stream_keys)
            .where(stream_keys.c.id == key_id, stream_keys.c.publication == publication)
            .values(publication=None)
        )

    async def used(self, tx: AsyncConnection, key_ids: Collection[str], now: int) -> None:
        """Write down that keys are in use."""
        await tx.execute(
            update(stream_keys).where(stream_keys.c.id.in_(list(key_ids))).values(last_used_utc_ms=now)
        )


def _key(row: Any) -> StreamKey:
    values = {field: getattr(row, field) for field in StreamKey.__slots__}
    return StreamKey(**values | {"role": SessionRole(row.role)})
