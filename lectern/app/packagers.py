"""One packager process for each session that is being recorded, until its replay is closed.

What should run follows from the database and the disk alone, so that it survives any restart: a live
session with a recording, or an ended one whose `hls/replay.json` is still missing. The file `ended` says to
a packager that its session is over.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import structlog

from lectern.app.gathering import Gathering
from lectern.app.supervisor import Child
from lectern.kernel.tasks import task_group

_log = structlog.get_logger()
_LOOK_EVERY_S = 0.5
_LONGEST_PAUSE_S = 60.0
_MOST_FAILURES = 8
_NICE = 10

Told = Callable[[str], Awaitable[object]]
SessionsByState = Callable[[], Awaitable[tuple[list[str], list[str]]]]
"""Returns the ids of live sessions, and of ended ones whose replay is not ready."""
CommandOf = Callable[[Path], Sequence[str]]


def packager_command(folder: Path) -> Sequence[str]:
    """Return how a session's packager is started."""
    return (sys.executable, "-m", "recording.packager", str(folder))


class Packagers:
    """Starts, watches and restarts packagers. `run` owns their tasks.

    A packager that keeps failing is started again after growing pauses; for an ended session the replay is
    given up after some tries, and the owner reads that it failed instead of waiting for ever.
    """

    def __init__(
        self,
        sessions_dir: Path,
        sessions: SessionsByState,
        *,
        on_finished: Told,
        on_given_up: Told,
        command_of: CommandOf = packager_command,
        first_pause_s: float = 1.0,
        gathering: Gathering | None = None,
    ) -> None:
        """With `gathering`, recordings of a session may be made on other machines, too."""
        self._sessions_dir = sessions_dir
        self._sessions = sessions
        self._on_finished = on_finished
        self._on_given_up = on_given_up
        self._command_of = command_of
        self._first_pause_s = first_pause_s
        self._gathering = gathering
        self._running: dict[str, asyncio.Task[None]] = {}
        self._failures: Counter[str] = Counter()

    async def run(self) -> None:
        """Keep packagers going until cancelled; they then end by themselves and go on at the next start."""
        if self._gathering is not None:
            await asyncio.to_thread(self._gathering.sweep)
        async with task_group() as tasks:
            while True:
                live, unfinished = await self._sessions()
                for session_id in await self._recorded([*live, *unfinished]):
                    folder = self._sessions_dir / session_id
                    if session_id in unfinished:
                        folder.mkdir(parents=True, exist_ok=True)
                        (folder / "ended").touch()
                    if session_id not in self._running:
                        self._running[session_id] = tasks.create_task(self._package(session_id, folder))
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _recorded(self, session_ids: Sequence[str]) -> list[str]:
        """Those of which there is a recording."""
        if self._gathering is None:
            return [one for one in session_ids if (self._sessions_dir / one / "rec").is_dir()]
        recorded = await self._gathering.recorded(session_ids)
        return [one for one in session_ids if one in recorded]

    async def let_go(self, session_id: str) -> None:
        """Another server runs this session's packager from now on: end ours, and return when it has ended."""
        task = self._running.get(session_id)
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))

    async def _package(self, session_id: str, folder: Path) -> None:
        try:
            code = await self._run(session_id, folder)
            if code == 0 and (folder / "hls" / "replay.json").exists():
                _log.info("replay_closed", session_id=session_id)
                self._failures.pop(session_id, None)
                await self._on_finished(session_id)
            else:
                await self._failed(session_id, folder, code)
        finally:
            self._running.pop(session_id, None)

    async def _run(self, session_id: str, folder: Path) -> int:
        name, command = f"packager {session_id[-6:]}", self._command_of(folder)
        if self._gathering is None:
            return await Child(name, command, nice=_NICE).run_once()
        options, environment = self._gathering.options(session_id), self._gathering.environment
        async with self._gathering.gathered(session_id):
            return await Child(name, (*command, *options), nice=_NICE, env=environment).run_once()

    async def _failed(self, session_id: str, folder: Path, code: int) -> None:
        self._failures[session_id] += 1
        failures = self._failures[session_id]
        _log.warning("packager_failed", session_id=session_id, code=code, failures=failures)
        if failures >= _MOST_FAILURES and (folder / "ended").exists():
            del self._failures[session_id]
            _log.error("replay_given_up", session_id=session_id)
            await self._on_given_up(session_id)
            return
        await asyncio.sleep(min(self._first_pause_s * 2 ** (failures - 1), _LONGEST_PAUSE_S))
