"""The lesson: check-in, poll, question, hands, chat, reactions, groups; host and presenter share the work."""

from playwright.async_api import expect

from tests.whole_class.before_class import ASKED
from tests.whole_class.people import School, tab
from tests.whole_lesson.story import on, picture_moves


async def check_in(school: School) -> None:
    """The host asks; a PC, a phone and a phone before the screen answer; the screen counts."""
    host = school.host_page
    await on(host, "checkin-message").fill("到齐了吗？")
    await on(host, "checkin-open").click()
    await expect(on(school.screen, "screen-checkin")).to_be_visible()
    for page in school.hands:
        await on(page, "checkin-answer").click()
        await expect(on(page, "checkin-done")).to_be_visible()
    await expect(on(host, "checkin-count")).to_contain_text("2 / 3")  # of the roster; the guest beside it
    await on(host, "checkin-missing").click()
    await expect(on(host, "register-line").filter(has_text="张敏")).to_be_visible()
    await school.look("checkin", host, school.phone, school.screen)
    await on(host, "checkin-close").click()


async def quiz(school: School) -> None:
    """A prepared question by one click; who is wrong learns why when it is published."""
    studio = school.presenter
    await tab(studio, "polls")
    await on(studio, "fire").nth(0).click()
    await on(school.wang, "poll-vote-0").click()
    await on(school.phone, "poll-vote-1").click()
    await on(school.seated, "poll-vote-0").click()
    asked = on(studio, "desk-poll").first
    await expect(asked.get_by_test_id("poll-voters")).to_contain_text("3")
    await expect(on(school.screen, "screen-poll")).to_be_visible()
    await asked.get_by_test_id("poll-publish").click()
    await expect(on(school.screen, "screen-result")).to_contain_text("按规定每月一次")
    for page in school.own_devices:
        await tab(page, "polls")
        await expect(on(page, "poll-explanation")).to_contain_text("按规定每月一次")
    await school.look("poll-result", school.phone, school.screen)
    await on(studio, "fire").nth(1).click()
    for page in school.hands:
        await on(page, "poll-rate-5").click()
    rated = on(studio, "desk-poll").first
    await expect(rated.get_by_test_id("poll-voters")).to_contain_text("3")
    await school.look("poll", studio, school.wang, school.phone, school.seated, school.screen)
    await rated.get_by_test_id("poll-close").click()


async def answer_what_was_asked(school: School) -> None:
    """The question of the days before is pinned, and answered aloud."""
    host = school.host_page
    await tab(host, "questions")
    await on(host, "question-pin").click()
    await tab(school.phone, "questions")
    await expect(on(school.phone, "question")).to_contain_text("正在回答")
    await expect(on(school.phone, "question")).to_contain_text(ASKED)
    await expect(on(school.screen, "screen-question")).to_contain_text(ASKED)
    await school.look("question", host, school.phone, school.screen)
    await on(host, "question-more").click()
    await on(host, "question-answer").click()
    await expect(on(school.phone, "question")).to_contain_text("已现场回答")


async def talk(school: School) -> None:
    """A hand is raised and granted, chat is read before it is shown, reactions are counted."""
    host, wang, phone = school.host_page, school.wang, school.phone
    await on(phone, "hand").click()
    await tab(host, "people")
    await on(host, "hand-grant").click()
    await expect(on(host, "stage-time")).to_be_visible()
    await school.look("stage", host, phone)
    await on(host, "hand-lower").click()
    await tab(host, "chat")
    await on(host, "chat-moderated").check()
    await tab(wang, "chat")
    await on(wang, "chat-input").fill("声音很清楚")
    await on(wang, "chat-send").click()
    await expect(on(wang, "chat-waits")).to_be_visible()
    await on(host, "chat-release").click()
    await tab(phone, "chat")
    await expect(on(phone, "chat-message")).to_contain_text("声音很清楚")
    for page in school.own_devices:
        await on(page, "react-like").click()
    await expect(on(host, "reaction-gauge")).to_contain_text("2")
    await school.look("chat", host, wang, phone)


async def groups(school: School) -> None:
    """Two groups with a task; one writes notes and reports; everybody returns to the picture."""
    studio = school.presenter
    await tab(studio, "groups")
    await on(studio, "breakout-count").fill("2")
    await on(studio, "breakout-deal").click()
    await on(studio, "breakout-task-0").fill("列出三个风险")
    await on(studio, "breakout-open").click()
    for page in school.own_devices:
        await expect(on(page, "group")).to_be_visible()
        await on(page, "group-go").click()
    await on(school.phone, "group-help").click()
    await expect(on(studio, "calls")).to_be_visible()
    await on(studio, "call-visit").click()
    await expect(on(school.phone, "group-visitors")).to_be_visible()
    await tab(school.phone, "notes")
    await on(school.phone, "notes-text").fill("湿地面：放警示牌")
    await expect(on(school.phone, "notes-state")).to_have_attribute("data-state", "saved")
    await on(school.phone, "group-reporter").click()
    await on(school.phone, "group-report").click()
    await on(school.phone, "report-text").fill("叉车、湿地面、高架")
    await on(school.phone, "report-send").click()
    await expect(on(studio, "result")).to_contain_text("湿地面")
    await school.look("groups", studio, school.wang, school.phone)
    await on(studio, "breakout-close").click()
    for page in school.own_devices:
        await expect(on(page, "group")).to_be_hidden()
        await picture_moves(page, "video-camera", within_s=15)
    await on(studio, "result-show").click()
    await expect(on(school.wang, "result-shown")).to_contain_text("湿地面")
    await on(school.wang, "result-shown").locator("summary").last.click()
    await expect(on(school.wang, "shown-notes")).to_contain_text("放警示牌")
