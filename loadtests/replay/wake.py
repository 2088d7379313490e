"""How soon a job is begun, and what those who wait cost: workers at a server's door, and workers with the
database; each by the clock alone, and called through Redis."""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import redis
from aiohttp.test_utils import TestServer
from sqlalchemy import delete, event

from catalogue.work import COMPOSE
from lectern.app.media_orders import media_endings
from lectern.app.serve import build_app
from lectern.app.settings import Settings
from lectern.app.wired.services import Services
from lectern.app.wiring import built
from lectern.db.engine import Database
from lectern.jobs.calls import Call, Calls, Looks
from lectern.jobs.desk import DatabaseDesk
from lectern.jobs.job import NewJob
from lectern.jobs.redis_calls import AWAY_S, RedisCalls
from lectern.jobs.store import JobStore
from lectern.jobs.tables import jobs
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import utc_ms
from lectern.kernel.tasks import task_group
from loadtests.figures import Figure
from tests.services import redis_server

IDLE_S = 4.0
JOBS = 12
PAUSE_S = (0.2, 1.2)
"""Before each job: at any moment of those who look by the clock."""
ARGS = {"session_id": "s", "replay_id": "r", "version": 1, "title": "x"}


def wake_figures(counts: tuple[int, ...] = (1, 10, 50)) -> list[Figure]:
    """Measure both ways with so many idle workers."""
    return asyncio.run(_all(counts))


async def _all(counts: tuple[int, ...]) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="lectern-wake-") as folder, redis_server(Path(folder)) as url:
        for way, redis_url in (("clock", ""), ("called", url)):
            settings = Settings(data=Path(folder) / way, redis_url=redis_url, _env_file=None)
            async with built(settings) as services:
                org = await services.accounts.set_up("Wake", "Asia/Shanghai")
                bench = _Bench(services, org.id, url)
                for count in counts:
                    figures += await bench.measured(f"{way}, {count} at the door", bench.at_the_door(count))
                    figures += await bench.measured(f"{way}, {count} with the database", bench.looking(count))
    return figures


class _Bench:
    def __init__(self, services: Services, org_id: str, redis_url: str) -> None:
        self._redis = redis.Redis.from_url(redis_url)
        self._rng = random.Random(5)
        self._services = services
        self._database: Database = services.database
        self._org_id = org_id
        self._begun: dict[str, float] = {}
        self._statements = 0
        event.listen(self._database.engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, *_: Any) -> None:
        self._statements += 1

    async def measured(self, name: str, workers: Any) -> list[Figure]:
        """Idle for a while, then jobs one by one."""
        async with workers:
            await asyncio.sleep(1.5)
            before, asked, begun = self._statements, self._asked(), time.monotonic()
            await asyncio.sleep(IDLE_S)
            took_s = time.monotonic() - begun
            per_s, asked_per_s = (self._statements - before) / took_s, (self._asked() - asked) / took_s
            waits = [await self._one() for _ in range(JOBS)]
        return [
            Figure(f"{name}: statements a second, idle", per_s, "/s"),
            Figure(f"{name}: Redis commands a second, idle", asked_per_s, "/s"),
            Figure(f"{name}: job to start, median", statistics.median(waits), "s"),
            Figure(f"{name}: job to start, longest of {JOBS}", max(waits), "s"),
        ]

    def _asked(self) -> int:
        return int(self._redis.info("stats")["total_commands_processed"])

    async def _one(self) -> float:
        await asyncio.sleep(self._rng.uniform(*PAUSE_S))
        async with self._database.write() as tx:
            job = await JobStore().enqueue(tx, NewJob(self._org_id, COMPOSE, "x", ARGS), utc_ms())
        added = time.monotonic()
        while job.id not in self._begun:
            await asyncio.sleep(0.002)
        async with self._database.write() as tx:
            await tx.execute(delete(jobs))  # nobody does it
        return self._begun[job.id] - added

    @asynccontextmanager
    async def at_the_door(self, count: int) -> AsyncIterator[None]:
        """Workers with a token, waiting at the server."""
        admin = Principal(self._org_id, "admin", frozenset({Permission.ADMIN}))
        _, token = await self._services.workers.tokens.make(admin, "bench")
        server = TestServer(build_app(self._services))
        await server.start_server()
        try:
            connector = aiohttp.TCPConnector(limit=0)
            async with aiohttp.ClientSession(connector=connector) as http, task_group() as tasks:
                url = str(server.make_url("/api/v1/worker/claim"))
                waiting = [tasks.create_task(self._wait(http, url, token, n)) for n in range(count)]
                yield
                for one in waiting:
                    one.cancel()
        finally:
            await server.close()

    async def _wait(self, http: aiohttp.ClientSession, url: str, token: str, number: int) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        body = {"worker": f"w{number}", "kinds": [COMPOSE], "wait_s": 20}
        while True:
            async with http.post(url, json=body, headers=headers) as answer:
                if answer.status == 200:
                    self._begun[(await answer.json())["id"]] = time.monotonic()

    @asynccontextmanager
    async def looking(self, count: int) -> AsyncIterator[None]:
        """Workers with the database, as `lectern worker` waits for one kind."""
        url = self._services.settings.redis_url
        async with AsyncExitStack() as stack:
            calls: Calls = Looks(AWAY_S)
            if url:
                calls = await stack.enter_async_context(RedisCalls.connected(url, waiting=count))
            tasks = await stack.enter_async_context(task_group())
            waiting = [
                tasks.create_task(self._look(calls, number / count, f"l{number}")) for number in range(count)
            ]
            yield
            for one in waiting:
                one.cancel()

    async def _look(self, calls: Calls, phase: float, name: str) -> None:
        desk = DatabaseDesk(self._database, media_endings(), worker=name)
        await asyncio.sleep(phase * AWAY_S)
        call: Call | None = None
        while True:
            job = await desk.claim([COMPOSE])
            if call is not None:
                await call.answered()
                call = None
            if job is None:
                call = await calls.wait([COMPOSE])
            else:
                self._begun[job.id] = time.monotonic()
