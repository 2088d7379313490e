"""Real PostgreSQL and Redis for tests: private, on Unix sockets, gone afterwards.

Import the fixtures into a `conftest.py`. `script/test-services` installs what is missing.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.kernel.ids import new_id

START_TIMEOUT_S = 30.0

__all__ = ["database", "database_url", "postgres_cluster", "postgres_url", "redis_home", "redis_url"]


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


@pytest.fixture
def postgres_url(postgres_cluster: Path) -> Iterator[str]:
    """An empty database of its own."""
    name = f"t_{new_id()}"
    where = ["-h", str(postgres_cluster), "-U", "postgres"]
    subprocess.run([str(postgres_bin() / "createdb"), *where, name], check=True)
    yield f"postgresql://postgres@/{name}?host={postgres_cluster}"
    subprocess.run([str(postgres_bin() / "dropdb"), *where, "--force", name], check=True)


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
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: every test that asks runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'lectern.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with all tables that are imported so far."""
    opened = Database(database_url)
    async with opened.write() as tx:
        await tx.run_sync(metadata.create_all)
    yield opened
    await opened.close()
