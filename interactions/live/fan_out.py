"""Telling this process's viewers what happened, in order, at a pace that the audience needs.

One channel per session with viewers here. It is woken by announcements (from any process), catches its
state up, and writes frames: staff at once, learners a few times a second. Redis may lose an announcement,
so every channel also looks at the database now and then. A connection that does not take its frames is
owed one coalesced frame later, and a snapshot when it has fallen too far behind; nothing piles up for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from interactions.lesson.idea import LESSON
from interactions.live.connection import Connection, Following, Turn
from interactions.live.frames import Frames
from interactions.live.outlet import Frame, Outlet
from interactions.live.pace import Pace
from lectern.kernel.tasks import task_group
from lectern.timeline.engine import LiveSession, TimelineEngine
from lectern.timeline.fold import WireEvent
from lectern.timeline.idea import Audience

STAFF_INTERVAL_S = 0.02
LEARNER_INTERVAL_S = 0.25
LOOK_INTERVAL_S = 2.0
PAUSE_AFTER_FAULT_S = 0.5
MOST_WAITING_PACKETS = 4
"""A connection with more than these in its queue is owed frames until it has taken them."""
FARTHEST_BEHIND = 500
"""A connection that is owed more events than these gets a snapshot instead."""

_log = structlog.get_logger()


def _paces() -> dict[Audience, Pace]:
    return {
        audience: Pace(STAFF_INTERVAL_S if audience is Audience.STAFF else LEARNER_INTERVAL_S)
        for audience in Audience
    }


@dataclass(slots=True)
class Channel:
    """One session's viewers in this process."""

    session_id: str
    connections: dict[str, Connection] = field(default_factory=dict)
    paces: dict[Audience, Pace] = field(default_factory=_paces)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    announced: int = 0
    task: asyncio.Task[None] | None = None


@dataclass(slots=True)
class Counts:
    """What the fan-out did since the process started, for metrics."""

    frames_sent: int = 0
    frames_made: int = 0
    frames_held: int = 0
    connections_lost: int = 0


class FanOut:
    """All channels of this process. Delivers only while `run()` runs."""

    def __init__(
        self, engine: TimelineEngine, outlet: Outlet, forget: Callable[[Connection], Awaitable[None]]
    ) -> None:
        """`forget` is told of connections that turned out to be gone without a farewell."""
        self._engine = engine
        self._outlet = outlet
        self._forget = forget
        self._channels: dict[str, Channel] = {}
        self._opened = asyncio.Event()
        self.counts = Counts()
        engine.bus.listen(self._announced)

    async def run(self) -> None:
        """Serve channels as they open; ends by cancellation."""
        async with task_group() as tasks:
            while True:
                self._opened.clear()
                for channel in self._channels.values():
                    if channel.task is None:
                        channel.task = tasks.create_task(self._keep_serving(channel))
                await self._opened.wait()

    def add(self, connection: Connection) -> None:
        """Serve a connection from now on, beginning with its welcome."""
        session_id = connection.admitted.session_id
        channel = self._channels.get(session_id)
        if channel is None:
            channel = self._channels[session_id] = Channel(session_id)
            self._opened.set()
        channel.connections[connection.sid] = connection
        channel.woken.set()

    def remove(self, connection: Connection) -> None:
        """Serve a connection no longer; a channel without any ends."""
        session_id = connection.admitted.session_id
        channel = self._channels.get(session_id)
        if channel is None or channel.connections.pop(connection.sid, None) is None or channel.connections:
            return
        del self._channels[session_id]
        channel.woken.set()

    def _announced(self, session_id: str, seq: int) -> None:
        channel = self._channels.get(session_id)
        if channel is not None and seq > channel.announced:
            channel.announced = seq
            channel.woken.set()

    async def _keep_serving(self, channel: Channel) -> None:
        """Serve a channel while it has viewers, past a database that is away for a while."""
        while channel.connections:
            try:
                await self._serve(channel)
            except Exception as error:  # noqa: BLE001 (one session's trouble must not end the fan-out of all)
                _log.warning("class_fan_out_failed", session_id=channel.session_id, error=repr(error))
                await asyncio.sleep(PAUSE_AFTER_FAULT_S)

    async def _serve(self, channel: Channel) -> None:
        loop = asyncio.get_running_loop()
        look_at_s = wait_until_s = loop.time()
        while channel.connections:
            await _woken_or(channel.woken, wait_until_s - loop.time())
            channel.woken.clear()
            if loop.time() >= look_at_s:
                live = await self._engine.current(channel.session_id)
                look_at_s = loop.time() + LOOK_INTERVAL_S
            else:
                live = await self._engine.current(channel.session_id, at_least=channel.announced)
            again_in_s = await self._deliver(channel, live, loop.time())
            wait_until_s = min(look_at_s, loop.time() + again_in_s)

    async def _deliver(self, channel: Channel, live: LiveSession, now: float) -> float:
        """Write what is due, and return in how many seconds something else is."""
        await self._part_with_removed(channel, live)
        again_in_s = LOOK_INTERVAL_S
        ready: set[Audience] = set()
        for audience, pace in channel.paces.items():
            due_in_s = pace.due_in_s(now)
            if due_in_s == 0:
                ready.add(audience)
            else:
                again_in_s = min(again_in_s, due_in_s)
        frames: dict[int, Frames[Frame] | None] = {}
        for connection in list(channel.connections.values()):
            backlog = self._outlet.backlog(connection.sid)
            if backlog is None:
                await self._forget(connection)
                continue
            await self._greet_or_ask(connection, live, backlog)
            audience = connection.admitted.viewer.audience
            if connection.following is not Following.LIVE or audience not in ready:
                continue
            if connection.cursor >= live.state.seq:
                continue
            if backlog > MOST_WAITING_PACKETS:
                self.counts.frames_held += 1
                again_in_s = min(again_in_s, LEARNER_INTERVAL_S)
                self._lose_if_far_behind(connection, live)
                continue
            if connection.cursor not in frames:
                frames[connection.cursor] = self._frames(live, connection.cursor)
            cut = frames[connection.cursor]
            if cut is None:
                self._lose(connection)
                await self._greet_or_ask(connection, live, backlog)
            else:
                if await self._send(connection, cut):
                    channel.paces[audience].sent(now)
                again_in_s = min(again_in_s, channel.paces[audience].interval_s)
        return again_in_s

    async def _send(self, connection: Connection, frames: Frames[Frame]) -> bool:
        frame = frames.for_viewer(connection.admitted.viewer, connection.told)
        connection.cursor = frames.head
        if frame is None:
            return False
        connection.told = frames.head
        self.counts.frames_sent += 1
        await self._outlet.send(connection.sid, frame)
        return True

    def _frames(self, live: LiveSession, after: int) -> Frames[Frame] | None:
        recent = live.since(after)
        if recent is None or len(recent) > FARTHEST_BEHIND:
            return None

        def make(told: int, head: int, events: list[WireEvent]) -> Frame:
            self.counts.frames_made += 1
            return self._outlet.frame("events", {"from": told, "to": head, "events": events})

        return Frames(recent, make)

    async def _greet_or_ask(self, connection: Connection, live: LiveSession, backlog: int) -> None:
        if connection.following is Following.GREETED_SOON and connection.welcome is not None:
            greeting, connection.welcome = connection.welcome, None
            connection.turn(Turn.GREETED)
            await self._outlet.send(connection.sid, self._outlet.frame("welcome", greeting))
        elif connection.following is Following.LOST and backlog == 0:
            head = live.state.seq
            misfit = self._outlet.frame("events", {"from": head, "to": head, "events": []})
            connection.turn(Turn.WAS_ASKED)
            await self._outlet.send(connection.sid, misfit)

    def _lose_if_far_behind(self, connection: Connection, live: LiveSession) -> None:
        if live.state.seq - connection.cursor > FARTHEST_BEHIND:
            self._lose(connection)

    def _lose(self, connection: Connection) -> None:
        connection.turn(Turn.FELL_BEHIND)
        self.counts.connections_lost += 1
        _log.info(
            "class_connection_lost_track",
            session_id=connection.admitted.session_id,
            participant_id=connection.admitted.actor.participant_id,
        )

    async def _part_with_removed(self, channel: Channel, live: LiveSession) -> None:
        removed = live.state.of(LESSON).removed
        if not removed:
            return
        for connection in list(channel.connections.values()):
            if connection.admitted.actor.participant_id in removed:
                await self._outlet.send(connection.sid, self._outlet.frame("over", {"code": "removed"}))
                await self._outlet.drop(connection.sid)


async def _woken_or(event: asyncio.Event, seconds: float) -> None:
    """Wait for `event`, at most `seconds`."""
    if event.is_set() or seconds <= 0:
        return
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
