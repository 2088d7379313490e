"""Many workers wait at one server: it looks for all of them together, and hears calls."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from catalogue.work import COMPOSE, MICROCOURSE
from catalogue.workers.bell import Bell
from lectern.app.job_calls import calls_of
from lectern.db.engine import Database
from lectern.jobs.calls import Calls
from lectern.jobs.job import NewJob
from lectern.jobs.store import JobStore
from lectern.kernel.clock import utc_ms
from lectern.kernel.tasks import task_group
from tests.services import redis_server

PATIENCE_S = 20.0
STORE = JobStore()


async def _add(database: Database, kind: str) -> None:
    async with database.write() as tx:
        await STORE.enqueue(tx, NewJob("o", kind, "x", {}), utc_ms())


@asynccontextmanager
async def _called(database: Database) -> AsyncIterator[Calls]:
    with tempfile.TemporaryDirectory(prefix="lectern-bell-") as home, redis_server(Path(home)) as url:
        async with calls_of(url, database) as calls:
            yield calls


async def test_a_call_wakes_as_many_as_there_are_jobs(sqlite_database: Database) -> None:
    """The clock looks once an hour here: only a call can wake."""
    async with (
        _called(sqlite_database) as calls,
        Bell(sqlite_database, STORE, now=time.monotonic, look_s=3600, calls=calls).attended() as bell,
        task_group() as tasks,
    ):
        until = time.monotonic() + PATIENCE_S
        waiting = [tasks.create_task(bell.wait("o", [COMPOSE], until)) for _ in range(5)]
        other = tasks.create_task(bell.wait("o", [MICROCOURSE], until))
        while not calls.hears:
            await asyncio.sleep(0.01)
        await _add(sqlite_database, COMPOSE)
        done, still = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE_S)
        assert [one.result() for one in done] == [True]
        assert not other.done()
        await _add(sqlite_database, MICROCOURSE)
        assert await other
        for one in still:
            one.cancel()


async def test_one_look_serves_all(sqlite_database: Database) -> None:
    bell = Bell(sqlite_database, STORE, now=time.monotonic, look_s=0.05)
    async with task_group() as tasks:
        until = time.monotonic() + 0.5
        waiting = [tasks.create_task(bell.wait("o", [COMPOSE], until)) for _ in range(50)]
    assert [one.result() for one in waiting] == [False] * 50
    assert 1 <= bell.looks <= 11
