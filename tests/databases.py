"""Databases for contract tests: SQLite in a folder, and a private PostgreSQL cluster on a unix socket.

The cluster is made once per test run and ends with it; every test gets a database of its own.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.kernel.ids import new_id


def _as_postgres() -> list[str | Path]:
    """PostgreSQL refuses to run as root: become its own user then."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[Path]:
    """A running cluster's socket folder."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, "PostgreSQL is not installed: run script/test-services"
    programs = found[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="lectern-pg-", dir="/tmp"))
    data = folder / "data"
    run = _as_postgres()
    if run:
        shutil.chown(folder, "postgres", "postgres")
    subprocess.run(
        [*run, programs / "initdb", "-D", data, "-A", "trust", "-U", "lectern", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
    control = [*run, programs / "pg_ctl", "-D", data, "-w"]
    subprocess.run(
        [*control, "-l", folder / "log", "-o", options, "start"],
        check=True, stdout=subprocess.DEVNULL, cwd=folder,
    )  # fmt: skip
    try:
        yield folder
    finally:
        subprocess.run(
            [*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd=folder
        )
        shutil.rmtree(folder)


@pytest.fixture
async def sqlite_database(tmp_path: Path) -> AsyncIterator[Database]:
    """A fresh SQLite database with every table that was imported."""
    database = Database(f"sqlite:///{tmp_path}/lectern.db")
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
async def postgres_database(postgres_socket: Path) -> AsyncIterator[Database]:
    """A fresh PostgreSQL database with every table that was imported."""
    name = f"t{new_id()}"
    admin = Database(f"postgresql://lectern@/postgres?host={postgres_socket}")
    async with admin.engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text(f"CREATE DATABASE {name}"))
    await admin.close()
    database = Database(f"postgresql://lectern@/{name}?host={postgres_socket}")
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.services)])
def database(request: pytest.FixtureRequest) -> Database:
    """Each of the two databases that Lectern runs on."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found
