"""Ends that nobody here wrote, at a real server: ffmpeg publishes; aiortc and browsers watch as they can."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import av
import imageio_ffmpeg
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from playwright.async_api import Page, async_playwright, expect

from lectern.app.wired.services import Services, now_s
from lectern.app.wiring import built
from lectern.kernel.access import SessionGrant
from lectern.kernel.roles import SessionRole
from sessions.store import Session
from tests.foreign_ends.film import RATE, write_film
from tests.media_pattern import read_counter
from tests.scripted_lesson.chromium import EXECUTABLE, browsers, take_picture
from tests.scripted_lesson.server import PASSWORD, Server, running_server

FILM_S = 60
WATCHED_S = 10
_NO_WEBRTC = """
const set = RTCPeerConnection.prototype.setRemoteDescription
RTCPeerConnection.prototype.setRemoteDescription = function (description) {
  const sdp = description.sdp.replace(/a=candidate:.*\\r\\n/g, '')
  return set.call(this, { type: description.type, sdp })
}"""
"""A network that lets no media through: the browser learns of no address that it could reach."""


@asynccontextmanager
async def published(server: Server, folder: Path) -> AsyncIterator[Session]:
    """A session that ffmpeg keeps publishing the film to; it starts by itself."""
    film = folder / "film.mp4"
    await asyncio.to_thread(write_film, film, FILM_S)
    async with built(server.settings()) as services:
        session = await planned(services)
        grant = SessionGrant(session.id, SessionRole.PRESENTER, None, guest_id="ffmpeg", guest_name="ffmpeg")
        token = services.tokens.issue(session.org_id, grant, now_s=now_s())
    publisher = await asyncio.create_subprocess_exec(
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-re", "-i", str(film), "-c:v", "copy"),
        *("-c:a", "libopus", "-ar", "48000", "-ac", "2", "-f", "whip", "-authorization", token),
        f"{server.url}/whip/{session.id}",
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        yield session
    finally:
        publisher.kill()
        await publisher.wait()


async def planned(services: Services) -> Session:
    """A session for guests, as `lectern session create` makes it."""
    org = await services.accounts.org()
    return await services.sessions.create(
        org_id=org.id,
        title="From ffmpeg",
        starts_utc_ms=None,
        zone=org.zone,
        presenter_person_id=None,
        host_person_id=None,
        guests_allowed=True,
        auto_start=True,
    )


async def watch_by_whep(server: Server, session: Session) -> list[int]:
    """Play `WATCHED_S` seconds by WHEP with a plain aiortc peer and return the pictures' counters."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    video = peer.addTransceiver("video", direction="recvonly")
    peer.addTransceiver("audio", direction="recvonly")
    async with aiohttp.ClientSession(server.url) as http:
        entered = await http.post(f"/api/v1/sessions/{session.id}/enter", json={"name": "aiortc"})
        bearer = {"Authorization": f"Bearer {(await entered.json())['token']}"}
        await peer.setLocalDescription(await peer.createOffer())
        offer = {**bearer, "Content-Type": "application/sdp"}
        while True:  # 409 until ffmpeg has started the session
            answer = await http.post(f"/whep/{session.id}", data=peer.localDescription.sdp, headers=offer)
            if answer.status != 409:
                break
            assert "Retry-After" in answer.headers
            await asyncio.sleep(0.2)
        assert answer.status == 201
        await peer.setRemoteDescription(RTCSessionDescription(await answer.text(), "answer"))
        counters: list[int] = []
        try:
            started_s: float | None = None
            while True:
                frame = await video.receiver.track.recv()
                assert isinstance(frame, av.VideoFrame)
                counter, at_s = read_counter(frame), frame.time or 0.0
                if counter is not None:
                    counters.append(counter)
                started_s = at_s if started_s is None else started_s
                if at_s - started_s >= WATCHED_S:
                    break
        finally:
            await peer.close()
        gone = await http.delete(answer.headers["Location"], headers=bearer)
        assert gone.status == 200
    return counters


async def join_as_guest(page: Page, server: Server, session: Session, name: str) -> None:
    """Come in by the open link."""
    await page.goto(f"{server.url}/room/{session.id}")
    await page.get_by_test_id("guest-name").fill(name)
    await page.get_by_test_id("join").click()


async def plays(page: Page, test_id: str, within_ms: int) -> None:
    """Wait until the video has played for a second."""
    video = page.get_by_test_id(test_id).locator("video").or_(page.locator(f"video[data-testid='{test_id}']"))
    await expect(video.first).to_be_visible(timeout=within_ms)
    handle = await video.first.element_handle()
    await page.wait_for_function("v => v.currentTime > 1 && v.videoWidth > 0", arg=handle, timeout=within_ms)


@pytest.mark.browser
@pytest.mark.timeout(150)
async def test_what_ffmpeg_publishes_is_seen_everywhere(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    async with running_server(data) as server, published(server, tmp_path) as session, browsers() as both:
        counters = await watch_by_whep(server, session)
        assert all(a < b for a, b in itertools.pairwise(counters)), "pictures come in order"
        assert len(counters) > 0.9 * WATCHED_S * RATE, "and nearly all of them"

        seen = await both.on_pc("en")
        await join_as_guest(seen, server, session, "Chromium")
        await plays(seen, "video-camera", 10_000)
        await expect(seen.get_by_test_id("stage")).to_have_attribute("data-path", "realtime")

        blocked = await both.on_phone("en")
        await blocked.add_init_script(_NO_WEBRTC)
        await join_as_guest(blocked, server, session, "Behind a firewall")
        await expect(blocked.get_by_test_id("stage")).to_have_attribute(
            "data-path", "broadcast", timeout=30_000
        )
        await plays(blocked, "broadcast", 30_000)
        await take_picture(blocked, "room-broadcast-phone")
        await blocked.get_by_test_id("chat-input").fill("I can see you")
        await blocked.get_by_test_id("chat-send").click()
        await expect(seen.get_by_test_id("chat-message")).to_have_count(1)


@pytest.mark.browser
@pytest.mark.timeout(90)
async def test_a_presenter_without_camera_permission_is_told_what_to_do(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    flags = ["--no-sandbox", "--headless=new", "--disable-gpu", "--deny-permission-prompts"]
    flags.append("--use-fake-device-for-media-stream")  # devices there are, but not the right to use them
    async with (
        running_server(data) as server,
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=EXECUTABLE, args=flags) as browser,
    ):
        context = await browser.new_context(locale="en", viewport={"width": 1366, "height": 768})
        page = await context.new_page()
        headers = {"X-Lectern": "1"}
        sign_in = {"login": "presenter", "password": PASSWORD}
        await context.request.post(f"{server.url}/api/v1/sign-in", data=sign_in, headers=headers)
        made = await context.request.post(
            f"{server.url}/api/v1/sessions", data={"title": "No camera"}, headers=headers
        )
        await page.goto(f"{server.url}/studio/{(await made.json())['id']}")
        await page.get_by_test_id("consent").click()
        problem = page.get_by_test_id("device-problem")
        await expect(problem.first).to_be_visible(timeout=15_000)
        words = await problem.first.inner_text()
        assert "allow" in words.lower(), words
        await take_picture(page, "studio-no-camera-pc")
