"""Telling those who look at notes what others wrote, at most four times a second.

Every process tells its own connections. Announcements are hints, as those of timelines are: what is told is
read from the database, and now and then it is looked at without a hint. Nobody waits for a slow reader.
"""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from interactions.live.connection import Connection
from interactions.live.outlet import Frame, Outlet
from interactions.notes import store
from interactions.notes.rights import may_read
from interactions.notes.update import is_sound
from lectern.timeline.bus import NOTES
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.idea import ClassState

BATCH_INTERVAL_S = 0.25
LOOK_INTERVAL_S = 2.0
MOST_WAITING_BYTES = 64 * 1024
_PAUSE_AFTER_FAULT_S = 0.5

_log = structlog.get_logger()


@dataclass(slots=True)
class _Watcher:
    connection: Connection
    told: int


@dataclass(slots=True)
class _Room:
    """Those in this process who look at one group's notes."""

    session_id: str
    watchers: dict[str, _Watcher] = field(default_factory=dict)

    @property
    def told(self) -> int:
        """Up to which change all of them know the notes."""
        return min(watcher.told for watcher in self.watchers.values())


class Watching:
    """Everybody in this process who looks at any notes. Tells them only while `run()` runs."""

    def __init__(self, engine: TimelineEngine, outlet: Callable[[], Outlet]) -> None:
        self._engine = engine
        self._outlet = outlet
        self._rooms: dict[str, _Room] = {}
        self._dirty: set[str] = set()
        self._woken = asyncio.Event()
        engine.bus.listen(self._announced, NOTES)

    def watch(self, connection: Connection, group_id: str, told: int) -> None:
        """Tell a connection what comes after change `told`, until it stops, goes, or may read no more."""
        room = self._rooms.setdefault(group_id, _Room(connection.admitted.session_id))
        room.watchers[connection.sid] = _Watcher(connection, told)
        self._mark(group_id)  # what was accepted since `told` was read

    def stop(self, sid: str, group_id: str) -> None:
        """Tell a connection no more of these notes."""
        room = self._rooms.get(group_id)
        if room is not None:
            room.watchers.pop(sid, None)
            if not room.watchers:
                del self._rooms[group_id]

    def forget(self, sid: str) -> None:
        """Tell a connection nothing any more."""
        for group_id in [id_ for id_, room in self._rooms.items() if sid in room.watchers]:
            self.stop(sid, group_id)

    def _announced(self, group_id: str, _n: int) -> None:
        if group_id in self._rooms:
            self._mark(group_id)

    def _mark(self, group_id: str) -> None:
        self._dirty.add(group_id)
        self._woken.set()

    async def run(self) -> None:
        """Tell watchers, for ever, past a database that is away for a while; ends by cancellation."""
        while True:
            try:
                await self._serve()
            except Exception as error:  # noqa: BLE001 (what is owed is told after the next look)
                _log.warning("class_notes_failed", error=repr(error))
                await asyncio.sleep(_PAUSE_AFTER_FAULT_S)

    async def _serve(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_INTERVAL_S):
                    await self._woken.wait()
            except TimeoutError:
                await self._look()
            self._woken.clear()
            dirty, self._dirty = self._dirty, set()
            for group_id in sorted(dirty):
                await self._tell(group_id)
            await asyncio.sleep(BATCH_INTERVAL_S)

    async def _look(self) -> None:
        """Find what no announcement told of."""
        if self._rooms:
            async with self._engine.database.read() as tx:
                heads = await store.heads(tx, self._rooms)
            self._dirty |= {
                id_ for id_, n in heads.items() if id_ in self._rooms and self._rooms[id_].told < n
            }

    async def _tell(self, group_id: str) -> None:
        room = self._rooms.get(group_id)
        if room is None:
            return
        async with self._engine.database.read() as tx:
            changes = await store.since(tx, group_id, room.told)
        live = await self._engine.current(room.session_id, at_least=0)
        frames: dict[int, Frame] = {}
        for sid, watcher in list(room.watchers.items()):
            if not self._tell_one(group_id, watcher, live.state, (changes, frames)):
                self.stop(sid, group_id)

    def _tell_one(
        self,
        group_id: str,
        watcher: _Watcher,
        state: ClassState,
        news: tuple[list[store.Change], dict[int, Frame]],
    ) -> bool:
        """Write what one connection is owed; False if it is owed nothing any more."""
        changes, frames = news
        line = self._outlet().line(watcher.connection.sid)
        backlog = None if line is None else line.backlog_bytes()
        actor = watcher.connection.admitted.actor
        if line is None or backlog is None or not may_read(state, actor, group_id):
            return False
        if not changes or changes[-1].n <= watcher.told:
            return True
        if backlog > MOST_WAITING_BYTES:
            self._dirty.add(group_id)  # looked at again after the next announcement or look
            return True
        if watcher.told not in frames:
            frames[watcher.told] = self._frame(group_id, watcher.told, changes)
        frame = frames[watcher.told]
        line.write(frame.packet, frame.bytes)
        watcher.told = changes[-1].n
        return True

    def _frame(self, group_id: str, told: int, changes: list[store.Change]) -> Frame:
        news = [change for change in changes if change.n > told]
        return self._outlet().frame(
            "notes",
            {
                "group": group_id,
                "from": told,
                "to": news[-1].n,
                "updates": as_text(news),
                "by": sorted({change.author for change in news if change.author is not None}),
            },
        )


def as_text(changes: list[store.Change]) -> list[str]:
    """Return changes as they travel in JSON, without those that this server leaves out itself."""
    return [
        b64encode(change.raw).decode()
        for change in changes
        if is_sound(change.raw, whole=change.author is None)
    ]
