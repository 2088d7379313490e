"""Numbers of recordings and places of packaging, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs
from lectern.recordings import store
from lectern.recordings.places import Places, place_id
from lectern.recordings.tables import packaging_places, recordings
from signaling.plane.recording_numbers import RecordingNumbers


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url)
    async with made.write() as tx:
        for table in (recordings, packaging_places):
            await tx.run_sync(table.create)
    yield made
    await made.close()


async def test_no_two_servers_give_the_same_number(database: Database) -> None:
    servers = [RecordingNumbers(Database(str(database.url.render_as_string(False)))) for _ in range(3)]
    try:
        given = await asyncio.gather(*(one.next("s", 1) for one in servers))
    finally:
        for one in servers:
            await one.database.close()
    assert sorted(given) == [1, 2, 3]
    numbers = RecordingNumbers(database)
    assert await numbers.next("s", 9) == 9  # others lie in its folder already
    assert await numbers.next("s", 1) == 10
    assert await numbers.next("another", 1) == 1
    await numbers.unused("s", 9)
    async with database.write() as tx:
        await store.count(tx, "s", 1, 100)
        await store.count(tx, "s", 1, 200)  # decided once
        await store.add_known(tx, "s", [1, 11], UtcMs(0))
    async with database.read() as tx:
        found = {one.number: one.counted_bytes for one in await store.of_session(tx, "s")}
        assert await store.recorded(tx, ["s", "nobody"]) == {"s"}
    assert found == {1: 100, 2: None, 3: None, 9: 0, 10: None, 11: None}


async def test_a_session_is_packaged_in_one_folder(database: Database, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    a, b = (Places(database, place_id(tmp_path / name)) for name in ("a", "b"))
    assert a.here != b.here
    assert place_id(tmp_path / "a") == a.here
    assert await a.is_here("s")
    assert await b.is_here("s")  # nowhere yet: whoever records alone needs nobody's leave
    await a.take("s")
    assert (await a.is_here("s"), await b.is_here("s")) == (True, False)
    await b.take("s")
    assert (await a.is_here("s"), await b.is_here("s")) == (False, True)
    assert await a.of("s") == b.here
