"""Calls over a real Redis: one worker for each, and none lost but to the clock, whoever is killed."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import redis
from sqlalchemy import select, text

from lectern.app.job_calls import calls_of
from lectern.db.engine import Database
from lectern.jobs.calls import Looks
from lectern.jobs.job import NewJob
from lectern.jobs.redis_calls import RedisCalls
from lectern.jobs.states import JobState
from lectern.jobs.store import DUE, JobStore
from lectern.jobs.tables import jobs
from lectern.kernel.clock import utc_ms
from lectern.kernel.tasks import task_group
from tests.jobs.calling_worker import KIND
from tests.services import redis_server

PATIENCE_S = 30.0


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder with a name that is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="lectern-calls-") as folder:
        yield Path(folder)


@contextmanager
def own_redis(home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A Redis that a test may kill."""
    socket = home / "redis.sock"
    socket.unlink(missing_ok=True)
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(home)],
        stdout=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + PATIENCE_S
        while not socket.exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        yield server
    finally:
        server.kill()
        server.wait()


async def until_called(calls: RedisCalls, kinds: list[str]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (call := await calls.wait(kinds)) is None:
            pass
        await call.answered()


async def test_a_call_wakes_one_of_those_who_wait_for_its_kind(home: Path) -> None:
    with redis_server(home) as url:
        async with RedisCalls.connected(url) as server, RedisCalls.connected(url) as worker:
            async with task_group() as tasks:
                waiting = [tasks.create_task(worker.wait([KIND], 1.0)) for _ in range(2)]
                other = tasks.create_task(worker.wait(["compose", "clip"], 1.0))
                server.ring(KIND)
            called = [call for one in waiting if (call := one.result()) is not None]
            assert len(called) == 1
            assert other.result() is None
            await called[0].answered()
            assert worker.hears
            with redis.Redis.from_url(url) as client:
                left = [key for key in client.scan_iter("lectern-jobs:*") if b"heartbeats" not in key]
            assert left == []


async def test_who_stops_waiting_leaves_the_call_to_others(home: Path) -> None:
    with redis_server(home) as url:
        async with RedisCalls.connected(url, ask_ms=20) as calls, task_group() as tasks:
            for _ in range(5):
                waiting = tasks.create_task(calls.wait([KIND]))
                await asyncio.sleep(0)
                calls.ring(KIND)
                waiting.cancel()
                await asyncio.wait([waiting])
                await until_called(calls, [KIND])


@contextmanager
def own_workers(count: int, *arguments: str) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Worker processes that a test may kill."""
    command = [sys.executable, "-m", "tests.jobs.calling_worker", *arguments]
    with ExitStack() as stack:
        workers = []
        for _ in range(count):
            worker = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
            stack.callback(worker.kill)
            workers.append(worker)
        yield workers


async def test_a_call_outlives_the_worker_that_took_it(home: Path) -> None:
    with redis_server(home) as url, own_workers(1, "hold", url) as [holder]:
        async with RedisCalls.connected(url, silent_ms=500) as calls:
            calls.ring(KIND)
            assert holder.stdout is not None
            assert await asyncio.to_thread(holder.stdout.readline) == b"taken\n"
            holder.kill()
            await until_called(calls, [KIND])


async def test_while_redis_is_away_the_clock_says_when_to_look(home: Path) -> None:
    async with RedisCalls.connected(f"unix://{home}/redis.sock", rest_s=0.2) as calls:
        calls.ring(KIND)
        heard = []
        assert await calls.wait([KIND]) is None
        heard.append(calls.hears)
        with own_redis(home):
            calls.ring(KIND)
            async with asyncio.timeout(PATIENCE_S):
                while not calls.hears:
                    await calls.wait([KIND])
            heard.append(calls.hears)
            calls.ring(KIND)
            await until_called(calls, [KIND])
        assert await calls.wait([KIND]) is None
        heard.append(calls.hears)
        assert heard == [False, True, False]
        assert calls.failures > 0


async def test_calls_that_nobody_takes_do_not_pile_up(home: Path) -> None:
    with redis_server(home) as url:
        async with RedisCalls.connected(url) as calls:
            for _ in range(3):
                for _ in range(150):
                    calls.ring(KIND)
                await asyncio.sleep(0.3)
            with redis.Redis.from_url(url) as client:
                assert client.llen(f"lectern-jobs:due.{KIND}") == 200


async def test_a_job_rings_when_it_is_committed_and_only_then(sqlite_database: Database) -> None:
    rung: list[str] = []
    sqlite_database.on_commit(DUE, rung.append)
    store = JobStore()

    async def failing() -> None:
        async with sqlite_database.write() as tx:
            await store.enqueue(tx, NewJob("o", KIND, "m", {}), utc_ms())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert rung == []
    async with sqlite_database.write() as tx:
        job = await store.enqueue(tx, NewJob("o", KIND, "m", {}), utc_ms())
        assert rung == []
    assert rung == [KIND]
    async with sqlite_database.write() as tx:
        claimed = (await store.claim(tx, [KIND], "w", utc_ms())).job
    assert claimed is not None
    assert claimed.lease_owner is not None
    assert rung == [KIND]
    async with sqlite_database.write() as tx:
        await store.release(tx, job.id, claimed.lease_owner, utc_ms())
    assert rung == [KIND, KIND]


async def test_without_redis_everybody_looks(sqlite_database: Database) -> None:
    async with calls_of("", sqlite_database) as calls:
        assert isinstance(calls, Looks)
        calls.ring(KIND)
        assert await calls.wait([KIND], 0.01) is None


@asynccontextmanager
async def _prepared(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    async with database.write() as tx:
        await tx.run_sync(jobs.metadata.tables["jobs"].create)
        await tx.execute(text("CREATE TABLE ended (id TEXT)"))
    yield database
    await database.close()


async def test_no_job_is_lost_or_done_twice_whatever_is_killed(home: Path, tmp_path: Path) -> None:
    """`kill -9` of the worker that works, then of Redis; jobs come before, between and after."""
    async with _prepared(f"sqlite:///{tmp_path}/jobs.db") as database:
        url, store, made = f"unix://{home}/redis.sock", JobStore(), []

        async def add(seconds: float, count: int) -> None:
            for _ in range(count):
                async with database.write() as tx:
                    new = NewJob("o", KIND, "m", {"seconds": seconds, "folder": str(tmp_path)}, 10)
                    made.append((await store.enqueue(tx, new, utc_ms())).id)

        async def worked_on(job_id: str, besides: int = 0) -> int:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    if pids := _working_on(tmp_path, job_id) - {besides}:
                        return pids.pop()
                    await asyncio.sleep(0.02)

        with own_redis(home) as server, own_workers(2, f"sqlite:///{tmp_path}/jobs.db", url) as workers:
            async with calls_of(url, database):
                await add(600.0, 1)
                victim = await worked_on(made[0])
                await add(0.05, 3)
                next(worker for worker in workers if worker.pid == victim).kill()
                async with database.write() as tx:  # the next attempt is a short one
                    shorter = {"seconds": 0.05, "folder": str(tmp_path)}
                    await tx.execute(jobs.update().where(jobs.c.id == made[0]).values(args=shorter))
                await worked_on(made[0], besides=victim)
                server.kill()
                await add(0.05, 3)
                await worked_on(made[-1])
                with own_redis(home):
                    await add(0.05, 3)
                    await worked_on(made[-1])
                    async with asyncio.timeout(PATIENCE_S):
                        while not await _all_done(database, made):
                            await asyncio.sleep(0.05)
        async with database.read() as tx:
            ended = sorted(row[0] for row in await tx.execute(text("SELECT id FROM ended")))
            by = {row[0]: row[1] for row in await tx.execute(select(jobs.c.id, jobs.c.attempts))}
        assert ended == sorted(made)
        assert by[made[0]] == 2
        assert all(attempts == 1 for id_, attempts in by.items() if id_ != made[0])


def _working_on(folder: Path, job_id: str) -> set[int]:
    """The processes that have begun with a job."""
    return {int(path.suffix[1:]) for path in folder.glob(f"{job_id}.*")}


async def _all_done(database: Database, made: list[str]) -> bool:
    async with database.read() as tx:
        done = {row[0] for row in await tx.execute(select(jobs.c.id).where(jobs.c.state == JobState.DONE))}
    return done == set(made)
