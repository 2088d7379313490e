"""One steward for each session, whoever asks first, on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import update

from lectern.db.engine import Database
from lectern.kernel.errors import Gone
from lectern.kernel.tasks import task_group
from lectern.servers import stewards as stewards_module
from lectern.servers import store, tables
from lectern.servers.roll import SILENT_AFTER_S, SOONEST_BEAT_S
from lectern.servers.stewards import Stewards


class Watch:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def server(database: Database, name: str, watch: Watch) -> Stewards:
    return Stewards(database, f"http://{name}", loads=lambda: {name: (1, 2)}, mono_s=watch)


async def beat(*stewards: Stewards) -> list[set[str]]:
    """One beat of each, without waiting for the next one."""
    return [await one._beat() for one in stewards]


async def fall_silent(database: Database, stewards: Stewards) -> None:
    """As if it had not been heard for long."""
    async with database.write() as tx:
        ago = await store.database_clock(tx) - int(SILENT_AFTER_S * 1_000) - 1_000
        await tx.execute(
            update(tables.servers).where(tables.servers.c.id == stewards.id).values(seen_utc_ms=ago)
        )


async def test_whoever_asks_first_steers_and_the_others_know_where(database: Database) -> None:
    watch = Watch()
    a, b = server(database, "a", watch), server(database, "b", watch)
    await beat(a, b)
    assert await a.steward("s") is None
    assert a.is_ours("s")
    assert await b.steward("s") == "http://a"
    assert not b.is_ours("s")
    assert b.elsewhere("s") is None  # not known without asking before the next beat
    await beat(b)
    assert b.elsewhere("s") == "http://a"
    assert b.others_loads() == {"a": (1, 2)}


async def test_of_many_who_ask_at_once_one_steers(database: Database) -> None:
    watch = Watch()
    servers = [server(database, f"s{number}", watch) for number in range(4)]
    await beat(*servers)
    answers = await asyncio.gather(*(one.steward("s") for one in servers))
    assert [one.is_ours("s") for one in servers].count(True) == 1
    assert answers.count(None) == 1
    assert len({answer for answer in answers if answer is not None}) == 1


async def test_a_silent_steward_loses_its_sessions_and_learns_it(database: Database) -> None:
    watch = Watch()
    a, b = server(database, "a", watch), server(database, "b", watch)
    await beat(a, b)
    await a.steward("s")
    await fall_silent(database, a)
    with pytest.raises(Gone):  # b has not been there for long enough to say so
        await b.steward("s")
    for _ in range(5):
        watch.now += SILENT_AFTER_S / 4
        await beat(b)
    assert await b.steward("s") is None
    assert not a.is_ours("s")
    assert await beat(a) == [{"s"}]
    assert await a.steward("s") == "http://b"


async def test_a_steward_that_was_only_slow_keeps_its_sessions(database: Database) -> None:
    watch = Watch()
    a, b = server(database, "a", watch), server(database, "b", watch)
    await beat(a, b)
    await a.steward("s")
    await fall_silent(database, a)
    watch.now += SILENT_AFTER_S
    assert not a.is_ours("s")
    with pytest.raises(Gone):
        await a.steward("s")
    assert await beat(a, b) == [set(), set()]  # nobody has asked for it meanwhile
    assert a.is_ours("s")
    assert await b.steward("s") == "http://a"


async def test_what_is_released_is_free(database: Database) -> None:
    watch = Watch()
    a, b = server(database, "a", watch), server(database, "b", watch)
    await beat(a, b)
    await a.steward("s")
    await b.release(["s"])  # not b's to give
    assert await b.steward("s") == "http://a"
    await a.release(["s"])
    assert a.ours == frozenset()
    assert await b.steward("s") is None


@asynccontextmanager
async def serving(stewards: Stewards) -> AsyncIterator[None]:
    """Its own loop."""
    async with task_group() as tasks:
        running = tasks.create_task(stewards.run())
        async with asyncio.timeout(30):
            while True:
                try:
                    await stewards.steward("mine")
                except Gone:
                    await asyncio.sleep(0.01)
                else:
                    break
        yield
        running.cancel()


async def test_whoever_ends_in_order_leaves_everything_at_once(database: Database) -> None:
    watch = Watch()
    a, b = server(database, "a", watch), server(database, "b", watch)
    await beat(b)
    async with serving(a):
        assert await a.steward("s") is None
        assert await b.steward("s") == "http://a"
    assert await b.steward("s") is None


async def test_who_has_left_steers_nothing_more_and_is_not_there_again(database: Database) -> None:
    watch = Watch()
    a, b = server(database, "a", watch), server(database, "b", watch)
    await beat(b)
    async with serving(a):
        assert await a.steward("s") is None
        await a.leave()
        assert not a.is_ours("s")
        with pytest.raises(Gone):  # clients of ours that ask again must find another server
            await a.steward("s")
        assert await b.steward("s") is None
        a.doubt()
        await asyncio.sleep(SOONEST_BEAT_S * 3)  # beats that do not come
        await beat(b)
        assert "http://a" not in {known.address for known in b._roll.servers.values()}


async def test_a_doubted_steward_is_looked_at_before_the_next_beat(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stewards_module, "BEAT_S", 3_600)
    watch = Watch()
    a, b = server(database, "a", watch), server(database, "b", watch)
    await beat(a)
    await a.steward("s")
    async with serving(b):
        b.doubt()
        async with asyncio.timeout(30):
            while b.elsewhere("s") != "http://a":
                await asyncio.sleep(0.01)
        await a.leave()
        b.doubt()
        async with asyncio.timeout(30):
            while b.elsewhere("s") is not None:
                await asyncio.sleep(0.01)
        assert await b.steward("s") is None


async def test_listeners_hear_what_was_lost(database: Database) -> None:
    watch = Watch()
    a, b = server(database, "a", watch), server(database, "b", watch)
    lost: list[str] = []
    heard = asyncio.Event()

    async def hear(session_id: str) -> None:
        lost.append(session_id)
        heard.set()

    a.listen(hear)
    await beat(b)
    async with serving(a):
        async with database.write() as tx:
            await tx.execute(update(tables.session_stewards).values(server_id=b.id))
        async with asyncio.timeout(30):
            await heard.wait()
    assert lost == ["mine"]
