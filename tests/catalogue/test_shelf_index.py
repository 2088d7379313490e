"""The index on both databases: it finds the same, in the same order, and forgets what is gone."""

from dataclasses import replace
from typing import Any

from sqlalchemy import literal

from catalogue.shelf.folding import words_of
from catalogue.shelf.index import Asked, Cursor, Entry, ShelfIndex
from catalogue.shelf.marking import ShelfKey, mark, marked, take
from catalogue.shelf.places import Place
from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.kernel.clock import UtcMs

NOW = UtcMs(1_000 * 86_400_000)
DAY = 86_400_000


def entry(id_: str, title: str, *places: Place, **more: Any) -> Entry:
    told = {"shown_utc_ms": 1, "category_id": None} | more
    return Entry(ShelfKey("replay", id_), "org", places=(Place("title", title), *places), **told)


async def ids(database: Database, q: str = "", *, limit: int = 40, **more: Any) -> list[str]:
    """Page through what is found, and return it; the cursor leaves nothing out and repeats nothing."""
    asked, found, after = Asked("org", NOW, words_of(q), **more), [], None
    while True:
        async with database.read() as tx:
            hits = await ShelfIndex().find(tx, asked, after=after, limit=limit)
        found += [hit.key.id for hit in hits]
        if len(hits) < limit:
            return found
        after = Cursor.read(str(hits[-1].at))


async def test_finding(database: Database) -> None:
    index = ShelfIndex()
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
        for each in (
            entry("title", "安全生产培训", shown_utc_ms=1),
            entry("about", "阀门", Place("tag", "安全"), shown_utc_ms=2, category_id="c"),
            entry("said", "Pümpe", Place("caption", "先看安全。", 4_000), shown_utc_ms=3),
            entry("other", "Pump 100%", shown_utc_ms=4, ended_utc_ms=NOW - 31 * DAY),
            entry("own", "Pump_own", shown_utc_ms=5, own_window=True, to_utc_ms=NOW + 1),
        ):
            await index.put(tx, each)
        await index.put(tx, replace(entry("foreign", "安全"), org_id="elsewhere"))
    assert await ids(database) == ["own", "other", "said", "about", "title"]
    assert await ids(database, "安全") == ["title", "about", "said"]
    assert await ids(database, "安全", limit=1) == ["title", "about", "said"]
    assert await ids(database, limit=2) == ["own", "other", "said", "about", "title"]
    assert await ids(database, "PUMP") == ["own", "other", "said"]
    assert await ids(database, "pumpe") == ["said"]
    assert await ids(database, "安全 pump") == ["said"]
    assert await ids(database, "全") == ["title", "about", "said"]
    assert await ids(database, "100") == ["other"]
    assert await ids(database, "pump", replay_days=30) == ["own", "said"]
    assert await ids(database, "安全", categories=["c"]) == ["about"]
    assert await ids(database, kind="series") == []
    assert await ids(database, reach=literal(1) == literal(0)) == []
    assert await ids(database, tag_ids=("t",)) == []
    async with database.write() as tx:
        await index.put(tx, entry("title", "Renamed", shown_utc_ms=9))
        await index.put(tx, entry("own", "Pump_own", own_window=True, from_utc_ms=NOW + 1))
        await index.remove(tx, ShelfKey("replay", "said"))
        await index.remove(tx, ShelfKey("replay", "never"))
    assert await ids(database, "安全") == ["about"]
    assert await ids(database, "renamed") == ["title"]
    assert await ids(database, "pump") == ["other"]


async def test_a_mark_is_taken_once_and_only_as_it_was_read(database: Database) -> None:
    key = ShelfKey("replay", "r")
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
        await mark(tx, "org", [key, key])
        [old] = await marked(tx, 10)
        await mark(tx, "org", [key])
        assert not await take(tx, old)
        [new] = await marked(tx, 10)
        assert await take(tx, new)
        assert not await take(tx, new)
