"""Ends that nobody here wrote, with stream keys: ffmpeg publishes, an aiortc peer counts what arrives."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import av
import imageio_ffmpeg
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from lectern.app.wiring import built
from sessions.store import Session
from signaling.stream_keys.service import NewKey
from tests.scripted_lesson.server import Server

PICTURES_PER_S = 20
SOUND_FRAME_S = 0.02
_GONE_AFTER_S = 10.0
_NO_PICTURE_S = 45.0
"""Nobody waits longer for the next picture: what a machine under load delays comes after seconds."""


@dataclass(frozen=True, slots=True)
class Keys:
    """A session that starts with its publisher, and keys to publish and to watch."""

    session: Session
    publish: str
    publish_id: str
    watch: str


async def planned_with_keys(server: Server) -> Keys:
    """Plan a session and make its keys."""
    async with built(server.settings()) as services:
        org = await services.accounts.org()
        session = await services.sessions.create(
            org_id=org.id,
            title="From an encoder",
            starts_utc_ms=None,
            zone=org.zone,
            presenter_person_id=None,
            host_person_id=None,
            guests_allowed=True,
            auto_start=True,
        )
        facts = await services.doors.session(session.id)
        made = {
            use: await services.stream_keys.create(facts, NewKey(use, use, None, None), "test")
            for use in ("publish", "watch")
        }
    publish, watch = made["publish"], made["watch"]
    return Keys(session, str(publish[1]), publish[0].id, str(watch[1]))


@asynccontextmanager
async def encoder(server: Server, keys: Keys) -> AsyncIterator[asyncio.subprocess.Process]:
    """ffmpeg's WHIP muxer with a small test picture and a tone, until the end of the block."""
    size = f"testsrc2=s=320x180:r={PICTURES_PER_S}"
    process = await asyncio.create_subprocess_exec(
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-re", "-f", "lavfi", "-i", size),
        *("-re", "-f", "lavfi", "-i", "sine=f=440:r=48000", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-tune", "zerolatency", "-profile:v", "baseline", "-g", str(PICTURES_PER_S), "-pix_fmt", "yuv420p"),
        *("-b:v", "200k", "-threads", "1", "-c:a", "libopus", "-b:a", "32k", "-ac", "2", "-f", "whip"),
        *("-authorization", keys.publish, f"{server.url}/whip/{keys.session.id}"),
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(_GONE_AFTER_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


@dataclass(slots=True)
class Flow:
    """Frames of one kind, `step_s` apart by their own clock, as they arrive."""

    step_s: float
    frames: int = 0
    missing: int = 0
    longest_wait_s: float = 0.0
    _last_s: float | None = None
    _arrived: float | None = None

    def receive(self, at_s: float, now: float) -> None:
        """Take in a frame that is due at `at_s` of the publisher's clock, at `now` (monotonic)."""
        if self._last_s is not None and self._arrived is not None:
            self.missing += max(0, round((at_s - self._last_s) / self.step_s) - 1)
            self.longest_wait_s = max(self.longest_wait_s, now - self._arrived)
        self.frames += 1
        self._last_s, self._arrived = at_s, now


@dataclass(slots=True)
class Watched:
    """What a player got."""

    pictures: Flow = field(default_factory=lambda: Flow(1 / PICTURES_PER_S))
    sound: Flow = field(default_factory=lambda: Flow(SOUND_FRAME_S))


async def watch(
    server: Server, keys: Keys, seconds: float, during: Callable[[Watched], None] = lambda _: None
) -> Watched:
    """Play by WHEP until `seconds` of pictures were seen; `during` hears of every picture."""
    watched = Watched()
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    picture = peer.addTransceiver("video", direction="recvonly").receiver
    sound = peer.addTransceiver("audio", direction="recvonly").receiver
    await peer.setLocalDescription(await peer.createOffer())

    async def hear() -> None:
        while True:
            frame = await sound.track.recv()
            assert isinstance(frame, av.AudioFrame)
            watched.sound.receive(frame.time or 0.0, time.monotonic())

    async with aiohttp.ClientSession(
        server.url, headers={"Authorization": f"Bearer {keys.watch}", "Content-Type": "application/sdp"}
    ) as http:
        answer = await _answered(http, keys.session.id, peer.localDescription.sdp)
        await peer.setRemoteDescription(RTCSessionDescription(await answer.text(), "answer"))
        try:
            async with asyncio.TaskGroup() as tasks:
                hearing = tasks.create_task(hear())
                while watched.pictures.frames < seconds * PICTURES_PER_S:
                    try:
                        async with asyncio.timeout(_NO_PICTURE_S):
                            frame = await picture.track.recv()
                    except TimeoutError:
                        raise AssertionError(await _why_nothing_comes(server, peer, watched)) from None
                    assert isinstance(frame, av.VideoFrame)
                    watched.pictures.receive(frame.time or 0.0, time.monotonic())
                    during(watched)
                hearing.cancel()
        finally:
            await peer.close()
        gone = await http.delete(answer.headers["Location"])
        assert gone.status == 200
    return watched


async def _why_nothing_comes(server: Server, peer: RTCPeerConnection, watched: Watched) -> str:
    """What can be said of a player that gets no pictures any more."""
    quiet_s = time.monotonic() - (watched.sound._arrived or 0.0)
    names = ("received_packets", "lost_packets", "forwarded_packets")
    figures = []
    for name in names:
        with contextlib.suppress(AssertionError):
            figures.append(f"{name} {await metric(server, f'lectern_media_{name}_total'):.0f}")
    return (
        f"no picture for {_NO_PICTURE_S:.0f} s, after {watched.pictures.frames} pictures and"
        f" {watched.sound.frames} frames of sound (the last one {quiet_s:.1f} s ago); connection"
        f" {peer.connectionState}, ICE {peer.iceConnectionState}; {', '.join(figures)};"
        f" the server opened {said(server, 'whip_session_opened')} and closed"
        f" {said(server, 'whip_session_closed')} WHIP sessions"
    )


async def _answered(http: aiohttp.ClientSession, session_id: str, sdp: str) -> aiohttp.ClientResponse:
    async with asyncio.timeout(90):
        while True:  # 409 until the encoder has started the session
            answer = await http.post(f"/whep/{session_id}", data=sdp)
            if answer.status != 409:
                break
            await asyncio.sleep(float(answer.headers["Retry-After"]) / 20)
    assert answer.status == 201, await answer.text()
    return answer


async def metric(server: Server, name: str) -> float:
    """The sum of a metric over all media processes."""
    async with aiohttp.ClientSession(server.url) as http, http.get("/metrics") as answer:
        text = await answer.text()
    values = re.findall(rf"^{name}(?:{{[^}}]*}})? ([0-9.e+]+)$", text, re.MULTILINE)
    assert values, f"there is no metric {name}"
    return sum(map(float, values))


def said(server: Server, event: str, **fields: str) -> int:
    """How many lines of the server's log say `event` with these fields."""
    lines = [line for line in server.log.read_text(errors="replace").splitlines() if event in line]
    return sum(all(value in line for value in fields.values()) for line in lines)
