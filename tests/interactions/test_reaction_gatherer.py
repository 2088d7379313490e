"""Gathering reactions over a real store: acknowledged means counted, once, in few events."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from interactions.reaction import commands, gatherer
from interactions.reaction.gatherer import ReactionGatherer
from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.kernel.errors import Forbidden, Overloaded, ProtocolViolation
from lectern.kernel.roles import SessionRole
from lectern.kernel.tasks import task_group
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.idea import Actor, Audience, Viewer
from tests.interactions.class_server import SESSION, begin, class_server, connected, engine_over

INTERVAL_MS = 120
L1, L2 = Actor("l1", SessionRole.LEARNER), Actor("l2", SessionRole.LEARNER)


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TimelineEngine]:
    monkeypatch.setattr(commands, "INTERVAL_MS", INTERVAL_MS)
    database = Database(f"sqlite:///{tmp_path / 'lectern.db'}")
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
    engine = engine_over(database)
    await begin(engine)
    yield engine
    await database.close()


@asynccontextmanager
async def gathering(engine: TimelineEngine) -> AsyncIterator[ReactionGatherer]:
    """Run a gatherer as a server process does."""
    gathered = ReactionGatherer(engine)
    async with task_group() as tasks:
        running = tasks.create_task(gathered.run())
        yield gathered
        running.cancel()


async def totals(engine: TimelineEngine) -> dict[str, int]:
    """Return what everybody sees."""
    view = await engine.view(SESSION, Viewer("l2", Audience.LEARNER), None)
    assert view.entities is not None
    shown: dict[str, int] = view.entities["reactions"]
    return shown


async def events_of(engine: TimelineEngine) -> list[int]:
    """Return when events that count reactions were appended."""
    async with engine.database.read() as tx:
        stored = await engine.store.read(tx, SESSION, 0)
    return [event.utc_ms for event in stored if event.type == "reactions_counted"]


async def test_a_flood_becomes_few_events_and_every_acknowledged_tap_is_in_them(
    engine: TimelineEngine,
) -> None:
    processes = [engine, engine_over(engine.database)]
    acknowledged, refused = 0, 0
    async with gathering(processes[0]) as first, gathering(processes[1]) as second:
        for burst in range(4):
            taps = [
                door.take(SESSION, who, f"{burst}-{at}-{n}", {"counts": {"like": 1}})
                for n in range(25)
                for at, (door, who) in enumerate(((first, L1), (second, L2)))
            ]
            for answer in await asyncio.gather(*taps, return_exceptions=True):
                if isinstance(answer, Overloaded):
                    refused += 1
                else:
                    assert not isinstance(answer, BaseException)
                    acknowledged += 1
    assert (await totals(engine))["like"] == acknowledged
    assert refused > 0
    moments = await events_of(engine)
    assert len(moments) <= 10
    assert all(later - earlier >= INTERVAL_MS for earlier, later in itertools.pairwise(moments))


async def test_a_repeated_command_counts_once_at_whichever_process(engine: TimelineEngine) -> None:
    async with gathering(engine) as first, gathering(engine_over(engine.database)) as second:
        answers = await asyncio.gather(
            *(door.take(SESSION, L1, "same", {"counts": {"clap": 2}}) for door in (first, second, first))
        )
        await second.take(SESSION, L1, "same", {"counts": {"clap": 2}})
    assert (await totals(engine))["clap"] == 2
    assert len(await events_of(engine)) == 1
    assert all(answer.result == {} for answer in answers)


async def test_when_the_store_is_away_those_who_wait_are_told_and_later_ones_count(
    engine: TimelineEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gatherer, "_PAUSE_AFTER_FAULT_S", 0.01)
    append = engine.store.append
    faults = [OSError("disk full")]

    async def failing(*arguments: object) -> object:
        if faults:
            raise faults.pop()
        return await append(*arguments)  # type: ignore[arg-type] # handed on as they came

    monkeypatch.setattr(engine.store, "append", failing)
    async with gathering(engine) as gathered:
        with pytest.raises(Overloaded):
            await gathered.take(SESSION, L1, "a", {"counts": {"like": 1}})
        await gathered.take(SESSION, L1, "a", {"counts": {"like": 1}})
    assert (await totals(engine))["like"] == 1


@pytest.mark.parametrize(
    "raw",
    [{}, {"counts": {}}, {"counts": {"like": 11}}, {"counts": {"like": 0}}, {"counts": {"bomb": 1}}, [1]],
)
async def test_odd_shapes_are_refused_at_once(engine: TimelineEngine, raw: object) -> None:
    with pytest.raises(ProtocolViolation):
        await ReactionGatherer(engine).take(SESSION, L1, "a", raw)


async def test_a_screen_has_no_hands(engine: TimelineEngine) -> None:
    with pytest.raises(Forbidden):
        await ReactionGatherer(engine).take(
            SESSION, Actor("s", SessionRole.SCREEN), "a", {"counts": {"like": 1}}
        )


async def test_a_bound_on_what_waits(engine: TimelineEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gatherer, "MOST_WAITING", 1)
    gathered = ReactionGatherer(engine)
    async with task_group() as tasks:
        waits = tasks.create_task(gathered.take(SESSION, L1, "a", {"counts": {"like": 1}}))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await gathered.take(SESSION, L2, "b", {"counts": {"like": 1}})
        waits.cancel()


async def test_over_sockets_taps_reach_everybody_and_a_long_text_does_not(engine: TimelineEngine) -> None:
    async with (
        class_server(engine) as server,
        connected(server.url, "learner:l1") as learner,
        connected(server.url, "presenter:p") as presenter,
    ):
        said = await learner.command("react", counts={"like": 3, "heart": 1})
        assert said["ok"] is True
        await presenter.reaches(said["seq"])
        assert presenter.entities["reactions"]["like"] == 3
        too_long = await learner.command("chat_send", text="x" * 60_000)
        assert too_long["error"]["code"] == "text_too_long"
        assert not [path for path in presenter.entities if path.startswith("message/")]
