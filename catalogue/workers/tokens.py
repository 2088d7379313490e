"""The credential of a media worker: made by an administrator, shown once, stored as its hash.

It opens the workers' routes and nothing else: it is no principal, holds no permission, and is not looked at
anywhere else.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.workers.tables import worker_sightings, worker_tokens
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.kernel.access import Principal
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import NotFound, Unauthenticated
from lectern.kernel.ids import new_id, new_secret

_PREFIX: Final = "lw"
_LONGEST: Final = 200
_FORGOTTEN_MS: Final = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class WorkerToken:
    """A token, without its secret."""

    id: str
    org_id: str
    name: str
    created_utc_ms: int
    revoked_utc_ms: int | None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A worker process as it was last heard of; `token_id` is None for one that has the database."""

    name: str
    token_id: str | None
    version: str
    seen_utc_ms: int


def fingerprint(secret: str) -> str:
    """Return what is stored of a secret; it has too much entropy to need a slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class WorkerTokens:
    """Makes, lists, checks and takes back tokens."""

    database: Database
    trail: Trail
    clock: Clock = utc_ms

    async def make(self, who: Principal, name: str) -> tuple[WorkerToken, str]:
        """Make a token; its text is shown this once."""
        secret = new_secret(32)
        token = WorkerToken(new_id(), who.org_id, name, self.clock(), None)
        async with self.database.write() as tx:
            await tx.execute(
                insert(worker_tokens).values(
                    id=token.id,
                    org_id=token.org_id,
                    name=name,
                    secret_hash=fingerprint(secret),
                    created_by=who.subject_id,
                    created_utc_ms=token.created_utc_ms,
                    revoked_utc_ms=None,
                )
            )
            await self.trail.write(tx, who, "worker_token_created", token.id, {"name": name})
        return token, f"{_PREFIX}_{token.id}_{secret}"

    async def revoke(self, who: Principal, token_id: str) -> None:
        """Take a token back: its worker's next word is refused, and its jobs go to others.

        Raises:
            NotFound: there is no such token in force.
        """
        async with self.database.write() as tx:
            done = await tx.execute(
                update(worker_tokens)
                .where(
                    worker_tokens.c.id == token_id,
                    worker_tokens.c.org_id == who.org_id,
                    worker_tokens.c.revoked_utc_ms.is_(None),
                )
                .values(revoked_utc_ms=self.clock())
            )
            if done.rowcount != 1:
                raise NotFound("worker_token_not_found", "There is no such worker token.")
            await self.trail.write(tx, who, "worker_token_revoked", token_id, {})

    async def listed(self, org_id: str) -> list[WorkerToken]:
        """Return all tokens of an organisation, the oldest first."""
        query = select(worker_tokens).where(worker_tokens.c.org_id == org_id).order_by(worker_tokens.c.id)
        async with self.database.read() as tx:
            return [_token(row) for row in await tx.execute(query)]

    async def check(self, authorization: str) -> WorkerToken:
        """Return the token in an `Authorization` header.

        Raises:
            Unauthenticated: there is none, or it is not in force (`worker_token_invalid`).
        """
        scheme, _, text = authorization.partition(" ")
        prefix, _, rest = text.strip().partition("_")
        id_, _, secret = rest.partition("_")
        if scheme.lower() != "bearer" or prefix != _PREFIX or not secret or len(text) > _LONGEST:
            raise _invalid()
        async with self.database.read() as tx:
            row = (await tx.execute(select(worker_tokens).where(worker_tokens.c.id == id_))).one_or_none()
        if row is None or not secrets.compare_digest(fingerprint(secret), row.secret_hash):
            raise _invalid()
        if row.revoked_utc_ms is not None:
            raise _invalid()
        return _token(row)


async def note_sighting(tx: AsyncConnection, seen: Sighting) -> None:
    """Write down that a worker was heard of; those that were not for a day are forgotten."""
    stale = worker_sightings.c.seen_utc_ms < seen.seen_utc_ms - _FORGOTTEN_MS
    await tx.execute(delete(worker_sightings).where((worker_sightings.c.name == seen.name) | stale))
    await tx.execute(
        insert(worker_sightings).values(
            name=seen.name, token_id=seen.token_id, version=seen.version, seen_utc_ms=seen.seen_utc_ms
        )
    )


async def sightings(tx: AsyncConnection, since: UtcMs) -> list[Sighting]:
    """Return the workers that were heard of since then, by name."""
    query = (
        select(worker_sightings)
        .where(worker_sightings.c.seen_utc_ms >= since)
        .order_by(worker_sightings.c.name)
    )
    return [Sighting(**row._mapping) for row in await tx.execute(query)]


def _token(row: Any) -> WorkerToken:
    return WorkerToken(row.id, row.org_id, row.name, row.created_utc_ms, row.revoked_utc_ms)


def _invalid() -> Unauthenticated:
    return Unauthenticated(
        "worker_token_invalid", "This worker token is not valid or was taken back. Ask an administrator."
    )
