"""The contract of watched intervals, on both databases."""

import asyncio

from analytics.store import AnalyticsStore, Viewing
from analytics.viewing import Played
from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs
from tests.analytics.conftest import READERS, SESSION, Office
from tests.lesson import START, Lesson, Raw

STORE = AnalyticsStore()
ANN = Viewing("org", SESSION, "replay", "film", 2, "ann")


def played(id_: str, from_ms: int, to_ms: int, started: int) -> Played:
    return Played(id_, from_ms, to_ms, START + started, to_ms - from_ms, 1.0, visible=True, audible=True)


async def office_on(database: Database) -> Office:
    return Office(database, await Lesson.open(database, SESSION))


async def test_reports_that_arrive_together_all_count(database: Database) -> None:
    reports = (await office_on(database)).reports

    async def send(number: int) -> tuple[int, object]:
        interval = played(f"i{number}", number * 5_000, number * 5_000 + 5_000, number * 5_000)
        return await reports.take_in(
            READERS["ann"], "replay", "film", version=2, player="p", reported=[interval], position_ms=None
        )

    answers = await asyncio.gather(*(send(number) for number in range(10)))
    assert [accepted for accepted, _ in answers] == [1] * 10
    async with database.read() as tx:
        totals = await STORE.totals(tx, "replay", "film", 2)
        assert totals["ann"].covered == ((0, 50_000),)
        watched = await STORE.watched_replay(tx, SESSION)
        assert {who: effort_ms for who, (_, effort_ms) in watched.items()} == {"ann": 50_000}
        assert await STORE.watched_replay(tx, "s2") == {}


async def test_the_same_report_sent_twice_at_once_counts_once(database: Database) -> None:
    reports = (await office_on(database)).reports

    async def send() -> tuple[int, object]:
        interval = played("same", 0, 30_000, 0)
        return await reports.take_in(
            READERS["ann"], "replay", "film", version=2, player="p", reported=[interval], position_ms=None
        )

    assert await asyncio.gather(*(send() for _ in range(5))) == [(1, [])] * 5


async def test_raw_intervals_are_never_overwritten(database: Database) -> None:
    async with database.write() as tx:
        await STORE.add_intervals(tx, ANN, "p", [played("i", 0, 10_000, 0)], START)
        await STORE.add_intervals(tx, ANN, "p", [played("i", 0, 90_000, 0)], UtcMs(START + 1))
    async with database.read() as tx:
        assert await STORE.history(tx, "ann", "p", START) == [played("i", 0, 10_000, 0)]
        assert await STORE.history(tx, "ann", "other", START) == []
        assert await STORE.history(tx, "ann", "p", START + 86_400_000) == []
        assert await STORE.known(tx, "ann", ["i", "j"]) == {"i"}
        assert await STORE.known(tx, "bob", ["i"]) == set()


async def test_the_timeline_is_read_as_far_as_attendance_needs_it(database: Database) -> None:
    lesson = await Lesson.open(database, SESSION)
    await lesson.at(1, Raw("participant_joined", {"participant": "p"}, "p", {"ref": "Ann"}))
    await lesson.at(2, Raw("slide_turned", {}, "p"), Raw("chat_sent", {"id": "m"}, "p", {"m": "words"}))
    async with database.read() as tx:
        found = await STORE.happenings(tx, SESSION)
        assert [(h.type, h.utc_ms - START, h.actor) for h in found] == [
            ("participant_joined", 1_000, "p"),
            ("chat_sent", 2_000, "p"),
        ]
        assert len(await STORE.happenings(tx, SESSION, types=("chat_sent",))) == 1
        assert await STORE.words(tx, SESSION, ["ref", "gone"]) == {"ref": "Ann"}
        assert await STORE.words(tx, SESSION, []) == {}
