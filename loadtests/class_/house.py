"""Where a class benchmark runs: the server alone on its core, everything else on the other."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from lectern.app.secrets import load_keys
from lectern.app.settings import Settings
from lectern.app.wired.services import now_s
from lectern.app.wiring import built
from lectern.kernel.access import SessionGrant
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from sessions.lesson.idea import LessonState
from signaling.entry.join_tokens import JoinTokens
from tests.ports import free_port
from tests.scripted_lesson import server as server_module
from tests.scripted_lesson.processes import Usage, usage
from tests.scripted_lesson.server import CHECKOUT, Server, new_server, set_up_organisation
from tests.services import postgres_bin, redis_server

SERVER_CORE = 0
LOAD_CORE = 1
_PINNED = ("taskset", "-c", str(SERVER_CORE))
_START_WITHIN_S = 120.0  # a machine that others use may be slow to start anything


@dataclass(slots=True)
class House:
    """A running server with one session, and tokens for as many people as are wanted."""

    server: Server
    org_id: str
    session_id: str
    tokens: JoinTokens
    settings: Settings
    guests: int = 0

    @property
    def database_url(self) -> str:
        """Where the server keeps everything."""
        return self.settings.database

    @property
    def used(self) -> Usage:
        """What the server process has used until now."""
        found = usage(self.server.pid)
        assert found is not None, f"the server is gone:\n{self.server.last_words()}"
        return found

    def token(self, role: SessionRole, name: str) -> str:
        """Return a join token of a guest."""
        grant = SessionGrant(self.session_id, role, person_id=None, guest_id=new_id(), guest_name=name)
        return self.tokens.issue(self.org_id, grant, now_s=now_s())

    def learner(self) -> str:
        """Return the token of a learner who was not here before."""
        self.guests += 1
        return self.token(SessionRole.LEARNER, f"Learner {self.guests:04}")


def pin_this_process() -> None:
    """Leave the server's core alone, with every child that is started from now on."""
    os.sched_setaffinity(0, {LOAD_CORE})


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a PostgreSQL as it is installed, but on a Unix socket; what it commits is on the disk."""
    home = Path(tempfile.mkdtemp(prefix="lectern-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    binaries, data = postgres_bin(), home / "data"
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    subprocess.run([*as_user, *initdb, "--locale=C"], check=True, capture_output=True, cwd=home)
    server = subprocess.Popen(
        [*as_user, str(binaries / "postgres"), "-D", str(data), "-k", str(home), "-c", "listen_addresses="],
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ready = [str(binaries / "pg_isready"), "-q", "-h", str(home)]
        deadline = time.monotonic() + _START_WITHIN_S
        while subprocess.run(ready, check=False).returncode != 0:
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.1)
        yield f"postgresql://postgres@/postgres?host={home}"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(home)


@contextmanager
def _redis() -> Iterator[str]:
    home = Path(tempfile.mkdtemp(prefix="lectern-redis-"))
    try:
        with redis_server(home) as url:
            yield url
    finally:
        shutil.rmtree(home)


@asynccontextmanager
async def house(
    data: Path, *, database: str, before_it_starts: Callable[[Settings], Awaitable[None]] | None = None
) -> AsyncIterator[House]:
    """Serve a live session from the pinned server; `database` is `postgresql` (with Redis) or `sqlite`."""
    server_module.START_WITHIN_S = _START_WITHIN_S
    many = database == "postgresql"
    with (
        postgres_server() if many else nullcontext("") as url,
        _redis() if many else nullcontext("") as redis,
    ):
        server = new_server(
            data,
            {"LECTERN_DATABASE_URL": url, "LECTERN_REDIS_URL": redis, "LECTERN_EMBEDDED_WORKER": "false"},
        )
        settings = Settings(
            data=data, port=server.port, media_port=server.media_port, database_url=url, redis_url=redis
        )
        await set_up_organisation(settings)
        org_id, session_id = await _live_session(settings)
        if before_it_starts is not None:
            await before_it_starts(settings)
        await server.start(_PINNED)
        try:
            tokens = JoinTokens(load_keys(data / "secrets", "join"))
            yield House(server, org_id, session_id, tokens, settings)
        finally:
            await server.end()


async def restart(server: Server) -> None:
    """Start a killed server again, on its core."""
    await server.start(_PINNED)


async def _live_session(settings: Settings) -> tuple[str, str]:
    async with built(settings) as services:
        org = await services.accounts.org()
        session = await services.sessions.create(
            org_id=org.id,
            title="The whole company",
            starts_utc_ms=None,
            zone=org.zone,
            presenter_person_id=None,
            host_person_id=None,
            guests_allowed=True,
            auto_start=True,
        )
        await services.sessions.start(session.id)
        found = await services.sessions.get(session.id)
        assert found.state is LessonState.LIVE
    return org.id, session.id


@dataclass(slots=True)
class Peer:
    """The bare python-socketio server in a process of its own, on the server's core."""

    port: int
    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    async def emit(self, count: int, every_s: float) -> None:
        """Have it emit `count` events to all, `every_s` apart, and wait until it has."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{count} {every_s}\n".encode())
        await self.process.stdin.drain()
        await self._line()

    async def _line(self) -> str:
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        assert line, "the peer ended"
        return line.decode().strip()

    @property
    def used(self) -> Usage:
        """What it has used until now."""
        found = usage(self.process.pid)
        assert found is not None
        return found


@asynccontextmanager
async def bare_peer() -> AsyncIterator[Peer]:
    """Run the peer."""
    port = free_port()
    command: Sequence[str] = (*_PINNED, sys.executable, "-m", "loadtests.class_.bare_peer", str(port))
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=CHECKOUT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # it complains about every client that leaves at its end
    )
    peer = Peer(port, process)
    try:
        assert await peer._line() == "ready"
        yield peer
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
