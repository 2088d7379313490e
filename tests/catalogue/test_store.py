"""The contract of the catalogue's rows, and of what races on them, on both databases."""

import asyncio
from pathlib import Path

from catalogue.microcourses import MicrocourseDesk
from catalogue.states import MicrocourseState
from catalogue.work import MICROCOURSE, microcourse_over
from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict
from tests.catalogue.conftest import PEOPLE, SESSION, House, open_house
from tests.lesson import START


def desk_of(house: House) -> MicrocourseDesk:
    return MicrocourseDesk(house.database, house.store, house.jobs, house.clock)


async def test_two_servers_that_refresh_at_once_agree(database: Database, tmp_path: Path) -> None:
    house = await open_house(database, tmp_path)
    await house.teach()
    await house.pack()
    answers = await asyncio.gather(*(house.keeper.refresh(SESSION) for _ in range(4)))
    assert answers == [True] * 4
    async with database.write() as tx:
        assert (await house.jobs.claim(tx, ["compose"], "w", house.now)).job is not None
        assert (await house.jobs.claim(tx, ["compose"], "w", house.now)).job is None


async def test_a_replay_comes_back_as_it_was_written(database: Database, tmp_path: Path) -> None:
    house = await open_house(database, tmp_path)
    replay_id = await house.ready_replay()
    async with database.read() as tx:
        replay = await house.store.replay(tx, replay_id)
        assert replay == await house.store.replay_of(tx, SESSION)
        assert await house.store.replays(tx, "org", search="lesson", session_id=None, cursor=None) == [replay]
        assert await house.store.replays(tx, "else", search="", session_id=None, cursor=None) == []
        assert await house.store.replay_ids(tx, [SESSION, "s2"]) == {SESSION: replay_id}
        assert await house.store.replay_ids(tx, []) == {}
    assert replay.recorded is not None
    assert (replay.recorded.clock[0].session_ms, replay.duration_ms) == (10_000, 590_000)


async def test_positions_are_overwritten_per_person_and_medium(database: Database, tmp_path: Path) -> None:
    store = (await open_house(database, tmp_path)).store
    for subject, medium_id, position_ms in (("a", "m", 1), ("a", "m", 2), ("b", "m", 3), ("a", "n", 4)):
        async with database.write() as tx:
            row = {"org_id": "org", "subject": subject, "medium": "replay", "medium_id": medium_id}
            await store.remember_positions(tx, [row | {"position_ms": position_ms, "updated_utc_ms": START}])
    async with database.read() as tx:
        assert await store.positions(tx, "a", "replay", ["m", "n", "o"]) == {"m": 2, "n": 4}
        assert await store.positions(tx, "a", "microcourse", ["m"]) == {}
        assert await store.positions(tx, None, "replay", ["m"]) == {}


async def test_the_place_that_was_watched_last_stays_whenever_it_is_reported(
    database: Database, tmp_path: Path
) -> None:
    store = (await open_house(database, tmp_path)).store
    row = {"org_id": "org", "subject": "a", "medium": "replay", "medium_id": "m"}
    for position_ms, watched_ms in ((10, START + 50), (99, START + 20), (30, START + 50), (40, START + 60)):
        async with database.write() as tx:
            place = {"position_ms": position_ms, "updated_utc_ms": watched_ms}
            await store.remember_positions(tx, [row | place])
            expected = {99: (10, START + 50)}.get(position_ms, (position_ms, watched_ms))
            assert await store.stopped(tx, "a", "replay", "m") == expected
    async with database.read() as tx:
        assert await store.stopped(tx, "b", "replay", "m") is None
        assert await store.stopped(tx, None, "replay", "m") is None


async def test_an_editor_and_a_worker_that_ends_do_not_block_each_other(
    database: Database, tmp_path: Path
) -> None:
    house = await open_house(database, tmp_path)
    replay_id = await house.ready_replay()
    desk = desk_of(house)
    made = await desk.create(PEOPLE["presenter"], replay_id, title="t", start_ms=0, end_ms=5_000)

    refusals: list[str] = []

    async def finish() -> None:
        async with database.write() as tx:
            job = (await house.jobs.claim(tx, [MICROCOURSE], "w", house.now)).job
        if job is None or job.lease_owner is None:
            return
        async with database.write() as tx:
            done = await house.jobs.complete(tx, job.id, job.lease_owner, {"duration_ms": 7}, house.now)
            if done is not None:
                await asyncio.sleep(0)
                await microcourse_over(tx, house.store, done)

    async def edit(end_ms: int) -> None:
        try:
            await desk.edit(PEOPLE["presenter"], made.id, title=None, start_ms=None, end_ms=end_ms)
        except Conflict as refusal:
            refusals.append(refusal.code)

    for end_ms in range(6_000, 16_000, 1_000):
        await asyncio.gather(finish(), edit(end_ms), edit(end_ms + 500))
    house.now = UtcMs(house.now + 1)
    await finish()
    async with database.read() as tx:
        row = await house.store.microcourse(tx, made.id)
        assert row.job_id is not None
        job = await house.jobs.get(tx, row.job_id)
    assert (row.state, row.duration_ms, job.args["end_ms"]) == (MicrocourseState.READY, 7, row.end_ms)
    assert row.version > 10
    assert set(refusals) <= {"microcourse_changed"}
