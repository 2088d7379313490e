"""The question pool before the lesson, during it and after its end: one host, two guests."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import Browsers, browsers, take_picture
from tests.scripted_lesson.server import PASSWORD, Server, running_server
from tests.web.test_accessibility import violations

pytestmark = pytest.mark.browser

HEADERS = {"X-Lectern": "1"}
TRICKY = "为什么 <img src=x onerror=alert(1)> \u202ereversed?"


async def planned(page: Page, server: Server, title: str) -> str:
    """Sign the presenter in, and plan a session that guests may join."""
    sign_in = {"login": "presenter", "password": PASSWORD}
    await page.request.post(f"{server.url}/api/v1/sign-in", data=sign_in, headers=HEADERS)
    made = await page.request.post(
        f"{server.url}/api/v1/sessions", data={"title": title, "guests_allowed": True}, headers=HEADERS
    )
    return str((await made.json())["id"])


async def come(page: Page, address: str, name: str) -> None:
    """Come to a page of a lesson as a guest."""
    await page.goto(address)
    await page.get_by_test_id("guest-name").fill(name)
    await page.get_by_test_id("join").click()


async def ask(page: Page, text: str) -> None:
    """Ask a question."""
    await page.get_by_test_id("question-input").fill(text)
    await page.get_by_test_id("question-send").click()
    await expect(page.get_by_test_id("question-input")).to_have_value("")


async def _before_the_lesson(chromium: Browsers, host: Page, server: Server, pool: str) -> tuple[Page, Page]:
    await host.goto(pool)
    await host.get_by_test_id("join").click()
    await expect(host.get_by_test_id("question-pool")).to_be_visible()
    await host.get_by_test_id("pool-rules").click()
    await host.get_by_test_id("rule-anonymous").check()
    await host.get_by_test_id("pool-rules").click()
    phone, pc = await chromium.on_phone("zh-CN"), await chromium.on_pc("en", dark=True)
    await come(phone, pool, "陈晨 \u202egnehc")
    await come(pc, pool, "Ada")
    await ask(phone, TRICKY)
    await pc.get_by_test_id("question-unnamed").check()
    await expect(pc.get_by_test_id("question-privacy")).to_contain_text("presenter and host included")
    await ask(pc, "Which press is meant?")
    await ask(pc, "Why, then?")
    cards = host.get_by_test_id("desk-question")
    await expect(cards).to_have_count(3)
    await expect(cards.filter(has_text="<img src=x")).to_have_count(1)
    secret = cards.filter(has_text="Which press")
    await expect(secret).to_contain_text("Without a name")
    assert "Ada" not in await secret.inner_text()
    for published in (1, 2, 3):
        await host.get_by_test_id("question-publish").first.click()
        await expect(host.get_by_test_id("funnel")).to_contain_text(f"{published} published")

    await (
        phone.get_by_test_id("question")
        .filter(has_text="Why, then")
        .get_by_test_id("question-upvote")
        .click()
    )
    duplicate = cards.filter(has_text="Why, then")
    await duplicate.get_by_test_id("question-more").click()
    await duplicate.get_by_test_id("merge-into").select_option(label=TRICKY)
    await duplicate.get_by_test_id("question-merge").click()
    await expect(host.get_by_test_id("funnel")).to_contain_text("1 merged")
    kept = cards.filter(has_text="<img src=x").filter(has_not_text="Merged into")
    await expect(kept).to_contain_text("1 vote")
    await expect(kept).to_contain_text("asked by 2")

    await secret.get_by_test_id("question-more").click()
    await secret.get_by_test_id("query-text").fill("The large one?")
    await secret.get_by_test_id("question-query").click()
    await secret.get_by_test_id("tags").fill("press, safety")
    await secret.get_by_test_id("tags-save").click()
    await secret.get_by_test_id("speaker").fill("Dr. Wang")
    await secret.get_by_test_id("speaker-save").click()
    await pc.get_by_test_id("question-reply-text").fill("The large one.")
    await pc.get_by_test_id("question-reply").click()
    await expect(secret.get_by_test_id("desk-reply")).to_contain_text("The large one.")
    await expect(secret.get_by_test_id("desk-speaker")).to_contain_text("Dr. Wang")
    await secret.get_by_test_id("run-add").click()
    for page, name in ((host, "pool-desk-pc"), (phone, "pool-before-phone"), (pc, "pool-before-pc-dark")):
        await take_picture(page, name)
        assert await violations(page) == []
    await secret.get_by_test_id("question-more").click()
    await expect(secret.get_by_test_id("merge-into")).to_have_count(0)  # it names the other question
    await kept.get_by_test_id("question-more").click()
    await kept.get_by_test_id("run-add").click()
    return phone, pc


async def _order(host: Page) -> None:
    """By the keyboard, and by dragging."""
    await host.get_by_test_id("run-view").click()
    rows = host.get_by_test_id("run-row")
    await expect(rows.first).to_contain_text("Which press")
    await rows.first.get_by_test_id("run-down").focus()
    await host.keyboard.press("Enter")
    await expect(rows.last).to_contain_text("Which press")
    await rows.last.drag_to(rows.first)
    await expect(rows.first).to_contain_text("Which press")
    await expect(host.get_by_test_id("run-length")).to_contain_text("18 min")
    await take_picture(host, "pool-run-pc")
    assert await violations(host) == []


async def _after_the_end(host: Page, phone: Page, pc: Page) -> None:
    await host.get_by_test_id("pool-view").click()
    left = host.get_by_test_id("desk-question").filter(has_text="<img src=x").first
    await left.get_by_test_id("question-answer-text").fill("Because of the tolerance.")
    await left.get_by_test_id("question-answer").click()
    for page in (phone, pc):
        await expect(page.get_by_test_id("question").filter(has_text="<img src=x")).to_contain_text(
            "Because of the tolerance."
        )
    await take_picture(phone, "pool-after-phone")
    await host.set_viewport_size({"width": 390, "height": 844})
    await host.get_by_test_id("question-more").first.click()
    await take_picture(host, "pool-desk-phone")
    await host.set_viewport_size({"width": 360, "height": 640})
    assert await violations(host) == []
    assert await violations(phone) == []


@pytest.mark.timeout(300)
async def test_questions_from_the_days_before_to_the_day_after(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        host = await chromium.on_pc("en")
        session_id = await planned(host, server, "Question time")
        lesson, pool = f"{server.url}/api/v1/sessions/{session_id}", f"{server.url}/questions/{session_id}"
        phone, pc = await _before_the_lesson(chromium, host, server, pool)
        await _order(host)

        await host.request.post(f"{lesson}/start", headers=HEADERS)
        await host.get_by_test_id("run-pin").first.click()
        answered_now = phone.get_by_test_id("question").first
        await expect(answered_now).to_contain_text("正在回答")
        await expect(answered_now).to_contain_text("Which press")
        await take_picture(phone, "pool-live-phone")
        await host.get_by_test_id("run-answered").click()
        await expect(phone.get_by_test_id("question").filter(has_text="Which press")).to_contain_text(
            "已现场回答"
        )
        held = json.loads(await pc.evaluate("JSON.stringify(window.__lectern.entities())"))
        (spoken,) = [
            e for e in held.values() if isinstance(e, dict) and e.get("text") == "Which press is meant?"
        ]
        assert spoken["end_ms"] >= spoken["start_ms"] >= 0
        assert await pc.evaluate("window.__lectern.media().path") == "off", "the pool page wants no media"

        await host.request.post(f"{lesson}/end", headers=HEADERS)
        await expect(phone.get_by_test_id("question-input")).to_have_count(0)
        await _after_the_end(host, phone, pc)
        later = await chromium.on_pc("zh-CN")
        await later.request.post(
            f"{server.url}/api/v1/sign-in", data={"login": "admin", "password": PASSWORD}, headers=HEADERS
        )
        await later.goto(pool)
        await later.get_by_test_id("join").click()
        await expect(later.get_by_test_id("funnel")).to_contain_text("2 已回答")
        await take_picture(later, "pool-after-pc-zh")
