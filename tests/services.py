"""Real PostgreSQL and Redis for tests: private, on Unix sockets, gone afterwards.

`tests/conftest.py` imports the fixtures, once for all: each import would start a server of its own.
`script/test-services` installs what is missing.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.kernel.ids import new_id

START_TIMEOUT_S = 30.0


def _await_ready(probe: Callable[[], bool], process: "subprocess.Popen[bytes]", name: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not probe():
        assert process.poll() is None, f"{name} ended while starting"
        assert time.monotonic() < deadline, f"{name} did not start in {START_TIMEOUT_S} s"
        time.sleep(0.05)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    # SIGINT: PostgreSQL's fast shutdown, which does not wait for clients that are still connected.
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def postgres_bin() -> Path:
    """Return the directory of the newest installed PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    assert found, "PostgreSQL is not installed: run script/test-services"
    return found[-1].parent


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Path]:
    """A private cluster; its value is the directory of its socket. PostgreSQL refuses to run as root."""
    binaries = postgres_bin()
    home = Path(tempfile.mkdtemp(prefix="lectern-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    data = home / "data"
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    subprocess.run([*as_user, *initdb, "--no-sync", "--locale=C"], check=True, capture_output=True, cwd=home)
    settings = [
        part
        for setting in ("listen_addresses=", "fsync=off", "shared_buffers=16MB", "max_connections=60")
        for part in ("-c", setting)
    ]
    server = subprocess.Popen(
        [*as_user, str(binaries / "postgres"), "-D", str(data), "-k", str(home), *settings],
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    probe = [str(binaries / "pg_isready"), "-q", "-h", str(home)]
    try:
        _await_ready(lambda: subprocess.run(probe, check=False).returncode == 0, server, "PostgreSQL")
        yield home
    finally:
        _stop(server)
        shutil.rmtree(home)


async def _create_tables(url: str) -> None:
    opened = Database(url)
    async with opened.write() as tx:
        await tx.run_sync(metadata.create_all)
    await opened.close()


@dataclass(slots=True)
class Templates:
    """Databases with all tables, to copy: making a hundred tables takes longer than most tests.

    Made when they are first needed, and anew when more tables are known by then.
    """

    home: Path
    made: dict[tuple[str, int], str] = field(default_factory=dict)

    def of(self, kind: str, make: Callable[[str], str]) -> str:
        """Return the template's name; `make` makes an empty database of a name, and returns its URL."""
        key = (kind, len(metadata.tables))
        if key not in self.made:
            name = f"template_{new_id()}"
            url = make(name)
            with ThreadPoolExecutor(1) as thread:  # where no loop runs
                thread.submit(asyncio.run, _create_tables(url)).result()
            self.made[key] = name
        return self.made[key]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Where databases with all tables are found."""
    return Templates(tmp_path_factory.mktemp("templates"))


def _is_filled(request: pytest.FixtureRequest) -> bool:
    """Tell whether a test wants all tables (`database`), or makes its own."""
    return "database" in request.fixturenames


@pytest.fixture
def postgres_url(
    request: pytest.FixtureRequest, postgres_cluster: Path, templates: Templates
) -> Iterator[str]:
    """A database of its own; empty, unless the test asks for `database`, too."""

    def run(tool: str, *arguments: str) -> None:
        where = ["-h", str(postgres_cluster), "-U", "postgres"]
        subprocess.run([str(postgres_bin() / tool), *where, *arguments], check=True)

    def url_of(name: str) -> str:
        return f"postgresql://postgres@/{name}?host={postgres_cluster}"

    def make(name: str) -> str:
        run("createdb", name)
        return url_of(name)

    name = f"t_{new_id()}"
    template = templates.of("postgresql", make) if _is_filled(request) else "template1"
    run("createdb", "--template", template, name)
    yield url_of(name)
    run("dropdb", "--force", name)


@contextmanager
def redis_server(home: Path) -> Iterator[str]:
    """Run a Redis without persistence in `home`; its value is the URL of its socket."""
    socket = home / "redis.sock"
    arguments = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(home)]
    server = subprocess.Popen(["redis-server", *arguments], stdout=subprocess.DEVNULL)
    try:
        _await_ready(socket.exists, server, "Redis")
        yield f"unix://{socket}"
    finally:
        _stop(server)


@pytest.fixture(scope="session")
def redis_home() -> Iterator[Path]:
    """A directory with a name that is short enough for a Unix socket."""
    home = Path(tempfile.mkdtemp(prefix="lectern-redis-"))
    yield home
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def redis_url(redis_home: Path) -> Iterator[str]:
    """A private Redis."""
    with redis_server(redis_home) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, templates: Templates) -> str:
    """The URL of a database: every test that asks runs on SQLite and on PostgreSQL.

    It is empty, unless the test asks for `database`, too.
    """
    if request.param == "sqlite":
        path = tmp_path / "lectern.db"
        if _is_filled(request):
            _copy_sqlite(templates, path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def _copy_sqlite(templates: Templates, path: Path) -> None:
    name = templates.of("sqlite", lambda name: f"sqlite:///{templates.home / name}")
    shutil.copy(templates.home / name, path)


@pytest.fixture
async def sqlite_database(tmp_path: Path, templates: Templates) -> AsyncIterator[Database]:
    """A database with all tables, for tests of what does not depend on which it is."""
    path = tmp_path / "lectern.db"
    _copy_sqlite(templates, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    await opened.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with all tables that are imported so far (`_is_filled`)."""
    opened = Database(database_url)
    yield opened
    await opened.close()
