"""A real `lectern serve` with its children, on ports and data of its own, for tests and benchmarks."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from accounts.service import Accounts
from lectern.app.settings import Settings
from lectern.app.wiring import built
from lectern.kernel.roles import OrgRole
from tests.ports import free_port

PASSWORD = "a-long-enough-password"
ZONE = "Asia/Shanghai"
START_WITHIN_S = 150.0  # seconds on a machine of its own; nobody is to fail because others work beside us
END_WITHIN_S = 90.0
CHECKOUT = Path(__file__).resolve().parents[2]
_SERVE = "from lectern.app.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of the scripted organisation; everybody has the same password."""

    login: str
    name: str
    external_id: str
    roles: tuple[OrgRole, ...]


STAFF = (
    Staff("admin", "沈慧", "S001", (OrgRole.ADMIN,)),
    Staff("presenter", "顾明", "S002", (OrgRole.PRESENTER, OrgRole.LEARNER)),
    Staff("host", "唐悦", "S003", (OrgRole.HOST, OrgRole.LEARNER)),
    Staff("wang", "王芳", "L001", (OrgRole.LEARNER,)),
    Staff("li", "李伟", "L002", (OrgRole.LEARNER,)),
    Staff("zhang", "张敏", "L003", (OrgRole.LEARNER,)),
)


@dataclass(slots=True)
class Server:
    """One server process over `data`. `start` and `end` may be called again and again."""

    data: Path
    port: int
    media_port: int
    environment: Mapping[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the running server."""
        assert self.process is not None
        return self.process.pid

    @property
    def log(self) -> Path:
        """Everything that the server and its children said."""
        return self.data / "server.log"

    def settings(self) -> Settings:
        """The same settings, for set-up inside this process."""
        return Settings(data=self.data, port=self.port, media_port=self.media_port, zone=ZONE)

    async def start(self, command: Sequence[str] = (), *, demo: bool = False) -> None:
        """Start it and wait until it can serve; `command` goes before the server's own command line."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LECTERN_")},
            "LECTERN_DATA": str(self.data),
            "LECTERN_PORT": str(self.port),
            "LECTERN_MEDIA_PORT": str(self.media_port),
            "LECTERN_ZONE": ZONE,
            "PYTHONUNBUFFERED": "1",
            **self.environment,
        }
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command,
                *(sys.executable, "-c", _SERVE, "serve", *(["--demo"] if demo else [])),
                env=environment,
                cwd=CHECKOUT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(START_WITHIN_S):
            while not await asyncio.to_thread(self._is_ready):
                assert self.process.returncode is None, f"the server ended:\n{self.last_words()}"
                await asyncio.sleep(0.1)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    async def kill(self) -> None:
        """End the server as a power cut would: its children notice by themselves."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def end(self) -> None:
        """Ask it to stop, and wait until it has."""
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(END_WITHIN_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    def last_words(self) -> str:
        """Return the end of the log."""
        return self.log.read_text(errors="replace")[-6000:]


def new_server(data: Path, environment: Mapping[str, str] | None = None) -> Server:
    """Return a server that was not started yet."""
    return Server(data, free_port(), free_port(), environment or {})


async def set_up_organisation(settings: Settings) -> None:
    """Make the organisation with the people of `STAFF`."""
    async with built(settings) as services:
        accounts: Accounts = services.accounts
        org = await accounts.set_up("晨光零售 Morning Retail", ZONE)
        async with services.database.write() as tx:
            department = await accounts.store.create_department(tx, org.id, "门店运营 Stores")
        for person in STAFF:
            await accounts.add_person(
                org.id,
                external_id=person.external_id,
                name=person.name,
                department_id=department,
                roles=person.roles,
                login=person.login,
                password=PASSWORD,
            )


@asynccontextmanager
async def running_server(data: Path, environment: Mapping[str, str] | None = None) -> AsyncIterator[Server]:
    """A started server with an organisation; ended afterwards."""
    async with prepared_server(data, environment) as server:
        await server.start()
        yield server


@asynccontextmanager
async def prepared_server(data: Path, environment: Mapping[str, str] | None = None) -> AsyncIterator[Server]:
    """A server with an organisation that was not started yet; ended afterwards if it was."""
    server = new_server(data, environment)
    await _copy_organisation(server.settings())
    try:
        yield server
    finally:  # also of a start that took too long
        await server.end()


_made: list[tempfile.TemporaryDirectory[str]] = []
"""The data of an organisation that was set up in this process, to be copied: migrations and passwords take
seconds."""


async def _copy_organisation(settings: Settings) -> None:
    """Give a server that was not started yet what `set_up_organisation` makes; the same each time."""
    if not _made:
        template = tempfile.TemporaryDirectory(prefix="lectern-organisation-")
        await set_up_organisation(settings.model_copy(update={"data": Path(template.name)}))
        _made.append(template)
    await asyncio.to_thread(shutil.copytree, _made[0].name, settings.data, dirs_exist_ok=True)
