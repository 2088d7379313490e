"""Groups at work: notes through a cut network and past the end, a poll of a group, results, activity."""

import re
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.class_client import class_client
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import NARROW, violations
from tests.web.test_groups import counts, goes_live, joins
from tests.whole_lesson.before_the_lesson import learner_token
from tests.whole_lesson.story import Story, on, picture_moves

pytestmark = pytest.mark.browser


async def _opens_notes(page: Page) -> None:
    await on(page, "group-go").click()
    await on(page, "tab-notes").click()
    await expect(on(page, "notes-state")).to_have_attribute("data-state", "saved")


async def _types(page: Page, words: str, *, at_end: bool = True) -> None:
    await on(page, "notes-text").focus()
    await page.keyboard.press("Control+End" if at_end else "Control+Home")
    await page.keyboard.type(words)


async def _narrow_and_dark(page: Page) -> None:
    await page.set_viewport_size(NARROW)
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # no colour on its way to another


@pytest.mark.timeout(240)
async def test_notes_of_a_group(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as opened, AsyncExitStack() as stack:
        story = Story(server, opened)
        studio = await goes_live(story)
        tokens = [await learner_token(story, f"L00{n}") for n in (1, 2, 3)]
        wang = await joins(story, await opened.on_pc("zh-CN"), tokens[0])
        li = await joins(story, await opened.on_phone("en"), tokens[1])
        min_ = await stack.enter_async_context(class_client(server.url, tokens[2]))
        await on(studio, "tab-groups").click()
        await expect(studio.locator("label.person")).to_have_count(3)
        await studio.locator("summary", has_text="按名单").click()
        await on(studio, "breakout-list").fill("王芳,红队\n李伟,红队\n张敏,蓝队")
        await on(studio, "breakout-list-take").click()
        before = await counts(wang, li)
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
        await _narrow_and_dark(li)
        for page in (wang, li):
            await expect(on(page, "notes-text")).to_have_value("我们的。结论：省电 😀\nquiet")
            assert await violations(page) == []
        await take_picture(li, "notes-narrow-dark")

        # The host reads along.
        await on(studio, "group-notes").first.click()
        await expect(on(studio, "notes-text")).to_have_value("我们的。结论：省电 😀\nquiet")
        await expect(on(studio, "notes-text")).to_have_attribute("readonly", "")
        await take_picture(studio, "notes-studio-pc")
        assert await violations(studio) == []

        # The host names a tutor; the reporter asks the group something.
        await on(studio, "tutor-add").first.select_option(label="李伟")
        await expect(on(li, "group-tutors")).to_contain_text("李伟")
        await on(wang, "group-reporter").click()
        await on(wang, "tab-polls").click()
        await on(wang, "group-poll").locator("summary").click()
        await on(wang, "group-poll-question").fill("选哪个？")
        await on(wang, "group-poll-option-0").fill("省电")
        await on(wang, "group-poll-option-1").fill("安静")
        await take_picture(wang, "group-poll-pc")
        assert await violations(wang) == []
        await on(wang, "group-poll-ask").click()

        # Who asked sees answers come in, and Close; the others are asked, on whatever they were looking at.
        await expect(on(li, "invitation")).to_contain_text("选哪个？")
        await take_picture(li, "group-poll-phone")
        await on(li, "poll-vote-1").click()
        await expect(on(wang, "poll")).to_contain_text("1 人已投")
        await expect(on(wang, "invitation")).to_be_hidden()
        await on(wang, "poll-answer").click()
        await on(wang, "poll-vote-1").click()
        await expect(on(wang, "invitation")).to_be_hidden()
        await expect(on(wang, "poll")).to_contain_text("2 人已投")
        await take_picture(wang, "group-poll-asker-pc")
        for page in (wang, li):
            assert await violations(page) == []
        await on(wang, "group-poll-close").click()
        await expect(on(wang, "group-poll-close")).to_be_hidden()
        await expect(on(li, "invitation")).to_be_hidden()
        for page in (wang, li):
            await on(page, "tab-notes").click()
        await min_.command("breakout_reporter", participant=min_.participant_id)
        await min_.command("breakout_report", text="蓝队：安静")

        # The network goes in the middle of writing, and comes back: both lines are there, once.
        await li.context.set_offline(True)
        await expect(on(li, "notes-state")).to_have_attribute("data-state", "waiting")
        await _types(li, "\ncheap, written offline")
        await take_picture(li, "notes-offline-phone")
        await _types(wang, "\n便宜")
        await li.context.set_offline(False)
        await expect(on(wang, "notes-text")).to_have_value(
            re.compile("cheap, written offline"), timeout=20_000
        )
        for page in (wang, li, studio):
            await expect(on(page, "notes-text")).to_have_value(re.compile("便宜"))
            assert sorted((await on(page, "notes-text").input_value()).split("\n")) == [
                "cheap, written offline", "quiet", "便宜", "我们的。结论：省电 😀",
            ]  # fmt: skip
        await expect(on(li, "notes-state")).to_have_attribute("data-state", "saved")

        # Who is offline when the groups end is told what did not get in; all return on their transports.
        kept = await on(wang, "notes-text").input_value()
        await li.context.set_offline(True)
        await expect(on(li, "notes-state")).to_have_attribute("data-state", "waiting")
        await _types(li, " too late")
        await on(studio, "breakout-close").click()
        await expect(on(studio, "result-notes").first).to_contain_text("便宜")
        await li.context.set_offline(False)
        await expect(on(li, "notes-lost").get_by_role("textbox")).to_have_value(
            f"{kept} too late", timeout=20_000
        )
        await expect(on(li, "notes")).to_be_hidden()
        await take_picture(li, "notes-lost-phone")
        for page in (wang, li):
            await picture_moves(page, "video-camera", within_s=20)
        assert await counts(wang) == before[:1], "nobody negotiated, and nobody was asked for a device"
        await expect(on(studio, "result")).to_have_count(2)
        for button in await on(studio, "result-show").all():
            await button.click()
        for page in (wang, li):
            await expect(on(page, "shown-notes")).to_contain_text("cheap, written offline")
            await expect(on(page, "result-shown").filter(has_text="蓝队：安静")).to_be_visible()
            assert await violations(page) == []
        await take_picture(wang, "notes-result-pc")
        await take_picture(studio, "notes-result-studio-pc")

        # What the group did: for the host at once, for the administration afterwards, and as a table.
        await on(studio, "activity").locator("summary").first.click()
        await expect(on(studio, "group-activity").first).to_contain_text("王芳")
        await take_picture(studio, "group-activity-studio-pc")
        assert await violations(studio) == []
        admin = await opened.on_pc("zh-CN")
        await story.sign_in(admin, "admin")
        await story.open(admin, f"/admin/sessions/{story.session_id}/groups")
        await expect(on(admin, "group-activity").first).to_contain_text("王芳")
        await take_picture(admin, "group-activity-admin-pc")
        assert await violations(admin) == []
        await _narrow_and_dark(admin)
        await take_picture(admin, "group-activity-narrow-dark")
        assert await violations(admin) == []
        for ending in ("csv", "xlsx"):
            async with admin.expect_download() as download:
                await on(admin, f"groups-{ending}").click()
            assert (await download.value).suggested_filename.endswith(f".{ending}")
