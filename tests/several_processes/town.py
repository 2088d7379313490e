"""A server with several media processes, and people with real peer connections in one of its sessions."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError
from av import VideoFrame

from accounts.store import Org
from lectern.app.admission import SeatsOfPresence
from lectern.app.serve import children
from lectern.app.supervisor import Child
from lectern.app.wired.services import Services
from lectern.app.wiring import built
from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import Gone
from lectern.kernel.roles import SessionRole
from lectern.kernel.tasks import task_group
from sessions.store import Session
from signaling.plane.peer import Peer, SlotsView
from signaling.stage.rights import MAY_SEND
from streaming.control import messages as m
from tests.installation import settings_of
from tests.ports import free_ports
from tests.streaming.test_foreign_aiortc import CounterTrack, read_counter

PATIENCE_S = 25.0
PICTURES_PER_S = 8
"""Few: what is tested here is who gets them, on however slow a machine."""


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
        msg = f"this did not happen: {what}"
        raise AssertionError(msg) from None


@dataclass(slots=True)
class Person:
    """Somebody in the session. `seen` are the numbers of the pictures that they saw, over all transports."""

    town: "Town"
    name: str
    role: SessionRole
    participant: str
    has_mic: bool = False
    decodes: frozenset[str] = frozenset({"H264", "VP8"})
    slots: SlotsView = field(default_factory=dict)
    pc: RTCPeerConnection | None = None
    peer: Peer | None = None
    camera: CounterTrack | None = None
    seen: list[int] = field(default_factory=list)
    resets: list[str] = field(default_factory=list)
    work: list[asyncio.Task[None]] = field(default_factory=list)

    async def offer(self) -> None:
        """Connect, as a browser does: again after `reset`, until it succeeds."""
        while True:
            try:
                await self._offer()
            except Gone:
                await asyncio.sleep(0.2)
            else:
                return

    async def _offer(self) -> None:
        pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.town.opened.append(pc)
        sources: dict[str, str] = {}
        if self.role is SessionRole.PRESENTER:
            self.camera = (
                CounterTrack(rate=PICTURES_PER_S) if self.camera is None else self.camera.successor()
            )
            pc.addTrack(self.camera)
            known = RTCRtpSender.getCapabilities("video").codecs
            pc.getTransceivers()[0].setCodecPreferences([c for c in known if c.name in {"H264", "rtx"}])
            sources["0"] = "camera"
        else:
            video = pc.addTransceiver("video", direction="recvonly")
            known = RTCRtpSender.getCapabilities("video").codecs
            video.setCodecPreferences([c for c in known if c.name in {*self.decodes, "rtx"}])
            if self.has_mic:
                pc.addTrack(AudioStreamTrack())
                sources["1"] = "mic"
        await pc.setLocalDescription(await pc.createOffer())
        self.peer, answer = await self.town.services.plane.offer(
            self.town.session.id,
            self.participant,
            pc.localDescription.sdp,
            sources,
            may_send=MAY_SEND[self.role],
            on_slots=self._look,
            on_gone=self._reset,
        )
        before, self.pc = self.pc, pc
        if before is not None:
            await before.close()
        await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        for transceiver in pc.getTransceivers():
            if transceiver.kind == "video" and self.camera is None:
                self._do(self._watch(transceiver.receiver.track))

    async def _look(self, slots: SlotsView) -> None:
        self.slots = slots

    async def _reset(self, reason: str) -> None:
        self.resets.append(reason)
        self._do(self.offer())

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        self.work.append(self.town.tasks.create_task(what))

    def leave(self) -> None:
        """Stop all that would go on for ever: offering to processes that have ended, waiting for pictures."""
        for task in self.work:
            task.cancel()

    async def _watch(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, VideoFrame)
            self.seen.append(read_counter(frame))

    async def sees_news(self) -> None:
        """Until pictures arrive that are made from now on."""
        newest = self.town.newest
        await until(f"{self.name} sees something new", lambda: any(n > newest for n in self.seen[-20:]))

    async def process(self) -> str:
        """Which media process serves this person."""
        assert self.peer is not None
        for name, stats in (await self.town.stats()).items():
            if any(t.transport == self.peer.transport for t in stats.transports):
                return name
        return ""


@dataclass(slots=True)
class Town:
    """See the module."""

    services: Services
    org: Org
    session: Session
    processes: dict[str, Child]
    tasks: asyncio.TaskGroup
    people: dict[str, Person] = field(default_factory=dict)
    opened: list[RTCPeerConnection] = field(default_factory=list)

    async def enter(
        self,
        name: str,
        role: SessionRole = SessionRole.LEARNER,
        *,
        has_mic: bool = False,
        decodes: frozenset[str] = frozenset({"H264", "VP8"}),
    ) -> Person:
        """Somebody comes, and connects."""
        grant = SessionGrant(self.session.id, role, None, guest_id=name, guest_name=name)
        seats = SeatsOfPresence(self.services.presence, self.services.doors)
        seat = await seats.enter(self.org.id, grant, "whip")
        person = self.people[name] = Person(self, name, role, seat.participant_id, has_mic, decodes)
        await person.offer()
        return person

    @property
    def newest(self) -> int:
        """Number of the newest picture that was made."""
        return max(p.camera.number for p in self.people.values() if p.camera is not None)

    async def stats(self) -> dict[str, m.Stats]:
        """Counters by process, of those that run."""
        found = await self.services.plane.stats_by_process()
        return {name: stats for name, stats in found.items() if stats is not None}

    async def kill(self, name: str) -> None:
        """`kill -9`, and wait until the server has noticed."""
        pid = self.processes[name].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def halt(self, name: str) -> int:
        """`kill -STOP`: it stands still and holds everything. Returns its pid."""
        pid = self.processes[name].pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        return pid

    def recordings(self) -> dict[str, set[str]]:
        """Sources of the tracks with at least one fragment, by recording."""
        folder = self.services.settings.sessions_dir / self.session.id / "rec"
        return {
            one.name: {fragment.parent.name.partition("-")[0] for fragment in one.glob("*/*.mp4")}
            for one in folder.iterdir()
        }


@asynccontextmanager
async def town(data: Path, database: Path, *, processes: int, viewers: int) -> AsyncIterator[Town]:
    """A live session; each process serves `viewers` peers before a sibling takes more."""
    shutil.copy(database, data / "lectern.db")
    settings = settings_of(
        data,
        media_processes=processes,
        media_port=free_ports(processes),
        media_process_viewers=viewers,
        embedded_worker=False,
    )
    async with built(settings) as services, task_group() as tasks:
        org = await services.accounts.set_up("Demo Company", "Asia/Shanghai")
        session = await services.sessions.create(
            org_id=org.id,
            title="Product launch",
            starts_utc_ms=None,
            zone="Asia/Shanghai",
            presenter_person_id=None,
            host_person_id=None,
            guests_allowed=True,
            auto_start=False,
        )
        await services.sessions.start(session.id)
        media = {child.name: child for child in children(services)}
        running = [tasks.create_task(child.run()) for child in media.values()]
        running.append(tasks.create_task(services.plane.run()))
        made = Town(services, org, session, media, tasks)

        async def all_there() -> bool:
            return len(await made.stats()) == processes

        try:
            await until("all media processes run", all_there)
            yield made
        finally:
            for task in running:  # the server first: whatever ends from now on, nobody is told
                task.cancel()
            await asyncio.wait(running)
            for person in made.people.values():
                person.leave()
            for pc in made.opened:
                with contextlib.suppress(TimeoutError):  # aiortc waits for a connection that is coming up
                    await asyncio.wait_for(pc.close(), 5)
