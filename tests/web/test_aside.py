"""A learner without WebRTC; something that is not for the replay; the replay without it."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import violations
from tests.whole_lesson.before_the_lesson import learner_token
from tests.whole_lesson.story import Story, clock_of, now_ms, on, picture_moves, until

pytestmark = pytest.mark.browser

WEBRTC_BLOCKED = """{
  window.blocked = true
  const Native = RTCPeerConnection
  window.RTCPeerConnection = class extends Native {
    setRemoteDescription({type, sdp}) {
      const lines = sdp.split('\\r\\n').filter(line => !window.blocked || !line.startsWith('a=candidate'))
      return super.setRemoteDescription({type, sdp: lines.join('\\r\\n')})
    }
  }
}"""
BEHIND_MS = 8_000
NOISE_MS = 4_000
"""On a machine that others use; the figure itself is `./script/bench replay --only behind`."""
ASIDE_S = 6.0


async def _on_air(story: Story) -> Page:
    page = story.presenter = await story.browsers.on_pc("en")
    await story.sign_in(page, "presenter")
    made = await story.rest(page, "POST", "/sessions", data={"title": "Fire safety"})
    story.session_id = made["id"]
    await story.open(page, f"/studio/{story.session_id}")
    await on(page, "consent").click()
    await on(page, "go-live").click()
    await expect(on(page, "studio")).to_be_visible()
    return page


async def _blocked_learner(story: Story) -> Page:
    page = await story.browsers.on_phone("zh-CN")
    await page.add_init_script(WEBRTC_BLOCKED)
    token = await learner_token(story, "L001")
    await story.open(page, f"/room/{story.session_id}#t={token}")
    await on(page, "join").click()
    return page


async def _shown_ms(page: Page) -> int | None:
    return await clock_of(page, "broadcast-main")


@pytest.mark.timeout(300)
async def test_said_aside_seen_by_all_and_in_no_replay(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        studio = await _on_air(story)
        learner = await _blocked_learner(story)
        # The client changes to the broadcast by itself, and says so.
        await picture_moves(learner, "broadcast-main", within_s=60)
        await expect(on(learner, "banner-picture")).to_contain_text("正在观看")
        behind_ms = now_ms() - (await _shown_ms(learner) or 0)
        assert behind_ms < BEHIND_MS + NOISE_MS, behind_ms

        await on(studio, "toggle-aside").click()
        began = now_ms()
        await expect(on(studio, "aside-note")).to_be_visible()
        await expect(on(learner, "aside")).to_have_text("暂不录入回放")
        await take_picture(studio, "studio-aside-pc")
        await take_picture(learner, "room-aside-broadcast-phone")
        assert await violations(studio) == []
        assert await violations(learner) == []

        async def sees_it() -> bool:
            return (await _shown_ms(learner) or 0) > began + 2_000

        await until("the broadcast shows what is said aside", sees_it, within_s=40)
        await studio.wait_for_timeout(max(0.0, began + ASIDE_S * 1000 - now_ms()))
        await on(studio, "toggle-aside").click()
        ended = now_ms()
        await expect(on(learner, "aside")).to_have_count(0)

        async def sees_more() -> bool:
            return (await _shown_ms(learner) or 0) > ended + 1_000

        await until("the broadcast goes on", sees_more, within_s=40)
        # Real-time comes back by itself when the network lets it.
        await learner.evaluate("window.blocked = false")
        await expect(on(learner, "banner-picture")).to_have_count(0, timeout=60_000)
        await expect(on(learner, "broadcast")).to_have_count(0)

        await on(studio, "end-session").click()
        await on(studio, "confirm-end").click()
        await on(studio, "open-replay").wait_for(timeout=60_000)
        replay_id = (await on(studio, "open-replay").get_attribute("href") or "").rsplit("/", 1)[1]
        replay = await story.rest(studio, "GET", f"/replays/{replay_id}")
        (aside,) = [gap for gap in replay["gaps"] if gap["why"] == "aside"]
        assert ended - began - 2_000 < aside["missing_ms"] < ended - began + 2_000
        session = await story.rest(studio, "GET", f"/sessions/{story.session_id}")
        lasted_ms = session["ended_utc_ms"] - session["first_started_utc_ms"]
        assert replay["duration_ms"] < lasted_ms - (ended - began) + 3_000
        await on(studio, "open-replay").click()
        await on(studio, "replay-play").wait_for()
        await take_picture(studio, "replay-aside-pc")
