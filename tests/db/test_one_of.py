"""Lists in conditions: of any length, of numbers and of words, as one parameter."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import BigInteger, Column, MetaData, Select, String, Table, delete, insert, select, text

from lectern.db.engine import Database
from lectern.db.one_of import one_of

METADATA = MetaData()
SEATS = Table("seats", METADATA, Column("id", String(40), primary_key=True), Column("row", BigInteger))
MANY = 40_000


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    async with opened.write() as tx:
        await tx.run_sync(METADATA.create_all)
        rows = [{"id": f"seat-{number}", "row": number} for number in range(3)]
        await tx.execute(insert(SEATS), [*rows, {"id": "座位 'a\"", "row": 2**40}])
    yield opened
    await opened.close()


async def test_words_and_numbers_are_found(database: Database) -> None:
    async with database.write() as tx:
        by_word = select(SEATS.c.row).where(one_of(SEATS.c.id, {"seat-1", "座位 'a\"", "nobody"}))
        assert set((await tx.execute(by_word)).scalars()) == {1, 2**40}
        by_number = select(SEATS.c.id).where(one_of(SEATS.c.row, [0, 2**40, 7]), SEATS.c.id != "x")
        assert set((await tx.execute(by_number)).scalars()) == {"seat-0", "座位 'a\""}
        assert (await tx.execute(select(SEATS).where(one_of(SEATS.c.id, [])))).all() == []
        gone = await tx.execute(delete(SEATS).where(~one_of(SEATS.c.id, ["seat-0"])))
        assert gone.rowcount == 3


async def test_a_list_may_be_longer_than_a_driver_takes_parameters(database: Database) -> None:
    async with database.read() as tx:
        wanted = [f"seat-{number}" for number in range(MANY)]
        found = await tx.execute(select(SEATS.c.row).where(one_of(SEATS.c.id, wanted)))
        assert set(found.scalars()) == {0, 1, 2}


async def test_lists_of_any_length_are_one_statement_that_uses_the_index(database: Database) -> None:
    def wanted(length: int) -> Select[tuple[int]]:
        return select(SEATS.c.row).where(one_of(SEATS.c.id, [f"seat-{number}" for number in range(length)]))

    async with database.read() as tx:
        if database.is_sqlite:
            compiled = str(wanted(2).compile(dialect=tx.dialect))
            plan = await tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ('["seat-1"]',))
            assert "SEARCH seats USING INDEX" in str(plan.all())
            return
        for length in (1, 2, 30, 500, 9, 70, 3):
            await tx.execute(wanted(length))
        kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT seats%'"
        assert (await tx.execute(text(kept))).scalar_one() == 1
