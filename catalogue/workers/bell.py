"""Lets any number of workers wait for jobs, with one look at the database for all of them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from typing import Final

from lectern.db.engine import Database
from lectern.jobs.store import JobStore
from lectern.kernel.clock import Clock, utc_ms

LOOK_S: Final = 0.25
"""Between two looks of one server process, however many workers wait there."""


class Bell:
    """Wakes as many of those who wait as there are jobs to claim.

    What a look found is shared out; the row is still the truth, and whoever is woken may find it taken.
    """

    def __init__(
        self,
        database: Database,
        store: JobStore,
        *,
        now: Callable[[], float],
        clock: Clock = utc_ms,
        look_s: float = LOOK_S,
    ) -> None:
        """`now` in monotonic seconds."""
        self.looks = 0
        self._database = database
        self._store = store
        self._now = now
        self._clock = clock
        self._look_s = look_s
        self._due: Counter[tuple[str, str]] = Counter()
        self._looked_at = -look_s
        self._looking = asyncio.Lock()

    async def wait(self, org_id: str, kinds: Collection[str], until: float) -> bool:
        """Return whether there is a job to claim; False at `until` (monotonic seconds)."""
        while not await self._take(org_id, kinds):
            left = until - self._now()
            if left <= 0:
                return False
            await asyncio.sleep(min(self._look_s, left))
        return True

    async def _take(self, org_id: str, kinds: Collection[str]) -> bool:
        async with self._looking:
            if self._now() - self._looked_at >= self._look_s:
                async with self._database.read() as tx:
                    self._due = Counter(await self._store.claimable(tx, self._clock()))
                self._looked_at = self._now()
                self.looks += 1
            for kind in kinds:
                if self._due[org_id, kind] > 0:
                    self._due[org_id, kind] -= 1
                    return True
        return False
