"""Questions are prepared, asked by one click, answered on PC and phone, published, asked again, exported."""

import io
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import violations
from tests.whole_lesson.before_the_lesson import learner_token
from tests.whole_lesson.story import Story, on

pytestmark = pytest.mark.browser

TEXT = """\
1、灭火器多久检查一次？【限时600秒，手动公布】
A、每月（正确）
B、每年
解析：按规定每月一次。
知识点：灭火

2. Put them in order [ranking, when published]
A. Call for help
B. Leave the building
Answer: B > A

3. How safe do you feel? [rating 1-5, anonymous]

4. What is missing?
"""

SURVEY = """\
1. Which are ways out? [multiple, partial, 600s, when published]
*A. The door
*B. The window
C. The wall

2. What goes where? [when published]
- Paper -> class A
- Petrol -> class B
"""


async def _prepares(story: Story, page: Page) -> None:
    """Write a set as text: a mistake is named with its line, and mended."""
    await story.open(page, "/admin/questions/new")
    await on(page, "set-title").fill("消防安全")
    await on(page, "question-text").fill(TEXT + "\n5. Half a question\nA. one")
    await expect(on(page, "question-error")).to_contain_text("16")
    await expect(on(page, "question-read")).to_have_count(4)
    await expect(on(page, "set-save")).to_be_disabled()
    await take_picture(page, "question-set-pc")
    assert await violations(page) == []
    await on(page, "question-text").fill(TEXT)
    await expect(on(page, "question-error")).to_have_count(0)
    await on(page, "set-save").click()
    await expect(on(page, "set-delete")).to_be_visible()
    await story.open(page, "/admin/questions")
    await expect(on(page, "set-row")).to_contain_text("消防安全")
    await take_picture(page, "question-sets-pc")
    assert await violations(page) == []


async def _goes_live(story: Story, page: Page) -> None:
    await story.rest(page, "POST", "/question-sets", data={"title": "Survey", "text": SURVEY})
    session = await story.rest(page, "POST", "/sessions", data={"title": "Fire safety"})
    story.session_id = session["id"]
    await story.open(page, f"/studio/{story.session_id}")
    await on(page, "consent").click()
    await on(page, "prepare-questions").click()
    for title in ("消防安全", "Survey"):
        await on(page, "library-set").filter(has_text=title).locator("input").check()
    await page.keyboard.press("Escape")
    await on(page, "go-live").click()
    await on(page, "tab-polls").click()
    await expect(on(page, "prepared-question")).to_have_count(6)


async def _joins(story: Story, page: Page, person: str) -> None:
    token = await learner_token(story, person)
    await story.open(page, f"/room/{story.session_id}#t={token}")
    await on(page, "join").click()
    await expect(on(page, "room")).to_be_visible()


@pytest.mark.timeout(300)
async def test_a_quiz_from_the_library_to_the_table(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        studio = story.presenter = await chromium.on_pc("zh-CN")
        await story.sign_in(studio, "presenter")
        await _prepares(story, studio)
        await _goes_live(story, studio)
        desk, phone = await chromium.on_pc("en"), await chromium.on_phone("zh-CN")
        await _joins(story, desk, "L001")
        await _joins(story, phone, "L002")

        await on(studio, "fire").nth(0).click()
        await on(desk, "poll-vote-1").click()
        await on(phone, "poll-vote-0").click()
        asked = on(studio, "desk-poll").first
        await expect(asked.get_by_test_id("poll-voters")).to_contain_text("2")
        await expect(on(desk, "invitation")).not_to_contain_text("按规定每月一次")
        await take_picture(studio, "studio-polls-pc")
        await take_picture(phone, "room-poll-answered-phone")
        assert await violations(studio) == []
        await asked.get_by_test_id("poll-publish").click()
        for page in (desk, phone):
            await on(page, "tab-polls").click()
            await expect(on(page, "poll-explanation")).to_contain_text("按规定每月一次")
            await expect(on(page, "poll-right")).to_contain_text("1")
            assert await violations(page) == []
        await take_picture(desk, "room-poll-published-pc-en")
        await take_picture(phone, "room-poll-published-phone")

        await on(studio, "poll-again").first.click()  # after the explanation: everybody knows it now
        await on(desk, "poll-vote-0").click()
        await on(phone, "poll-vote-0").click()
        await on(studio, "desk-poll").first.get_by_test_id("poll-publish").click()
        await expect(on(phone, "poll-before")).to_be_visible()

        await on(studio, "fire").nth(1).click()
        await on(desk, "poll-up-1").click()
        await on(desk, "poll-send").click()
        await on(phone, "poll-send").click()
        await take_picture(phone, "room-ranking-phone")
        await on(studio, "desk-poll").first.get_by_test_id("poll-publish").click()
        await expect(on(studio, "desk-poll").first.get_by_test_id("poll-right")).to_contain_text("50")

        await on(studio, "fire").nth(2).click()
        await expect(on(phone, "poll-rate-4")).to_be_visible()
        await take_picture(phone, "room-rating-phone")
        await on(phone, "poll-rate-4").click()
        await on(phone, "poll-change").click()
        await on(phone, "poll-rate-5").click()
        await on(studio, "desk-poll").first.get_by_test_id("poll-close").click()
        await expect(on(studio, "poll-too-few")).to_be_visible()

        await on(studio, "fire").nth(3).click()
        await on(phone, "poll-text").fill("<b>出口</b>\u202e标志")
        await on(phone, "poll-send").click()
        written = on(studio, "desk-poll").first
        await expect(written).to_contain_text("<b>出口</b>")
        await written.get_by_test_id("poll-publish").click()
        await expect(on(desk, "poll").first).to_contain_text("<b>出口</b>")
        await _a_survey(studio, desk, phone)
        await studio.set_viewport_size({"width": 390, "height": 844})
        await take_picture(studio, "studio-polls-phone")
        assert await violations(studio) == []

        await _looks_at_results(story, studio)


async def _a_survey(studio: Page, desk: Page, phone: Page) -> None:
    """Two questions at once, several right answers and pairs; one person gets more time for the first."""
    await on(studio, "prepared").locator("summary").last.click()
    await on(studio, "fire-all").last.click()
    polls = on(studio, "desk-poll")
    ways, pairs = polls.filter(has_text="ways out"), polls.filter(has_text="goes where")
    await expect(pairs).to_have_count(1)
    for page, petrol in ((desk, "class B"), (phone, "class A")):
        await on(page, "poll-tick-0").first.check()
        if page is desk:  # the other one finds only one way out
            await on(page, "poll-tick-1").first.check()
        form = page.locator("form", has=on(page, "poll-tick-0")).first
        await form.get_by_test_id("poll-send").click()
        form = page.locator("form", has=on(page, "poll-match-0")).first
        await form.get_by_test_id("poll-match-0").select_option(label="class A")
        if petrol == "class B":
            await form.get_by_test_id("poll-match-1").select_option(label=petrol)
            await form.get_by_test_id("poll-send").click()
        else:
            await expect(form.get_by_test_id("poll-send")).to_be_disabled()  # one pair is missing
    await take_picture(phone, "room-matching-phone")
    assert await violations(phone) == []
    await ways.get_by_test_id("poll-extend").click()
    await ways.get_by_test_id("poll-extend-who").select_option(label="李伟")
    await ways.get_by_test_id("poll-extend-give").click()
    await expect(ways).to_contain_text("李伟")
    for poll, right in ((ways, "50"), (pairs, "100")):
        await poll.get_by_test_id("poll-publish").click()
        await expect(poll.get_by_test_id("poll-right")).to_contain_text(right)
    await expect(ways.get_by_test_id("poll-points")).to_contain_text("75")
    await expect(on(phone, "invitation")).to_have_count(0)  # both are over: nothing is left to answer
    await expect(on(phone, "poll-partly").first).to_contain_text("1 / 2")
    await on(phone, "poll-partly").first.scroll_into_view_if_needed()
    await take_picture(phone, "room-poll-partly-phone")
    assert await violations(phone) == []


async def _looks_at_results(story: Story, page: Page) -> None:
    """The presenter finds the figures, and takes the tables along."""
    await page.set_viewport_size({"width": 1280, "height": 800})
    await story.open(page, f"/admin/sessions/{story.session_id}")
    await on(page, "open-poll-results").click()
    await expect(on(page, "result-question")).to_have_count(7)
    await expect(on(page, "worst")).to_contain_text("灭火器")
    await expect(on(page, "result-question").filter(has_text="部分给分")).to_contain_text("75%")
    await expect(on(page, "result-person")).to_have_count(2)
    await expect(on(page, "rate-chart").locator("canvas")).to_be_visible()
    written = on(page, "result-written")
    await written.locator("summary").click()
    await expect(written.get_by_test_id("written-answer")).to_contain_text("<b>出口</b>")
    assert await violations(page) == []
    await take_picture(page, "poll-results-pc")
    async with page.expect_download() as download:
        await on(page, "results-xlsx").click()
    content = (await (await download.value).path()).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        words = book.read("xl/sharedStrings.xml").decode()
    assert "&lt;b&gt;出口" in words
    assert "灭火器多久检查一次？" in words
    await page.set_viewport_size({"width": 390, "height": 844})
    await take_picture(page, "poll-results-phone")
    assert await violations(page) == []
    await _looks_at_growth(story, page)


async def _looks_at_growth(story: Story, page: Page) -> None:
    """The five measures over the sessions of the course, by person and by knowledge point."""
    await story.open(page, "/admin/growth?q=Fire")
    await expect(on(page, "growth-table").locator("tbody tr")).to_have_count(3)
    await expect(on(page, "rate-chart").locator("canvas")).to_be_visible()
    await take_picture(page, "growth-phone")
    assert await violations(page) == []
    await page.set_viewport_size({"width": 1280, "height": 800})
    await on(page, "growth-by").select_option("points")
    await expect(on(page, "growth-table")).to_contain_text("灭火")
    await take_picture(page, "growth-pc")
    assert await violations(page) == []
