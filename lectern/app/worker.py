"""`lectern worker`: takes media jobs and does them, in a process of its own.

With a bucket, it is also the carrier of its machine's `LECTERN_DATA` (`lectern.storage.carrier`).
"""

import asyncio
import os
import signal
import socket
import stat
import sys
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import structlog

from catalogue.workers.tokens import Sighting, note_sighting
from lectern import __version__
from lectern.app.job_calls import calls_of
from lectern.app.media_orders import Orders, media_endings
from lectern.app.media_work import MediaWork
from lectern.app.remote.far_desk import FarDesk
from lectern.app.remote.line import Line
from lectern.app.secrets import secret_in
from lectern.app.settings import Settings
from lectern.app.storage import carrying, files_of
from lectern.app.tables import metadata
from lectern.db.engine import Database
from lectern.db.migrate import upgrade
from lectern.jobs.calls import Calls
from lectern.jobs.desk import DatabaseDesk, Desk
from lectern.jobs.job import LEASE_MS
from lectern.jobs.runner import Runner
from lectern.jobs.store import JobStore
from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Conflict, Rejected
from lectern.kernel.tasks import run_forever, task_group

_log = structlog.get_logger()
_SEEN_EVERY_S: Final = 20.0


async def carry(settings: Settings) -> None:
    """Carry what a machine for media alone records, until it is told to end as a worker is.

    Raises:
        Conflict: there is no bucket (`bucket_missing`), or its keys cannot be read.
    """
    if not settings.storage_url:
        raise Conflict("bucket_missing", "There is nowhere to carry to: set LECTERN_STORAGE_URL.")
    stop = stopped()
    async with carrying(settings, None):
        await stop.wait()


async def work(settings: Settings, *, lease_ms: int = LEASE_MS) -> None:
    """Work until SIGINT, SIGTERM, or the end of standard input if that is a pipe (the server is gone).

    A worker that is silent for `lease_ms` has lost its jobs.
    """
    stop = stopped()
    loop = asyncio.get_running_loop()
    database = Database(settings.database)
    try:
        await upgrade(database, metadata)
        files = files_of(settings) if settings.storage_url else None
        orders = Orders(database, settings.org_name)
        media = MediaWork(settings.data, loop, order=orders.of, shelf=lambda _job: files)
        desk = DatabaseDesk(database, media_endings(), worker=this_process(), store=JobStore(lease_ms))
        async with (
            calls_of(settings.redis_url, database) as calls,
            carrying(settings, database),
            task_group() as tasks,
        ):
            lanes = lanes_of(desk, media, calls)
            running = [tasks.create_task(lane.run()) for lane in lanes]
            running.append(tasks.create_task(run_forever("sightings", lambda: _be_seen(database))))
            await stop.wait()
            for lane in running:
                lane.cancel()
    finally:
        await database.close()


async def _be_seen(database: Database) -> None:
    """Have the console know that this worker is there."""
    while True:
        async with database.write() as tx:
            await note_sighting(tx, Sighting(this_process(), None, __version__, utc_ms()))
        await asyncio.sleep(_SEEN_EVERY_S)


async def work_by_token(settings: Settings) -> None:
    """Work for the server at `LECTERN_WORKER_SERVER`, with its token alone, until told to end.

    Raises:
        Rejected: the address is none, or would show the token to everybody (`worker_server_invalid`), or
            there is no token (`worker_token_missing`).
    """
    server = checked_server(settings.worker_server)
    token = token_of(settings)
    stop = stopped()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with aiohttp.ClientSession(skip_auto_headers=("Content-Type",), trust_env=False) as http:
        desk = FarDesk(Line(http, server, token), worker=this_process())
        media = MediaWork(settings.data, asyncio.get_running_loop(), order=desk.order, shelf=desk.files)
        _log.info("worker_started", server=server)
        async with task_group() as tasks:
            running = [tasks.create_task(lane.run()) for lane in lanes_of(desk, media)]
            await stop.wait()
            for lane in running:
                lane.cancel()


def checked_server(address: str) -> str:
    """Return the origin of a server. Raises Rejected."""
    parts = urlsplit(address)
    loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or parts.scheme not in ("https", "http") or parts.path.rstrip("/") or parts.query:
        raise Rejected("worker_server_invalid", "A server is named like https://lectern.example.com.")
    if parts.scheme == "http" and not loopback:
        raise Rejected(
            "worker_server_invalid", "The token would go in the clear: use the server's https:// address."
        )
    return address.rstrip("/")


def token_of(settings: Settings) -> str:
    """Return the worker's token. Raises Rejected, Conflict."""
    token = settings.worker_token.get_secret_value()
    if settings.worker_token_file is not None:
        token = secret_in(settings.worker_token_file, "LECTERN_WORKER_TOKEN_FILE")
    if not token.strip():
        raise Rejected(
            "worker_token_missing",
            "Set LECTERN_WORKER_TOKEN to the token that `lectern worker-token create` printed.",
        )
    return token.strip()


def lanes_of(desk: Desk, media: MediaWork, calls: Calls | None = None) -> list[Runner]:
    """A lane for each kind: somebody waits for a cut, and it must not queue behind an hour's download."""
    return [Runner(desk, {kind: media.do}, calls=calls) for kind in media_endings()]


def this_process() -> str:
    """The name of this process in logs and leases."""
    return f"{socket.gethostname()}:{os.getpid()}"


def stopped() -> asyncio.Event:
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
