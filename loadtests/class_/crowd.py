"""The people of a run: connecting them, and reading the arrivals of all of them together."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lectern.kernel.tasks import task_group
from loadtests.class_.reader import Arrivals, Refused, Seat

AT_ONCE = 40


@dataclass(slots=True)
class Window:
    """How busy the load's processes were in a measurement; above 80 % of its core a run is void."""

    began_s: float
    began_cpu_s: float
    busiest: float = 0.0


@dataclass(slots=True)
class Crowd:
    """The lean reader's seats, all of one server."""

    port: int
    namespace: str = "/class"
    offers_compression: bool = True
    arrivals: Arrivals = field(default_factory=Arrivals)
    seats: list[Seat] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def seat(self, auth: dict[str, Any] | None = None) -> Seat:
        """Connect one more.

        Raises:
            Refused: the server said no.
        """
        return await Seat.taken(
            len(self.seats),
            self.arrivals,
            self.port,
            namespace=self.namespace,
            auth=auth,
            offers_compression=self.offers_compression,
        )

    async def fill(self, auths: Sequence[dict[str, Any] | None]) -> None:
        """Connect many, a few dozen at a time; whoever is refused is noted."""
        waiting = list(enumerate(auths, start=len(self.seats)))
        found: dict[int, Seat] = {}

        async def connect() -> None:
            while waiting:
                number, auth = waiting.pop(0)
                try:
                    found[number] = await Seat.taken(
                        number,
                        self.arrivals,
                        self.port,
                        namespace=self.namespace,
                        auth=auth,
                        offers_compression=self.offers_compression,
                    )
                except Refused as error:
                    self.refused.append(str(error))

        async with task_group() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(connect())
        self.seats.extend(found[number] for number in sorted(found))

    def leave(self) -> None:
        """Everybody goes at once."""
        for seat in self.seats:
            seat.leave()
        self.seats.clear()

    def delays_s(self, sent_at_s: dict[int, float]) -> "np.ndarray[Any, np.dtype[np.float64]]":
        """Return, for each of these events and each connection that it reached, how long it took."""
        at = np.array(self.arrivals.at_s)
        since, upto = np.array(self.arrivals.since), np.array(self.arrivals.upto)
        found = [at[(since < seq) & (seq <= upto)] - sent for seq, sent in sent_at_s.items()]
        return np.concatenate(found) if found else np.zeros(0)


def cpu_s() -> float:
    """Return what this process has used."""
    spent = os.times()
    return spent.user + spent.system


@asynccontextmanager
async def ticking(every_s: float, count: int, act: Callable[[int], Any]) -> AsyncIterator[None]:
    """Call `act(n)` `count` times, `every_s` apart, while the block runs; ends with the last."""

    async def tick() -> None:
        began = time.monotonic()
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number * every_s - time.monotonic()))
            await act(number)

    async with task_group() as tasks:
        tasks.create_task(tick())
        yield
