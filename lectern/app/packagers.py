"""One packager process for each session that is being recorded, until its replay is closed.

What should run follows from the database and the disk alone, so that it survives any restart: a live session
with a recording, or an ended one whose `hls/replay.json` is still missing.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from lectern.app.supervisor import Child
from lectern.kernel.tasks import task_group

_log = structlog.get_logger()
_LOOK_EVERY_S = 0.5
_RETRY_AFTER_S = 2.0
_NICE = 10

Finished = Callable[[str], Awaitable[object]]
SessionsByState = Callable[[], Awaitable[tuple[list[str], list[str]]]]
"""Returns the ids of live sessions, and of ended ones whose replay is not ready."""


class Packagers:
    """Starts, watches and restarts packagers. `run` owns their tasks."""

    def __init__(self, sessions_dir: Path, sessions: SessionsByState, on_finished: Finished) -> None:
        self._sessions_dir = sessions_dir
        self._sessions = sessions
        self._on_finished = on_finished
        self._running: set[str] = set()

    async def run(self) -> None:
        """Keep packagers going until cancelled; they then end by themselves and go on at the next start."""
        async with task_group() as tasks:
            while True:
                live, unfinished = await self._sessions()
                for session_id in (*live, *unfinished):
                    folder = self._sessions_dir / session_id
                    if session_id not in self._running and (folder / "rec").is_dir():
                        if session_id in unfinished:
                            (folder / "ended").touch()
                        self._running.add(session_id)
                        tasks.create_task(self._package(session_id, folder))
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _package(self, session_id: str, folder: Path) -> None:
        child = Child(
            f"packager {session_id[-6:]}",
            (sys.executable, "-m", "recording.packager", str(folder)),
            nice=_NICE,
        )
        try:
            code = await child.run_once()
            if code == 0 and (folder / "hls" / "replay.json").exists():
                _log.info("replay_closed", session_id=session_id)
                await self._on_finished(session_id)
            else:
                _log.warning("packager_failed", session_id=session_id, code=code)
                await asyncio.sleep(_RETRY_AFTER_S)
        finally:
            self._running.discard(session_id)
