"""Writes on the timeline what `Troubles` has to say, when it is time to."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from lectern.kernel.errors import LecternError
from signaling.health.troubles import Troubles, Who

_log = structlog.get_logger()

Write = Callable[[str, str, tuple[str, ...]], Awaitable[None]]
"""Takes session, participant and all that troubles them now. Raises LecternError."""


class Telling:
    """See the module. What cannot be written is tried again; the list is then as it is by that time."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._troubles = Troubles()
        self._wake = asyncio.Event()

    def connected(self, session_id: str, participant: str, transport: str) -> None:
        """See `Troubles`."""
        self._troubles.connected(Who(session_id, participant), transport, _now())
        self._wake.set()

    def suffers(self, session_id: str, participant: str, transport: str, codes: tuple[str, ...]) -> None:
        """See `Troubles`."""
        self._troubles.suffers(Who(session_id, participant), transport, codes, _now())
        self._wake.set()

    def ended(self, session_id: str, participant: str, transport: str, *, is_lost: bool = False) -> None:
        """See `Troubles`."""
        self._troubles.ended(Who(session_id, participant), transport, _now(), is_lost=is_lost)
        self._wake.set()

    def forget(self, session_id: str, participant: str) -> None:
        """See `Troubles`."""
        self._troubles.forget(Who(session_id, participant))

    def forget_session(self, session_id: str) -> None:
        """See `Troubles`."""
        self._troubles.forget_session(session_id)

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            deadline = self._troubles.next_deadline()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            for who, codes in self._troubles.take_due(_now()):
                try:
                    await self._write(who.session_id, who.participant, codes)
                except LecternError as error:
                    _log.warning("health_not_written", session_id=who.session_id, code=error.code)
                    self._troubles.failed(who, _now())


def _now() -> float:
    return asyncio.get_running_loop().time()
