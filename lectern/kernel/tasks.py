"""Tasks with owners: groups that say what failed, and loops that outlive a passing fault."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

_log = structlog.get_logger()
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0


@asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """A TaskGroup that raises a single failure as itself instead of as a group of one."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
    except BaseExceptionGroup as group:
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from None
        raise


async def run_forever(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run `run` again whenever it returns or fails, with growing pauses; ends only by cancellation."""
    pause = _FIRST_PAUSE_S
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await run()
        except Exception as error:  # noqa: BLE001 (a passing fault of any kind must not end a service loop)
            _log.warning("service_loop_failed", loop=name, error=repr(error))
        if asyncio.get_running_loop().time() - started > _LONGEST_PAUSE_S:
            pause = _FIRST_PAUSE_S
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_S)
