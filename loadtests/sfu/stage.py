"""Who is measured, and one of them at work with the load in front of it."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from loadtests.sfu.clip import Clip
from loadtests.sfu.generator import Generator, Server, Window
from loadtests.sfu.janus_server import janus
from loadtests.sfu.lectern_server import lectern

MAX_GENERATOR_SHARE: Final = 0.8
"""Above it a run says more about the generator than about the server."""


class RunningServer(Server, Protocol):
    """A server and its process."""

    pid: int


@dataclass(frozen=True, slots=True)
class Contender:
    """One server in one configuration. `is_ours`, or a peer's; `is_yardstick`: the peer's best."""

    name: str
    is_ours: bool
    option: str
    is_yardstick: bool = False

    def start(self, bench: "Bench") -> "AbstractAsyncContextManager[RunningServer]":
        """On the server's core."""
        if self.is_ours:
            return lectern(bench.address, bench.server_core, self.option)
        return janus(bench.address, bench.server_core, int(self.option) if self.option else None)


JANUS_BEST: Final = Contender("Janus event_loops=1", is_ours=False, option="1", is_yardstick=True)
JANUS_DEFAULT: Final = Contender("Janus default", is_ours=False, option="")


@dataclass(frozen=True, slots=True)
class Bench:
    """What all scenarios need. `seconds` is how long one measurement takes."""

    clip: Clip
    address: str
    server_core: int
    contenders: Sequence[Contender]
    seconds: float
    runs: int
    rooms: int | None = None
    """So many small rooms, instead of as many as the peer carries."""

    @property
    def ours(self) -> list[Contender]:
        """Lectern, once per hot path."""
        return [one for one in self.contenders if one.is_ours]

    @property
    def yardstick(self) -> Contender | None:
        """The peer's best configuration, None without a peer."""
        return next((one for one in self.contenders if one.is_yardstick), None)


@dataclass(frozen=True, slots=True)
class Stage:
    """A running server with a generator."""

    bench: Bench
    server: RunningServer
    generator: Generator

    async def measure(self, seconds: float | None = None) -> Window:
        """See `Generator.measure`."""
        bench = self.bench
        return await self.generator.measure(seconds or bench.seconds, self.server.pid, bench.server_core)


@asynccontextmanager
async def stage(bench: Bench, contender: Contender) -> AsyncIterator[Stage]:
    """A fresh server; everything is gone afterwards."""
    async with contender.start(bench) as server:
        generator = Generator(server, bench.clip, bench.address)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(generator.run())
            try:
                yield Stage(bench, server, generator)
            finally:
                running.cancel()


async def hot_paths(address: str) -> list[str]:
    """The implementations that this installation has, the one it prefers first."""
    found: list[str] = []
    for wanted in ("compiled", "python"):
        async with lectern(address, None, wanted) as server:
            if server.hot_path not in found:
                found.append(server.hot_path)
    return found


def cores() -> tuple[int, int]:
    """The server's and the generator's. Raises OSError: one core is not enough."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise OSError("this benchmark needs two cores: one for the server, one for the load")
    return usable[0], usable[-1]
