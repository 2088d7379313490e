"""Closed records in both databases: only ever added to, and names that can go."""

import pytest

from analytics.closing.inspection import inspected
from analytics.closing.store import ClosingStore, Edition
from lectern.db.engine import Database
from lectern.kernel.errors import Conflict
from tests.analytics.closing.lessons import START, whole

STORE = ClosingStore()


async def add(database: Database, number: int) -> Edition:
    sealed = whole(edition=number)
    edition = Edition("s1", number, "org", sealed.head, None, sealed.fingerprint, 3, START, "boss", ("open",))
    subjects = {(d.line, d.label): "boss" if d.line == 0 else f"p{d.line}" for d in sealed.disclosures}
    async with database.write() as tx:
        await STORE.add(tx, edition, sealed, subjects)
    return edition


async def test_a_record_comes_back_as_it_was_sealed(database: Database) -> None:
    first, second = await add(database, 1), await add(database, 2)
    async with database.read() as tx:
        assert await STORE.editions(tx, "s1") == [first, second]
        assert await STORE.editions(tx, "s2") == []
        assert await STORE.file(tx, "s1", 3) is None
        content = await STORE.file(tx, "s1", 2)
    record = inspected(content or b"")
    assert record.holds
    assert (record.head, record.withheld) == (second.head, 0)


async def test_of_two_who_close_at_once_one_is_told(database: Database) -> None:
    first = await add(database, 1)
    with pytest.raises(Conflict, match="closing_outrun"):
        await add(database, 1)
    async with database.read() as tx:
        assert await STORE.editions(tx, "s1") == [first]
        assert inspected(await STORE.file(tx, "s1", 1) or b"").head == first.head


async def test_somebody_is_forgotten_in_every_edition_of_their_organisation(database: Database) -> None:
    await add(database, 1)
    await add(database, 2)
    async with database.write() as tx:
        assert await STORE.forget(tx, "elsewhere", "p2") == 0
        assert await STORE.forget(tx, "org", "p2") == 8  # name, reason, objection, answer; twice
    async with database.read() as tx:
        content = await STORE.file(tx, "s1", 1) or b""
    record = inspected(content)
    assert record.holds
    assert record.withheld == 4
    assert b"was ill" not in content
