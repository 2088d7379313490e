"""Servers that share a database share the keys in `LECTERN_DATA/secrets`: links and tokens that one has
signed are shown to another. What they agree on is in the database, as hashes."""

import hashlib
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.app.secrets import load_keys
from lectern.db.engine import Database
from lectern.db.upsert import insert_new, put
from lectern.kernel.errors import Conflict
from lectern.recordings.tables import shared_keys

PURPOSES: Final = ("join", "notices", "play", "screen")


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
