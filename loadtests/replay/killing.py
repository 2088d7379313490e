"""Kills workers at random moments, and counts what came of their jobs.

Workers are the real ones, processes over one database and a bucket of a real S3 server. Each round gives them
a job, waits until somebody works, and sends `kill -9` after a random time; the next worker goes on at once
with whatever is due. In the end one worker is left alone to finish, and everything that is there is counted.
"""

import asyncio
import contextlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import av
import msgspec

from catalogue.work import COMPOSE, MICROCOURSE, ComposeArgs, MicrocourseArgs
from lectern.app.settings import Settings
from lectern.app.tables import metadata
from lectern.app.worker import work
from lectern.db.engine import Database
from lectern.db.migrate import upgrade
from lectern.jobs.job import LEASE_MS, Job, NewJob
from lectern.jobs.states import JobState
from lectern.jobs.store import JobStore
from lectern.kernel.clock import utc_ms
from lectern.manifest.medium import RESULT, is_published
from lectern.storage.bucket import BucketFiles
from lectern.storage.carrier import Carrier
from lectern.storage.place import BucketPlace
from loadtests.replay.lesson_source import Shape, make_lesson
from mediaworker.media_job import MediaResult
from tests.ports import free_port
from tests.s3_server import SIGN_IN, make_bucket

SESSION = "lesson"
LESSON = Shape(4, (1, 3), (320, 180))
ATTEMPTS = 1_000
"""The oldest job is taken first, and may be killed many times."""
LAST_S = 240.0
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["lectern.app.worker"])
"""Each worker is a process of its own, but Python's modules are read once."""


def _worker(settings: dict[str, Any], log: Path, lease_ms: int) -> None:
    """Be a worker, as `lectern worker` is one."""
    with log.open("ab") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (what a worker looks at for its parent's end)
    asyncio.run(work(Settings(_env_file=None, **settings), lease_ms=lease_ms))


@dataclass
class Outcome:
    """`wrong`: jobs without exactly one whole output. `longest_s`: from a kill until an idle one went on."""

    killed: int = 0
    wrong: int = 0
    orphans: int = 0
    longest_s: float = 0.0
    faults: list[str] = field(default_factory=list)


def kill_often(
    count: int, rng: random.Random, *, root: Path, say: Callable[[str], None], lease_ms: int = LEASE_MS
) -> Outcome:
    """Kill `count` times, with a server and a bucket of its own, everything below `root`."""
    with _s3_server() as url:
        make_bucket(url, "kills")
        place = BucketPlace("kills", "files", url, **SIGN_IN)
        return asyncio.run(Killing(root, place, rng, say, lease_ms).run(count))


class Killing:
    """One series of kills over a bucket. `root` is scratch."""

    def __init__(
        self, root: Path, place: BucketPlace, rng: random.Random, say: Callable[[str], None], lease_ms: int
    ) -> None:
        self._root = root
        self._place = place
        self._rng = rng
        self._say = say
        self._lease_ms = lease_ms
        self._data = root / "worker"
        self._data.mkdir()
        self._database = Database(f"sqlite:///{self._data / 'lectern.db'}")
        self._jobs = JobStore(lease_ms)
        self._bucket = BucketFiles(place)
        self._outcome = Outcome()

    async def run(self, count: int) -> Outcome:
        """Do it."""
        await upgrade(self._database, metadata)
        await asyncio.to_thread(make_lesson, self._root / "server" / "sessions" / SESSION, LESSON)
        assert await Carrier(self._root / "server", self._bucket, keep_s=3600).round()
        ids = [await self._add(0)]
        typical_s = await self._undisturbed(ids[0])
        self._say(f"an undisturbed job takes {typical_s:.1f} s")
        ids.append(await self._add(1))
        self._outcome.longest_s = await self._taken_over(ids[1])
        for number in range(1, count):
            ids.append(await self._add(number + 1))
            async with self._worker() as process:
                await self._until(lambda: self._taken(process.pid), LAST_S)
                await asyncio.sleep(self._rng.uniform(0, typical_s))
                await self._kill(process)
            self._say(f"{number + 1} of {count} killed")
        async with self._worker():
            await self._until(lambda: self._all_over(ids), LAST_S + count * typical_s)
        await self._count(ids)
        await self._database.close()
        return self._outcome

    async def _add(self, number: int) -> str:
        if number % 2:
            kind, args = COMPOSE, msgspec.to_builtins(ComposeArgs(SESSION, "r", number, "课"))
        else:
            cut = MicrocourseArgs(SESSION, f"m{number}", 1, "课", 500, 3_600)
            kind, args = MICROCOURSE, msgspec.to_builtins(cut)
        async with self._database.write() as tx:
            new = NewJob("o", kind, f"x{number}", args, max_attempts=ATTEMPTS)
            return (await self._jobs.enqueue(tx, new, utc_ms())).id

    async def _undisturbed(self, job_id: str) -> float:
        async with self._worker():
            await self._until(lambda: self._all_over([job_id]), LAST_S)
        (job,) = await self._all([job_id])
        assert job.started_ms is not None
        assert job.finished_ms is not None
        return (job.finished_ms - job.started_ms) / 1000

    async def _taken_over(self, job_id: str) -> float:
        """Kill who does a job while another one has nothing to do; seconds until that one goes on with it."""
        async with self._worker() as first:
            await self._until(lambda: self._taken(first.pid), LAST_S)
            async with self._worker() as second:
                await self._kill(first)
                begun = time.monotonic()
                await self._until(lambda: self._taken(second.pid), LAST_S)
                took_s = time.monotonic() - begun
                await self._until(lambda: self._all_over([job_id]), LAST_S)
        self._say(f"another went on after {took_s:.1f} s")
        return took_s

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[ForkServerProcess]:
        settings = {
            "data": self._data,
            "storage_url": f"s3://{self._place.bucket}/{self._place.prefix}",
            "storage_endpoint": self._place.endpoint,
            "storage_key_id": self._place.key_id,
            "storage_secret": self._place.secret,
        }
        process = FORK.Process(target=_worker, args=(settings, self._root / "worker.log", self._lease_ms))
        await asyncio.to_thread(process.start)
        try:
            yield process
        finally:
            process.terminate()
            await asyncio.to_thread(process.join)

    async def _kill(self, process: ForkServerProcess) -> None:
        process.kill()
        await asyncio.to_thread(process.join)
        assert process.exitcode == -signal.SIGKILL
        self._outcome.killed += 1

    async def _held(self) -> list[Job]:
        async with self._database.read() as tx:
            rows = await tx.exec_driver_sql("SELECT id FROM jobs WHERE state = 'running'")
            return list((await self._jobs.get_many(tx, [row[0] for row in rows])).values())

    async def _taken(self, pid: int | None) -> bool:
        return any(_pid_of(job) == pid for job in await self._held())

    async def _all_over(self, ids: list[str]) -> bool:
        return all(job.over for job in await self._all(ids))

    async def _all(self, ids: list[str]) -> list[Job]:
        async with self._database.read() as tx:
            return list((await self._jobs.get_many(tx, ids)).values())

    async def _until(self, true: Callable[[], Awaitable[bool]], patience_s: float) -> None:
        """Wait for it, and say what the workers said if it never comes."""
        end = time.monotonic() + patience_s
        while not await true():
            assert time.monotonic() < end, (self._root / "worker.log").read_text()[-4000:]
            await asyncio.sleep(0.05)

    async def _count(self, ids: list[str]) -> None:
        outcome = self._outcome
        expected: set[str] = set()
        for job in await self._all(ids):
            folder = f"sessions/{SESSION}/" + (
                msgspec.convert(job.args, ComposeArgs).folder
                if job.kind == COMPOSE
                else msgspec.convert(job.args, MicrocourseArgs).folder
            )
            listed = {file.key for file in await self._bucket.list(folder)}
            if fault := await self._fault(job, folder, listed):
                outcome.wrong += 1
                outcome.faults.append(f"{job.kind} {job.subject}: {fault}")
            expected |= listed
        everything = {file.key for file in await self._bucket.list(f"sessions/{SESSION}")}
        stray = {key for key in everything - expected if not key.startswith(f"sessions/{SESSION}/hls/")}
        stray |= {str(path) for path in (self._data / "scratch").rglob("*") if path.is_file()}
        outcome.orphans = len(stray)
        outcome.faults += sorted(stray)

    async def _fault(self, job: Job, folder: str, listed: set[str]) -> str | None:
        if job.state is not JobState.DONE:
            return f"{job.state}: {job.reason}"
        names = {key.removeprefix(folder + "/") for key in listed}
        if RESULT not in names or not all(is_published(name) for name in names):
            return f"holds {sorted(names)}"
        result = msgspec.json.decode(await self._bucket.get(f"{folder}/{RESULT}"), type=MediaResult)
        copy = self._root / "read-back.mp4"
        copy.unlink(missing_ok=True)
        await self._bucket.fetch(f"sessions/{SESSION}/{result.video}", copy)
        with av.open(str(copy)) as container:
            pictures = sum(1 for _ in container.decode(video=0))
        if pictures != round(result.duration_ms * 30 / 1000):
            return f"{pictures} pictures in {result.duration_ms} ms"
        return None


def _pid_of(job: Job) -> int:
    """The process that holds a job: `host:pid/…` (`lectern.app.worker`)."""
    return int((job.lease_owner or ":0/").partition("/")[0].rpartition(":")[2])


@contextmanager
def _s3_server() -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                make_bucket(url, "first")
                break
            time.sleep(0.05)
        yield url
    finally:
        server.kill()
        server.wait()
