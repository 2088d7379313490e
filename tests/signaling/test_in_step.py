"""What a session is brought in step by: what was announced, unless something else changed too."""

import asyncio

from lectern.kernel.tasks import task_group
from signaling.plane.in_step import InStep


async def steps(*changes: int | None) -> list[int | None]:
    """Say all that changed of one session before anybody works; return what it was brought in step by."""
    seen: list[int | None] = []

    async def reconcile(session_id: str, seq: int | None) -> float | None:
        assert session_id == "s"
        seen.append(seq)
        return None

    in_step = InStep(reconcile)
    for seq in changes:
        in_step.changed("s", seq)
    async with task_group() as tasks:
        running = tasks.create_task(in_step.run())
        while not seen:
            await asyncio.sleep(0)
        running.cancel()
    return seen


async def test_the_newest_that_was_announced_has_to_be_reached() -> None:
    assert await steps(7, 9, 8) == [9]


async def test_what_is_on_no_timeline_has_the_database_asked() -> None:
    assert await steps(7, None, 9) == [None]
    assert await steps(None) == [None]


async def test_what_changes_meanwhile_comes_after() -> None:
    seen: list[int | None] = []
    began, may_end = asyncio.Event(), asyncio.Event()

    async def reconcile(_session_id: str, seq: int | None) -> float | None:
        seen.append(seq)
        began.set()
        await may_end.wait()
        return None

    in_step = InStep(reconcile)
    async with task_group() as tasks:
        running = tasks.create_task(in_step.run())
        in_step.changed("s", 1)
        await began.wait()
        in_step.changed("s", 2)
        in_step.changed("s", 3)
        may_end.set()
        while len(seen) < 2:
            await asyncio.sleep(0)
        running.cancel()
    assert seen == [1, 3]
