"""Where a worker gets its jobs and hands in what became of them: the database, or a server in between."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.engine import Database
from lectern.jobs.job import Job, JobFailed, Measured
from lectern.jobs.store import JobStore
from lectern.kernel.clock import Clock, utc_ms

_log = structlog.get_logger()

OnOver = Callable[[AsyncConnection, Job], Awaitable[None]]
"""Takes in that a job is over (done, failed, held), in the transaction that says so."""


class Desk(Protocol):
    """Hands out jobs under a lease of `lease_ms`, and takes a worker's word about them while that lasts.

    Every method may raise `Gone`: nobody can be asked at the moment.
    """

    @property
    def lease_ms(self) -> int:
        """How long a worker may be silent."""

    async def claim(self, kinds: Collection[str]) -> Job | None:
        """Return a job of these kinds, or None if there is none; may wait for one for some seconds."""

    async def heartbeat(self, job: Job, measure: Measured) -> bool:
        """Renew the lease; False when the job is no longer this worker's."""

    async def complete(self, job: Job, result: Mapping[str, Any]) -> Job | None:
        """Hand in the result; None when it is void because the job is no longer this worker's."""

    async def fail(self, job: Job, failure: JobFailed) -> Job | None:
        """Hand in a failure; None when the job is no longer this worker's."""

    async def release(self, job: Job) -> None:
        """Give a job back unharmed."""


class DatabaseDesk:
    """`Desk` over the rows. `worker` names who asks, in logs and leases."""

    def __init__(
        self,
        database: Database,
        on_over: Mapping[str, OnOver],
        *,
        worker: str,
        store: JobStore | None = None,
        clock: Clock = utc_ms,
        org_id: str | None = None,
    ) -> None:
        """`on_over` says by kind who wants to know how a job ended. With `org_id`, jobs of others do not
        exist here."""
        self._database = database
        self._on_over = on_over
        self._worker = worker
        self._store = store or JobStore()
        self._clock = clock
        self._org_id = org_id

    @property
    def lease_ms(self) -> int:
        """See `Desk`."""
        return self._store.lease_ms

    async def claim(self, kinds: Collection[str]) -> Job | None:
        """See `Desk`. Does not wait."""
        async with self._database.write() as tx:
            claim = await self._store.claim(tx, kinds, self._worker, self._clock(), org_id=self._org_id)
            for lost in claim.given_up:
                _log.warning("job_given_up", job_id=lost.id, kind=lost.kind)
                await self._on_over[lost.kind](tx, lost)
        return claim.job

    async def heartbeat(self, job: Job, measure: Measured) -> bool:
        """See `Desk`."""
        async with self._database.write() as tx:
            return await self._store.heartbeat(tx, job.id, _owner(job), measure, self._clock())

    async def complete(self, job: Job, result: Mapping[str, Any]) -> Job | None:
        """See `Desk`."""
        async with self._database.write() as tx:
            written = await self._store.complete(tx, job.id, _owner(job), dict(result), self._clock())
            await self._tell(tx, written)
        return written

    async def fail(self, job: Job, failure: JobFailed) -> Job | None:
        """See `Desk`."""
        async with self._database.write() as tx:
            written = await self._store.fail(tx, job.id, _owner(job), failure, self._clock())
            await self._tell(tx, written)
        return written

    async def release(self, job: Job) -> None:
        """See `Desk`."""
        async with self._database.write() as tx:
            await self._store.release(tx, job.id, _owner(job), self._clock())

    async def _tell(self, tx: AsyncConnection, written: Job | None) -> None:
        if written is not None and written.finished_ms is not None:
            await self._on_over[written.kind](tx, written)


def _owner(job: Job) -> str:
    assert job.lease_owner is not None
    return job.lease_owner
