"""Telling this process's viewers what happened, in order, at a pace that the audience needs.

One channel per session with viewers here. It is woken by announcements (from any process), catches its
state up, and writes frames: learners get at most four a second; staff get the first few of a busy moment at
once and then four a second too. Redis may lose an announcement, so every channel also looks at the database
now and then. A connection that does not take its frames is owed one coalesced frame later, and a snapshot
when it has fallen too far behind; nothing piles up for it, and nobody waits for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from interactions.lesson.idea import LESSON, standing_of
from interactions.live.connection import Connection, Following, Turn
from interactions.live.frames import Frames
from interactions.live.outlet import Frame, Line, Outlet
from interactions.live.pace import Pace
from lectern.kernel.tasks import task_group
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.fold import WireEvent
from lectern.timeline.idea import Audience
from lectern.timeline.live import LiveSession

BATCH_INTERVAL_S = 0.25
STAFF_GAP_S = 0.02
STAFF_BURST = 8
"""Frames that staff get without batching after two quiet seconds."""
LOOK_INTERVAL_S = 2.0
PAUSE_AFTER_FAULT_S = 0.5
MOST_WAITING_BYTES = 64 * 1024
"""A connection for which more than this waits is owed frames until it has taken it."""
FARTHEST_BEHIND = 500
"""A connection that is owed more events than these, of which others are told too, gets a snapshot instead."""
WRITES_AT_ONCE = 250
"""Connections that are written to before others get a turn: acknowledgements do not wait for a broadcast."""

WELCOMES_AT_ONCE = 8

_log = structlog.get_logger()


def _pace(audience: Audience) -> Pace:
    if audience is Audience.STAFF:
        return Pace(BATCH_INTERVAL_S, STAFF_BURST, STAFF_GAP_S)
    return Pace(BATCH_INTERVAL_S)


@dataclass(slots=True)
class Group:
    """One audience on a channel. Whoever is not among the `strays` has been considered up to `reached`."""

    pace: Pace
    members: dict[str, tuple[Connection, Line]] = field(default_factory=dict)
    reached: int = 0
    strays: set[str] = field(default_factory=set)

    def due_in_s(self, head: int, now: float) -> float | None:
        """Return how long until this group has to be looked at; None if nothing is owed to anybody."""
        if self.members and (self.reached < head or self.strays):
            return self.pace.due_in_s(now)
        return None


@dataclass(slots=True)
class Channel:
    """One session's viewers in this process."""

    session_id: str
    groups: dict[Audience, Group] = field(
        default_factory=lambda: {audience: Group(_pace(audience)) for audience in Audience}
    )
    arriving: dict[str, Connection] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    announced: int = 0
    parted: frozenset[str] = frozenset()
    """The removed participants whose connections have been ended."""
    task: asyncio.Task[None] | None = None

    @property
    def has_viewers(self) -> bool:
        """Whether anybody is to be told."""
        return bool(self.arriving) or any(group.members for group in self.groups.values())


@dataclass(slots=True)
class Counts:
    """What the fan-out did since the process started, for metrics."""

    frames_sent: int = 0
    frames_made: int = 0
    frames_held: int = 0
    connections_lost: int = 0


@dataclass(slots=True)
class _Round:
    """One delivery to a group, up to the event `head`; the state may move on meanwhile."""

    live: LiveSession
    head: int
    frames: dict[int, Frames[Frame] | None] = field(default_factory=dict)
    strays: set[str] = field(default_factory=set)
    gone: list[Connection] = field(default_factory=list)
    wrote: bool = False


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
        channel.arriving[connection.sid] = connection
        channel.woken.set()

    def remove(self, connection: Connection) -> None:
        """Serve a connection no longer; a channel without any ends."""
        session_id = connection.admitted.session_id
        channel = self._channels.get(session_id)
        if channel is None:
            return
        group = channel.groups[connection.admitted.viewer.audience]
        channel.arriving.pop(connection.sid, None)
        group.members.pop(connection.sid, None)
        group.strays.discard(connection.sid)
        if not channel.has_viewers:
            del self._channels[session_id]
            channel.woken.set()

    @property
    def waiting_bytes(self) -> int:
        """How much was written to connections and has not been taken by them."""
        return sum(
            line.backlog_bytes() or 0
            for channel in self._channels.values()
            for group in channel.groups.values()
            for _, line in group.members.values()
        )

    def _announced(self, session_id: str, seq: int) -> None:
        channel = self._channels.get(session_id)
        if channel is not None and seq > channel.announced:
            channel.announced = seq
            channel.woken.set()

    async def _keep_serving(self, channel: Channel) -> None:
        """Serve a channel while it has viewers, past a database that is away for a while."""
        while channel.has_viewers:
            try:
                await self._serve(channel)
            except Exception as error:  # noqa: BLE001 (one session's trouble must not end the fan-out of all)
                _log.warning("class_fan_out_failed", session_id=channel.session_id, error=repr(error))
                await asyncio.sleep(PAUSE_AFTER_FAULT_S)

    async def _serve(self, channel: Channel) -> None:
        loop = asyncio.get_running_loop()
        look_at_s = wait_until_s = loop.time()
        while channel.has_viewers:
            await _woken_or(channel.woken, wait_until_s - loop.time())
            channel.woken.clear()
            if loop.time() >= look_at_s:
                live = await self._engine.current(channel.session_id)
                look_at_s = loop.time() + LOOK_INTERVAL_S
            else:
                live = await self._engine.current(channel.session_id, at_least=channel.announced)
            await self._part_with_unwelcome(channel, live)
            await self._greet_arrivals(channel, live)
            wait_until_s = look_at_s
            for group in channel.groups.values():
                if group.due_in_s(live.state.seq, loop.time()) == 0:
                    await self._deliver(group, live, loop.time())
                due_in_s = group.due_in_s(live.state.seq, loop.time())
                if due_in_s is not None:
                    wait_until_s = min(wait_until_s, loop.time() + max(due_in_s, STAFF_GAP_S))

    async def _greet_arrivals(self, channel: Channel, live: LiveSession) -> None:
        """Send their welcomes, and count them in their groups from then on."""
        arrivals = list(channel.arriving.values())
        for number, connection in enumerate(arrivals, start=1):
            if channel.arriving.pop(connection.sid, None) is None:
                continue
            admitted = connection.admitted
            line = self._outlet.line(connection.sid)
            group = channel.groups[admitted.viewer.audience]
            if line is None:
                group.members.pop(connection.sid, None)
                await self._forget(connection)
                continue
            greeting, connection.welcome = connection.welcome, None
            self._write(line, self._outlet.frame("welcome", greeting or {}))
            connection.turn(Turn.GREETED)
            group.members[connection.sid] = connection, line
            group.reached = min(group.reached, connection.cursor)
            await self._part_if_unwelcome(connection, line, live)
            if number % WELCOMES_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _deliver(self, group: Group, live: LiveSession, now: float) -> None:
        """Write to everybody in a group who is owed something."""
        round_ = _Round(live, live.state.seq)
        for number, (connection, line) in enumerate(list(group.members.values()), start=1):
            if connection.cursor < round_.head or connection.following is not Following.LIVE:
                self._consider(round_, connection, line)
            if number % WRITES_AT_ONCE == 0:
                await asyncio.sleep(0)
        group.reached = round_.head
        group.strays = round_.strays & group.members.keys()
        if round_.wrote or round_.strays:
            group.pace.sent(now)
        for connection in round_.gone:
            await self._forget(connection)

    def _consider(self, round_: "_Round", connection: Connection, line: Line) -> None:
        """Write what one connection is owed, as far as it takes it."""
        backlog = line.backlog_bytes()
        if backlog is None:
            round_.gone.append(connection)
            return
        if connection.following is not Following.LIVE:
            if self._must_wait(connection, line, backlog, round_.head):
                round_.strays.add(connection.sid)
            return
        if backlog > MOST_WAITING_BYTES:
            self.counts.frames_held += 1
            round_.strays.add(connection.sid)
            if round_.head - connection.cursor > FARTHEST_BEHIND:
                self._lose(connection)
            return
        after = connection.cursor
        if after not in round_.frames:
            round_.frames[after] = self._frames(round_.live, after, round_.head)
        cut = round_.frames[after]
        if cut is None:
            self._lose(connection)
            round_.strays.add(connection.sid)
        else:
            round_.wrote |= self._send(connection, line, cut)

    def _send(self, connection: Connection, line: Line, frames: Frames[Frame]) -> bool:
        frame = frames.for_viewer(connection.admitted.viewer, connection.told)
        connection.cursor = frames.head
        if frame is None:
            return False
        connection.told = frames.head
        self._write(line, frame)
        return True

    def _write(self, line: Line, frame: Frame) -> None:
        self.counts.frames_sent += 1
        line.write(frame.packet, frame.bytes)

    def _frames(self, live: LiveSession, after: int, head: int) -> Frames[Frame] | None:
        recent = live.recent.between(after, head)
        if recent is None or recent.length > FARTHEST_BEHIND:
            return None

        def make(told: int, head: int, events: list[WireEvent]) -> Frame:
            self.counts.frames_made += 1
            return self._outlet.frame("events", {"from": told, "to": head, "events": events})

        return Frames(recent, make)

    def _must_wait(self, connection: Connection, line: Line, backlog: int, head: int) -> bool:
        """Ask a lost connection to resync once it takes in data again; tell whether it still has to wait."""
        if connection.following is not Following.LOST:
            return False
        if backlog > 0:
            return True
        connection.turn(Turn.WAS_ASKED)
        self._write(line, self._outlet.frame("events", {"from": head, "to": head, "events": []}))
        return False

    def _lose(self, connection: Connection) -> None:
        connection.turn(Turn.FELL_BEHIND)
        self.counts.connections_lost += 1
        _log.info(
            "class_connection_lost_track",
            session_id=connection.admitted.session_id,
            participant_id=connection.admitted.actor.participant_id,
        )

    async def _part_with_unwelcome(self, channel: Channel, live: LiveSession) -> None:
        """End connections of who was removed, and those with which somebody was staff who is so no longer."""
        removed = frozenset(live.state.of(LESSON).removed)
        audiences = set(Audience) if removed != channel.parted else {Audience.STAFF}
        channel.parted = removed
        for audience in audiences:
            for connection, line in list(channel.groups[audience].members.values()):
                await self._part_if_unwelcome(connection, line, live)

    async def _part_if_unwelcome(self, connection: Connection, line: Line, live: LiveSession) -> None:
        actor = connection.admitted.actor
        lapse = standing_of(live.state, actor.participant_id).lapse(actor.role)
        if lapse is not None:
            self._write(line, self._outlet.frame("over", {"code": lapse.value}))
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
