"""The host sees who has trouble with picture and sound, since when, and finds it on the record (LIV-16)."""

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.processes import family
from tests.scripted_lesson.server import running_server
from tests.streaming.narrow_relay import narrow_relay
from tests.web.test_accessibility import violations
from tests.whole_lesson.before_the_lesson import learner_token
from tests.whole_lesson.story import Story, on, picture_moves, until

pytestmark = pytest.mark.browser

SEEN_WITHIN_MS = (
    12_000  # the media process gives a silent peer up after 4.5 s; the rest is for a noisy machine
)
OVER_WITHIN_MS = 15_000
PAUSED_WITHIN_MS = 20_000
TOO_SLOW = "Too slow for the picture"
LOST = "Picture and sound lost"
TOO_SLOW_BPS = 80_000  # less than the smallest layer of a camera and the sound need

THROUGH_RELAY = """{
  const Native = RTCPeerConnection
  window.RTCPeerConnection = class extends Native {
    setRemoteDescription({type, sdp}) {
      const lines = sdp.split('\\r\\n').filter(line => !/^a=candidate.* tcp /.test(line))
        .map(line => line.startsWith('a=candidate') ? line.replace(' MEDIA_PORT ', ' RELAY_PORT ') : line)
      return super.setRemoteDescription({type, sdp: lines.join('\\r\\n')})
    }
  }
}"""


async def _goes_live(story: Story) -> Page:
    page = story.presenter = await story.browsers.on_pc("en")
    await story.sign_in(page, "presenter")
    session = await story.rest(page, "POST", "/sessions", data={"title": "Fire safety"})
    story.session_id = session["id"]
    await story.open(page, f"/studio/{story.session_id}")
    await on(page, "consent").click()
    await on(page, "go-live").click()
    await expect(on(page, "studio")).to_be_visible()
    return page


async def _host_by_link(story: Story) -> Page:
    """A guest who was sent a link as host; links of earlier releases lead to the learners' room."""
    wanted = {"role": "host", "name": "唐悦"}
    path = f"/sessions/{story.session_id}/join-tokens"
    made = await story.rest(story.presenter, "POST", path, data=wanted)
    host = await story.browsers.on_pc("zh-CN")
    await host.set_viewport_size({"width": 390, "height": 844})
    await story.open(host, f"/room/{story.session_id}#t={made['token']}")
    await on(host, "join").click()
    await expect(on(host, "studio")).to_be_visible()
    return host


async def _watches(story: Story, page: Page, token: str) -> None:
    await story.open(page, f"/room/{story.session_id}#t={token}")
    await on(page, "join").click()
    await picture_moves(page, "video-camera", within_s=30)


async def _running_time_s(page: Page) -> int:
    found = re.search(r"(\d+):(\d\d)", await on(page, "health-row").inner_text())
    assert found is not None
    return int(found[1]) * 60 + int(found[2])


def _kill_strict_browser() -> None:
    """End the browser of `Browsers.strict` with all its processes, as when memory is short."""
    for pid in family(os.getpid()):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        is_child = any(word.startswith("--type=") for word in words)
        if "--autoplay-policy=user-gesture-required" in words and not is_child:
            assert os.getpgid(pid) == pid, "the browser leads a process group of its own"
            os.killpg(pid, signal.SIGKILL)
            return
    message = "no such browser"
    raise AssertionError(message)


async def _has_media(page: Page) -> bool:
    """Whether packets have come in at all: a browser that is killed before has nothing to lose."""
    path: str | None = await page.evaluate("() => window.__lectern?.media().path")
    return path == "realtime"


@pytest.mark.timeout(300)
async def test_a_killed_browser_is_seen_by_the_host_and_stays_on_the_record(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        studio = await _goes_live(story)
        token = await learner_token(story, "L001")
        watching = await chromium.on_phone("en")
        await _watches(story, watching, token)
        await until("real-time media", lambda: _has_media(watching))
        await expect(on(studio, "health")).to_have_count(0)
        host = await _host_by_link(story)

        _kill_strict_browser()
        await expect(on(studio, "health")).to_contain_text("王芳", timeout=SEEN_WITHIN_MS)
        await expect(on(host, "health")).to_contain_text("王芳")
        await on(host, "health").locator("summary").click()
        await take_picture(host, "studio-host-by-link-phone")
        await on(studio, "health").locator("summary").click()
        row = on(studio, "health-row")
        await expect(row).to_have_count(1)
        await expect(row).to_contain_text("王芳")
        await expect(row).to_contain_text(LOST)
        await expect(row).to_contain_text("Not in the class at the moment")
        began_s = await _running_time_s(studio)
        await until("its time runs", lambda: _is_later(studio, began_s))
        assert await violations(studio) == []
        await take_picture(studio, "studio-health-pc")

        back = await chromium.on_pc("en")
        await _watches(story, back, token)
        await expect(on(studio, "health")).to_have_count(0, timeout=OVER_WITHIN_MS)

        await on(studio, "end-session").click()
        await on(studio, "confirm-end").click()
        await expect(on(studio, "studio")).to_have_count(0)
        await expect(on(host, "open-replay")).to_be_visible(timeout=30_000)
        await expect(on(host, "open-editor")).to_have_count(0)  # that is for people who are signed in
        await take_picture(host, "studio-host-by-link-ended-phone")
        admin = await chromium.on_pc("en")
        await story.sign_in(admin, "admin")
        await story.open(admin, f"/admin/sessions/{story.session_id}")
        incident = on(admin, "incident")
        await expect(incident).to_have_count(1)
        name, what, began, ended, _lasted = [
            str(cell) for cell in await incident.locator("td").all_inner_texts()
        ]
        assert (name, what) == ("王芳", LOST)
        assert re.fullmatch(r"\d\d:\d\d:\d\d", began)
        assert re.fullmatch(r"\d\d:\d\d:\d\d", ended)
        [record] = await _record(story)
        assert 1_000 <= record["until_utc_ms"] - record["from_utc_ms"] <= 60_000
        assert await violations(admin) == []
        await take_picture(admin, "session-incidents-pc")


async def _is_later(page: Page, than_s: int) -> bool:
    return await _running_time_s(page) > than_s


async def _record(story: Story) -> list[dict[str, Any]]:
    answer = await story.rest(story.presenter, "GET", f"/sessions/{story.session_id}/incidents")
    found: list[dict[str, Any]] = answer["incidents"]
    return found


@pytest.mark.timeout(300)
async def test_a_link_too_slow_for_the_picture_is_said_to_its_owner_and_to_the_host(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        studio = await _goes_live(story)
        token = await learner_token(story, "L001")
        with narrow_relay(("127.0.0.1", server.media_port)) as relay:
            page = await chromium.on_pc("zh-CN")
            ports = {"MEDIA_PORT": server.media_port, "RELAY_PORT": relay.port}
            script = THROUGH_RELAY
            for word, port in ports.items():
                script = script.replace(word, str(port))
            await page.add_init_script(script)
            await _watches(story, page, token)
            await expect(on(page, "tile-paused")).to_have_count(0)

            relay.rate_bps, relay.queue_bytes = TOO_SLOW_BPS, 12_000
            await expect(on(page, "tile-paused")).to_contain_text("画面已暂停", timeout=PAUSED_WITHIN_MS)
            await expect(on(studio, "health")).to_contain_text("王芳", timeout=SEEN_WITHIN_MS)
            await on(studio, "health").locator("summary").click()
            rows = on(studio, "health-row")
            await expect(rows.filter(has_text=TOO_SLOW)).to_have_count(1, timeout=SEEN_WITHIN_MS)
            await take_picture(page, "room-paused-pc")

            relay.rate_bps = None
            await expect(on(page, "tile-paused")).to_have_count(0, timeout=PAUSED_WITHIN_MS)
            await expect(rows.filter(has_text=TOO_SLOW)).to_have_count(0, timeout=OVER_WITHIN_MS)
