"""`lectern worker`: takes media jobs and does them, in a process of its own.

With a bucket, it is also the carrier of its machine's `LECTERN_DATA` (`lectern.storage.carrier`).
"""

import asyncio
import os
import signal
import socket
import stat
import sys

from catalogue.work import kinds
from lectern.app.media_work import MediaWork
from lectern.app.settings import Settings
from lectern.app.storage import carrying
from lectern.app.tables import metadata
from lectern.db.engine import Database
from lectern.db.migrate import upgrade
from lectern.jobs.job import LEASE_MS
from lectern.jobs.runner import Runner
from lectern.jobs.store import JobStore
from lectern.kernel.errors import Conflict
from lectern.kernel.tasks import task_group


async def carry(settings: Settings) -> None:
    """Carry what a machine for media alone records, until it is told to end as a worker is.

    Raises:
        Conflict: there is no bucket (`bucket_missing`), or its keys cannot be read.
    """
    if not settings.storage_url:
        raise Conflict("bucket_missing", "There is nowhere to carry to: set LECTERN_STORAGE_URL.")
    stop = _stopped()
    async with carrying(settings, None):
        await stop.wait()


async def work(settings: Settings, *, lease_ms: int = LEASE_MS) -> None:
    """Work until SIGINT, SIGTERM, or the end of standard input if that is a pipe (the server is gone).

    A worker that is silent for `lease_ms` has lost its jobs.
    """
    stop = _stopped()
    loop = asyncio.get_running_loop()
    database = Database(settings.database)
    try:
        await upgrade(database, metadata)
        media = MediaWork(settings, loop)
        name = f"{socket.gethostname()}:{os.getpid()}"
        # A lane for each kind: somebody waits for a cut, and it must not queue behind an hour's download.
        lanes = [
            Runner(database, {kind: how}, worker=name, store=JobStore(lease_ms))
            for kind, how in kinds(media.microcourse, media.compose, media.signals).items()
        ]
        async with carrying(settings, database), task_group() as tasks:
            running = [tasks.create_task(lane.run()) for lane in lanes]
            await stop.wait()
            for lane in running:
                lane.cancel()
    finally:
        await database.close()


def _stopped() -> asyncio.Event:
    """An event that is set when this process is to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if _is_pipe(sys.stdin.fileno()):
        loop.add_reader(sys.stdin.fileno(), _ended, stop)
    return stop


def _is_pipe(descriptor: int) -> bool:
    """Whether a parent holds the other end; a terminal or /dev/null says nothing about one."""
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _ended(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()
