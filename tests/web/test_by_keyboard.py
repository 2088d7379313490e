"""The main flow without a mouse: learner and host reach everything with Tab, and see where they are."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import PASSWORD, Server, running_server
from tests.web.test_accessibility import violations
from tests.whole_lesson.story import Story, on

pytestmark = pytest.mark.browser

MOST_STEPS = 80
"""From anywhere to anything on a page, with Tab alone."""
_WHERE = """(name) => {
  const here = document.activeElement
  const ringed = (one) => {
    const ring = getComputedStyle(one)
    return ring.outlineStyle !== 'none' && parseFloat(ring.outlineWidth) > 0
  }
  const seen = ringed(here) || (here.matches('input[type=radio]') && ringed(here.closest('label')))
  return { there: here.matches(`[data-testid="${name}"]`), seen, what: here.dataset.testid ?? here.tagName }
}"""


async def reach(page: Page, name: str) -> None:
    """Go on with Tab until the focus is on something, and see it there."""
    await expect(on(page, name).first).to_be_visible()
    passed = []
    for _ in range(MOST_STEPS):
        where = await page.evaluate(_WHERE, name)
        if where["there"]:
            assert where["seen"], f"nobody sees that the focus is on {name}"
            return
        passed.append(where["what"])
        await page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {name}: {passed}")


async def press(page: Page, name: str) -> None:
    """Reach a button and press it."""
    await reach(page, name)
    await page.keyboard.press("Enter")


async def write(page: Page, name: str, words: str) -> None:
    """Reach a field, and replace what is in it."""
    await reach(page, name)
    await page.keyboard.press("Control+a")
    await page.keyboard.type(words)


async def choose_tab(page: Page, name: str) -> None:
    """Reach the tabs, and go along them with the arrow key."""
    wanted = on(page, f"tab-{name}")
    tabs = page.get_by_role("tablist").filter(has=wanted).get_by_role("tab")
    selected = await tabs.and_(page.locator("[aria-selected=true]")).get_attribute("data-testid")
    assert selected is not None
    await reach(page, selected)
    for _ in range(await tabs.count()):
        if await wanted.get_attribute("aria-selected") == "true":
            await expect(wanted).to_be_focused()
            return
        await page.keyboard.press("ArrowRight")
    pytest.fail(f"arrow keys do not lead to the tab {name}")


async def _begin(story: Story, server: Server, studio: Page) -> None:
    await story.open(studio, "/sign-in")
    await write(studio, "login", "presenter")
    await write(studio, "password", PASSWORD)
    await studio.keyboard.press("Enter")
    await studio.wait_for_url(f"{server.url}/")
    made = await story.rest(studio, "POST", "/sessions", data={"title": "Keys", "guests_allowed": True})
    story.session_id = made["id"]
    await story.open(studio, f"/studio/{story.session_id}")
    await press(studio, "consent")
    await press(studio, "go-live")
    await expect(on(studio, "studio")).to_be_visible()


async def _check_in(studio: Page, learner: Page) -> None:
    await choose_tab(studio, "checkin")
    await press(studio, "checkin-open")
    await press(learner, "checkin-answer")
    await expect(on(learner, "checkin-done")).to_be_visible()
    await learner.keyboard.press("Escape")
    await expect(on(learner, "invitation")).to_be_hidden()
    await press(studio, "checkin-close")


async def _vote(studio: Page, learner: Page) -> None:
    await choose_tab(studio, "polls")
    await write(studio, "poll-question", "Which exit?")
    await write(studio, "poll-option-0", "North")
    await write(studio, "poll-option-1", "South")
    await press(studio, "poll-start")
    await press(learner, "poll-vote-1")
    await expect(on(studio, "poll-voters").first).to_contain_text("1")
    await press(studio, "poll-close")
    await expect(on(learner, "invitation")).to_be_hidden()
    await choose_tab(learner, "polls")
    await expect(on(learner, "poll")).to_contain_text("100")


async def _ask(studio: Page, learner: Page) -> None:
    await choose_tab(learner, "questions")
    await write(learner, "question-input", "Why two?")
    await press(learner, "question-send")
    await choose_tab(studio, "questions")
    await press(studio, "question-publish")
    await press(studio, "question-pin")
    await expect(on(learner, "question")).to_contain_text("Being answered")


async def _write_notes(studio: Page, learner: Page) -> None:
    await choose_tab(studio, "groups")
    await write(studio, "breakout-count", "1")
    await press(studio, "breakout-deal")
    await press(studio, "breakout-open")
    await press(learner, "group-go")
    await choose_tab(learner, "notes")
    await write(learner, "notes-text", "Count the doors")
    await expect(on(learner, "notes-state")).to_have_attribute("data-state", "saved")
    await press(learner, "group-help")  # Tab leads out of the text
    await expect(on(studio, "calls")).to_be_visible()
    await take_picture(learner, "keyboard-notes-pc")
    await press(studio, "breakout-close")
    await press(studio, "result-show")
    await expect(on(learner, "shown-notes")).to_contain_text("Count the doors")


async def _grade(learner: Page, question: str, grade: int) -> None:
    """Reach a row of grades, take the first, and go along them with the arrow key."""
    await reach(learner, f"grade-{question}-1")
    await learner.keyboard.press("Space")
    for _ in range(grade - 1):
        await learner.keyboard.press("ArrowRight")
    await expect(on(learner, f"grade-{question}-{grade}")).to_be_checked()


async def _end(studio: Page, learner: Page) -> None:
    await press(studio, "end-session")
    await press(studio, "confirm-end")
    for question in ("teacher", "course", "organisation"):
        await _grade(learner, question, 4)
    await write(learner, "feedback-text", "More of it")
    await press(learner, "feedback-send")
    await expect(on(learner, "feedback-thanks")).to_be_focused()


@pytest.mark.timeout(300)
async def test_a_lesson_without_a_mouse(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        studio, learner = await chromium.on_pc("en"), await chromium.on_pc("en", dark=True)
        try:
            await _begin(story, server, studio)
            await story.open(learner, f"/room/{story.session_id}")
            await write(learner, "guest-name", "Ann")
            await press(learner, "join")
            await expect(on(learner, "room")).to_be_visible()
            for act in (_check_in, _vote, _ask, _write_notes, _end):
                await act(studio, learner)
        except BaseException:
            await chromium.take_pictures("keyboard-trouble")
            raise
        for page in (studio, learner):
            assert await violations(page) == []
