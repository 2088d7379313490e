"""A learner on stage whom the recording leaves out reads so in the room, as soon as they send something."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import violations
from tests.whole_lesson.story import Story, on

pytestmark = pytest.mark.browser


async def _reads_that_they_are_only_live(story: Story, studio: Page, session: str) -> None:
    """A learner comes on stage: what of them is in no recording, they read as soon as they send it."""
    phone = await story.browsers.on_phone("zh-CN")
    await story.open(phone, f"/room/{session}")
    await on(phone, "guest-name").fill("王芳")
    await on(phone, "join").click()
    await on(phone, "hand").click()
    await on(studio, "tab-people").click()
    await on(studio, "hand-grant-camera").click()
    await on(phone, "mic").click()
    await expect(on(phone, "not-recorded")).to_contain_text("你的声音只在直播中播出")
    await on(phone, "camera").click()
    await expect(on(phone, "not-recorded")).to_contain_text("画面和声音")
    await take_picture(phone, "only-live-phone")
    assert await violations(phone) == []
    await on(phone, "mic").click()
    await expect(on(phone, "not-recorded")).to_contain_text("你的画面只在直播中播出")
    await on(phone, "camera").click()
    await expect(on(phone, "not-recorded")).to_be_hidden()


@pytest.mark.timeout(180)
async def test_a_learner_on_stage_reads_what_is_only_live(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        studio = story.presenter = await chromium.on_pc("en")
        await story.sign_in(studio, "presenter")
        lesson = {"title": "Fire safety", "guests_allowed": True}
        session = (await story.rest(studio, "POST", "/sessions", data=lesson))["id"]
        unheard = {"learners_unheard": True, "learners_unseen": True}
        await story.rest(studio, "PUT", f"/sessions/{session}/replay-rules", data=unheard)
        await story.open(studio, f"/studio/{session}")
        await on(studio, "consent").click()
        await on(studio, "go-live").click()
        await expect(on(studio, "studio")).to_be_visible()
        await _reads_that_they_are_only_live(story, studio, session)
