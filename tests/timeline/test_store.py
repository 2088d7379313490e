"""The store's contract, on SQLite and on PostgreSQL."""

import asyncio

import pytest

from interactions.chat.events import ChatSent
from interactions.registry import COMMANDS, IDEAS
from lectern.db.engine import Database
from lectern.kernel.clock import SessionMs, UtcMs
from lectern.kernel.errors import NotFound
from lectern.timeline.event import Event, NewEvent, SessionStarted
from lectern.timeline.idea import Registry
from lectern.timeline.store import FirstResult, Head, TimelineStore

REGISTRY = Registry.of(IDEAS, COMMANDS)
SESSION = "s"


@pytest.fixture
async def store(database: Database) -> TimelineStore:
    store = TimelineStore(REGISTRY)
    async with database.write() as tx:
        await store.create(tx, SESSION, "org")
    return store


def said(text: str) -> NewEvent:
    """Return an event with words."""
    ref = f"t-{text}"
    return NewEvent(payload=ChatSent(id=f"m-{text}", text_ref=ref), actor="l1", texts={ref: text})


async def append(database: Database, store: TimelineStore, now: int, *events: NewEvent) -> Head:
    """Append in a transaction of its own, and return the head after it."""
    async with database.write() as tx:
        await store.append(tx, await store.lock(tx, SESSION), events, UtcMs(now))
        return await store.head(tx, SESSION)


async def test_what_is_appended_is_read_back_in_order(database: Database, store: TimelineStore) -> None:
    async with database.write() as tx:
        appended = await store.append(
            tx, await store.lock(tx, SESSION), [said("a"), NewEvent(payload=SessionStarted())], UtcMs(1_000)
        )
    await append(database, store, 2_500, said("b"))
    async with database.read() as tx:
        read = await store.read(tx, SESSION, 0)
        assert read[:2] == appended
        assert [(e.seq, e.type, e.utc_ms, e.session_ms) for e in read] == [
            (1, "chat_sent", 1_000, 0),
            (2, "session_started", 1_000, 0),
            (3, "chat_sent", 2_500, 1_500),
        ]
        assert read[2].texts == {"t-b": "b"}
        assert read[2].payload == ChatSent(id="m-b", text_ref="t-b")
        assert [e.seq for e in await store.read(tx, SESSION, 1)] == [2, 3]
        assert [e.seq for e in await store.read(tx, SESSION, 0, limit=1)] == [1]
        assert await store.read(tx, "another", 0) == []


async def test_the_sessions_clock_never_goes_back(database: Database, store: TimelineStore) -> None:
    await append(database, store, 5_000, NewEvent(payload=SessionStarted()))
    assert (await append(database, store, 9_000, said("a"))).session_ms == SessionMs(4_000)
    assert (await append(database, store, 6_000, said("b"))).session_ms == SessionMs(4_000)
    head = await append(database, store, 12_000, NewEvent(payload=SessionStarted()))
    assert (head.session_ms, head.first_started_utc_ms) == (7_000, 5_000)


async def test_erased_words_are_gone_and_the_event_stays(database: Database, store: TimelineStore) -> None:
    await append(database, store, 1, said("a"), said("b"))
    async with database.write() as tx:
        await store.erase(tx, "another session", "t-b")
        await store.erase(tx, SESSION, "t-a")
    async with database.read() as tx:
        read = await store.read(tx, SESSION, 0)
    assert [event.texts for event in read] == [{}, {"t-b": "b"}]


async def test_a_failed_transaction_leaves_nothing(database: Database, store: TimelineStore) -> None:
    async def fail() -> None:
        async with database.write() as tx:
            await store.append(tx, await store.lock(tx, SESSION), [said("a")], UtcMs(1))
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        await fail()
    async with database.read() as tx:
        assert await store.read(tx, SESSION, 0) == []
        assert (await store.head(tx, SESSION)).seq == 0


async def test_events_of_a_later_release_are_kept_and_skipped(
    database: Database, store: TimelineStore
) -> None:
    class Later(Event, frozen=True, kw_only=True):
        TYPE = "from_the_future"
        shape: str

    await append(database, store, 1, NewEvent(payload=Later(shape="round")))
    async with database.read() as tx:
        event = (await store.read(tx, SESSION, 0))[0]
    assert (event.payload, event.raw) == (None, {"shape": "round"})


async def test_first_results_belong_to_session_and_actor(database: Database, store: TimelineStore) -> None:
    first = FirstResult({"id": "x"}, 7)
    async with database.write() as tx:
        await store.remember_results(tx, await store.lock(tx, SESSION), {("l1", "c1"): first})
    async with database.read() as tx:
        asked = {("l1", "c1"), ("l2", "c1"), ("l1", "c2")}
        assert await store.first_results(tx, SESSION, asked) == {("l1", "c1"): first}
        assert await store.first_results(tx, SESSION, {("l2", "c1"), ("l1", "c2")}) == {}
        assert await store.first_results(tx, "another", asked) == {}


async def test_words_of_any_script_survive(database: Database, store: TimelineStore) -> None:
    words = "签到 ✅ 👩🏽‍🏫 \t'\"\\ ﷽"
    await append(database, store, 1, NewEvent(payload=SessionStarted(), texts={"t": words}))
    async with database.read() as tx:
        assert (await store.read(tx, SESSION, 0))[0].texts == {"t": words}


async def test_an_unknown_session_is_named(database: Database, store: TimelineStore) -> None:
    async with database.write() as tx:
        with pytest.raises(NotFound) as caught:
            await store.lock(tx, "nothing")
    assert caught.value.code == "session_not_found"


async def test_appenders_wait_for_each_other(database: Database, store: TimelineStore) -> None:
    """Whoever locks second sees what the first appended, so numbers have no gaps and no doubles."""
    order: list[str] = []
    locked, go_on = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with database.write() as tx:
            head = await store.lock(tx, SESSION)
            locked.set()
            await go_on.wait()
            await store.append(tx, head, [said("first")], UtcMs(1))
            order.append("first")

    async def second() -> None:
        await locked.wait()
        async with database.write() as tx:
            head = await store.lock(tx, SESSION)
            order.append("second")
            assert head.seq == 1
            await store.append(tx, head, [said("second")], UtcMs(2))

    async def release() -> None:
        await locked.wait()
        await asyncio.sleep(0.05)
        assert order == []
        go_on.set()

    await asyncio.gather(first(), second(), release())
    assert order == ["first", "second"]
