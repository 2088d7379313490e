"""Keeps who was there in lessons that are over: folds each once, and again after news.

Folding a lesson of two thousand people takes a third of a second of a core. So at most one is folded at a
time, and nobody who asks waits for more than `FOLDED_AT_ONCE`: what is left is told as not counted yet, and
whoever waits for `asked` (in `lectern.app`) works it off.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from analytics.attendance.happening import Happening
from analytics.attendance.register import Register
from analytics.attendance.report import in_thread
from analytics.live.presence import READ, LivePresence, presences_of
from analytics.live.store import LiveStore, Standing
from analytics.store import AnalyticsStore
from lectern.db.engine import Database

FOLDED_AT_ONCE: Final = 2
"""So many lessons somebody who asks waits for."""
PAGE: Final = 2_000
"""Events read and folded at a time: what was read of them is gone before the next ones come."""


@dataclass(slots=True)
class LiveFolding:
    """What is kept of lessons, brought up to date when it is asked for. One for a whole process.

    `asked` is set when somebody was told that not all is counted yet; `wanted` are the lessons that are still
    to be counted for them. `folded` counts foldings.
    """

    database: Database
    events: AnalyticsStore = field(default_factory=AnalyticsStore)
    store: LiveStore = field(default_factory=LiveStore)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: set[str] = field(default_factory=set)
    folded: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _at_work: "WeakValueDictionary[str, asyncio.Lock]" = field(default_factory=WeakValueDictionary)
    """The lessons that somebody brings up to date now: their locks live as long as anybody holds one."""

    async def uncounted(self, session_ids: Collection[str]) -> set[str]:
        """Bring what is kept of lessons up to date, of a few at most; return those of which it is not.

        Nobody waits for lessons that others are having folded, but for those they ask for themselves.
        """
        left, waited = set[str](), 0
        for standing in await self.behind(session_ids):
            is_free = not self._at_work or standing.session_id in self._at_work
            if waited < FOLDED_AT_ONCE and is_free:
                waited += 1
                await self.catch_up(standing.session_id)
            else:
                left.add(standing.session_id)
        if left:
            self.wanted |= left
            self.asked.set()
        return left

    async def behind(self, session_ids: Collection[str]) -> list[Standing]:
        """Return those of the lessons of which folding would give something else than what is kept."""
        return [standing for standing in await self.grown(session_ids) if standing.is_behind]

    async def grown(self, session_ids: Collection[str]) -> list[Standing]:
        """Return those of the lessons in which anything happened since they were looked at."""
        async with self.database.read() as tx:
            return await self.store.standings(tx, session_ids)

    async def catch_up(self, session_id: str) -> None:
        """Bring what is kept of one lesson up to date; two who ask at once have it folded once."""
        lock = self._at_work.setdefault(session_id, asyncio.Lock())
        async with lock:
            for standing in await self.grown([session_id]):
                presences = None
                if standing.is_behind:
                    async with self._turn:
                        presences = await self._fold(session_id)
                async with self.database.write() as tx:
                    await self.store.keep(tx, standing, presences)
            self.wanted.discard(session_id)

    async def _fold(self, session_id: str) -> list[LivePresence]:
        """Return who was there when; nobody while the lesson is not over.

        Threads do the work, the loop goes on. The register is nobody else's: those that attendance keeps are
        of the lessons that go on now, and thirty old ones would push them out.
        """
        register, last = Register(), 0
        async with self.database.read() as tx:
            while True:
                last, page = await self.events.news(tx, session_id, last, PAGE, READ)
                await in_thread(_take_in, register, page)
                if len(page) < PAGE:
                    break
        self.folded += 1
        return await in_thread(presences_of, register) or []


def _take_in(register: Register, page: Sequence[Happening]) -> None:
    for happening in page:
        register.take_in(happening)
