"""Gathering what pages say of themselves: one event for all who said anything within a few seconds.

Nothing is promised: what a process holds when it dies is lost, and a page says its state anew with every
connection. So the loss is a few seconds of one kind of evidence, and nobody waits for a transaction.
"""

import asyncio

import structlog

from interactions.lesson.idea import LESSON, Phase
from interactions.page_state.events import Attended, PageStatesReported
from lectern.kernel.errors import Overloaded
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import NewEvent

EVERY_S = 5.0
MOST_WAITING = 10_000
"""Reports of one session in one process; further ones are refused."""

_log = structlog.get_logger()


class PageStateGatherer:
    """All reports that this process was sent. Stores only while `run()` runs."""

    def __init__(self, engine: TimelineEngine, every_s: float = EVERY_S) -> None:
        self._engine = engine
        self._every_s = every_s
        self._waiting: dict[str, list[Attended]] = {}

    def take(self, session_id: str, report: Attended) -> None:
        """Keep a report for the session's next event.

        Raises:
            Overloaded: too many wait already (`too_fast`).
        """
        waiting = self._waiting.setdefault(session_id, [])
        if len(waiting) >= MOST_WAITING:
            raise Overloaded(
                "too_fast", "Too much at once. Please wait a moment.", retry_after_s=self._every_s
            )
        waiting.append(report)

    async def run(self) -> None:
        """Write what came, every few seconds; ends by cancellation."""
        while True:
            await asyncio.sleep(self._every_s)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits, session by session."""
        waiting, self._waiting = self._waiting, {}
        for session_id, reports in waiting.items():
            try:
                await self._write(session_id, reports)
            except Exception as error:  # noqa: BLE001 (a store that is away loses these; the next ones may be kept)
                _log.warning("page_states_not_stored", session_id=session_id, error=repr(error))

    async def _write(self, session_id: str, reports: list[Attended]) -> None:
        async with self._engine.change(session_id) as change:
            if change.state.of(LESSON).phase is not Phase.OVER:
                change.append(NewEvent(payload=PageStatesReported(people=tuple(reports))))
