"""A media process behind an installation, so that offers are answered."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lectern.app.control import control_paths
from tests.installation import Installation

START_WITHIN_S = 20.0


@asynccontextmanager
async def with_media(house: Installation) -> AsyncIterator[None]:
    """Run one real media process without a recorder, and the server's loops that talk to it."""
    services = house.services
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streaming.process", "--control", str(control_paths(services.settings)[0])),
        *("--host", "127.0.0.1", "--port", "0"),
        stdin=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.TaskGroup() as tasks:
            loops = [tasks.create_task(services.plane.run()), tasks.create_task(services.whip.run())]
            async with asyncio.timeout(START_WITHIN_S):
                while not services.plane.is_available:
                    await asyncio.sleep(0.02)
            try:
                yield
            finally:
                for loop in loops:
                    loop.cancel()
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 30)
