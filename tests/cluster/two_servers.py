"""Two server processes in one, over one database, one Redis and one media process; and people with tabs."""

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import socketio
from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from accounts.store import Org
from lectern.app.packagers import Packagers
from lectern.app.serve import build_app
from lectern.app.shared_keys import agree_on_keys
from lectern.app.storage import carrying, gathering_of
from lectern.app.wired.services import Services
from lectern.app.wiring import built
from lectern.kernel.access import SessionGrant
from lectern.kernel.roles import SessionRole
from lectern.kernel.tasks import run_forever, task_group
from sessions.store import Session
from tests.installation import settings_of
from tests.ports import free_port
from tests.streaming.media_process import started_media_process
from tests.streaming.test_foreign_aiortc import CounterTrack, read_counter

PATIENCE_S = 30.0
PICTURES_PER_S = 8


async def until(what: str, holds: Callable[[], Awaitable[bool]] | Callable[[], bool]) -> None:
    """Wait for something; it is an error if it does not come in time."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = holds()
                if found if isinstance(found, bool) else await found:
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        message = f"this did not happen: {what}"
        raise AssertionError(message) from None


@dataclass(slots=True)
class Served:
    """A server process, as far as it matters here. `leaves` ends it in order."""

    services: Services
    url: str
    _exit: AsyncExitStack

    async def leaves(self) -> None:
        """End it; its clients are disconnected."""
        await self._exit.aclose()


@dataclass(slots=True)
class House:
    """Both servers, and a live session."""

    folder: Path
    a: Served
    b: Served
    org: Org
    session: Session
    tasks: asyncio.TaskGroup
    http: aiohttp.ClientSession
    tabs: "list[Tab]" = field(default_factory=list)

    def token(self, name: str, role: SessionRole = SessionRole.LEARNER) -> str:
        """A guest's join token."""
        grant = SessionGrant(self.session.id, role, None, guest_id=name, guest_name=name)
        now_s = time.time_ns() // 1_000_000_000
        return self.a.services.tokens.issue(self.org.id, grant, now_s=now_s, ttl_s=3600)

    async def tab(self, name: str, at: Served, role: SessionRole = SessionRole.LEARNER) -> "Tab":
        """Somebody opens the room at a server, and gets media."""
        made = Tab(self, name, role, at, self.http)
        self.tabs.append(made)
        await made.connect()
        await made.offer()
        return made


@dataclass(slots=True)
class Tab:
    """A browser's room. `seen` are the numbers of the pictures that it saw; `resets` what it was told."""

    house: House
    name: str
    role: SessionRole
    at: Served
    http: aiohttp.ClientSession
    socket: socketio.AsyncClient = field(init=False)
    pc: RTCPeerConnection | None = None
    camera: CounterTrack | None = None
    seen: list[int] = field(default_factory=list)
    resets: list[str] = field(default_factory=list)
    slots: list[dict[str, Any]] = field(default_factory=list)
    offering: asyncio.Task[None] | None = None
    watching: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Connect class and media at the server.

        The HTTP session is the house's: engineio forgets one of its own when a connection comes back fast.
        """
        self.socket = socketio.AsyncClient(reconnection=False, http_session=self.http)
        token = self.house.token(self.name, self.role)
        consent = self.at.services.settings.consent_version
        self.socket.on("reset", self._reset, namespace="/signal")
        self.socket.on("slots", self.slots.append, namespace="/signal")
        await self.socket.connect(
            self.at.url,
            transports=["websocket"],
            namespaces=["/class"],
            auth={"token": token, "consent": consent},
            wait_timeout=PATIENCE_S,
        )
        await self.socket.disconnect()  # the class knows them now: media is a door of its own
        await self.socket.connect(
            self.at.url,
            transports=["websocket"],
            namespaces=["/signal"],
            auth={"token": token},
            wait_timeout=PATIENCE_S,
        )

    async def moves(self, to: Served) -> None:
        """Come back to another server."""
        self.at = to
        await self.connect()
        await self.offer()

    async def offer(self) -> None:
        """Offer until somebody answers, as a browser does."""
        while "error" in (answer := await self._offer()):
            assert answer["error"]["code"] == "media_unavailable", answer
            await asyncio.sleep(0.3)

    async def _offer(self) -> dict[str, Any]:
        pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        sources: dict[str, str] = {}
        if self.role is SessionRole.PRESENTER:
            before = self.camera
            self.camera = CounterTrack(rate=PICTURES_PER_S) if before is None else before.successor()
            pc.addTrack(self.camera)
            known = RTCRtpSender.getCapabilities("video").codecs
            pc.getTransceivers()[0].setCodecPreferences([c for c in known if c.name in {"H264", "rtx"}])
            sources["0"] = "camera"
        else:
            pc.addTransceiver("video", direction="recvonly")
        await pc.setLocalDescription(await pc.createOffer())
        answer: dict[str, Any] = await self.socket.call(
            "offer",
            {"sdp": pc.localDescription.sdp, "sources": sources},
            namespace="/signal",
            timeout=PATIENCE_S,
        )
        if "error" in answer:
            await pc.close()
            return answer
        old, self.pc = self.pc, pc
        if old is not None:
            await old.close()
        await pc.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
        if self.camera is None:
            if self.watching is not None:
                self.watching.cancel()
            self.watching = self.house.tasks.create_task(self._watch(pc))
        return answer

    async def _reset(self, data: dict[str, str]) -> None:
        self.resets.append(data["reason"])
        self.offering = self.house.tasks.create_task(self.offer())

    async def _watch(self, pc: RTCPeerConnection) -> None:
        try:
            while True:
                frame = await pc.getTransceivers()[0].receiver.track.recv()
                assert isinstance(frame, VideoFrame)
                self.seen.append(read_counter(frame))
        except MediaStreamError:
            return

    async def sees(self, presenter: "Tab") -> None:
        """Until pictures arrive that are made from now on."""
        assert presenter.camera is not None
        newest = presenter.camera.number
        await until(f"{self.name} sees something new", lambda: any(n > newest for n in self.seen[-20:]))

    async def ends(self) -> None:
        """Close everything."""
        await self.socket.disconnect()  # first: whoever is told `reset` offers again
        for task in (self.offering, self.watching):  # a track of a connection that never came up never ends
            if task is not None:
                task.cancel()
        if self.pc is not None:
            with contextlib.suppress(TimeoutError):  # aiortc's close waits for a connection that is coming up
                await asyncio.wait_for(self.pc.close(), 5)


@asynccontextmanager
async def served(
    folder: Path, controls: Sequence[Path], postgres_url: str, redis_url: str, **others: Any
) -> AsyncIterator[Served]:
    """A server process of a cluster. With a bucket among its settings, it also packages and carries."""
    port = free_port()
    settings = settings_of(
        folder,
        port=port,
        database_url=postgres_url,
        redis_url=redis_url,
        media_nodes=tuple(map(str, controls)),
        embedded_worker=False,
        public_url="http://127.0.0.1",
        **others,
    )
    async with AsyncExitStack() as exit_:
        services = await exit_.enter_async_context(built(settings))
        assert services.stewards is not None
        tasks = await exit_.enter_async_context(task_group())
        loops = [
            tasks.create_task(services.stewards.run()),
            tasks.create_task(services.plane.run()),
            tasks.create_task(services.class_namespace.run()),
            tasks.create_task(run_forever("steering", services.steering.run)),
        ]
        packaging: list[asyncio.Task[None]] = []
        if settings.storage_url:
            await agree_on_keys(services.database, settings.data / "secrets")
            await exit_.enter_async_context(carrying(settings, services.database))
            packagers = Packagers(
                settings.sessions_dir,
                services.steering.recorded,
                on_finished=services.steering.closed,
                on_given_up=services.catalogue.keeper.give_up,
                gathering=gathering_of(settings, services.database),
            )
            services.stewards.listen(packagers.let_go)
            packaging.append(tasks.create_task(packagers.run()))
        runner = web.AppRunner(build_app(services), shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()

        async def end() -> None:
            assert services.stewards is not None
            for task in packaging:
                task.cancel()
                await asyncio.wait((task,))
            await services.stewards.leave()
            await runner.cleanup()
            for loop in loops:
                loop.cancel()

        exit_.push_async_callback(end)
        async with asyncio.timeout(PATIENCE_S):
            while not services.plane.is_available:
                await asyncio.sleep(0.02)
        yield Served(services, f"http://127.0.0.1:{port}", exit_)


@asynccontextmanager
async def house(postgres_url: str, redis_url: str) -> AsyncIterator[House]:
    """See `House`."""
    folder = Path(tempfile.mkdtemp(prefix="lec"))
    control = folder / "media1"
    try:
        async with (
            started_media_process(control, "--tap", "recording.tap:create"),
            served(folder, [control], postgres_url, redis_url) as a,
            served(folder, [control], postgres_url, redis_url) as b,
            aiohttp.ClientSession() as http,
            task_group() as tasks,
        ):
            made = await live_house(folder, a, b, tasks, http)
            try:
                yield made
            finally:
                for tab in made.tabs:
                    await tab.ends()
    finally:
        shutil.rmtree(folder)


async def live_house(
    folder: Path, a: Served, b: Served, tasks: asyncio.TaskGroup, http: aiohttp.ClientSession
) -> House:
    """Both servers with a session that has just begun."""
    org = await a.services.accounts.set_up("Demo Company", "Asia/Shanghai")
    session = await a.services.sessions.create(
        org_id=org.id,
        title="Product launch",
        starts_utc_ms=None,
        zone="Asia/Shanghai",
        presenter_person_id=None,
        host_person_id=None,
        guests_allowed=True,
        auto_start=True,
    )
    await a.services.sessions.start(session.id)
    return House(folder, a, b, org, session, tasks, http)
