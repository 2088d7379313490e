"""Tasks with owners."""

import asyncio

import pytest

from lectern.kernel.tasks import run_forever, task_group


async def test_a_single_failure_comes_out_as_itself() -> None:
    async def fail() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        async with task_group() as tasks:
            tasks.create_task(fail())


async def test_two_failures_stay_a_group() -> None:
    async def fail() -> None:
        raise LookupError("gone")

    async def both() -> None:
        async with task_group() as tasks:
            tasks.create_task(fail())
            tasks.create_task(fail())

    with pytest.raises(BaseExceptionGroup):
        await both()


async def test_a_loop_outlives_a_fault_and_ends_by_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lectern.kernel.tasks._FIRST_PAUSE_S", 0.0)
    runs = 0
    third = asyncio.Event()

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise OSError("a passing fault")
        if runs == 3:
            third.set()
            await asyncio.Event().wait()

    async with task_group() as tasks:
        loop = tasks.create_task(run_forever("test", run))
        await third.wait()
        loop.cancel()
    assert loop.cancelled()
