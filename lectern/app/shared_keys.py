"""Servers that share a database share the keys in `LECTERN_DATA/secrets`: links and tokens that one has
signed are shown to another. What they agree on is in the database, as hashes."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.closing.signing import SigningKey
from lectern.app.secrets import load_keys
from lectern.app.signing_keys import AttendanceKeys
from lectern.db.engine import Database
from lectern.db.upsert import insert_new, put
from lectern.kernel.errors import Conflict
from lectern.recordings.tables import shared_keys

PURPOSES: Final = ("join", "notices", "play", "screen")
_ATTENDANCE: Final = "attendance"


async def agree_on_keys(database: Database, secrets: Path) -> None:
    """Insist that this server knows the keys that the others sign with; the first one says which they are.

    Whoever rotates a key adds it everywhere first, and only then makes it the current one.

    Raises:
        Conflict: it does not (`keys_differ`). Gone: the database is away.
    """
    for purpose in PURPOSES:
        keys = load_keys(secrets, purpose)
        known = {key_id: _fingerprint(purpose, key) for key_id, key in keys.secrets.items()}
        async with database.write() as tx:
            await _agree(tx, purpose, set(known.values()), known[keys.current])


async def agree_on_attendance_key(database: Database, keys: AttendanceKeys, organisation: str) -> bool:
    """Tell whether this server signs attendance records with the key of all; the first one makes it.

    One that does not still serves: lessons need no such key, and after a rotation it takes a while until
    somebody has copied the new one to every machine.

    Raises:
        Conflict: the key file is damaged (`signing_keys_damaged`). Gone: the database is away.
    """
    if await attendance_key(database) is None:
        current = await asyncio.to_thread(keys.current, organisation)
        async with database.write() as tx:
            await insert_new(tx, shared_keys, [{"purpose": _ATTENDANCE, "fingerprint": current.fingerprint}])
    return await asyncio.to_thread(keys.signs_with, await attendance_key(database))


@dataclass(frozen=True, slots=True)
class KeysOfServers:
    """`analytics.closing.neighbours.Keys`: no server signs with a key that the others do not sign with.

    `database` is where they agree; None: there is one server.
    """

    keys: AttendanceKeys
    database: Database | None

    async def current(self, organisation: str) -> SigningKey:
        """See `Keys`.

        Raises:
            Conflict: another server has it (`signing_key_missing`), or the file is damaged
                (`signing_keys_damaged`). Gone: the database is away.
        """
        if self.database is not None:
            has_it = await agree_on_attendance_key(self.database, self.keys, organisation)
            if not has_it:
                raise Conflict(
                    "signing_key_missing",
                    "This server lacks the key that signs attendance. Ask an administrator to copy it here "
                    "(`lectern doctor` says how).",
                )
        return await asyncio.to_thread(self.keys.current, organisation)


async def attendance_key(database: Database) -> str | None:
    """Return the fingerprint of the key that signs attendance records on every server; None: not agreed yet.

    Raises:
        Gone: the database is away.
    """
    query = select(shared_keys.c.fingerprint).where(shared_keys.c.purpose == _ATTENDANCE)
    async with database.read() as tx:
        return (await tx.execute(query)).scalar_one_or_none()


async def tell_attendance_key(database: Database, fingerprint: str) -> None:
    """Say that from now on this key signs attendance records: every machine is to have it.

    Raises:
        Gone: the database is away.
    """
    async with database.write() as tx:
        await put(tx, shared_keys, {"purpose": _ATTENDANCE, "fingerprint": fingerprint})


async def _agree(tx: AsyncConnection, purpose: str, known: set[str], current: str) -> None:
    await insert_new(tx, shared_keys, [{"purpose": purpose, "fingerprint": current}])
    query = select(shared_keys.c.fingerprint).where(shared_keys.c.purpose == purpose)
    if (await tx.execute(query)).scalar_one() not in known:
        raise Conflict(
            "keys_differ",
            f"The other servers sign with another key ({purpose}): copy LECTERN_DATA/secrets from one of "
            "them before this server starts.",
        )
    await put(tx, shared_keys, {"purpose": purpose, "fingerprint": current})


def _fingerprint(purpose: str, key: bytes) -> str:
    return hashlib.sha256(purpose.encode() + b"\0" + key).hexdigest()
