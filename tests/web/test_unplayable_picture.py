"""A browser without the codec of a picture says so and shows the broadcast, until it has the codec."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import violations
from tests.whole_lesson.before_the_lesson import learner_token
from tests.whole_lesson.story import Story, on, picture_moves, until

pytestmark = pytest.mark.browser

WITHOUT_H264 = """{
  window.lacksH264 = true
  const native = RTCRtpTransceiver.prototype.setCodecPreferences
  RTCRtpTransceiver.prototype.setCodecPreferences = function (codecs) {
    return native.call(this, codecs.filter(codec => !window.lacksH264 || codec.mimeType !== 'video/H264'))
  }
}"""
BROADCAST_MOVES = (
    "() => { const v = document.querySelector('.broadcast .main'); return v && v.currentTime > 1 }"
)
SOUNDS = "() => [...document.querySelectorAll('body > audio')].map(a => a.muted)"


@pytest.mark.timeout(300)
async def test_the_broadcast_steps_in_for_a_codec_that_is_missing(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        studio = story.presenter = await chromium.on_pc("en")
        await story.sign_in(studio, "presenter")
        story.session_id = (await story.rest(studio, "POST", "/sessions", data={"title": "Fire safety"}))[
            "id"
        ]
        await story.open(studio, f"/studio/{story.session_id}")
        await on(studio, "consent").click()
        await on(studio, "go-live").click()
        await expect(on(studio, "studio")).to_be_visible()

        page = await chromium.on_pc("zh-CN")
        await page.add_init_script(WITHOUT_H264)
        token = await learner_token(story, "L001")
        await story.open(page, f"/room/{story.session_id}#t={token}")
        await on(page, "join").click()
        banner = on(page, "banner-unplayable")
        await expect(banner).to_contain_text(
            "不支持 H.264 格式，无法实时播放 顾明 的摄像头画面", timeout=20_000
        )
        await until("the broadcast plays", lambda: page.evaluate(BROADCAST_MOVES), within_s=40)
        await expect(on(page, "stage")).to_have_attribute("data-path", "realtime")  # the connection is fine
        assert set(await page.evaluate(SOUNDS)) == {True}, "the broadcast brings its own sound"
        assert await violations(page) == []
        await take_picture(page, "room-unplayable-pc")

        # On stage one must not hear the room seconds late: the tile says what is missing.
        await on(page, "hand").click()
        await on(studio, "hand-grant").click()
        await expect(on(page, "tile-unplayable")).to_contain_text("这个浏览器放不了这个画面")
        await expect(on(page, "broadcast")).to_have_count(0)
        await expect(banner).to_have_count(0)
        assert set(await page.evaluate(SOUNDS)) == {False}
        await take_picture(page, "room-unplayable-stage-pc")
        await on(page, "hand").click()
        await expect(on(page, "broadcast")).to_be_visible()

        # Firefox fetches its decoder some time after its first start.
        await page.evaluate("window.lacksH264 = false")
        await picture_moves(page, "video-camera", within_s=30)
        await expect(banner).to_have_count(0)
        assert set(await page.evaluate(SOUNDS)) == {False}
