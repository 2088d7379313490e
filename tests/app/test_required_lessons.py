"""Lessons whose replays are required are counted before anybody asks, and their learners hear what is so."""

import asyncio
import random
from dataclasses import replace
from typing import Any

import pytest

from analytics.live.folding import LiveFolding
from catalogue.store import CatalogueStore
from catalogue.terms import Rules
from catalogue.terms_store import TermsStore
from lectern.app.watch_dues import LOOK_INTERVAL_S, RequiredLessons
from lectern.app.wired.analytics import forgetting_people, required_lessons
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import UtcMs, utc_ms
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from lectern.manifest.clock_map import ClockPiece
from lectern.manifest.replay import Replay as Recorded
from lectern.timeline.event import NewEvent, ParticipantJoined, SessionEnded, SessionStarted
from sessions.presence.idea import ConnectionOpened
from tests.installation import Installation
from tests.statements import counted_statements

LENGTH_MS = 5_000


def came(participant: str, person: str) -> NewEvent:
    name = new_id()
    payload = ParticipantJoined(
        participant=participant, kind="person", role=SessionRole.LEARNER, person=person, name_ref=name
    )
    return NewEvent(payload=payload, actor=participant, texts={name: "Somebody"})


async def required(house: Installation, *, asks: bool = True) -> str:
    """A lesson that is over, in which a learner was all the time; its replay is to be watched."""
    services, learner = house.services, house.people["learner"]
    session = await house.plan()
    clock, now = services.engine.clock, utc_ms()

    def set_clock() -> UtcMs:
        return now

    services.engine.clock = set_clock
    try:
        async with services.engine.change(session.id) as change:
            change.append(NewEvent(payload=SessionStarted()))
            change.append(came("p1", learner))
            change.append(
                NewEvent(payload=ConnectionOpened(participant="p1", connection="c1", device="pc"), actor="p1")
            )
        now = UtcMs(now + LENGTH_MS)
        async with services.engine.change(session.id) as change:
            change.append(NewEvent(payload=SessionEnded()))
    finally:
        services.engine.clock = clock
    recorded = Recorded(
        duration_ms=LENGTH_MS, utc_ms=now - LENGTH_MS, videos=(), clock=(ClockPiece(0, 0, LENGTH_MS),)
    )
    async with services.database.write() as tx:
        store = CatalogueStore()
        replay_id = (await store.replay_ids(tx, [session.id]))[session.id]
        await store.change_replay(
            tx, replay_id, state="ready", duration_ms=LENGTH_MS, recorded=recorded, ready_utc_ms=now
        )
        await TermsStore().set_rules(tx, house.org.id, "replay", replay_id, Rules(required=asks))
    return session.id


async def dues(house: Installation, by: str) -> Any:
    answer = await house.ask("GET", "/api/v1/my/dues", by=by)
    assert answer.status == 200
    return answer.data


async def test_they_are_counted_in_advance_and_again_after_news(house: Installation) -> None:
    lessons = [await required(house) for _ in range(3)]
    await required(house, asks=False)
    folding, counting = house.services.live, required_lessons(house.services)
    assert (await counting.catch_up(), folding.folded) == (3, 3)
    assert (await counting.catch_up(), folding.folded) == (0, 3)
    found = await dues(house, "learner")
    assert (found["uncounted"], [(due["share"], due["done"]) for due in found["items"]]) == (
        0,
        [(1.0, 1)] * 3,
    )
    assert [due["done"] for due in (await dues(house, "colleague"))["items"]] == [0] * 3
    assert (await dues(house, "stranger"))["items"] == []
    still = await house.ask("GET", f"/api/v1/still-to-watch/replay/{found['items'][0]['id']}", by="presenter")
    assert {one["person"]["id"]: one["done"] for one in still.data["people"]} == {
        house.people["learner"]: True,
        house.people["colleague"]: False,
    }
    assert folding.folded == 3, "whoever asks folds nothing"
    async with house.services.engine.change(lessons[0]) as change:
        change.append(came("p2", house.people["colleague"]))
    assert await counting.catch_up() == 1


async def test_right_after_an_update_a_few_are_counted_and_the_others_a_moment_later(
    house: Installation,
) -> None:
    for _ in range(4):
        await required(house)
    found = await dues(house, "learner")
    assert (found["uncounted"], sorted(due["done"] for due in found["items"])) == (2, [0, 0, 1, 1])
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(required_lessons(house.services).run())
        async with asyncio.timeout(20):
            while house.services.live.wanted:
                await asyncio.sleep(0.01)
        running.cancel()
    found = await dues(house, "learner")
    assert (found["uncounted"], [due["done"] for due in found["items"]]) == (0, [1] * 4)


async def test_those_that_somebody_waits_for_are_counted_first(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    lessons = [await required(house) for _ in range(4)]
    folding, begun = house.services.live, list[str]()
    by_chance = await folding.grown(lessons)
    random.Random(7).shuffle(by_chance)
    waited_for = by_chance[-1].session_id
    catch_up = LiveFolding.catch_up

    async def noted(self: LiveFolding, session_id: str) -> None:
        begun.append(session_id)
        await catch_up(self, session_id)

    monkeypatch.setattr(LiveFolding, "catch_up", noted)
    folding.wanted.add(waited_for)
    await replace(required_lessons(house.services), rng=random.Random(7)).catch_up()
    assert begun == [waited_for, *(each.session_id for each in by_chance[:-1])]


async def test_whoever_is_told_that_not_all_is_counted_wakes_who_counts(house: Installation) -> None:
    folding, first = house.services.live, await required(house)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(required_lessons(house.services).run())
        async with asyncio.timeout(20):
            while await folding.behind([first]):
                await asyncio.sleep(0.01)
        for _ in range(3):
            await required(house)
        assert (await dues(house, "learner"))["uncounted"] == 1
        async with asyncio.timeout(LOOK_INTERVAL_S * 2 / 3):  # not by its next look
            while folding.wanted:
                await asyncio.sleep(0.01)
        running.cancel()


async def test_a_replay_that_cannot_be_watched_yet_is_not_counted_for_whoever_asks(
    house: Installation,
) -> None:
    lesson = await required(house)
    async with house.services.database.write() as tx:
        replay_id = (await CatalogueStore().replay_ids(tx, [lesson]))[lesson]
        await CatalogueStore().change_replay(tx, replay_id, state="live")
    assert (await dues(house, "learner"))["uncounted"] == 0
    assert house.services.live.folded == 0


async def test_a_home_page_costs_the_same_few_questions(house: Installation) -> None:
    counting: RequiredLessons = required_lessons(house.services)

    async def asked() -> int:
        await counting.catch_up()
        with counted_statements(house.services.database) as statements:
            await dues(house, "learner")
        return len(statements)

    await required(house)
    await asked()  # what a process asks once
    one = await asked()
    for _ in range(3):
        await required(house)
    assert await asked() == one


async def test_a_lesson_that_cannot_be_read_holds_up_no_other(house: Installation, monkeypatch: Any) -> None:
    broken, whole = await required(house), await required(house)
    folding = house.services.live
    news = folding.events.news

    async def read(tx: Any, session_id: str, *rest: Any) -> Any:
        if session_id == broken:
            raise ValueError("damaged")
        return await news(tx, session_id, *rest)

    monkeypatch.setattr(folding.events, "news", read)
    await required_lessons(house.services).catch_up()
    assert [each.session_id for each in await folding.behind([broken, whole])] == [broken]
    monkeypatch.undo()
    await required_lessons(house.services).catch_up()
    assert await folding.behind([broken, whole]) == []


async def test_whoever_is_forgotten_was_nowhere(house: Installation) -> None:
    lesson = await required(house)
    await required_lessons(house.services).catch_up()
    operator = Principal(house.org.id, "command line", frozenset({Permission.ADMIN}))
    await forgetting_people(house.services).person(operator, house.people["learner"])
    assert [due["done"] for due in (await dues(house, "learner"))["items"]] == [0]
    async with house.services.engine.change(lesson) as change:
        change.append(came("p2", house.people["colleague"]))
    assert await required_lessons(house.services).catch_up() == 1
    assert [due["done"] for due in (await dues(house, "learner"))["items"]] == [0], "also folded again"
