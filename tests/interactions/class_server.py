"""A class server in this process: the real engine, namespace and deadlines behind a real aiohttp socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import socketio
from aiohttp import web

from interactions.lesson.idea import LESSON, refuse_lapsed
from interactions.live.admission import Admitted
from interactions.live.namespace import ClassNamespace
from interactions.live.server import socket_server
from interactions.registry import CLERKS, COMMANDS, FOLLOWERS, IDEAS
from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Unauthenticated
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from lectern.kernel.tasks import task_group
from lectern.timeline.bus import Bus, LocalBus, RedisBus
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import NewEvent, ParticipantJoined, SessionStarted
from lectern.timeline.fold import apply_wire
from lectern.timeline.idea import Actor, Audience, Registry, Viewer

SESSION = "session-1"
REGISTRY = Registry.of(IDEAS, COMMANDS)
WAIT_S = 25.0


def engine_over(database: Database, bus: Bus | None = None, clock: Clock = utc_ms) -> TimelineEngine:
    """Return an engine as one server process has it."""
    return TimelineEngine(
        database,
        REGISTRY,
        bus or LocalBus(),
        followers=FOLLOWERS,
        guard=refuse_lapsed,
        clerks=CLERKS,
        clock=clock,
    )


@asynccontextmanager
async def two_engines(
    postgres_url: str, redis_url: str
) -> AsyncIterator[tuple[TimelineEngine, TimelineEngine]]:
    """Hold two server processes, as far as the class can tell: each its own pool, cache and Redis client."""
    first, second = Database(postgres_url), Database(postgres_url)
    async with first.write() as tx:
        await tx.run_sync(metadata.create_all)
    try:
        async with RedisBus.connected(redis_url) as bus, RedisBus.connected(redis_url) as other_bus:
            engines = engine_over(first, bus), engine_over(second, other_bus)
            await begin(engines[0])
            yield engines
    finally:
        await first.close()
        await second.close()


async def begin(engine: TimelineEngine, *, live: bool = True, session_id: str = SESSION) -> None:
    """Create a session with everybody whom the tests know in it."""
    async with engine.database.write() as tx:
        await engine.store.create(tx, session_id, "org-1")
    for participant, role in {"p": "presenter", "h": "host", "l1": "learner", "l2": "learner"}.items():
        await join(engine, participant, SessionRole(role), session_id)
    if live:
        async with engine.change(session_id) as change:
            change.append(NewEvent(payload=SessionStarted(), actor="p"))


async def join(
    engine: TimelineEngine, participant: str, role: SessionRole, session_id: str = SESSION
) -> None:
    """Put somebody on the timeline, once."""
    async with engine.change(session_id) as change:
        if participant not in change.state.of(LESSON).roles:
            ref = new_id()
            joined = ParticipantJoined(
                participant=participant, kind="person", role=role.value, person=None, name_ref=ref
            )
            change.append(NewEvent(payload=joined, actor=participant, texts={ref: participant}))


@dataclass(slots=True)
class OpenDoor:
    """The tests' own admission: the token says who comes (`learner:l7`), and nobody is asked for proof."""

    engine: TimelineEngine
    present: dict[str, Admitted] = field(default_factory=dict)
    was_seen: list[str] = field(default_factory=list)
    slow: asyncio.Event | None = None
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def holds(self, *participants: str) -> None:
        """Wait until exactly these have connections."""
        async with asyncio.timeout(WAIT_S), self.changed:
            await self.changed.wait_for(lambda: self._participants() == sorted(participants))

    def _participants(self) -> list[str]:
        return sorted(admitted.actor.participant_id for admitted in self.present.values())

    async def admit(self, auth: Mapping[str, Any], client_ip: str) -> Admitted:
        """See `Admission`."""
        assert client_ip == "127.0.0.1"
        role, _, name = str(auth.get("token")).partition(":")
        if role not in list(SessionRole):
            raise Unauthenticated("token_invalid", "This link is not valid.", hint="ask for a new one")
        session_role = SessionRole(role)
        await join(self.engine, name, session_role)
        viewer = Viewer(name, Audience.of(session_role))
        admitted = Admitted(SESSION, new_id(), viewer, Actor(name, session_role), f"{role}:{name}")
        async with self.changed:
            self.present[admitted.connection_id] = admitted
            self.changed.notify_all()
        if self.slow is not None:
            await self.slow.wait()
        return admitted

    async def left(self, admitted: Admitted) -> None:
        """See `Admission`."""
        async with self.changed:
            del self.present[admitted.connection_id]
            self.changed.notify_all()

    async def seen(self, present: Sequence[Admitted]) -> None:
        """See `Admission`."""
        async with self.changed:
            self.was_seen.extend(admitted.connection_id for admitted in present)
            self.changed.notify_all()


@dataclass(slots=True)
class ClassServer:
    """A running server."""

    url: str
    engine: TimelineEngine
    door: OpenDoor
    namespace: ClassNamespace
    sockets: socketio.AsyncServer


@asynccontextmanager
async def class_server(engine: TimelineEngine) -> AsyncIterator[ClassServer]:
    """Serve the class on a free loopback port."""
    sockets = socket_server()
    door = OpenDoor(engine)
    namespace = ClassNamespace(engine, door)
    sockets.register_namespace(namespace)
    application = web.Application()
    sockets.attach(application)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with task_group() as tasks:
        running = tasks.create_task(namespace.run())
        try:
            yield ClassServer(url, engine, door, namespace, sockets)
        finally:
            running.cancel()
            await sockets.shutdown()
            await runner.cleanup()


@dataclass(slots=True)
class Client:
    """A client as the web client is one: a store of entities, a cursor, resync when a frame does not fit."""

    socket: socketio.AsyncClient
    entities: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    seq: int = -1
    welcomed: dict[str, Any] = field(default_factory=dict)
    over: list[dict[str, Any]] = field(default_factory=list)
    resyncs: int = 0
    resyncs_itself: bool = True
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def ends(self) -> None:
        """Wait until the server has ended this connection."""
        async with asyncio.timeout(WAIT_S):
            await self.gone.wait()

    async def command(self, command_type: str, id_: str | None = None, **data: Any) -> dict[str, Any]:
        """Give a command and return the acknowledgement."""
        return await self.call("command", {"id": id_ or new_id(), "type": command_type, "data": data})

    async def call(self, event: str, data: Any) -> dict[str, Any]:
        """Send a message and return the acknowledgement."""
        answer: dict[str, Any] = await self.socket.call(event, data, namespace="/class", timeout=WAIT_S)
        return answer

    async def reaches(self, seq: int) -> None:
        """Wait until this client has applied all up to `seq`."""
        async with asyncio.timeout(WAIT_S), self.changed:
            await self.changed.wait_for(lambda: self.seq >= seq)

    async def take(self, data: dict[str, Any]) -> None:
        """Take a welcome, or the answer to a resync."""
        async with self.changed:
            if "entities" in data:
                self.entities = data["entities"]
            else:
                assert data["from"] == self.seq
                self._apply(data["events"])
            self.seq = data["seq"]
            self.changed.notify_all()

    async def take_frame(self, data: dict[str, Any]) -> None:
        """Take a frame, or ask for a resync if it does not fit."""
        self.frames.append(data)
        if data["from"] == self.seq:
            async with self.changed:
                self._apply(data["events"])
                self.seq = data["to"]
                self.changed.notify_all()
        elif self.resyncs_itself:
            self.resyncs += 1
            await self.take(await self.call("resync", {"after": None}))

    def _apply(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            self.events.append(event)
            apply_wire(self.entities, event)


@asynccontextmanager
async def connected(
    url: str, token: str, *, transports: Sequence[str] = ("websocket",), **auth: Any
) -> AsyncIterator[Client]:
    """Connect as `token` says, with the welcome taken.

    With `continues=client`, the new connection goes on where that client stopped.
    """
    earlier: Client | None = auth.pop("continues", None)
    client = Client(socketio.AsyncClient(reconnection=False))
    if earlier is not None:
        client.entities, client.seq = earlier.entities, earlier.seq
        auth["after"] = earlier.seq

    async def on_welcome(data: dict[str, Any]) -> None:
        client.welcomed = data
        await client.take(data)

    client.socket.on("welcome", on_welcome, namespace="/class")
    client.socket.on("events", client.take_frame, namespace="/class")
    client.socket.on("disconnect", lambda _reason: client.gone.set(), namespace="/class")
    client.socket.on("over", client.over.append, namespace="/class")
    await client.socket.connect(
        url, transports=list(transports), namespaces=["/class"], auth={"token": token} | auth, wait_timeout=30
    )
    try:
        async with asyncio.timeout(WAIT_S), client.changed:
            await client.changed.wait_for(lambda: bool(client.welcomed))
        yield client
    finally:
        # Abrupt where it polls: the client would wait for its pending GET, which lasts until the next ping.
        if client.socket.transport() == "polling":
            await client.socket.eio.disconnect(abort=True)
        await client.socket.disconnect()
