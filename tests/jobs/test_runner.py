"""The loop of a worker, against a real store: outcomes, lost leases, a clean stop, and `kill -9`."""

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.engine import Database
from lectern.jobs.calls import Looks
from lectern.jobs.desk import DatabaseDesk
from lectern.jobs.job import Job, JobFailed, LeaseLost, NewJob
from lectern.jobs.runner import Attempt, Runner, Work
from lectern.jobs.states import JobState
from lectern.jobs.store import JobStore
from lectern.kernel.clock import utc_ms

STORE = JobStore(lease_ms=300)
_PATIENCE_S = 20


class Shop:
    """A database with a runner on it, and what the runner said was over."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.over: list[Job] = []

    async def on_over(self, tx: AsyncConnection, job: Job) -> None:
        self.over.append(await STORE.get(tx, job.id))

    async def enqueue(self, **args: Any) -> Job:
        async with self.database.write() as tx:
            new = NewJob(org_id="o", kind="cut", subject="m", args=args, max_attempts=2)
            return await STORE.enqueue(tx, new, utc_ms())

    async def job(self, job_id: str) -> Job:
        async with self.database.read() as tx:
            return await STORE.get(tx, job_id)

    async def until(self, job_id: str, wanted: Callable[[Job], bool]) -> Job:
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                job = await self.job(job_id)
                if wanted(job):
                    return job
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def working(self, work: Work, concurrency: int = 1) -> AsyncIterator[None]:
        desk = DatabaseDesk(self.database, {"cut": self.on_over}, worker="w", store=STORE)
        runner = Runner(desk, {"cut": work}, calls=Looks(0.01), concurrency=concurrency)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(runner.run())
            yield
            running.cancel()


def state(*wanted: JobState) -> Callable[[Job], bool]:
    return lambda job: job.state in wanted


async def test_work_is_done_and_told_in_one_transaction(sqlite_database: Database) -> None:
    shop = Shop(sqlite_database)

    def work(attempt: Attempt) -> dict[str, Any]:
        return {"double": attempt.job.args["number"] * 2}

    async with shop.working(work, concurrency=2):
        jobs = [await shop.enqueue(number=number) for number in range(5)]
        results = [(await shop.until(job.id, state(JobState.DONE))).result for job in jobs]
    assert results == [{"double": number * 2} for number in range(5)]
    assert {job.id for job in shop.over} == {job.id for job in jobs}
    assert {job.state for job in shop.over} == {JobState.DONE}


async def test_heartbeats_carry_progress_and_outlast_the_lease(sqlite_database: Database) -> None:
    shop = Shop(sqlite_database)
    finish = threading.Event()

    def work(attempt: Attempt) -> dict[str, Any]:
        attempt.progress(0.5)
        finish.wait(_PATIENCE_S)
        return {}

    async with shop.working(work):
        job = await shop.enqueue()
        seen = await shop.until(job.id, lambda job: job.progress == 0.5)
        first_lease = seen.lease_until_ms
        assert first_lease is not None
        seen = await shop.until(job.id, lambda job: (job.lease_until_ms or 0) > first_lease + STORE.lease_ms)
        assert (seen.state, seen.attempts) == (JobState.RUNNING, 1)
        finish.set()
        await shop.until(job.id, state(JobState.DONE))


async def test_failures_reach_the_owner_in_words(sqlite_database: Database) -> None:
    shop = Shop(sqlite_database)

    def work(attempt: Attempt) -> dict[str, Any]:
        raise JobFailed("source_unreadable", "The recording cannot be read.")

    async with shop.working(work):
        job = await shop.enqueue()
        failed = await shop.until(job.id, state(JobState.FAILED))
        assert (failed.reason_code, failed.reason) == ("source_unreadable", "The recording cannot be read.")
    assert [job.state for job in shop.over] == [JobState.FAILED]


async def test_a_crash_of_the_work_is_retried_and_says_nothing_of_the_inside(
    sqlite_database: Database,
) -> None:
    shop = Shop(sqlite_database)

    def work(attempt: Attempt) -> dict[str, Any]:
        raise ZeroDivisionError("/secret/path")

    async with shop.working(work):
        job = await shop.enqueue()
        again = await shop.until(job.id, lambda job: job.attempts == 1 and job.state is JobState.QUEUED)
    assert again.reason_code == "internal"
    assert again.reason is not None
    assert "secret" not in again.reason
    assert shop.over == []


async def test_cancelling_the_job_stops_the_work_and_voids_its_result(sqlite_database: Database) -> None:
    shop = Shop(sqlite_database)
    started, stopped = threading.Event(), threading.Event()

    def work(attempt: Attempt) -> dict[str, Any]:
        started.set()
        assert attempt.stop.wait(_PATIENCE_S)
        stopped.set()
        raise LeaseLost

    async with shop.working(work):
        job = await shop.enqueue()
        await asyncio.to_thread(started.wait, _PATIENCE_S)
        async with shop.database.write() as tx:
            await STORE.cancel(tx, job.id, utc_ms())
        assert await asyncio.to_thread(stopped.wait, _PATIENCE_S)
    assert (await shop.job(job.id)).reason_code == "cancelled"
    assert shop.over == []


async def test_a_runner_that_is_told_to_stop_gives_its_job_back(sqlite_database: Database) -> None:
    shop = Shop(sqlite_database)
    started = threading.Event()

    def work(attempt: Attempt) -> dict[str, Any]:
        started.set()
        attempt.stop.wait(_PATIENCE_S)
        raise LeaseLost

    async with shop.working(work):
        job = await shop.enqueue()
        await asyncio.to_thread(started.wait, _PATIENCE_S)
    given_back = await shop.job(job.id)
    assert (given_back.state, given_back.attempts, given_back.lease_owner) == (JobState.QUEUED, 0, None)


_DOOMED = """
import asyncio, sys, time
from lectern.db.engine import Database
from lectern.jobs.calls import Looks
from lectern.jobs.desk import DatabaseDesk
from lectern.jobs.runner import Runner
from lectern.jobs.store import JobStore

def work(attempt):
    print("working", flush=True)
    time.sleep(60)

async def main():
    store = JobStore(lease_ms=300)
    desk = DatabaseDesk(Database(sys.argv[1]), {"cut": None}, worker="doomed", store=store)
    await Runner(desk, {"cut": work}).run()

asyncio.run(main())
"""


def start_doomed(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _DOOMED, f"sqlite:///{folder}/lectern.db"], stdout=subprocess.PIPE, text=True
    )


def wait_until_working(doomed: "subprocess.Popen[str]") -> None:
    assert doomed.stdout is not None
    assert "working\n" in iter(doomed.stdout.readline, "")


async def test_a_killed_workers_job_is_taken_over(sqlite_database: Database, tmp_path: Path) -> None:
    shop = Shop(sqlite_database)
    job = await shop.enqueue()
    doomed = start_doomed(tmp_path)
    try:
        await asyncio.to_thread(wait_until_working, doomed)
        assert (await shop.job(job.id)).state is JobState.RUNNING
    finally:
        doomed.send_signal(signal.SIGKILL)
        doomed.communicate()

    def work(attempt: Attempt) -> dict[str, Any]:
        return {"attempts": attempt.job.attempts}

    async with shop.working(work):
        done = await shop.until(job.id, state(JobState.DONE))
    assert done.result == {"attempts": 2}
