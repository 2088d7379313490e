"""Which server process steers which session's media: one at a time, and another one when it dies.

Steering means: its transports, routes, pipes and recording at the media processes, and its packager. Any
server takes any command of a class; only this has one owner, because it lives from order to order. Every
server says every `BEAT_S` that it is there. A session without a steward goes to whoever asks first; a steward
that was silent for `SILENT_AFTER_S` loses its sessions to whoever needs them, and lets go of them when it
finds out. While the database is away nobody takes and nobody lets go: media flows on as it was arranged.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping

import structlog

from lectern.db.engine import Database
from lectern.kernel.errors import Gone
from lectern.kernel.ids import new_id
from lectern.kernel.tasks import run_forever
from lectern.servers import store
from lectern.servers.roll import BEAT_S, EMPTY, SOONEST_BEAT_S, Pulse, Roll

_log = structlog.get_logger()

Loads = Callable[[], Mapping[str, tuple[int, int]]]
"""Returns what this server put on media processes, by name: transports, homes."""
Lost = Callable[[str], Awaitable[None]]
"""Called with a session that another server steers now."""


class Stewards:
    """See the module. `run` keeps this server's word alive; without it nothing can be claimed for long."""

    def __init__(
        self, database: Database, address: str, *, loads: Loads, mono_s: Callable[[], float]
    ) -> None:
        """`address` is where other server processes reach this one."""
        self.id = new_id()
        self._database = database
        self._address = address
        self._loads = loads
        self._listeners: list[Lost] = []
        self._mono_s = mono_s
        self._pulse = Pulse()
        self._roll: Roll = EMPTY
        self._ours: set[str] = set()
        self._asking = asyncio.Lock()
        self._has_left = False
        self._doubted = asyncio.Event()

    def listen(self, on_lost: Lost) -> None:
        """Call `on_lost` for every session that another server has taken over."""
        self._listeners.append(on_lost)

    def elsewhere(self, session_id: str) -> str | None:
        """Return the address of another server that steers this session, as far as is known."""
        server = self._roll.steward(session_id)
        return None if server is None or server.id == self.id or session_id in self._ours else server.address

    def is_ours(self, session_id: str) -> bool:
        """Whether this server steers the session, beyond doubt."""
        return session_id in self._ours and not self._has_left and self._pulse.counts(self._mono_s())

    @property
    def ours(self) -> frozenset[str]:
        """The sessions that this server steers, as far as it knows."""
        return frozenset(self._ours)

    async def steward(self, session_id: str) -> str | None:
        """Return the address of the server that steers this session; None: it is (from now on) this one.

        Raises:
            Gone: that cannot be said for the moment (`media_unavailable`).
        """
        if self.is_ours(session_id):
            return None
        known = self.elsewhere(session_id)
        if known is not None:
            return known
        async with self._asking:
            # The database is away, or we have only just begun, or are about to end.
            if self._has_left or not self._pulse.counts(self._mono_s()):
                raise _unknown()
            may_take_over = self._pulse.may_take_over(self._mono_s())
            async with self._database.write() as tx:
                found = await store.claim(tx, session_id, self.id, may_take_over=may_take_over)
            if found is None:
                raise _unknown()
            if found.server_id != self.id:
                return found.address
            if session_id not in self._ours:
                _log.info("session_steered", session_id=session_id)
                self._ours.add(session_id)
        return None

    async def release(self, session_ids: Collection[str]) -> None:
        """These sessions are over: nobody needs to steer them."""
        leaving = self._ours & set(session_ids)
        if leaving:
            async with self._asking:
                async with self._database.write() as tx:
                    await store.release(tx, self.id, leaving)
                self._ours -= leaving

    def others_loads(self) -> Mapping[str, tuple[int, int]]:
        """Return what the other servers put on each media process: transports, homes."""
        return self._roll.loads_but(self.id)

    def doubt(self) -> None:
        """A steward could not be reached: look soon whether it has left, not only with the next beat."""
        self._doubted.set()

    async def run(self) -> None:
        """Say that this server is there, until cancelled; then leave, so that others need not wait."""
        try:
            await run_forever("server_beat", self._run)
        finally:
            await self.leave()

    async def _run(self) -> None:
        while True:
            async with self._asking:
                lost = set[str]() if self._has_left else await self._beat()
            for session_id in lost:
                _log.warning("session_lost", session_id=session_id)
                for on_lost in self._listeners:
                    await on_lost(session_id)
            await asyncio.sleep(SOONEST_BEAT_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S - SOONEST_BEAT_S):
                    await self._doubted.wait()
            self._doubted.clear()

    async def _beat(self) -> set[str]:
        """One beat; returns what others have taken over."""
        begun = self._mono_s()
        async with self._database.write() as tx:
            now = await store.beat(tx, self.id, self._address, self._loads())
            roll = await store.read_roll(tx, now)
        self._pulse.beaten(begun)
        self._roll = roll
        ours = roll.steered_by(self.id)
        lost, self._ours = self._ours - ours, ours
        return lost

    async def leave(self) -> None:
        """Steer nothing any more, and let others take over. Once is enough; it never raises.

        Call it when nothing of ours writes for a session.
        """
        if self._has_left:
            return
        self._has_left = True
        try:
            async with self._asking, self._database.write() as tx:
                await store.leave(tx, self.id)
        except Exception as error:  # noqa: BLE001 (the database may be gone first; others then wait a little)
            _log.warning("server_leave_failed", error=repr(error))


def _unknown() -> Gone:
    return Gone("media_unavailable", "Live media is restarting. It will be back in a moment.")
