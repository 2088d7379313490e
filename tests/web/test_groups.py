"""A class in groups: somebody is moved, a call is answered by a visit, all return, a result is shown."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import violations
from tests.whole_lesson.before_the_lesson import learner_token
from tests.whole_lesson.story import Story, on, picture_moves

pytestmark = pytest.mark.browser

COUNTING = """
window.offers = 0; window.asked = 0
{
  const Native = RTCPeerConnection
  window.RTCPeerConnection = class extends Native {
    createOffer(...rest) { window.offers += 1; return super.createOffer(...rest) }
  }
  const devices = navigator.mediaDevices, open = devices.getUserMedia.bind(devices)
  devices.getUserMedia = (...rest) => { window.asked += 1; return open(...rest) }
}
"""


async def goes_live(story: Story) -> Page:
    """Let the presenter begin a lesson; return their page."""
    page = story.presenter = await story.browsers.on_pc("zh-CN")
    await story.sign_in(page, "presenter")
    session = await story.rest(page, "POST", "/sessions", data={"title": "新品发布培训"})
    story.session_id = session["id"]
    await story.open(page, f"/studio/{story.session_id}")
    await on(page, "consent").click()
    await on(page, "go-live").click()
    await expect(on(page, "studio")).to_be_visible()
    return page


async def joins(story: Story, page: Page, token: str) -> Page:
    """Let a learner in, on a page that counts its offers and its wishes for devices."""
    await page.add_init_script(COUNTING)
    await story.open(page, f"/room/{story.session_id}#t={token}")
    await on(page, "join").click()
    await picture_moves(page, "video-camera", within_s=30)
    return page


async def counts(*pages: Page) -> list[Any]:
    """Return how often each page offered, and asked for a device."""
    return [await page.evaluate("[window.offers, window.asked]") for page in pages]


async def _refocused(page: Page) -> None:
    """A card over the chat is put away, if it is there."""
    if await on(page, "group-go").is_visible():
        await on(page, "group-go").click()


@pytest.mark.timeout(300)
async def test_a_class_in_groups(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as opened:
        story = Story(server, opened)
        studio = await goes_live(story)
        tokens = [await learner_token(story, f"L00{n}") for n in (1, 2, 3)]
        wang = await joins(story, await opened.on_pc("zh-CN"), tokens[0])
        li = await joins(story, await opened.on_phone("en"), tokens[1])
        min_ = await joins(story, await opened.on_pc("en"), tokens[2])
        learners = (wang, li, min_)

        # Three groups from a list, one of them still empty; somebody is picked into another by hand.
        await on(studio, "tab-groups").click()
        await expect(studio.locator("label.person")).to_have_count(3)
        await on(studio, "breakout-count").fill("3")
        await studio.locator("summary", has_text="按名单").click()
        await on(studio, "breakout-list").fill("王芳,红队\n李伟,红队\n张敏,蓝队\n无此人,蓝队")
        await on(studio, "breakout-list-take").click()
        await expect(studio.get_by_text("没有找到：无此人")).to_be_visible()
        await on(studio, "breakout-count").fill("3")
        await on(studio, "breakout-task-0").fill("写出三个卖点")
        await on(studio, "breakout-minutes").select_option("1")
        await take_picture(studio, "groups-plan-pc")
        assert await violations(studio) == []
        before = await counts(*learners)
        await on(studio, "breakout-open").click()
        for page in learners:
            await expect(on(page, "group")).to_be_visible()
            await _refocused(page)
        await expect(on(li, "group-task")).to_have_text("写出三个卖点")
        await expect(on(li, "group")).to_contain_text("红队")
        # A breakout of a minute begins with its last minute; more time takes the warning away.
        await expect(on(li, "last-minute")).to_be_visible()
        await on(studio, "breakout-extend").click()
        await expect(on(li, "last-minute")).to_be_hidden()

        # Moved with notice; then a call, a word to all, and a visit that everybody in the group sees.
        moved = on(studio, "group-card").first.locator("label.person").filter(has_text="李伟")
        await moved.get_by_test_id("group-move").select_option(label="蓝队")
        await expect(on(li, "group")).to_contain_text("蓝队")
        await _refocused(li)
        await on(li, "group-help").click()
        await expect(on(studio, "calls")).to_contain_text("蓝队")
        await on(studio, "breakout-word").fill("还有五分钟")
        await on(studio, "breakout-tell").click()
        await expect(on(wang, "group-told")).to_contain_text("还有五分钟")
        await take_picture(studio, "groups-call-pc")
        await on(studio, "call-visit").click()
        await expect(on(li, "group-visitors")).to_be_visible()
        await expect(on(min_, "group-visitors")).to_be_visible()
        await expect(on(wang, "group-visitors")).to_be_hidden()
        await expect(on(studio, "calls")).to_be_hidden()
        await picture_moves(li, "video-camera", within_s=15)  # media follows the visit
        await take_picture(li, "groups-room-phone")
        await take_picture(studio, "groups-at-work-pc")
        for page in (studio, li):
            assert await violations(page) == []

        # The reporter writes, everybody returns on the transport they had, the result is shown.
        await on(li, "group-reporter").click()
        await on(li, "group-report").click()
        await on(li, "report-text").fill("省电, 安静, 便宜")
        await on(li, "report-send").click()
        await expect(on(studio, "result")).to_contain_text("省电")
        await expect(on(wang, "result-shown")).to_be_hidden()
        await on(studio, "breakout-close").click()
        for page in learners:
            await expect(on(page, "group")).to_be_hidden()
            await picture_moves(page, "video-camera", within_s=15)
        assert await counts(*learners) == before, "nobody negotiated, and nobody was asked for a device"
        await on(studio, "result-show").click()
        for page in learners:
            await expect(on(page, "result-shown")).to_contain_text("省电")
        await take_picture(wang, "groups-result-pc")
        await take_picture(li, "groups-result-phone")
        await take_picture(studio, "groups-result-studio-pc")
        for page in (wang, li):
            assert await violations(page) == []
