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
    """Calls `reconcile(session_id)` for whatever `changed`, never twice at a time for one session.

    What fails in a way that passes (the media process, the database, the disk) is tried again after a second.
    """

    def __init__(self, reconcile: Callable[[str], Awaitable[None]]) -> None:
        self._reconcile = reconcile
        self._dirty: set[str] = set()
        self._busy: set[str] = set()
        self._wake = asyncio.Event()

    def changed(self, session_id: str) -> None:
        """Something about this session is not as it was."""
        self._dirty.add(session_id)
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        async with task_group() as tasks:
            while True:
                await self._wake.wait()
                self._wake.clear()
                for session_id in self._dirty - self._busy:
                    self._dirty.discard(session_id)
                    self._busy.add(session_id)
                    tasks.create_task(self._one(session_id))

    async def _one(self, session_id: str) -> None:
        try:
            await self._reconcile(session_id)
        except (MediaGone, MediaRefused, LecternError, OSError) as error:
            _log.warning("reconcile_failed", session_id=session_id, error=repr(error))
            asyncio.get_running_loop().call_later(_RETRY_S, self.changed, session_id)
        finally:
            self._busy.discard(session_id)
            if session_id in self._dirty:
                self._wake.set()
