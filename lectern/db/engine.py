"""One database, two ways in: `read()` for a snapshot, `write()` for one explicit transaction."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import await_only

from lectern.kernel.errors import Gone

_BUSY_TIMEOUT_MS = 15_000
_LOST_STATES = ("08", "57P01", "57P02", "57P03")
"""Connection exceptions; being shut down, crashed, starting (PostgreSQL, appendix A)."""
_AFTER_COMMIT = "lectern_after_commit"
_RESTS_SINCE = "lectern_rests_since"
TRUSTED_S = 1.0
"""For how long a connection that was just used is not asked if the database is still there."""
_log = structlog.get_logger()

OnCommit = Callable[[str], None]
"""Hears a word that a transaction left (`tell_after_commit`), once it is committed. Returns at once."""


def tell_after_commit(tx: AsyncConnection, topic: str, word: str) -> None:
    """Leave a word for those who listen to `topic`; it is forgotten if this transaction is rolled back."""
    words: list[tuple[str, str]] | None = tx.info.get(_AFTER_COMMIT)
    if words is not None:
        words.append((topic, word))


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
        self.engine = create_async_engine(self.url, hide_parameters=True)
        self._reader = self.engine
        self._writer = self.engine.execution_options(lectern_write=True)
        self._one_writer = asyncio.Lock()
        self._on_commit: dict[str, list[OnCommit]] = {}
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        else:
            _ask_the_idle(self.engine)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction for reading; sees one consistent state on SQLite.

        Raises:
            Gone: the database cannot be reached, or went away in the middle (`database_away`).
        """
        async with _transaction(self._reader) as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction for writing; commits at the end of the block, rolls back on any exception.

        Raises:
            Gone: the database cannot be reached, or went away in the middle (`database_away`); if that was at
                the very end, the transaction may have been committed.
        """
        words: list[tuple[str, str]] = []
        async with self._alone(), _transaction(self._writer) as connection:
            connection.info[_AFTER_COMMIT] = words
            yield connection
        for topic, word in words:
            for listener in self._on_commit.get(topic, ()):
                listener(word)

    def on_commit(self, topic: str, listener: OnCommit) -> None:
        """Have `listener` hear the words of this process's transactions, those about `topic`."""
        self._on_commit.setdefault(topic, []).append(listener)

    def _alone(self) -> AbstractAsyncContextManager[object]:
        return self._one_writer if self.is_sqlite else nullcontext()

    async def close(self) -> None:
        """Return every connection."""
        await self.engine.dispose()


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction. What a lost connection raises depends on the moment; it becomes one error here."""
    try:
        connection = await engine.connect()
    except (OSError, DBAPIError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
        raise _away(error) from error
    try:
        async with aclosing(connection), connection.begin():
            yield connection
    except DBAPIError as error:
        if _is_lost(error):
            raise _away(error) from error
        raise


def _ask_the_idle(engine: AsyncEngine) -> None:
    """Have a connection that rested asked if the database is still there, before somebody needs it.

    Not one that was used a moment ago, as `pool_pre_ping` would: a transaction with one question takes three
    round trips, the ping three more. Whoever meets a database that went away in between is told so
    (`database_away`), and the next one gets a new connection.
    """
    dialect = engine.sync_engine.dialect

    def rests(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info[_RESTS_SINCE] = time.monotonic()

    def is_wanted(connection: DBAPIConnection, record: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
        since = record.info.pop(_RESTS_SINCE, None)
        if since is None or time.monotonic() - since < TRUSTED_S:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    event.listen(engine.sync_engine, "checkin", rests)
    event.listen(engine.sync_engine, "checkout", is_wanted)


def _is_lost(error: DBAPIError) -> bool:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    # asyncpg's own words where the connection was lost between two statements
    return error.connection_invalidated or state.startswith(_LOST_STATES) or "is closed" in str(error.orig)


def _away(error: Exception) -> Gone:
    _log.warning("database_unreachable", error=type(error).__name__)
    return Gone("database_away", "The database is away for a moment. Please try again.", retry_after_s=1)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")  # first: the next one needs the file's lock
    _enter_wal(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _enter_wal(cursor: Any) -> None:
    """Ask until the file is in WAL mode, at most as long as for any lock.

    Two that change a new file at once both hold a read lock and both want the exclusive one; SQLite then says
    "locked" to one of them without waiting (`sqlite3_busy_handler`: the handler is not called where that
    could be a deadlock). The other is done in an instant, and the file stays in WAL mode for ever.
    """
    until = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            await_only(asyncio.sleep(0.02))


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("lectern_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
