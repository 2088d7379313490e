"""What several server processes do about the sessions whose media they steer: look, adopt, let go.

Redis may lose a hint, and a server may die between a lesson's end and its replay; so every server compares,
every `LOOK_S`, what the database says with what it steers. One server alone has nothing to compare.
"""

import asyncio
from typing import Final

import structlog

from catalogue.replays import ReplayKeeper
from lectern.db.engine import Database
from lectern.kernel.errors import LecternError
from lectern.servers.stewards import Stewards
from sessions.lesson.idea import LessonState
from sessions.store import SessionStore
from signaling.plane.media import MediaPlane

LOOK_S: Final = 3.0
_CARRIED_LOOK_S: Final = 1.0
_log = structlog.get_logger()


class Steering:
    """See the module. Without `stewards` this server is alone and steers everything."""

    def __init__(
        self,
        database: Database,
        stewards: Stewards | None,
        plane: MediaPlane,
        sessions: SessionStore,
        keeper: ReplayKeeper,
        *,
        waits_for_bucket: bool = False,
    ) -> None:
        """`waits_for_bucket`: a replay counts as closed only when the bucket has it (several servers with
        one)."""
        self._database = database
        self._stewards = stewards
        self._plane = plane
        self._sessions = sessions
        self._keeper = keeper
        self._waits_for_bucket = waits_for_bucket
        self._idle: frozenset[str] = frozenset()

    async def recorded(self) -> tuple[list[str], list[str]]:
        """The sessions that need a packager here: live ones, and ended ones whose replay is not ready."""
        live, waiting = await self._recorded_anywhere()
        if self._stewards is None:
            return live, waiting
        is_ours = self._stewards.is_ours
        return [one for one in live if is_ours(one)], [one for one in waiting if is_ours(one)]

    async def _recorded_anywhere(self) -> tuple[list[str], list[str]]:
        async with self._database.read() as tx:
            live = await self._sessions.in_state(tx, LessonState.LIVE)
            waiting = await self._keeper.store.unfinished(tx)
        return [session.id for session in live], waiting

    async def closed(self, session_id: str) -> None:
        """Our packager has closed a session's replay: it is ready at once, or as soon as the bucket has all
        of it.

        Returns when it is, or when this server need not care for it any more.
        """
        while not await self._keeper.refresh(session_id):
            _, waiting = await self.recorded()
            if not self._waits_for_bucket or session_id not in waiting:
                return
            await asyncio.sleep(_CARRIED_LOOK_S)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while self._stewards is not None:
            await self._look(self._stewards)
            await asyncio.sleep(LOOK_S)
        await asyncio.Event().wait()

    async def _look(self, stewards: Stewards) -> None:
        live, waiting = await self._recorded_anywhere()
        self._plane.look_again(live)  # which claims those that nobody steers
        for session_id in waiting:
            if not stewards.is_ours(session_id) and stewards.elsewhere(session_id) is None:
                await self._adopt(session_id)
        idle = stewards.ours - {*live, *waiting} - self._plane.sessions()
        over = idle & self._idle  # twice: what somebody has just begun with is not idle
        self._idle = idle - over
        await stewards.release(over)
        self._plane.forget(over)

    async def _adopt(self, session_id: str) -> None:
        """Its steward died before its replay was closed."""
        try:
            if await self._plane.adopt(session_id):
                _log.info("session_adopted", session_id=session_id)
        except LecternError as error:
            _log.info("session_adoption_failed", session_id=session_id, code=error.code)
