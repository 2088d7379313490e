"""Numbers of recordings, from the database: no two servers give the same one, and their order is nobody's
clock's."""

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from lectern.db.engine import Database
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Gone
from lectern.recordings import store

_TRIES = 5


@dataclass(frozen=True, slots=True)
class RecordingNumbers:
    """See the module."""

    database: Database
    clock: Clock = utc_ms

    async def next(self, session_id: str, at_least: int) -> int:
        """Return a number for a session's next recording, `at_least` (1 or more) or higher.

        Raises:
            Gone: the database is away, or others take every number (`number_taken`).
        """
        for _ in range(_TRIES):
            try:
                async with self.database.write() as tx:
                    return await store.add(tx, session_id, at_least, self.clock())
            except IntegrityError:  # another server was a moment faster
                continue
        raise Gone("number_taken", "The recording could not begin. It is tried again.", retry_after_s=1)

    async def unused(self, session_id: str, number: int) -> None:
        """Nothing was recorded under a number: nobody is to wait for it. Raises Gone: the database."""
        async with self.database.write() as tx:
            await store.count(tx, session_id, number, 0)
