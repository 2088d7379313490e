"""A hint in a quiet lesson; then feedback: at the end, from the home page for who left, and its results."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import NARROW, violations
from tests.whole_lesson.before_the_lesson import host_token, learner_token
from tests.whole_lesson.story import Story, on

pytestmark = pytest.mark.browser

_A_QUARTER_LATER = "(() => { window.now = Date.now; Date.now = () => window.now() + 15.5 * 60e3 })()"
_NOW_AGAIN = "Date.now = window.now"


async def _goes_live(story: Story, page: Page) -> None:
    session = await story.rest(page, "POST", "/sessions", data={"title": "Fire safety"})
    story.session_id = session["id"]
    roster = "工号,姓名\r\nL001,王芳\r\n".encode()
    headers = {"Content-Type": "text/csv"}
    await story.rest(page, "POST", f"/sessions/{story.session_id}/roster", data=roster, headers=headers)
    await story.open(page, f"/studio/{story.session_id}")
    await on(page, "consent").click()
    await on(page, "feedback-lang").select_option("zh-CN")
    await take_picture(page, "studio-prepare-feedback-pc")
    await on(page, "go-live").click()
    await expect(on(page, "studio")).to_be_visible()


async def _joins(story: Story, page: Page, person: str) -> None:
    token = await learner_token(story, person)
    await story.open(page, f"/room/{story.session_id}#t={token}")
    await on(page, "join").click()
    await expect(on(page, "room")).to_be_visible()


async def _is_reminded(studio: Page, learner: Page) -> None:
    """After a quarter of an hour by the presenter's clock: a word, and what to do in one click."""
    await expect(on(studio, "quiet-hint")).to_be_hidden()
    await studio.evaluate(_A_QUARTER_LATER)
    minutes = re.compile("1[5-9]")  # on a busy machine some have passed by now
    await expect(on(studio, "quiet-hint")).to_contain_text(minutes)
    await take_picture(studio, "studio-hint-pc")
    assert await violations(studio) == []
    await on(studio, "hint-pulse").click()
    await studio.evaluate(_NOW_AGAIN)
    await expect(on(studio, "quiet-hint")).to_be_hidden()
    await on(learner, "poll-vote-0").click()


async def _hands_in_by_keyboard(page: Page) -> None:
    """Every grade by keys; the text asks for a call."""
    await expect(on(page, "feedback-form")).to_be_visible()
    await expect(on(page, "feedback-send")).to_be_disabled()
    for question, keys in (("teacher", 4), ("course", 3), ("organisation", 2), ("recommend", 9)):
        await on(page, f"grade-{question}-{0 if question == 'recommend' else 1}").focus()
        for _ in range(keys):
            await page.keyboard.press("ArrowRight")
    await on(page, "feedback-text").fill("节奏太快")
    await on(page, "feedback-call").check()
    await on(page, "feedback-contact").fill("李伟,分机 4711")


async def _hands_in(page: Page, grade: int, recommend: int) -> None:
    for question in ("teacher", "course", "organisation"):
        await page.locator("label", has=on(page, f"grade-{question}-{grade}")).click()
    await page.locator("label", has=on(page, f"grade-recommend-{recommend}")).click()
    await on(page, "feedback-send").click()
    await expect(on(page, "feedback-thanks")).to_be_focused()


async def _is_read_by_link(story: Story, page: Page, token: str) -> None:
    """A host who did not sign in reads the results, and saves them; whom to call is not for links."""
    await story.open(page, f"/studio/{story.session_id}#t={token}")
    await on(page, "open-feedback").click()
    await expect(on(page, "feedback-figure")).to_have_count(4)
    await expect(on(page, "work-item")).to_contain_text("节奏太快")
    await expect(on(page, "work-item")).not_to_contain_text("4711")
    await expect(on(page, "item-edit")).to_have_count(0)
    assert await violations(page) == []
    async with page.expect_download() as saved:
        await on(page, "feedback-xlsx").click()
    assert (await saved.value).suggested_filename == "feedback-Fire-safety.xlsx"


async def _is_worked_on(story: Story, studio: Page) -> None:
    """The call back is sorted, taken on and done; then nobody knows the number any more."""
    called = on(studio, "work-item").filter(has_text="节奏太快")
    await expect(called).to_contain_text("4711")
    await called.get_by_test_id("item-edit").click()
    await called.get_by_test_id("item-set-due").fill("2026-12-24")
    await called.get_by_test_id("item-set-owner").press_sequentially("S003")
    await called.get_by_test_id("item-set-owner-option").click()
    await called.get_by_test_id("item-set-note").fill("先打电话")
    await take_picture(studio, "feedback-item-edit-pc")
    assert await violations(studio) == []
    await called.get_by_test_id("item-save").click()
    await expect(called).to_contain_text("唐悦")
    await expect(on(studio, "open-items")).to_contain_text("1")
    await story.open(studio, "/")
    await on(studio, "to-items").click()
    async with studio.expect_response(lambda answer: "state=new" in answer.url):
        await on(studio, "filter-state").select_option("new")
    await expect(on(studio, "work-item")).to_have_count(1)
    await on(studio, "item-finish").click()
    await expect(on(studio, "item-state")).to_have_text("已完成")
    await expect(on(studio, "open-items")).to_have_count(0)
    await expect(on(studio, "work-item")).not_to_contain_text("4711")
    await take_picture(studio, "feedback-items-pc")
    assert await violations(studio) == []


@pytest.mark.timeout(300)
async def test_a_quiet_lesson_and_what_people_say_of_it(tmp_path: Path) -> None:
    async with (
        running_server(tmp_path, {"LECTERN_FEEDBACK_FEWEST": "3"}) as server,
        browsers() as chromium,
    ):
        story = Story(server, chromium)
        studio = story.presenter = await chromium.on_pc("zh-CN")
        await story.sign_in(studio, "presenter")
        await _goes_live(story, studio)
        wang, li = await chromium.on_pc("en", dark=True), await chromium.on_phone("zh-CN")
        zhang = await chromium.on_phone("en")
        await story.sign_in(wang, "wang")
        for page, person in ((wang, "L001"), (li, "L002"), (zhang, "L003")):
            await _joins(story, page, person)
        await _is_reminded(studio, li)
        by_link = await host_token(story)
        await story.open(wang, "/")  # before the end
        await on(studio, "end-session").click()
        await on(studio, "confirm-end").click()

        await _hands_in_by_keyboard(li)
        await take_picture(li, "feedback-form-phone")
        assert await violations(li) == []
        await on(li, "feedback-send").click()
        await expect(on(li, "feedback-thanks")).to_be_focused()
        # The form speaks the session's language on a page that does not.
        await expect(on(zhang, "feedback-form")).to_contain_text("讲师")
        await zhang.set_viewport_size(NARROW)
        await take_picture(zhang, "feedback-form-360")
        assert await violations(zhang) == []
        await _hands_in(zhang, 4, 7)

        await on(studio, "open-feedback").click()
        await expect(on(studio, "feedback-rate")).to_contain_text("2 / 3")
        await expect(on(studio, "feedback-figure")).to_have_count(0)
        await story.open(wang, "/")
        await on(wang, "give-feedback").click()
        await expect(on(wang, "feedback-form")).to_be_visible()
        await take_picture(wang, "feedback-form-pc-dark")
        assert await violations(wang) == []
        await _hands_in(wang, 2, 0)
        await wang.reload()
        await expect(on(wang, "feedback-thanks")).to_be_visible()

        await studio.reload()
        await expect(on(studio, "feedback-figure")).to_have_count(4)
        await expect(on(studio, "feedback-figure").first).to_contain_text("3.67")
        await expect(on(studio, "feedback-nps")).to_contain_text("0")
        await take_picture(studio, "feedback-results-pc")
        assert await violations(studio) == []
        await studio.set_viewport_size({"width": 390, "height": 844})
        await take_picture(studio, "feedback-results-phone")
        assert await violations(studio) == []
        await _is_read_by_link(story, await chromium.on_phone("en"), by_link)
        await _is_worked_on(story, studio)
