"""A live class under its host: hands in a queue, chat that is read first, comments over the picture."""

import itertools
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import violations
from tests.web.test_question_pool import HEADERS, come, planned

pytestmark = pytest.mark.browser

_AT_THE_END = """() => {
  const list = document.querySelector('[data-testid=chat-list]')
  return list.scrollHeight > list.clientHeight && list.scrollHeight - list.scrollTop - list.clientHeight < 4
}"""
TRICKY = "<b>bold</b> \u202eneddih"


async def say(page: Page, text: str) -> None:
    """Write to the chat."""
    await page.get_by_test_id("chat-input").fill(text)
    await page.get_by_test_id("chat-send").click()


async def _chat(host: Page, phone: Page, pc: Page) -> None:
    await host.get_by_test_id("tab-chat").click()
    await host.get_by_test_id("chat-moderated").check()
    await pc.get_by_test_id("bullets").check()
    await say(phone, TRICKY)
    await expect(phone.get_by_test_id("chat-waits")).to_contain_text("等待审核")
    held = host.get_by_test_id("chat-held")
    await expect(held).to_contain_text("<b>bold</b>")
    await expect(pc.get_by_test_id("chat-message")).to_have_count(0)
    await take_picture(host, "chat-held-studio-pc")
    await take_picture(phone, "chat-held-phone")
    assert await violations(host) == []
    assert await violations(phone) == []
    await held.get_by_test_id("chat-release").click()
    await expect(pc.get_by_test_id("chat-message")).to_contain_text("<b>bold</b>")
    await expect(pc.get_by_test_id("bullet")).to_contain_text("<b>bold</b>")
    await pc.wait_for_timeout(1_500)  # for the picture: the comment has flown in
    await take_picture(pc, "chat-bullets-pc")
    await say(phone, "rude words")
    await host.get_by_test_id("chat-refuse").click()
    await expect(phone.get_by_test_id("chat-waits")).to_contain_text("未公开")
    await host.get_by_test_id("chat-mute").click()
    await expect(phone.get_by_test_id("chat-shut")).to_contain_text("禁止你在本场发言")
    await host.get_by_test_id("chat-moderated").uncheck()
    await _end_stays_in_sight(host, pc)
    await host.get_by_test_id("chat-open").uncheck()
    await expect(pc.get_by_test_id("chat-shut")).to_contain_text("closed the chat")
    await host.get_by_test_id("tab-people").click()
    await host.get_by_test_id("chat-unmute").click()
    await expect(phone.get_by_test_id("chat-shut")).to_contain_text("已关闭聊天")


async def _end_stays_in_sight(writer: Page, reader: Page) -> None:
    """Whoever comes back to the chat is at its end; whoever reads further up is told what came."""
    await say(reader, "line\n" * 80)
    await expect(reader.get_by_test_id("chat-message")).to_have_count(2)
    await reader.get_by_test_id("tab-questions").click()
    await reader.get_by_test_id("tab-chat").click()
    await reader.wait_for_function(_AT_THE_END)
    await reader.get_by_test_id("chat-list").evaluate("(list) => list.scrollTo({ top: 0 })")
    await say(writer, "Over here")
    await reader.get_by_test_id("chat-unseen").click()
    await reader.wait_for_function(_AT_THE_END)
    await expect(reader.get_by_test_id("chat-unseen")).to_have_count(0)


async def _hands(host: Page, phone: Page, pc: Page) -> None:
    await phone.get_by_test_id("hand").click()
    await expect(phone.get_by_test_id("turn")).to_contain_text("第 1 位")
    await pc.get_by_test_id("hand").click()
    await expect(pc.get_by_test_id("turn")).to_contain_text("number 2")
    queue = host.get_by_test_id("hand-raised")
    await expect(queue.nth(1)).to_contain_text("2. Ada")
    await expect(queue.first.get_by_test_id("hand-waits")).to_contain_text("waits 0:0")
    await queue.first.get_by_test_id("hand-grant").click()
    await expect(host.get_by_test_id("stage-time")).to_contain_text("on stage 0:0")
    await take_picture(host, "hands-studio-pc")
    assert await violations(host) == []


async def _questions(host: Page, phone: Page) -> None:
    await phone.get_by_test_id("tab-questions").click()
    await phone.get_by_test_id("question-input").fill("为什么公差这么小?")
    await phone.get_by_test_id("question-send").click()
    await host.get_by_test_id("tab-questions").click()
    await host.get_by_test_id("question-publish").click()
    await host.get_by_test_id("question-pin").click()
    await expect(phone.get_by_test_id("question")).to_contain_text("正在回答")
    await host.get_by_test_id("question-more").click()
    await take_picture(host, "questions-studio-pc")
    await take_picture(phone, "questions-room-phone")
    assert await violations(host) == []
    assert await violations(phone) == []
    await host.get_by_test_id("question-answer").click()
    await expect(phone.get_by_test_id("question")).to_contain_text("已现场回答")
    await phone.get_by_test_id("tab-chat").click()


async def _reactions(host: Page, phone: Page, pc: Page) -> None:
    for _ in range(25):
        await phone.get_by_test_id("react-like").click()
    await pc.get_by_test_id("react-more").click()
    await take_picture(pc, "reactions-pc")
    await pc.get_by_test_id("react-clap").click()
    await expect(host.get_by_test_id("reaction-gauge")).to_contain_text("Applause 1")
    own = await phone.get_by_test_id("react-like").inner_text()
    assert 10 <= int(own.split()[-1]) <= 25
    await expect(pc.get_by_test_id("react-like")).to_contain_text(own.split()[-1])
    counted = await pc.evaluate(
        "window.__lectern.events().filter((e) => e.type === 'reactions_counted').map((e) => e.utc_ms)"
    )
    assert all(later - earlier >= 1_000 for earlier, later in itertools.pairwise(counted))
    await take_picture(phone, "room-reactions-phone")
    assert await violations(phone) == []
    await phone.set_viewport_size({"width": 360, "height": 640})
    assert await violations(phone) == []


@pytest.mark.timeout(300)
async def test_a_class_under_its_host(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        host = await chromium.on_pc("en")
        session_id = await planned(host, server, "Moderated")
        room = f"{server.url}/room/{session_id}"
        await host.goto(f"{server.url}/studio/{session_id}")
        await host.get_by_test_id("consent").click()
        phone, pc = await chromium.on_phone("zh-CN"), await chromium.on_pc("en", dark=True)
        await come(phone, room, "陈晨 \u202egnehc")
        await come(pc, room, "Ada")
        await host.get_by_test_id("go-live").click()
        await expect(host.get_by_test_id("studio")).to_be_visible(timeout=30_000)
        await expect(pc.get_by_test_id("room")).to_be_visible()
        try:
            await _chat(host, phone, pc)
            await _hands(host, phone, pc)
            await _questions(host, phone)
            await _reactions(host, phone, pc)
        except BaseException:
            await chromium.take_pictures("chat-moderation-failed")
            raise
        await host.request.post(f"{server.url}/api/v1/sessions/{session_id}/end", headers=HEADERS)
