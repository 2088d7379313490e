"""One database, two ways in: `read()` for a snapshot, `write()` for one explicit transaction."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

_BUSY_TIMEOUT_MS = 15_000


class Database:
    """An engine over SQLite (one machine) or PostgreSQL (many processes).

    SQLite runs in WAL mode with `synchronous=FULL`: what `write()` has committed survives the crash of a
    process and of the machine. Writers of one process queue here, not on the file's lock.
    """

    def __init__(self, url: str) -> None:
        """`url` is `sqlite:///ABSOLUTE_PATH` or `postgresql://…`; drivers are chosen here."""
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        driver = "sqlite+aiosqlite" if self.is_sqlite else "postgresql+asyncpg"
        if self.is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self.url = parsed.set(drivername=driver)
        # Without parameters in its errors: they are logged, and names and texts of people stand in them.
        self.engine = create_async_engine(self.url, pool_pre_ping=not self.is_sqlite, hide_parameters=True)
        self._reader = self.engine
        self._writer = self.engine.execution_options(lectern_write=True)
        self._one_writer = asyncio.Lock()
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction for reading; sees one consistent state on SQLite."""
        async with self._reader.connect() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction for writing; commits at the end of the block, rolls back on any exception."""
        if not self.is_sqlite:
            async with self._writer.begin() as connection:
                yield connection
            return
        async with self._one_writer, self._writer.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Return every connection."""
        await self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_BUSY_TIMEOUT_MS}",  # first: the next one needs the file's lock
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("lectern_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
