"""Standing in line for a timeline: whoever is first carries out what all behind it want, in one go.

A commit costs milliseconds however little is in it, so works that wait for the same timeline share one
(group commit). There is no task and no delay: the first in line is the leader, the rest of the line at that
moment is its batch, and when it is done it tells them and hands on to the next in line. While one batch is
being written, the next one gathers by itself.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

W = TypeVar("W")

MOST_TOGETHER = 256


@dataclass(slots=True, eq=False)
class _Place(Generic[W]):
    """Somebody in line. Without a work they want the timeline for themselves."""

    work: W | None
    turn: "asyncio.Future[bool]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Resolved with True for whoever leads now, with False for whom another has led."""
    fault: Exception | None = None

    def call(self, *, leads: bool) -> bool:
        """Tell them; False if they no longer listen."""
        if self.turn.done():
            return False
        self.turn.set_result(leads)
        return True


class Line(Generic[W]):
    """One timeline's line. `carry_out` does a batch of works in one transaction, or fails as a whole.

    A batch that fails is tried again one by one, so that nobody pays for another's work; a work may therefore
    be carried out again, and has to find out by itself if it was done before.
    """

    def __init__(self, carry_out: Callable[[Sequence[W]], Awaitable[None]]) -> None:
        self._carry_out = carry_out
        self._waiting: deque[_Place[W]] = deque()
        self._is_led = False

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits or leads."""
        return not self._is_led

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Hold the timeline, as far as this process is concerned, for the time of the block."""
        await self._stand_in_line(_Place(None))
        try:
            yield
        finally:
            self._hand_on()

    async def together(self, work: W) -> None:
        """Have `work` carried out, in a batch with others; returns when that is committed.

        Raises:
            Exception: whatever carrying out this work alone failed with.
        """
        place = _Place(work)
        if await self._stand_in_line(place):
            try:
                await self._lead(place)
            finally:
                self._hand_on()
        if place.fault is not None:
            raise place.fault

    async def _stand_in_line(self, place: _Place[W]) -> bool:
        """Wait, and tell whether this place leads now (otherwise its work has been done)."""
        if not self._is_led:
            self._is_led = True
            return True
        self._waiting.append(place)
        try:
            return await place.turn
        except asyncio.CancelledError:
            if place in self._waiting:
                self._waiting.remove(place)
            elif place.turn.done() and not place.turn.cancelled() and place.turn.result():
                self._hand_on()
            raise

    async def _lead(self, place: _Place[W]) -> None:
        batch = [place]
        while self._waiting and self._waiting[0].work is not None and len(batch) < MOST_TOGETHER:
            batch.append(self._waiting.popleft())
        try:
            await self._carry_out_all(batch)
        except BaseException:  # the leader is cancelled: the others are not, and stay first in line
            self._waiting.extendleft(reversed([other for other in batch[1:] if not other.turn.done()]))
            raise
        for other in batch[1:]:
            other.call(leads=False)

    async def _carry_out_all(self, batch: Sequence[_Place[W]]) -> None:
        works = [place.work for place in batch if place.work is not None]
        try:
            await self._carry_out(works)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is raised where the work came from)
            if len(batch) == 1:
                batch[0].fault = error
                return
            for place in batch:
                await self._carry_out_all([place])

    def _hand_on(self) -> None:
        while self._waiting:
            if self._waiting.popleft().call(leads=True):
                return
        self._is_led = False
