"""What closes by itself, whoever is running."""

import asyncio

import pytest
from sqlalchemy import insert, select

from interactions.checkin.idea import CHECKIN
from interactions.deadlines import Deadlines
from interactions.deadlines.tables import deadlines
from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import SessionRole
from lectern.kernel.tasks import task_group
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import NewEvent, SessionEnded
from lectern.timeline.idea import Actor
from tests.interactions.class_server import SESSION, begin, engine_over

P = Actor("p", SessionRole.PRESENTER)


class TurnedByHand:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = UtcMs(1_000_000)

    def __call__(self) -> UtcMs:
        return self.now


@pytest.fixture
def clock() -> TurnedByHand:
    return TurnedByHand()


@pytest.fixture
async def engine(database: Database, clock: TurnedByHand) -> TimelineEngine:
    engine = engine_over(database, clock=clock)
    await begin(engine)
    return engine


async def types(engine: TimelineEngine) -> list[str]:
    """Read the types of all events."""
    async with engine.database.read() as tx:
        return [event.type for event in await engine.store.read(tx, SESSION, 0)]


async def waiting(engine: TimelineEngine) -> dict[str, int]:
    """Read the table of deadlines."""
    async with engine.database.read() as tx:
        rows = await tx.execute(select(deadlines.c.kind, deadlines.c.due_utc_ms))
        return {row.kind: row.due_utc_ms for row in rows}


async def test_time_closes_what_is_open_and_a_restart_does_not_matter(
    engine: TimelineEngine, clock: TurnedByHand
) -> None:
    await engine.execute(SESSION, P, "1", "checkin_open", {"message": "", "seconds": 60})
    await engine.execute(
        SESSION, P, "2", "breakout_open", {"groups": [{"name": "G", "members": ["l1"]}], "seconds": 150}
    )
    assert await waiting(engine) == {"checkin": 1_060_000, "breakout": 1_090_000}  # its warning
    clock.now = UtcMs(1_059_999)
    assert await Deadlines(engine).close_due() == 1_060_000
    assert (await types(engine))[-1] == "breakout_opened"
    clock.now = UtcMs(1_060_000)
    after_restart = engine_over(engine.database, clock=clock)
    assert await Deadlines(after_restart).close_due() == 1_090_000
    assert (await types(engine))[-1] == "checkin_closed"
    clock.now = UtcMs(1_090_000)
    await Deadlines(after_restart).close_due()
    assert (await types(engine))[-1] == "breakout_warned"
    assert await waiting(engine) == {"breakout": 1_150_000}
    clock.now = UtcMs(2_000_000)
    assert await Deadlines(after_restart).close_due() is None
    assert (await types(engine))[-1] == "breakout_closed"
    assert await waiting(engine) == {"notes": 2_000_000}
    assert await Deadlines(engine).close_due() is None
    assert (await types(engine))[-1] == "breakout_kept"
    assert await waiting(engine) == {}
    assert (await engine.current(SESSION)).state.of(CHECKIN).open_round is None


async def test_a_planned_check_in_begins_in_whatever_process_is_there(
    engine: TimelineEngine, clock: TurnedByHand
) -> None:
    plan = {"message": "Here?", "seconds": 60, "in_seconds": 30}
    round_ = await engine.execute(SESSION, P, "1", "checkin_open", plan)
    assert await waiting(engine) == {"checkin_start": 1_030_000}
    clock.now = UtcMs(1_030_500)
    after_restart = engine_over(engine.database, clock=clock)
    racers = [Deadlines(after_restart), Deadlines(engine)]
    await asyncio.gather(*(racer.close_due() for racer in racers))
    assert (await types(engine)).count("checkin_opened") == 1
    assert await waiting(engine) == {"checkin": 1_090_500}
    more = {"id": round_.result["id"], "seconds": 60}
    await engine.execute(SESSION, P, "2", "checkin_extend", more)
    again = await engine.execute(SESSION, P, "2", "checkin_extend", more)
    assert again.result == {"closes_utc_ms": 1_150_500}
    assert await waiting(engine) == {"checkin": 1_150_500}
    await engine.execute(SESSION, P, "3", "checkin_withdraw", {"id": round_.result["id"]})
    assert await waiting(engine) == {}


async def test_withdrawing_an_old_round_leaves_the_open_one_its_end(
    engine: TimelineEngine, clock: TurnedByHand
) -> None:
    old = await engine.execute(SESSION, P, "1", "checkin_open", {"seconds": 60})
    await engine.execute(SESSION, P, "2", "checkin_close", {"id": old.result["id"]})
    await engine.execute(SESSION, P, "3", "checkin_open", {"seconds": 90})
    await engine.execute(SESSION, P, "4", "checkin_withdraw", {"id": old.result["id"]})
    assert await waiting(engine) == {"checkin": 1_090_000}


async def test_processes_that_race_close_once(engine: TimelineEngine, clock: TurnedByHand) -> None:
    await engine.execute(SESSION, P, "1", "checkin_open", {"message": "", "seconds": 60})
    clock.now = UtcMs(1_100_000)
    racers = [Deadlines(engine_over(engine.database, clock=clock)) for _ in range(4)]
    await asyncio.gather(*(racer.close_due() for racer in racers))
    assert (await types(engine)).count("checkin_closed") == 1


async def test_what_was_closed_by_hand_or_by_the_end_is_due_no_more(
    engine: TimelineEngine, clock: TurnedByHand
) -> None:
    round_ = await engine.execute(SESSION, P, "1", "checkin_open", {"message": "", "seconds": 60})
    await engine.execute(SESSION, P, "2", "checkin_close", {"id": round_.result["id"]})
    assert await waiting(engine) == {}
    await engine.execute(SESSION, P, "3", "checkin_open", {"message": "", "seconds": 60})
    groups = {"groups": [{"name": "G", "members": ["l1"]}], "seconds": 60}
    await engine.execute(SESSION, P, "4", "breakout_open", groups)
    async with engine.change(SESSION) as change:
        change.append(NewEvent(payload=SessionEnded(), actor="p"))
    assert await waiting(engine) == {"notes": 1_000_000}
    clock.now = UtcMs(9_000_000)
    assert await Deadlines(engine).close_due() is None
    assert await waiting(engine) == {}
    assert (await types(engine))[-2:] == ["session_ended", "breakout_kept"]


async def test_the_loop_meets_a_deadline_in_real_time(engine: TimelineEngine, clock: TurnedByHand) -> None:
    await engine.execute(SESSION, P, "1", "checkin_open", {"message": "", "seconds": 60})
    clock.now = UtcMs(1_059_900)
    closed = asyncio.Event()
    engine.bus.listen(lambda _session, _seq: closed.set())
    async with task_group() as tasks, asyncio.timeout(25):
        running = tasks.create_task(Deadlines(engine).run())
        await asyncio.sleep(0)
        clock.now = UtcMs(1_060_000)
        await closed.wait()
        running.cancel()
    assert (await types(engine))[-1] == "checkin_closed"


async def test_a_session_in_trouble_keeps_no_other_open(engine: TimelineEngine, clock: TurnedByHand) -> None:
    await engine.execute(SESSION, P, "1", "checkin_open", {"message": "", "seconds": 60})
    async with engine.database.write() as tx:
        await tx.execute(
            insert(deadlines).values(session_id="lost", kind="checkin", org_id="org-1", due_utc_ms=1)
        )
    clock.now = UtcMs(1_060_000)
    assert await Deadlines(engine).close_due() is None
    assert (await types(engine))[-1] == "checkin_closed"
