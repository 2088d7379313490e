"""Units of work: all or nothing, and writers that wait for each other."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Column, MetaData, String, Table, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from lectern.db import engine
from lectern.db.engine import Database
from lectern.db.schema import Json
from lectern.kernel.errors import Gone

METADATA = MetaData()
ACCOUNTS = Table(
    "balances",
    METADATA,
    Column("id", String(20), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("notes", Json, nullable=True),
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    async with opened.write() as tx:
        await tx.run_sync(METADATA.create_all)
        await tx.execute(insert(ACCOUNTS).values(id="a", amount=0, notes={"词": [1, None]}))
    yield opened
    await opened.close()


async def amount(database: Database) -> int:
    async with database.read() as tx:
        return int((await tx.execute(select(ACCOUNTS.c.amount))).scalar_one())


async def add_slowly(database: Database) -> None:
    async with database.write() as tx:
        query = select(ACCOUNTS.c.amount).with_for_update()
        before = (await tx.execute(query)).scalar_one()
        await asyncio.sleep(0)
        await tx.execute(update(ACCOUNTS).values(amount=before + 1))


async def test_concurrent_writers_lose_nothing(database: Database) -> None:
    await asyncio.gather(*(add_slowly(database) for _ in range(20)))
    assert await amount(database) == 20


async def test_writers_of_two_engines_lose_nothing(database: Database, database_url: str) -> None:
    other = Database(database_url)  # as another process would have it: no lock in common but the database's
    try:
        await asyncio.gather(*(add_slowly(db) for db in (database, other) for _ in range(10)))
    finally:
        await other.close()
    assert await amount(database) == 20


async def test_an_exception_rolls_back(database: Database) -> None:
    async def fail_half_way() -> None:
        async with database.write() as tx:
            await tx.execute(update(ACCOUNTS).values(amount=7))
            raise LookupError

    with pytest.raises(LookupError):
        await fail_half_way()
    assert await amount(database) == 0


async def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(update(ACCOUNTS).values(amount=7))
        assert await amount(database) == 0
    assert await amount(database) == 7


async def test_json_comes_back_as_it_was(database: Database) -> None:
    async with database.read() as tx:
        assert (await tx.execute(select(ACCOUNTS.c.notes))).scalar_one() == {"词": [1, None]}


async def test_sqlite_survives_what_the_docs_promise(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL's durability is its own")
    async with database.read() as tx:
        pragmas = [
            (await tx.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]


async def test_errors_do_not_carry_the_words_of_people(database: Database) -> None:
    async with database.write() as tx:
        with pytest.raises(DBAPIError) as raised:
            await tx.execute(insert(ACCOUNTS).values(id="a", amount=0, notes={"said": "a secret"}))
        await tx.rollback()
    assert "a secret" not in str(raised.value)


async def _end_connections_of(database: Database, url: str) -> None:
    """Do what a restart of PostgreSQL does to those who are connected."""
    other = Database(url)
    async with database.read() as tx:
        own = (await tx.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    async with other.read() as tx:
        await tx.execute(text("SELECT pg_terminate_backend(:own, 5000)"), {"own": own})
    await other.close()


def _pings(database: Database, monkeypatch: pytest.MonkeyPatch, *, answered: bool) -> list[object]:
    """Note which connections are asked if the database is there; PostgreSQL is silent if not `answered`."""
    dialect = database.engine.sync_engine.dialect
    asked: list[object] = []

    def ping(connection: object) -> bool:
        asked.append(connection)
        if not answered:
            raise dialect.loaded_dbapi.OperationalError("no answer")
        return True

    monkeypatch.setattr(dialect, "do_ping", ping)
    return asked


async def _backend(database: Database) -> int:
    async with database.read() as tx:
        return int((await tx.execute(text("SELECT pg_backend_pid()"))).scalar_one())


@dataclass(frozen=True)
class Rest:
    """A connection that is trusted for so long; asked, it answers or not; so often it is, and is it kept."""

    trusted_s: float
    answered: bool
    asked: int
    kept: bool


@pytest.mark.parametrize(
    "rest", [Rest(0.0, True, 1, True), Rest(0.0, False, 1, False), Rest(60.0, False, 0, True)]
)
async def test_a_connection_that_rested_is_asked_and_one_just_used_is_not(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, rest: Rest
) -> None:
    database = Database(postgres_url)
    monkeypatch.setattr(engine, "TRUSTED_S", rest.trusted_s)
    pings = _pings(database, monkeypatch, answered=rest.answered)
    first = await _backend(database)
    assert not pings  # a new connection is not asked
    assert (await _backend(database) == first) is rest.kept
    assert len(pings) == rest.asked
    await database.close()


async def test_a_connection_that_was_closed_is_not_used_however_short_it_rested(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgres_url)
    monkeypatch.setattr(engine, "TRUSTED_S", 60.0)
    await _end_connections_of(database, postgres_url)
    async with database.read() as tx:
        assert (await tx.execute(select(1))).scalar_one() == 1
    await database.close()


async def _meet_the_end(database: Database, url: str) -> None:
    async with database.read() as tx:
        own = (await tx.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        other = Database(url)
        async with other.read() as second:
            await second.execute(text("SELECT pg_terminate_backend(:own, 5000)"), {"own": own})
        await other.close()
        await tx.execute(select(1))


async def test_whoever_is_in_the_middle_is_told_and_the_next_is_served(postgres_url: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(Gone) as raised:
        await _meet_the_end(database, postgres_url)
    assert raised.value.code == "database_away"
    async with database.read() as tx:
        assert (await tx.execute(select(1))).scalar_one() == 1
    await database.close()


async def test_a_new_file_that_somebody_is_changing_is_waited_for(tmp_path: Path) -> None:
    """SQLite refuses the change to WAL mode at once, not through its handler, while another writes."""
    path = tmp_path / "new.db"
    first = sqlite3.connect(path, isolation_level=None)
    first.execute("BEGIN IMMEDIATE")
    second = Database(f"sqlite:///{path}")
    async with asyncio.TaskGroup() as group:
        mode = group.create_task(_journal_mode(second))
        await asyncio.sleep(0.2)
        assert not mode.done()
        first.execute("COMMIT")
    assert mode.result() == "wal"
    first.close()
    await second.close()


async def _journal_mode(database: Database) -> str:
    async with database.read() as tx:
        return str((await tx.execute(text("PRAGMA journal_mode"))).scalar_one())
