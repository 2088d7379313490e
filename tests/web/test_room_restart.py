"""The room over a changed network and over a broken WebSocket: one peer connection, and mute stays mute."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers
from tests.scripted_lesson.server import PASSWORD, running_server
from tests.whole_lesson.story import on, picture_moves, until

pytestmark = pytest.mark.browser

FRAGMENTS = "() => window.peers.map(p => /ice-ufrag:(.*)/.exec(p.currentLocalDescription?.sdp ?? '')?.[1])"
PATH = "() => window.__lectern?.media().path"
SENDS = "() => window.peers.at(-1).getSenders().map(s => s.track?.kind ?? null)"


async def _goes_live(page: Page, url: str) -> str:
    """Sign in, make a session with guests, go live with camera and microphone; returns its id."""
    await page.goto(f"{url}/sign-in")
    await on(page, "login").fill("presenter")
    await on(page, "password").fill(PASSWORD)
    await on(page, "sign-in").click()
    await on(page, "create-session").click()
    await on(page, "session-title").fill("Ways through")
    await on(page, "session-guests").check()
    await on(page, "session-create").click()
    await page.wait_for_url("**/studio/*")
    session_id = page.url.rsplit("/", 1)[1]
    await on(page, "consent").click()
    await expect(on(page, "preview")).to_be_visible()
    await on(page, "go-live").click()
    await expect(on(page, "studio")).to_be_visible()
    return session_id


async def _restarted(page: Page, before: list[str]) -> None:
    """Until the same peer connection has new credentials and the picture is real-time."""

    async def probe() -> bool:
        now = await page.evaluate(FRAGMENTS)
        return len(now) == len(before) and now != before and await page.evaluate(PATH) == "realtime"

    await until("one peer connection, restarted", probe, within_s=20)


async def _is_muted(page: Page) -> bool:
    sends: list[str | None] = await page.evaluate(SENDS)
    return "audio" not in sends and "video" in sends


@pytest.mark.timeout(300)
async def test_a_changed_network_is_an_ice_restart_and_no_new_transport(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        presenter = await chromium.on_pc("en")
        session_id = await _goes_live(presenter, server.url)
        guest = await chromium.on_phone("en")
        await guest.goto(f"{server.url}/room/{session_id}")
        await on(guest, "guest-name").fill("Guest")
        await on(guest, "join").click()
        await picture_moves(guest, "video-camera", within_s=30)

        before = await guest.evaluate(FRAGMENTS)
        await guest.evaluate("dispatchEvent(new Event('online'))")
        await _restarted(guest, before)
        await picture_moves(guest, "video-camera")

        await on(presenter, "mic").click()
        await until("the microphone is muted", lambda: _is_muted(presenter))
        before = await presenter.evaluate(FRAGMENTS)
        await presenter.context.set_offline(True)
        await expect(on(presenter, "banner-offline")).to_be_visible()
        await presenter.context.set_offline(False)
        await expect(on(presenter, "banner-offline")).to_be_hidden(timeout=15_000)
        await _restarted(presenter, before)
        assert await _is_muted(presenter)
        await picture_moves(guest, "video-camera")
