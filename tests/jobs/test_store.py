"""The contract of job rows, on both databases."""

import asyncio

import pytest

from lectern.db.engine import Database
from lectern.jobs.job import LEASE_MS, Job, JobFailed, Measured, NewJob
from lectern.jobs.states import JobState
from lectern.jobs.store import JobStore
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, NotFound

NOW = UtcMs(1_800_000_000_000)
STORE = JobStore()


def later(milliseconds: int) -> UtcMs:
    return UtcMs(NOW + milliseconds)


async def enqueue(database: Database, now: UtcMs = NOW, kind: str = "cut", attempts: int = 3) -> Job:
    async with database.write() as tx:
        new = NewJob(org_id="o", kind=kind, subject="m", args={"start_ms": 5}, max_attempts=attempts)
        return await STORE.enqueue(tx, new, now)


async def claim(database: Database, now: UtcMs = NOW, worker: str = "w") -> Job | None:
    async with database.write() as tx:
        return (await STORE.claim(tx, ["cut"], worker, now)).job


async def get(database: Database, job_id: str) -> Job:
    async with database.read() as tx:
        return await STORE.get(tx, job_id)


def owner(job: Job | None) -> str:
    assert job is not None
    assert job.lease_owner is not None
    return job.lease_owner


async def test_a_job_is_claimed_once_worked_on_and_done(database: Database) -> None:
    job = await enqueue(database)
    mine = await claim(database)
    assert mine is not None
    assert (mine.id, mine.state, mine.attempts, mine.args) == (job.id, JobState.RUNNING, 1, {"start_ms": 5})
    assert await claim(database, worker="other") is None
    async with database.write() as tx:
        assert await STORE.heartbeat(tx, job.id, owner(mine), Measured(0.5, 7), later(5_000))
    seen = await get(database, job.id)
    assert (seen.progress, seen.estimate_s, seen.lease_until_ms) == (0.5, 7, NOW + 5_000 + LEASE_MS)
    async with database.write() as tx:
        done = await STORE.complete(tx, job.id, owner(mine), {"duration_ms": 9}, later(6_000))
    assert done is not None
    assert (done.state, done.progress, done.result, done.finished_ms, done.lease_owner) == (
        JobState.DONE, 1.0, {"duration_ms": 9}, NOW + 6_000, None,
    )  # fmt: skip


async def test_jobs_come_oldest_first_and_of_the_kinds_asked_for(database: Database) -> None:
    await enqueue(database, kind="other")
    second = await enqueue(database, later(2))
    first = await enqueue(database, later(1))
    claimed = [await claim(database, later(10)) for _ in range(3)]
    assert [job and job.id for job in claimed] == [first.id, second.id, None]


async def test_a_silent_worker_loses_its_job_and_its_say(database: Database) -> None:
    job = await enqueue(database)
    lost = await claim(database, worker="dead")
    assert await claim(database, later(LEASE_MS)) is None
    taken = await claim(database, later(LEASE_MS + 1), worker="alive")
    assert taken is not None
    assert (taken.id, taken.attempts) == (job.id, 2)
    async with database.write() as tx:
        late = later(LEASE_MS + 2)
        assert not await STORE.heartbeat(tx, job.id, owner(lost), Measured(0.9), late)
        assert await STORE.complete(tx, job.id, owner(lost), {"by": "dead"}, late) is None
        assert await STORE.fail(tx, job.id, owner(lost), JobFailed("x", "x"), late) is None
        assert await STORE.release(tx, job.id, owner(lost), late) is None
    assert (await get(database, job.id)).lease_owner == owner(taken)


async def test_the_same_worker_cannot_speak_for_its_earlier_claim(database: Database) -> None:
    await enqueue(database)
    first = await claim(database, worker="w")
    second = await claim(database, later(LEASE_MS + 1), worker="w")
    assert owner(first) != owner(second)


async def test_a_job_lost_on_its_last_attempt_fails_with_a_reason(database: Database) -> None:
    job = await enqueue(database, attempts=1)
    await claim(database)
    async with database.write() as tx:
        found = await STORE.claim(tx, ["cut"], "w", later(LEASE_MS + 1))
    assert found.job is None
    assert [(lost.id, lost.state, lost.reason_code) for lost in found.given_up] == [
        (job.id, JobState.FAILED, "worker_lost")
    ]


async def test_a_failure_is_retried_after_a_pause_and_then_final(database: Database) -> None:
    job = await enqueue(database, attempts=2)
    failure = JobFailed("source_unreadable", "The recording cannot be read.", retry=True)
    mine = await claim(database)
    async with database.write() as tx:
        failed = await STORE.fail(tx, job.id, owner(mine), failure, NOW)
    assert failed is not None
    assert (failed.state, failed.reason, failed.finished_ms) == (JobState.QUEUED, failure.reason, None)
    assert await claim(database, later(1_999)) is None
    again = await claim(database, later(2_000))
    assert again is not None
    assert again.reason is None
    async with database.write() as tx:
        failed = await STORE.fail(tx, job.id, owner(again), failure, later(3_000))
    assert failed is not None
    assert (failed.state, failed.reason_code) == (JobState.FAILED, "source_unreadable")
    async with database.write() as tx:
        resumed = await STORE.resume(tx, job.id, later(4_000))
    assert (resumed.state, resumed.attempts, resumed.reason) == (JobState.QUEUED, 0, None)


async def test_a_hopeless_failure_is_final_at_once_and_a_full_disk_waits(database: Database) -> None:
    for failure, state in (
        (JobFailed("source_unreadable", "Broken."), JobState.FAILED),
        (JobFailed("disk_full", "The disk is full.", hold=True), JobState.HELD),
    ):
        job = await enqueue(database)
        mine = await claim(database)
        async with database.write() as tx:
            failed = await STORE.fail(tx, job.id, owner(mine), failure, NOW)
        assert failed is not None
        assert failed.state is state
        assert await claim(database, later(10**9)) is None


async def test_a_job_given_back_is_free_at_once_and_keeps_its_attempts(database: Database) -> None:
    job = await enqueue(database)
    mine = await claim(database)
    async with database.write() as tx:
        await STORE.release(tx, job.id, owner(mine), NOW)
    again = await claim(database)
    assert again is not None
    assert again.attempts == 1


async def test_a_cancelled_job_takes_no_result(database: Database) -> None:
    job = await enqueue(database)
    mine = await claim(database)
    async with database.write() as tx:
        await STORE.cancel(tx, job.id, NOW)
    async with database.write() as tx:
        assert not await STORE.heartbeat(tx, job.id, owner(mine), Measured(), NOW)
        assert await STORE.complete(tx, job.id, owner(mine), {}, NOW) is None
    async with database.write() as tx:
        with pytest.raises(Conflict):
            await STORE.cancel(tx, job.id, NOW)


async def test_many_workers_claim_every_job_exactly_once(database: Database) -> None:
    wanted = {(await enqueue(database, later(number))).id for number in range(12)}

    async def work_off(worker: str) -> list[str]:
        taken: list[str] = []
        while (job := await claim(database, later(100), worker)) is not None:
            taken.append(job.id)
        return taken

    async with asyncio.TaskGroup() as tasks:
        workers = [tasks.create_task(work_off(f"w{number}")) for number in range(4)]
    taken = [job_id for worker in workers for job_id in worker.result()]
    assert len(taken) == 12
    assert set(taken) == wanted


async def test_what_is_not_there_is_not_found(database: Database) -> None:
    async with database.read() as tx:
        with pytest.raises(NotFound):
            await STORE.get(tx, "nothing")
        assert await STORE.get_many(tx, []) == {}
        assert await STORE.get_many(tx, ["nothing"]) == {}
