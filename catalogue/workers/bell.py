"""Lets any number of workers wait for jobs, with one look at the database for all of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Final

from lectern.db.engine import Database
from lectern.jobs.calls import Calls, Looks
from lectern.jobs.store import JobStore
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.tasks import run_forever, task_group

LOOK_S: Final = 0.25
"""Between two looks of one server process, however many workers wait there."""
REST_S: Final = 2.0
"""The same while calls come (`lectern.jobs.calls`): what a lost call costs."""
_LISTEN_S: Final = 1.0
"""So long a server listens for the kinds that were waited for when it began."""


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
        calls: Calls | None = None,
    ) -> None:
        """`now` in monotonic seconds. `calls` are listened to while `attended`."""
        self.looks = 0
        self._database = database
        self._store = store
        self._now = now
        self._clock = clock
        self._look_s = look_s
        self._calls = calls or Looks(look_s)
        self._due: Counter[tuple[str, str]] = Counter()
        self._looked_at = -REST_S
        self._looking = asyncio.Lock()
        self._waiting: Counter[str] = Counter()
        self._somebody_waits = asyncio.Event()
        self._called = asyncio.Event()

    @asynccontextmanager
    async def attended(self) -> AsyncIterator["Bell"]:
        """Listen to calls while somebody waits here for what they are about."""
        async with task_group() as tasks:
            listening = tasks.create_task(run_forever("bell", self._listen))
            try:
                yield self
            finally:
                listening.cancel()

    async def wait(self, org_id: str, kinds: Collection[str], until: float) -> bool:
        """Return whether there is a job to claim; False at `until` (monotonic seconds)."""
        self._waiting.update(kinds)
        self._somebody_waits.set()
        try:
            while not await self._take(org_id, kinds):
                left = until - self._now()
                if left <= 0:
                    return False
                await self._rest(min(self._interval_s, left))
            return True
        finally:
            self._waiting.subtract(kinds)

    @property
    def _interval_s(self) -> float:
        return max(REST_S, self._look_s) if self._calls.hears else self._look_s

    async def _rest(self, seconds: float) -> None:
        """Until a call comes, at the longest for so long."""
        called = self._called
        try:
            async with asyncio.timeout(seconds):
                await called.wait()
        except TimeoutError:
            pass

    async def _listen(self) -> None:
        while True:
            await self._somebody_waits.wait()
            kinds = [kind for kind, count in self._waiting.items() if count > 0]
            if not kinds:
                self._somebody_waits.clear()
                continue
            call = await self._calls.wait(kinds, _LISTEN_S)
            if call is not None:
                async with self._looking:
                    await self._look()
                self._called.set()
                self._called = asyncio.Event()
                await call.answered()

    async def _take(self, org_id: str, kinds: Collection[str]) -> bool:
        async with self._looking:
            if self._now() - self._looked_at >= self._interval_s:
                await self._look()
            for kind in kinds:
                if self._due[org_id, kind] > 0:
                    self._due[org_id, kind] -= 1
                    return True
        return False

    async def _look(self) -> None:
        async with self._database.read() as tx:
            self._due = Counter(await self._store.claimable(tx, self._clock()))
        self._looked_at = self._now()
        self.looks += 1
