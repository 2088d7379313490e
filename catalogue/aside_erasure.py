"""Erasing for good what was said aside: its fragments and its live segments, and nothing else.

What is to be erased is written down first, then a word of it goes to where the recordings are, then the files
go, then it is written down that they are gone: who is killed in between goes on with it. Other machines erase
their copies by that word (`lectern.storage.erasing`). Manifests stay, empty and of their old length, so that
whoever follows recordings by number and length (`order.json`) finds what they expect.

What is recorded when a lesson goes on once more, after it was asked for, is another matter: it counts up to
the last recording of then.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog

from catalogue.erasure_store import ErasureStore
from lectern.db.engine import Database
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Gone
from lectern.manifest import asides
from lectern.storage.erasing import erase_recording, tell
from lectern.storage.files import Files

_log = structlog.get_logger()
LOOK_AGAIN_S: Final = 30.0
LATE_MS: Final = 600_000
"""So long somebody looks again whether more has come: what a machine was carrying that burned before it read
the word."""


@dataclass(frozen=True, slots=True)
class AsideEraser:
    """See the module. `erase` may be repeated, and interrupted, at will."""

    database: Database
    files: Files
    clock: Clock = utc_ms
    store: ErasureStore = field(default_factory=ErasureStore)

    async def erase(self, session_id: str) -> None:
        """Delete the files of every aside of a session whose erasure was asked for, and note that.

        Raises:
            Gone: the bucket cannot be asked now; `run` tries again.
        """
        async with self.database.read() as tx:
            erasure = await self.store.erasure(tx, session_id)
        if erasure is None:
            return
        folder, erased = f"sessions/{session_id}", 0
        await tell(self.files, folder, erasure.up_to_recording)
        for number in range(1, erasure.up_to_recording + 1):
            erased += await erase_recording(self.files, folder, number, asides)
        if erasure.done_utc_ms is None:
            async with self.database.write() as tx:
                await self.store.done(tx, erasure, self.clock())
        if erased or erasure.done_utc_ms is None:
            _log.info("asides_erased", session_id=session_id, recordings=erased)

    async def run(self) -> None:
        """Finish what a server that was ended, or a bucket that was away, left undone; for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_AGAIN_S)

    async def look(self) -> None:
        """Erase what is still to be erased, and what has come late of what is."""
        async with self.database.read() as tx:
            waiting = await self.store.waiting(tx, self.clock() - LATE_MS)
        for session_id in waiting:
            try:
                await self.erase(session_id)
            except Gone as error:
                _log.warning("aside_erasing_waits", session_id=session_id, code=error.code)
