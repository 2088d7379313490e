"""The organisation's feed of raw plays, and forgetting whose they are."""

from typing import Any

from sqlalchemy import select

from analytics.tables import view_active, view_records
from analytics.view_store import ViewStore
from tests.analytics.conftest import READERS, Office
from tests.analytics.test_view_routes import VIEWS, interval, report
from tests.lesson import START

FEED = "/api/v1/plays"


async def everything(office: Office, who: str = "admin", **asked: Any) -> list[Any]:
    items, cursor = [], ""
    while True:
        query = "&".join(f"{name}={value}" for name, value in (asked | {"cursor": cursor}).items())
        status, page = await office.call("GET", f"{FEED}?{query}", who)
        assert status == 200, page
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


async def test_every_stretch_of_everybody_is_in_the_feed(office: Office, monkeypatch: Any) -> None:
    monkeypatch.setattr("analytics.play_feed.PAGE", 1)
    await report(office, "ann", interval("a", 0, 30, 0), interval("b", 50, 60, 100))
    await report(office, "ann", interval("old", 0, 10, 500), version=1)
    await report(office, "bob", interval("a", 5, 9, 200))
    found = await everything(office)
    assert [(each["id"], each["version"], each["subject"], len(each["stretches"])) for each in found] == [
        ("film", 2, "ann", 2), ("film", 2, "bob", 1), ("film", 1, "ann", 1),
    ]  # fmt: skip
    assert found[0]["session_id"] == "s1"
    assert found[0]["person"]["name"] == "安 Ann"
    assert [entry for entry in office.audit_log if entry[1] == "plays_read"] == [
        ("admin", "plays_read", "org")
    ]


async def test_a_time_may_be_asked_for(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 30, 0), interval("b", 50, 60, 100))
    await report(office, "bob", interval("a", 5, 9, 200))
    [only] = await everything(office, from_utc_ms=START + 100_000, to_utc_ms=START + 200_000)
    assert [stretch["from_ms"] for stretch in only["stretches"]] == [50_000]


async def test_the_feed_is_about_everybody(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 30, 0))
    for who, status in (("manager", 403), ("ann", 403), ("host", 403), (None, 401)):
        assert (await office.call("GET", FEED, who))[0] == status, who
    assert await everything(office, "stranger") == []
    assert (await office.call("GET", f"{FEED}?cursor=xyz", "admin"))[0] == 400
    assert (await office.call("GET", f"{FEED}?from_utc_ms=-1", "admin"))[0] == 400


async def test_who_is_forgotten_is_nobody_and_sums_stay(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 30, 0))
    await report(office, "bob", interval("b", 0, 90, 0))
    await office.following.catch_up()
    paths = (f"{VIEWS}/replay/film/figures", "/api/v1/view-statistics?period=2027-01")
    before = [await office.call("GET", path, "admin") for path in paths]
    store = ViewStore()
    async with office.database.write() as tx:
        assert await store.forget(tx, "elsewhere", "ann", "x") == 0
        assert await store.forget(tx, "org", "ann", "somebody") == 1
        assert await store.forget(tx, "org", "ann", "again") == 0
    assert [await office.call("GET", path, "admin") for path in paths] == before
    async with office.database.read() as tx:
        kept = {row[0] for row in await tx.execute(select(view_records.c.subject))}
        kept |= {row[0] for row in await tx.execute(select(view_active.c.subject))}
    assert kept == {"bob", "somebody"}
    names = {each["subject"]: each["person"]["name"] for each in await everything(office)}
    assert names == {"bob": "Bob", "somebody": None}
    await office.following.sum_all_up_anew()
    assert [await office.call("GET", path, "admin") for path in paths] == before
    assert "ann" in READERS  # who goes on watching does so as somebody new
    await report(office, "ann", interval("c", 0, 10, 600))
    assert (await office.call("GET", paths[0], "admin"))[1]["sums"]["class"]["viewers"] == 3
