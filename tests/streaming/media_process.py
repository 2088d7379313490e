"""A real media process for tests: started, connected, ended."""

import asyncio
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from signaling.answer import build_answer
from signaling.sdp import parse_offer
from streaming.control import messages as m
from streaming.control.client import MediaClient, connect

ROOM = "room-1"


@dataclass(slots=True)
class Media:
    """A connected media process; `heard` collects its notifications."""

    client: MediaClient
    process: asyncio.subprocess.Process
    heard: list[m.Notification] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Collect notifications until the connection ends."""
        async for notice in self.client.notifications():
            self.heard.append(notice)
            self.changed.set()

    async def wait_for(self, wanted: type[m.Notification], count: int = 1, timeout: float = 20.0) -> None:
        """Until `count` notifications of this type were heard."""
        async with asyncio.timeout(timeout):
            while sum(isinstance(n, wanted) for n in self.heard) < count:
                self.changed.clear()
                await self.changed.wait()

    def tracks(self) -> list[m.TrackStarted]:
        """All that started."""
        return [n for n in self.heard if isinstance(n, m.TrackStarted)]

    async def answer(
        self, transport: str, sdp: str, *, sources: Mapping[str, m.Source] | None = None, room: str = ROOM
    ) -> str:
        """What signalling does with an offer."""
        offer = parse_offer(sdp, sources)
        local = await self.client.create_transport(transport, room, f"person-{transport}", offer.remote)
        return build_answer(offer, local, secrets.randbits(62))

    async def connect_peer(self, transport: str, pc: RTCPeerConnection) -> str:
        """Negotiate an aiortc peer whose transceivers are set up; returns the answer."""
        await pc.setLocalDescription(await pc.createOffer())
        answer = await self.answer(transport, pc.localDescription.sdp)
        await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        return answer

    async def slot(self, transport: str, mid: str) -> m.SlotStats:
        """Counters of one slot."""
        stats = await self.client.get_stats()
        found = next(t for t in stats.transports if t.transport == transport)
        return next(s for s in found.slots if s.mid == mid)


def new_peer() -> RTCPeerConnection:
    """A plain aiortc peer that asks no STUN server."""
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


@asynccontextmanager
async def started_media_process(
    control: str | Path, *arguments: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m streaming.process` on a free loopback port; it must end by itself when we let go of it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "streaming.process", "--control", str(control), "--port", "0", *arguments,
        stdin=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    try:
        yield process
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def media_process(*arguments: str, record: m.RecordSpec | None = None) -> AsyncIterator[Media]:
    """A connected media process with one open room."""
    directory = tempfile.mkdtemp(prefix="lec")
    path = str(Path(directory) / "control")
    try:
        async with started_media_process(path, *arguments) as process:
            assert process.stdin is not None
            async with connect(path, timeout=20) as client:
                media = Media(client, process)
                async with asyncio.TaskGroup() as group:
                    group.create_task(media.listen())
                    await client.open_room(ROOM, record)
                    try:
                        yield media
                    finally:
                        process.stdin.close()
    finally:
        shutil.rmtree(directory)
