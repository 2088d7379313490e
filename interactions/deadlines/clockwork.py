"""The loop that closes what is due, in every server process."""

import asyncio

import structlog

from interactions.breakout.commands import due as breakout_due
from interactions.breakout.commands import notes_due
from interactions.checkin.commands import due as checkin_due
from interactions.deadlines import store
from interactions.poll.commands import due as polls_due
from lectern.kernel.clock import UtcMs
from lectern.kernel.tasks import run_forever
from lectern.timeline.engine import TimelineEngine

LOOK_INTERVAL_S = 2.0
"""How often new deadlines are looked for; shorter than the shortest check-in, so none is met late."""
SHORTEST_WAIT_S = 0.05

_log = structlog.get_logger()


class Deadlines:
    """Appends the closing events of check-ins, polls and breakouts when their time is up."""

    def __init__(self, engine: TimelineEngine) -> None:
        """The engine must have a `DeadlineBook` among its followers."""
        self._engine = engine

    async def run(self) -> None:
        """Close what is due, for ever; ends by cancellation."""
        await run_forever("class_deadlines", self._run)

    async def close_due(self) -> UtcMs | None:
        """Close everything that is due now, and return when the next thing is."""
        now = self._engine.clock()
        async with self._engine.database.read() as tx:
            sessions, following = await store.overdue(tx, now), await store.next_due(tx, now)
        for session_id in sessions:
            try:
                await self._close(session_id)
            except Exception as error:  # noqa: BLE001 (one session's trouble must not keep others open)
                _log.warning("class_deadline_failed", session_id=session_id, error=repr(error))
        return following

    async def _close(self, session_id: str) -> None:
        async with self._engine.change(session_id) as change:
            for due in (checkin_due, breakout_due):
                events, _ = due(change.state, change.now)
                change.append(*events)
            polls = polls_due(change.state, change.now)
            change.append(*polls.events)
            notes = notes_due(change.state)
            change.append(*await self._engine.obey(change.tx, change.head, (*polls.orders, *notes)))
            if not notes:  # the lesson ended without groups at work
                await store.drop(change.tx, session_id, store.NOTES)

    async def _run(self) -> None:
        while True:
            following = await self.close_due()
            wait_s = LOOK_INTERVAL_S
            if following is not None:
                wait_s = min(wait_s, (following - self._engine.clock()) / 1_000)
            await asyncio.sleep(max(SHORTEST_WAIT_S, wait_s))
