"""Jobs in SQL: the only file here that speaks it. Every method works inside the caller's transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.engine import tell_after_commit
from lectern.jobs.job import LEASE_MS, Job, JobFailed, Measured, NewJob, retry_delay_ms
from lectern.jobs.states import JobEvent, JobState, after
from lectern.jobs.tables import jobs
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import NotFound
from lectern.kernel.ids import new_id

DUE = "job_due"
"""What is said after the commit of a transaction that left a job to claim (`tell_after_commit`): its kind."""
_LOST_CODE = "worker_lost"
_LOST = "The media worker stopped in the middle of this job every time. Ask an administrator to look at it."


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker got: a job or none, and the jobs that turned out to be beyond help."""

    job: Job | None
    given_up: tuple[Job, ...] = ()


class JobStore:
    """Puts jobs in, hands them out under a lease, and writes down what became of them.

    A worker's word about a job counts only with the `lease_owner` that `claim` gave it. On PostgreSQL the
    rows that several workers try to claim are skipped, not waited for; SQLite has one writer at a time.
    """

    def __init__(self, lease_ms: int = LEASE_MS) -> None:
        self.lease_ms = lease_ms

    async def enqueue(self, tx: AsyncConnection, new: NewJob, now: UtcMs) -> Job:
        """Add a job that may start at once."""
        job = Job(
            id=new_id(),
            org_id=new.org_id,
            kind=new.kind,
            subject=new.subject,
            args=dict(new.args),
            state=JobState.QUEUED,
            attempts=0,
            max_attempts=new.max_attempts,
            lease_owner=None,
            lease_until_ms=None,
            not_before_ms=now,
            progress=0.0,
            reason_code=None,
            reason=None,
            estimate_s=None,
            created_ms=now,
            started_ms=None,
            finished_ms=None,
            result=None,
        )
        row = {column.name: getattr(job, column.name) for column in jobs.columns}
        await tx.execute(insert(jobs).values(**row))
        tell_after_commit(tx, DUE, job.kind)
        return job

    async def count_by_state(self, tx: AsyncConnection) -> dict[str, int]:
        """Return how many jobs are in each state."""
        rows = await tx.execute(select(jobs.c.state, func.count()).group_by(jobs.c.state))
        return {row[0]: int(row[1]) for row in rows}

    async def get(self, tx: AsyncConnection, job_id: str, *, lock: bool = False) -> Job:
        """Return a job, on request locked until the transaction ends.

        Raises:
            NotFound: there is none (`job_not_found`).
        """
        return await self._one(tx, job_id, lock=lock)

    async def get_many(self, tx: AsyncConnection, job_ids: Collection[str]) -> dict[str, Job]:
        """Return those of the jobs that exist, by id."""
        if not job_ids:
            return {}
        rows = await tx.execute(select(jobs).where(jobs.c.id.in_(job_ids)))
        return {row.id: _job(row) for row in rows}

    async def newest(self, tx: AsyncConnection, kind: str, subject: str) -> Job | None:
        """Return the latest job of a kind about something; None if there was none."""
        query = select(jobs).where(jobs.c.subject == subject, jobs.c.kind == kind)
        row = (await tx.execute(query.order_by(jobs.c.created_ms.desc(), jobs.c.id.desc()).limit(1))).first()
        return None if row is None else _job(row)

    async def claim(
        self,
        tx: AsyncConnection,
        kinds: Collection[str],
        worker: str,
        now: UtcMs,
        *,
        org_id: str | None = None,
    ) -> Claim:
        """Take the oldest job that is due, or one whose worker has been silent beyond its lease.

        With `org_id`, only of this organisation.

        A job that was lost on its last attempt fails here, and the next one is looked at.
        """
        given_up: list[Job] = []
        query = (
            select(jobs)
            .where(jobs.c.kind.in_(kinds), _claimable(now), *([jobs.c.org_id == org_id] if org_id else []))
            .order_by(jobs.c.created_ms, jobs.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        while (row := (await tx.execute(query)).one_or_none()) is not None:
            job = _job(row)
            if job.state is JobState.RUNNING and job.attempts >= job.max_attempts:
                given_up.append(
                    await self._end(tx, job, JobEvent.FAILED, now, reason_code=_LOST_CODE, reason=_LOST)
                )
                continue
            state = job.state if job.state is JobState.QUEUED else after(job.state, JobEvent.LOST)
            claimed = await self._change(
                tx,
                job,
                state=after(state, JobEvent.CLAIMED),
                attempts=job.attempts + 1,
                lease_owner=f"{worker}/{new_id()}",
                lease_until_ms=now + self.lease_ms,
                started_ms=now,
                progress=0.0,
                estimate_s=None,
                reason_code=None,
                reason=None,
            )
            return Claim(claimed, tuple(given_up))
        return Claim(None, tuple(given_up))

    async def claimable(self, tx: AsyncConnection, now: UtcMs) -> dict[tuple[str, str], int]:
        """Return how many jobs there are to claim, by (organisation, kind)."""
        query = select(jobs.c.org_id, jobs.c.kind, func.count()).where(_claimable(now))
        rows = await tx.execute(query.group_by(jobs.c.org_id, jobs.c.kind))
        return {(row[0], row[1]): int(row[2]) for row in rows}

    async def holds(self, tx: AsyncConnection, job_id: str, lease_owner: str, now: UtcMs) -> Job | None:
        """Return a job if this lease of it is in force."""
        query = select(jobs).where(
            jobs.c.id == job_id,
            jobs.c.state == JobState.RUNNING,
            jobs.c.lease_owner == lease_owner,
            jobs.c.lease_until_ms >= now,
        )
        row = (await tx.execute(query)).one_or_none()
        return None if row is None else _job(row)

    async def heartbeat(
        self, tx: AsyncConnection, job_id: str, lease_owner: str, measure: Measured, now: UtcMs
    ) -> bool:
        """Renew the lease and note the progress; False when the job is no longer this worker's."""
        changed = await tx.execute(
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.lease_owner == lease_owner, jobs.c.state == JobState.RUNNING)
            .values(
                lease_until_ms=now + self.lease_ms, progress=measure.progress, estimate_s=measure.estimate_s
            )
        )
        return changed.rowcount == 1

    async def complete(
        self, tx: AsyncConnection, job_id: str, lease_owner: str, result: dict[str, Any], now: UtcMs
    ) -> Job | None:
        """Write down the result; None when the job is no longer this worker's, and the result void."""
        job = await self._mine(tx, job_id, lease_owner)
        if job is None:
            return None
        return await self._end(tx, job, JobEvent.COMPLETED, now, progress=1.0, result=result)

    async def fail(
        self, tx: AsyncConnection, job_id: str, lease_owner: str, failure: JobFailed, now: UtcMs
    ) -> Job | None:
        """Write down a failure: try again later, hold, or give up. None when no longer this worker's."""
        job = await self._mine(tx, job_id, lease_owner)
        if job is None:
            return None
        why = {"reason_code": failure.code, "reason": failure.reason}
        if failure.hold:
            return await self._end(tx, job, JobEvent.HELD, now, **why)
        if not failure.retry or job.attempts >= job.max_attempts:
            return await self._end(tx, job, JobEvent.FAILED, now, **why)
        return await self._change(
            tx,
            job,
            state=after(job.state, JobEvent.RETRIED),
            not_before_ms=now + retry_delay_ms(job.attempts),
            lease_owner=None,
            lease_until_ms=None,
            estimate_s=None,
            **why,
        )

    async def release(self, tx: AsyncConnection, job_id: str, lease_owner: str, now: UtcMs) -> Job | None:
        """Give a job back unharmed, for a worker that is told to stop; the attempt does not count."""
        job = await self._mine(tx, job_id, lease_owner)
        if job is None:
            return None
        tell_after_commit(tx, DUE, job.kind)
        return await self._change(
            tx,
            job,
            state=after(job.state, JobEvent.RELEASED),
            attempts=job.attempts - 1,
            not_before_ms=now,
            lease_owner=None,
            lease_until_ms=None,
            progress=0.0,
            estimate_s=None,
        )

    async def resume(self, tx: AsyncConnection, job_id: str, now: UtcMs) -> Job:
        """Queue a failed or held job again, with all its attempts.

        Raises:
            NotFound: no such job. Conflict: it is neither failed nor held.
        """
        job = await self._one(tx, job_id, lock=True)
        tell_after_commit(tx, DUE, job.kind)
        return await self._change(
            tx,
            job,
            state=after(job.state, JobEvent.RESUMED),
            attempts=0,
            not_before_ms=now,
            progress=0.0,
            reason_code=None,
            reason=None,
            finished_ms=None,
        )

    async def cancel(self, tx: AsyncConnection, job_id: str, now: UtcMs) -> Job:
        """End a job that nobody wants any more; its worker learns so at its next heartbeat.

        Raises:
            NotFound: no such job. Conflict: it is over already.
        """
        job = await self._one(tx, job_id, lock=True)
        return await self._end(
            tx, job, JobEvent.CANCELLED, now, reason_code="cancelled", reason="This job was cancelled."
        )

    async def hold(self, tx: AsyncConnection, job_id: str, now: UtcMs) -> Job:
        """Keep a job from being done until a person resumes it; its worker learns so at its next heartbeat.

        Raises:
            NotFound: no such job. Conflict: it is over already, or held.
        """
        job = await self._one(tx, job_id, lock=True)
        return await self._end(
            tx, job, JobEvent.HELD, now, reason_code="held", reason="An administrator holds this job."
        )

    async def listed(
        self,
        tx: AsyncConnection,
        org_id: str,
        kinds: Collection[str],
        *,
        states: Collection[JobState] | None,
        before: str,
        limit: int,
    ) -> list[Job]:
        """Return jobs of these kinds and states (None: all), the newest first, before the id `before`."""
        query = select(jobs).where(jobs.c.org_id == org_id, jobs.c.kind.in_(kinds))
        if states is not None:
            query = query.where(jobs.c.state.in_(states))
        if before:
            query = query.where(jobs.c.id < before)
        rows = await tx.execute(query.order_by(jobs.c.id.desc()).limit(limit))
        return [_job(row) for row in rows]

    async def _mine(self, tx: AsyncConnection, job_id: str, lease_owner: str) -> Job | None:
        job = await self._one(tx, job_id, lock=True)
        return job if job.state is JobState.RUNNING and job.lease_owner == lease_owner else None

    async def _end(self, tx: AsyncConnection, job: Job, event: JobEvent, now: UtcMs, **values: Any) -> Job:
        ended = {"lease_owner": None, "lease_until_ms": None, "estimate_s": None, "finished_ms": now}
        return await self._change(tx, job, state=after(job.state, event), **(ended | values))

    async def _change(self, tx: AsyncConnection, job: Job, **values: Any) -> Job:
        await tx.execute(update(jobs).where(jobs.c.id == job.id).values(**values))
        return await self._one(tx, job.id, lock=False)

    async def _one(self, tx: AsyncConnection, job_id: str, *, lock: bool) -> Job:
        query = select(jobs).where(jobs.c.id == job_id)
        row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
        if row is None:
            raise NotFound("job_not_found", "There is no such job.")
        return _job(row)


def _claimable(now: UtcMs) -> ColumnElement[bool]:
    """Due, or lost by a worker that has been silent beyond its lease."""
    due = and_(jobs.c.state == JobState.QUEUED, jobs.c.not_before_ms <= now)
    return or_(due, and_(jobs.c.state == JobState.RUNNING, jobs.c.lease_until_ms < now))


def _job(row: Any) -> Job:
    values = dict(row._mapping)
    return Job(**(values | {"state": JobState(row.state)}))
