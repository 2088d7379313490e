"""How soon a job is begun, and what those who wait cost the database: workers at a server's door, and workers
that look by themselves."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer
from sqlalchemy import delete, event

from catalogue.work import COMPOSE
from lectern.app.media_orders import media_endings
from lectern.app.serve import build_app
from lectern.app.settings import Settings
from lectern.app.wiring import Services, built
from lectern.db.engine import Database
from lectern.jobs.desk import DatabaseDesk
from lectern.jobs.job import NewJob
from lectern.jobs.store import JobStore
from lectern.jobs.tables import jobs
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import utc_ms
from lectern.kernel.tasks import task_group
from loadtests.figures import Figure

IDLE_S = 4.0
JOBS = 12
LOOK_S = 1.0
"""Of a worker with the database (`lectern.jobs.runner`)."""
ARGS = {"session_id": "s", "replay_id": "r", "version": 1, "title": "x"}


def wake_figures(counts: tuple[int, ...] = (1, 10, 50)) -> list[Figure]:
    """Measure both ways with so many idle workers."""
    return asyncio.run(_all(counts))


async def _all(counts: tuple[int, ...]) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="lectern-wake-") as folder:
        async with built(Settings(data=Path(folder), _env_file=None)) as services:
            org = await services.accounts.set_up("Wake", "Asia/Shanghai")
            bench = _Bench(services, org.id)
            for count in counts:
                figures += await bench.measured(f"{count} at the door", bench.at_the_door(count))
                figures += await bench.measured(f"{count} looking", bench.looking(count))
    return figures


class _Bench:
    def __init__(self, services: Services, org_id: str) -> None:
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
            before, begun = self._statements, time.monotonic()
            await asyncio.sleep(IDLE_S)
            per_s = (self._statements - before) / (time.monotonic() - begun)
            waits = [await self._one() for _ in range(JOBS)]
        return [
            Figure(f"{name}: statements a second, idle", per_s, "/s"),
            Figure(f"{name}: job to start, median", statistics.median(waits), "s"),
            Figure(f"{name}: job to start, longest of {JOBS}", max(waits), "s"),
        ]

    async def _one(self) -> float:
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
        """Workers with the database, each looking once a second."""
        async with task_group() as tasks:
            waiting = [tasks.create_task(self._look(number / count, f"l{number}")) for number in range(count)]
            yield
            for one in waiting:
                one.cancel()

    async def _look(self, phase: float, name: str) -> None:
        desk = DatabaseDesk(self._database, media_endings(), worker=name)
        await asyncio.sleep(phase * LOOK_S)
        while True:
            job = await desk.claim([COMPOSE])
            if job is None:
                await asyncio.sleep(LOOK_S)
            else:
                self._begun[job.id] = time.monotonic()
