"""Groups sort questions of the pool: planned, worked on by phone and PC, shown, taken over."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import violations
from tests.web.test_groups import goes_live
from tests.web.test_question_pool import ask
from tests.whole_lesson.before_the_lesson import learner_token
from tests.whole_lesson.story import Story, on

pytestmark = pytest.mark.browser

QUESTIONS = ("价格什么时候公布?", "Which press is meant?", "旧机器怎么处理?")


async def _comes(story: Story, page: Page, number: str) -> Page:
    await story.open(page, f"/room/{story.session_id}#t={await learner_token(story, number)}")
    await on(page, "join").click()
    await expect(on(page, "room")).to_be_visible()
    return page


async def _asks_for_sound_once(phone: Page) -> None:
    """Any tap brings the sound; the page does not insist on the button that asks for it."""
    await on(phone, "tab-polls").click()
    await expect(on(phone, "tap-for-sound")).to_be_hidden()
    playing = "[...document.querySelectorAll('audio')].every((audio) => !audio.paused)"
    assert await phone.evaluate(playing)


async def _is_asked_once(studio: Page, phone: Page) -> None:
    """An open poll stands in the card, or, where that was put away, in the list: not in both."""
    await on(studio, "tab-polls").click()
    for field, text in (("poll-question", "哪个出口?"), ("poll-option-0", "北"), ("poll-option-1", "南")):
        await on(studio, field).fill(text)
    await on(studio, "poll-start").click()
    await expect(on(phone, "invitation")).to_contain_text("哪个出口?")
    await expect(on(phone, "poll")).to_have_count(0)
    await take_picture(phone, "poll-once-phone")
    await on(phone, "invitation-away").click()
    await expect(on(phone, "poll")).to_contain_text("哪个出口?")
    await on(studio, "poll-close").click()
    await expect(on(phone, "invitation")).to_be_hidden()


async def a_screen(studio: Page, tv: Page, url: str) -> Page:
    """A TV comes in by its code."""
    await on(studio, "tab-checkin").click()
    await on(studio, "screen-desk").locator("summary").click()
    await on(studio, "screen-make").click()
    await tv.set_viewport_size({"width": 1920, "height": 1080})
    await tv.goto(f"{url}/screen")
    await on(tv, "screen-code").fill(await on(studio, "screen-code").inner_text())
    await on(tv, "screen-name").fill("12 号门店")
    await on(tv, "screen-go").click()
    await expect(on(tv, "qr")).to_be_visible()
    return tv


async def _has_points(studio: Page, phone: Page, tv: Page) -> None:
    """Points with a word why; the board on the phone and on the TV; who won."""
    await on(studio, "points").locator("summary").first.click()
    await on(studio, "points-why").fill("最先整理完")
    await on(studio, "points-give").click()
    await expect(on(studio, "score-line").first).to_contain_text("5 分")
    await on(studio, "points-marks").locator("summary").click()
    await expect(on(studio, "points-marks")).to_contain_text("最先整理完")
    await expect(on(phone, "score-board")).to_have_count(0)
    await on(studio, "points-final").click()
    for page in (phone, tv):
        await expect(on(page, "score-line").first).to_contain_text("第 1 组")
        await expect(on(page, "score-line").first).to_contain_text("5 分")
    await take_picture(studio, "points-studio-pc")
    await take_picture(phone, "points-phone")
    await take_picture(tv, "points-tv")
    for page in (studio, phone, tv):
        assert await violations(page) == []


async def _plans(studio: Page) -> None:
    """Two groups; the first gets all published questions, with two classes to begin with."""
    await on(studio, "tab-groups").click()
    await on(studio, "pool-plan").locator("summary").click()
    await on(studio, "pool-plan-mode").select_option("chosen")
    await expect(on(studio, "pool-plan-give")).to_have_count(3)
    for place in range(3):
        await on(studio, "pool-plan-give").nth(place).select_option("0")
    await on(studio, "pool-plan-classes").fill("价格，产品")
    for name, group in (("王芳", "0"), ("李伟", "0"), ("张敏", "1")):
        person = studio.locator("label.person").filter(has_text=name)
        await person.get_by_test_id("breakout-place").select_option(group)
    await take_picture(studio, "sorting-plan-pc")
    assert await violations(studio) == []
    await on(studio, "breakout-open").click()


@pytest.mark.timeout(300)
async def test_a_group_sorts_questions_of_the_pool(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as opened:
        story = Story(server, opened)
        studio = await goes_live(story)
        wang = await _comes(story, await opened.on_phone("zh-CN"), "L001")
        li = await _comes(story, await opened.on_pc("en", dark=True), "L002")
        asker = await _comes(story, await opened.on_pc("en"), "L003")
        await _asks_for_sound_once(wang)
        await _is_asked_once(studio, wang)
        tv = await a_screen(studio, await opened.on_pc("zh-CN"), server.url)
        await on(asker, "tab-questions").click()
        await on(studio, "tab-questions").click()
        for at, text in enumerate(QUESTIONS, start=1):
            await ask(asker, text)
            await on(studio, "question-publish").first.click()
            await expect(on(studio, "funnel")).to_contain_text(f"{at} 已公开")
        await _plans(studio)

        for page in (wang, li):
            await on(page, "group-go").click()
            await on(page, "tab-sorting").click()
            await expect(on(page, "sorting-question")).to_have_count(3)
        await expect(on(asker, "group")).to_be_visible()
        await expect(on(asker, "tab-sorting")).to_have_count(0)
        price = on(wang, "sorting-question").filter(has_text="价格什么时候")
        await price.get_by_test_id("sorting-into").select_option(label="价格")
        press = on(li, "sorting-question").filter(has_text="Which press")
        await on(li, "sorting-class").fill("Machins")
        await on(li, "sorting-class-add").click()
        await on(li, "sorting-filter").filter(has_text="Machins").click()
        await on(li, "sorting-rename").click()
        await on(li, "sorting-name").fill("Machines")
        await on(li, "sorting-name").press("Enter")
        await expect(on(wang, "sorting-filter").filter(has_text="Machines")).to_be_visible()
        await on(li, "sorting-drop").click()
        await take_picture(li, "sorting-class-drop-pc-dark")
        await on(li, "sorting-mend").get_by_role("button", name="Cancel").click()
        await on(li, "sorting-filter").first.click()
        await press.get_by_test_id("sorting-into").select_option(label="Machines")
        # What one does the other sees; then votes, the mark, and a clarification that the asker reads.
        seen = on(wang, "sorting-question").filter(has_text="Which press")
        await expect(seen.get_by_test_id("sorting-into").locator("option:checked")).to_have_text("Machines")
        await press.get_by_test_id("sorting-vote").click()
        await seen.get_by_test_id("sorting-vote").click()
        await expect(press.get_by_test_id("sorting-vote")).to_contain_text("2")
        await expect(on(li, "sorting-votes")).to_contain_text("4 of 5")
        await seen.get_by_test_id("sorting-mark").focus()
        await wang.keyboard.press("Enter")
        await expect(press.get_by_test_id("sorting-mark")).to_contain_text("Top 1")
        await press.get_by_test_id("sorting-clarify").click()
        await press.get_by_test_id("sorting-clarify-text").fill("The large one in hall 2.")
        await press.get_by_test_id("sorting-clarify-send").click()
        await on(asker, "group-go").click()
        await on(asker, "tab-questions").click()
        await expect(on(asker, "question-clarified")).to_contain_text("hall 2")
        await take_picture(wang, "sorting-phone")
        await take_picture(li, "sorting-pc-dark")
        await take_picture(asker, "sorting-clarified-pc")
        await expect(on(studio, "group-sorting")).to_contain_text("3 个问题，已归类 2 个，重点 1 个")
        await on(studio, "group-sorting").click()
        await expect(on(studio, "sorting-question")).to_have_count(3)
        await take_picture(studio, "sorting-studio-pc")
        for page in (wang, li, asker, studio):
            assert await violations(page) == []

        await on(studio, "breakout-close").click()
        result = on(studio, "sorted-result")
        await expect(result).to_contain_text("3 个问题，分成 2 类")
        await expect(on(asker, "sorted")).to_have_count(0)
        await result.get_by_test_id("sorted-show").click()
        for page in (wang, li, asker):
            await expect(on(page, "sorted-top")).to_contain_text("Which press")
        await result.get_by_test_id("sorted-take").click()
        await expect(on(studio, "sorted-taken")).to_be_visible()
        await on(studio, "sorted-all").locator("summary").click()
        await take_picture(studio, "sorting-result-studio-pc")
        await expect(on(wang, "tap-for-sound")).to_be_hidden()
        await take_picture(wang, "sorting-result-phone")
        await take_picture(li, "sorting-result-pc-dark")
        for page in (wang, li, studio):
            assert await violations(page) == []
        await _has_points(studio, wang, tv)
        await on(studio, "tab-questions").click()
        taken = on(studio, "desk-question").filter(has_text="Which press")
        await expect(taken).to_contain_text("Machines")
        await expect(taken).to_contain_text("2 人想问")
        await expect(taken.get_by_test_id("desk-clarified")).to_contain_text("hall 2")
