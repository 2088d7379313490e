"""A learner whose network blocks WebRTC, and then one without the codec: the broadcast steps in, leads back
through the lesson so far without what was said aside, and gives way to real-time when that works."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import violations
from tests.whole_lesson.before_the_lesson import learner_token
from tests.whole_lesson.story import Story, clock_of, now_ms, on, picture_moves, until

pytestmark = pytest.mark.browser

WITHOUT_H264 = """{
  window.lacksH264 = true
  const native = RTCRtpTransceiver.prototype.setCodecPreferences
  RTCRtpTransceiver.prototype.setCodecPreferences = function (codecs) {
    return native.call(this, codecs.filter(codec => !window.lacksH264 || codec.mimeType !== 'video/H264'))
  }
}"""
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
ASIDE_S = 5.0
SEEK = """([id, ms]) => {
  const slider = document.querySelector(`[data-testid="${id}"]`)
  slider.value = ms
  for (const kind of ['input', 'change']) slider.dispatchEvent(new Event(kind, {bubbles: true}))
}"""
BROADCAST_MOVES = (
    "() => { const v = document.querySelector('.broadcast .main'); return v && v.currentTime > 1 }"
)
SOUNDS = "() => [...document.querySelectorAll('body > audio')].map(a => a.muted)"


async def shown(page: Page, testid: str) -> int:
    return await clock_of(page, testid) or 0


async def look_back(page: Page, began_live: int) -> None:
    """To the beginning of the lesson by a key, on by another, to live by a third."""
    await on(page, "past-seek").focus()
    await page.keyboard.press("Home")
    first = await until("the beginning is seen", lambda: shown(page, "past-camera"), within_s=20)
    assert first < began_live + 6_000, (first, began_live)
    await until("it plays on", lambda: later_than(page, "past-camera", first + 1_000), within_s=20)
    await expect(on(page, "past-behind")).to_be_visible()
    assert await violations(page) == []
    await take_picture(page, "room-looking-back-pc")
    await page.set_viewport_size({"width": 390, "height": 844})
    await take_picture(page, "room-looking-back-phone")
    await page.set_viewport_size({"width": 1280, "height": 800})
    await on(page, "past-toggle").click()
    await expect(on(page, "past-toggle")).to_have_accessible_name("播放")
    await on(page, "past-seek").focus()
    await page.keyboard.press("End")
    await expect(on(page, "past-camera")).to_have_count(0)
    await expect(on(page, "past-live")).to_have_attribute("aria-disabled", "true")


async def later_than(page: Page, testid: str, moment: int) -> bool:
    return await shown(page, testid) > moment


async def said_aside(page: Page, studio: Page) -> tuple[int, int]:
    """The broadcast shows it; looking back goes on without it. Returns its beginning and its end."""
    await on(studio, "toggle-aside").click()
    began = now_ms()
    await expect(on(page, "aside")).to_have_text("暂不录入回放")
    await until("it is broadcast", lambda: later_than(page, "broadcast-main", began + 2_000), within_s=40)
    await studio.wait_for_timeout(max(0.0, began + ASIDE_S * 1000 - now_ms()))
    await on(studio, "toggle-aside").click()
    ended = now_ms()
    await expect(on(page, "aside")).to_have_count(0)
    await until(
        "the broadcast goes on", lambda: later_than(page, "broadcast-main", ended + 4_000), within_s=40
    )
    return began, ended


async def passes_over(page: Page, began: int, ended: int) -> None:
    """Play what was before an aside until what was after it."""
    reached = int(await on(page, "past-seek").get_attribute("max") or 0)
    await page.evaluate(SEEK, ["past-seek", reached - (now_ms() - ended) - 6_000])
    seen: list[int] = []

    async def is_over() -> bool:
        seen.append(await shown(page, "past-camera"))
        return seen[-1] > ended

    await until("it plays over the aside", is_over, within_s=40, every_s=0.2)
    assert [at for at in seen if 0 < at < began], "it began before the aside"
    assert not [at for at in seen if began + 1_500 < at < ended - 500], "nothing of it is seen"


@pytest.mark.timeout(300)
async def test_the_broadcast_steps_in_and_gives_way(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        studio = story.presenter = await chromium.on_pc("en")
        await story.sign_in(studio, "presenter")
        made = await story.rest(studio, "POST", "/sessions", data={"title": "Fire safety"})
        story.session_id = made["id"]
        await story.open(studio, f"/studio/{story.session_id}")
        await on(studio, "consent").click()
        await on(studio, "go-live").click()
        await expect(on(studio, "studio")).to_be_visible()
        began_live = now_ms()

        page = await chromium.on_pc("zh-CN")
        await page.add_init_script(WEBRTC_BLOCKED)
        await page.add_init_script(WITHOUT_H264)
        token = await learner_token(story, "L001")
        await story.open(page, f"/room/{story.session_id}#t={token}")
        await on(page, "join").click()
        await picture_moves(page, "broadcast-main", within_s=60)
        await expect(on(page, "banner-picture")).to_contain_text("正在看直播流")
        assert now_ms() - await shown(page, "broadcast-main") < BEHIND_MS + NOISE_MS
        await until("there is something to look back at", lambda: on(page, "look-back-bar").is_visible())
        await take_picture(page, "room-broadcast-pc")
        await until("some seconds have been", lambda: later_than(page, "broadcast-main", began_live + 10_000))
        await look_back(page, began_live)
        began, ended = await said_aside(page, studio)
        await passes_over(page, began, ended)
        await on(page, "past-live").click()

        # Real-time comes back by itself when the network lets it; here it finds that a codec is missing.
        await page.evaluate("window.blocked = false")
        banner = on(page, "banner-unplayable")
        await expect(banner).to_contain_text(
            "不支持 H.264 格式，无法实时播放 顾明 的摄像头画面", timeout=60_000
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

        # Who sees it in real time may look back as well.
        await take_picture(page, "room-may-look-back-pc")
        await on(page, "look-back").click()
        first = await until("half a minute ago is seen", lambda: shown(page, "past-camera"), within_s=20)
        assert now_ms() - first > 15_000
        assert set(await page.evaluate(SOUNDS)) == {True}, "what is said now is not heard over it"
        await on(page, "past-live").click()
        await picture_moves(page, "video-camera", within_s=15)
        assert set(await page.evaluate(SOUNDS)) == {False}
