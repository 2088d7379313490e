"""Announcements between processes over real Redis, with and without it."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lectern.timeline.bus import LocalBus, RedisBus
from tests.services import redis_server


class Ear:
    """Hears announcements, and can be waited for."""

    def __init__(self, bus: LocalBus) -> None:
        self.heard: list[tuple[str, int]] = []
        self._changed = asyncio.Event()
        bus.listen(self._hear)

    def _hear(self, session_id: str, seq: int) -> None:
        self.heard.append((session_id, seq))
        self._changed.set()

    async def hears(self, session_id: str, seq: int) -> None:
        """Wait for an announcement."""
        async with asyncio.timeout(25):
            while (session_id, seq) not in self.heard:
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
def home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="lectern-bus-"))
    yield home
    shutil.rmtree(home)


async def test_one_process_hears_itself_at_once() -> None:
    bus = LocalBus()
    ear = Ear(bus)
    await bus.announce("s", 3)
    assert ear.heard == [("s", 3)]


@pytest.mark.services
async def test_processes_hear_each_other_and_go_on_when_redis_was_away(home: Path) -> None:
    with redis_server(home) as url:
        async with RedisBus.connected(url) as here, RedisBus.connected(url) as there:
            ear, own_ear = Ear(there), Ear(here)
            await announced_until_heard(here, ear, 1)
    async with RedisBus.connected(url) as here, RedisBus.connected(url) as there:
        ear, own_ear = Ear(there), Ear(here)
        started = asyncio.get_running_loop().time()
        await here.announce("s", 2)
        assert asyncio.get_running_loop().time() - started < 5
        assert own_ear.heard == [("s", 2)]
        assert ear.heard == []
        with redis_server(home):
            await announced_until_heard(here, ear, 3)


async def announced_until_heard(bus: RedisBus, ear: Ear, seq: int) -> None:
    """Announce until the other side has subscribed; announcements before that are lost, as they may be."""
    for _ in range(100):
        await bus.announce("s", seq)
        if ("s", seq) in ear.heard:
            return
        await asyncio.sleep(0.1)
    await ear.hears("s", seq)


@pytest.mark.services
async def test_a_bus_ends_at_any_moment(home: Path) -> None:
    """Also in the middle of subscribing or sending, where redis-py may swallow a cancellation."""
    with redis_server(home) as url:
        async with asyncio.timeout(30):
            for moments in range(12):
                async with RedisBus.connected(url) as bus:
                    for _ in range(moments):
                        await asyncio.sleep(0)
                    await bus.announce("s", moments)
                    for _ in range(moments % 5):
                        await asyncio.sleep(0)
