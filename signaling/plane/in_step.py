"""Brings sessions in step, side by side: a slow disk of one must not hold up another."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from lectern.kernel.errors import LecternError
from lectern.kernel.tasks import task_group
from streaming.control.client import MediaGone, MediaRefused

_log = structlog.get_logger()
_RETRY_S = 1.0


class InStep:
    """Calls `reconcile(session_id, seq)` for whatever `changed`, never twice at a time for one session.

    A state that reaches `seq` has what changed; None: only the database knows. It returns in how many seconds
    time alone will change the session, None if it will not.
    What fails in a way that passes (the media process, the database, the disk) is tried again after a second.
    """

    def __init__(self, reconcile: Callable[[str, int | None], Awaitable[float | None]]) -> None:
        self._reconcile = reconcile
        self._dirty: dict[str, int | None] = {}
        self._busy: set[str] = set()
        self._wake = asyncio.Event()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def changed(self, session_id: str, seq: int | None = None) -> None:
        """Its timeline reaches `seq` now; or without it, anything about this session is not as it was."""
        known = self._dirty.get(session_id, seq)
        self._dirty[session_id] = None if known is None or seq is None else max(known, seq)
        self._wake.set()

    def _changes_in(self, session_id: str, wait_s: float | None) -> None:
        """The last word on when time alone changes a session counts."""
        known = self._timers.pop(session_id, None)
        if known is not None:
            known.cancel()
        if wait_s is not None:
            loop = asyncio.get_running_loop()
            self._timers[session_id] = loop.call_later(wait_s, self.changed, session_id)

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with task_group() as tasks:
                while True:
                    await self._wake.wait()
                    self._wake.clear()
                    for session_id in self._dirty.keys() - self._busy:
                        self._busy.add(session_id)
                        tasks.create_task(self._one(session_id, self._dirty.pop(session_id)))
        finally:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()

    async def _one(self, session_id: str, seq: int | None) -> None:
        try:
            self._changes_in(session_id, await self._reconcile(session_id, seq))
        except (MediaGone, MediaRefused, LecternError, OSError) as error:
            _log.warning("reconcile_failed", session_id=session_id, error=repr(error))
            asyncio.get_running_loop().call_later(_RETRY_S, self.changed, session_id)
        finally:
            self._busy.discard(session_id)
            if session_id in self._dirty:
                self._wake.set()
