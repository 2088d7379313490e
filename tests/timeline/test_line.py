"""Standing in line: batches, faults that stay with their work, and leaders that are cancelled."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lectern.kernel.tasks import task_group
from lectern.timeline.line import MOST_TOGETHER, Line


@dataclass(slots=True)
class Ledger:
    """Takes batches in, once it is let; `poison` fails whatever it is in."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    batches: list[list[int]] = field(default_factory=list)
    poison: frozenset[int] = frozenset()

    async def carry_out(self, works: Sequence[int]) -> None:
        await self.open.wait()
        if self.poison.intersection(works):
            msg = f"poisoned: {sorted(self.poison.intersection(works))}"
            raise RuntimeError(msg)
        self.batches.append(list(works))

    @property
    def done(self) -> list[int]:
        return [work for batch in self.batches for work in batch]


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_waits_while_one_is_written_goes_together() -> None:
    ledger = Ledger()
    line: Line[int] = Line(ledger.carry_out)
    async with task_group() as tasks:
        for work in range(MOST_TOGETHER + 10):
            tasks.create_task(line.together(work))
        await settle()
        ledger.open.set()
    assert [len(batch) for batch in ledger.batches] == [1, MOST_TOGETHER, 9]
    assert ledger.done == list(range(MOST_TOGETHER + 10))
    assert line.is_empty


async def test_who_wants_the_timeline_alone_has_it_alone_and_in_turn() -> None:
    ledger = Ledger()
    ledger.open.set()
    line: Line[int] = Line(ledger.carry_out)
    inside = asyncio.Event()
    leave = asyncio.Event()

    async def hold() -> None:
        async with line.alone():
            inside.set()
            await leave.wait()
            assert ledger.done == [1]

    async with task_group() as tasks:
        tasks.create_task(line.together(1))
        tasks.create_task(hold())
        tasks.create_task(line.together(2))
        tasks.create_task(line.together(3))
        await inside.wait()
        await settle()
        leave.set()
    assert ledger.batches == [[1], [2, 3]]
    assert line.is_empty


async def test_a_fault_is_raised_where_its_work_came_from() -> None:
    ledger = Ledger(poison=frozenset({2}))
    line: Line[int] = Line(ledger.carry_out)
    async with task_group() as tasks:
        works = [tasks.create_task(_outcome(line, work)) for work in range(5)]
        await settle()
        ledger.open.set()
    assert [task.result() for task in works] == [None, None, "poisoned: [2]", None, None]
    assert sorted(ledger.done) == [0, 1, 3, 4]


async def _outcome(line: Line[int], work: int) -> str | None:
    try:
        await line.together(work)
    except RuntimeError as error:
        return str(error)
    return None


@pytest.mark.parametrize("victim", [0, 1, 2, 3])
async def test_whoever_is_cancelled_takes_nobody_along(victim: int) -> None:
    """The victim leads, or leads the next batch, or waits in it; the others are carried out once."""
    ledger = Ledger()
    line: Line[int] = Line(ledger.carry_out)
    works = {}
    async with task_group() as tasks:
        for work in range(4):
            works[work] = tasks.create_task(line.together(work))
        await settle()
        works[victim].cancel()
        await settle()
        ledger.open.set()
    assert sorted(ledger.done) == [work for work in range(4) if work != victim]
    assert line.is_empty


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["together", "alone", "cancel", "tick"]), max_size=40),
    st.frozensets(st.integers(0, 39)),
)
def test_everybody_is_served_once_or_refused_and_the_line_goes_empty(
    steps: list[str], poison: frozenset[int]
) -> None:
    async def run() -> None:
        ledger = Ledger(poison=poison)
        line: Line[int] = Line(ledger.carry_out)
        started: dict[int, asyncio.Task[str | None]] = {}

        async def alone() -> None:
            async with line.alone():
                await asyncio.sleep(0)

        async with task_group() as tasks:
            for number, step in enumerate(steps):
                if step == "together":
                    started[number] = tasks.create_task(_outcome(line, number))
                elif step == "alone":
                    tasks.create_task(alone())
                elif step == "cancel" and started:
                    started[min(started)].cancel()
                else:
                    ledger.open.set()
                    await asyncio.sleep(0)
            ledger.open.set()
        finished = {work: task for work, task in started.items() if not task.cancelled()}
        assert {
            work for work, task in finished.items() if task.result() is not None
        } == poison & finished.keys()
        assert len(set(ledger.done)) == len(ledger.done)
        assert set(ledger.done) >= finished.keys() - poison
        assert line.is_empty

    asyncio.run(run())
