"""A group writes notes together, on PC and phone, while the host reads along and names a tutor."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import violations
from tests.web.test_groups import goes_live, joins
from tests.whole_lesson.before_the_lesson import learner_token
from tests.whole_lesson.story import Story, on

pytestmark = pytest.mark.browser


async def _opens_notes(page: Page) -> None:
    if await on(page, "group-go").is_visible():
        await on(page, "group-go").click()
    await on(page, "tab-notes").click()
    await expect(on(page, "notes-state")).to_have_attribute("data-state", "saved")


async def _types(page: Page, words: str, *, at_end: bool = True) -> None:
    await on(page, "notes-text").focus()
    await page.keyboard.press("Control+End" if at_end else "Control+Home")
    await page.keyboard.type(words)


@pytest.mark.timeout(300)
async def test_notes_of_a_group(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as opened:
        story = Story(server, opened)
        studio = await goes_live(story)
        tokens = [await learner_token(story, f"L00{n}") for n in (1, 2)]
        wang = await joins(story, await opened.on_pc("zh-CN"), tokens[0])
        li = await joins(story, await opened.on_phone("en"), tokens[1])
        await on(studio, "tab-groups").click()
        await expect(studio.locator("label.person")).to_have_count(2)
        await on(studio, "breakout-count").fill("1")
        await on(studio, "breakout-deal").click()
        await on(studio, "breakout-open").click()
        for page in (wang, li):
            await _opens_notes(page)

        # Both at once; the cursor of each stays where it was; one's undo takes back one's own words.
        await _types(wang, "结论：省电 😀\n")
        await expect(on(li, "notes-text")).to_have_value("结论：省电 😀\n")
        await expect(on(li, "notes-writers")).to_contain_text("王芳")
        await _types(li, "quiet", at_end=True)
        await _types(wang, "我们的", at_end=False)
        for page in (wang, li):
            await expect(on(page, "notes-text")).to_have_value("我们的结论：省电 😀\nquiet")
        await wang.keyboard.type("!")
        await wang.keyboard.press("Control+z")
        await wang.keyboard.type("。")
        await take_picture(wang, "notes-pc")
        await take_picture(li, "notes-phone")
        for page in (wang, li):
            await expect(on(page, "notes-text")).to_have_value("我们的。结论：省电 😀\nquiet")
            assert await violations(page) == []

        # The host reads along.
        await on(studio, "group-notes").click()
        await expect(on(studio, "notes-text")).to_have_value("我们的。结论：省电 😀\nquiet")
        await expect(on(studio, "notes-text")).to_have_attribute("readonly", "")
        await take_picture(studio, "notes-studio-pc")
        assert await violations(studio) == []

        # The host names a tutor; the reporter may ask the group something.
        await on(studio, "tutor-add").select_option(label="李伟")
        await expect(on(li, "group-tutors")).to_contain_text("李伟")
        await on(wang, "group-reporter").click()
        await on(wang, "tab-polls").click()
        await on(wang, "group-poll").locator("summary").click()
        await on(wang, "group-poll-question").fill("选哪个？")
        await on(wang, "group-poll-option-0").fill("省电")
        await on(wang, "group-poll-option-1").fill("安静")
        await take_picture(wang, "group-poll-pc")
        assert await violations(wang) == []
