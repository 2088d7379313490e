"""A lesson is told of in the app and by mail; administrators see it; pages pass axe-core."""

import asyncio
import re
import time
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.notices.post_office import Box, mail_server
from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import PASSWORD, running_server
from tests.web.test_accessibility import violations

pytestmark = pytest.mark.browser
HEADERS = {"X-Lectern": "1"}
STAFF_LIST = (
    "工号,姓名,邮箱,部门\nL001,王芳,wang@example.com,\nL002,李伟,r550@example.com,\n"
    "S003,唐悦,tang@example.com,培训部\n"
).encode()


async def sign_in(page: Page, url: str, login: str) -> None:
    sent = {"login": login, "password": PASSWORD}
    await page.request.post(f"{url}/api/v1/sign-in", data=sent, headers=HEADERS)


async def ask(page: Page, url: str, path: str, **sent: Any) -> Any:
    answer = await page.request.post(f"{url}/api/v1{path}", headers=HEADERS | sent.pop("headers", {}), **sent)
    assert answer.ok, await answer.text()
    return await answer.json() if answer.status != 204 else None


def subjects(box: Box) -> list[str]:
    return [str(one["Subject"]) for one in mails(box)]


def mails(box: Box) -> list[EmailMessage]:
    read = []
    for envelope in box.taken:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        read.append(mail)
    return read


async def arrives(box: Box, subject: str) -> EmailMessage:
    async with asyncio.timeout(30):
        while subject not in subjects(box):
            await asyncio.sleep(0.2)
    return mails(box)[subjects(box).index(subject)]


async def names_a_host(page: Page) -> None:
    """By keys alone: the list says whom it found, Escape closes it and not the dialog, Enter takes one."""
    await page.get_by_test_id("name-host").press("Enter")
    field = page.get_by_test_id("host-search")
    await expect(field).to_be_focused()
    await field.press_sequentially("唐")
    await expect(page.get_by_test_id("host-search-option")).to_have_text(["唐悦S003 · 培训部"])
    assert await violations(page) == []
    await take_picture(page, "name-host-pc")
    await page.keyboard.press("Escape")
    await expect(field).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Enter")  # nobody is chosen: nothing is sent
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(field).to_have_value("唐悦")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("host-note")).to_contain_text("唐悦")
    await expect(page.get_by_test_id("host-name")).to_contain_text("唐悦")
    await expect(page.get_by_test_id("name-host")).to_be_focused()


@pytest.mark.timeout(300)
async def test_invited_reminded_cancelled(tmp_path: Path) -> None:
    box = Box()
    async with mail_server(box) as post:
        smtp = {
            "LECTERN_SMTP_HOST": post.host,
            "LECTERN_SMTP_PORT": str(post.port),
            "LECTERN_SMTP_SECURITY": "none",
            "LECTERN_MAIL_FROM": "lectern@example.com",
        }
        async with running_server(tmp_path, smtp) as server, browsers() as chromium:
            admin = await chromium.on_pc("en")
            await sign_in(admin, server.url, "admin")
            csv = {"Content-Type": "text/csv"}
            await ask(admin, server.url, "/people/import", data=STAFF_LIST, headers=csv)
            presenter = await chromium.on_pc("zh-CN")
            await sign_in(presenter, server.url, "presenter")
            plan = {"title": "新品培训", "starts_utc_ms": (int(time.time()) + 90_000) * 1000}  # noqa: TID251 (the browsers' clock)
            session_id = (await ask(presenter, server.url, "/sessions", data=plan))["id"]
            await ask(
                presenter,
                server.url,
                f"/sessions/{session_id}/roster",
                data=b"external_id\nL001\nL002\n",
                headers=csv,
            )
            invited = await arrives(box, "课程邀请：新品培训")
            assert str(invited["To"]) == "王芳 <wang@example.com>"
            assert "text/calendar" in [part.get_content_type() for part in invited.walk()]

            learner = await chromium.on_phone("zh-CN")
            await sign_in(learner, server.url, "wang")
            await learner.goto(server.url)
            bell = learner.get_by_test_id("notice-bell")
            await expect(bell).to_have_attribute("aria-label", "通知，1 条未读")
            await expect(learner.get_by_test_id("add-to-calendar")).to_be_visible()
            await take_picture(learner, "home-bell-phone")
            await bell.focus()
            await learner.keyboard.press("Enter")
            await expect(learner.get_by_test_id("notice")).to_contain_text("课程邀请：新品培训")
            assert await violations(learner) == []
            await take_picture(learner, "notices-phone")
            await learner.get_by_test_id("read-all").click()
            await expect(learner.get_by_test_id("read-all")).to_have_count(0)
            await learner.get_by_test_id("make-feed").click()
            feed = await learner.get_by_test_id("feed-url").inner_text()
            calendar = await learner.request.get(re.findall(r"http\S+\.ics", feed)[0])
            assert session_id in await calendar.text()
            await learner.screenshot(path=tmp_path / "whole.png", full_page=True)

            await presenter.goto(f"{server.url}/admin/sessions/{session_id}")
            await presenter.get_by_test_id("remind").click()
            await expect(presenter.get_by_test_id("calls-note")).to_have_text("已提醒 2 人。")
            await presenter.get_by_test_id("remind").click()
            await expect(presenter.get_by_test_id("calls-note")).to_contain_text("刚刚")
            await take_picture(presenter, "session-calls-pc")
            reminder = await arrives(box, "上课提醒：新品培训")
            await names_a_host(presenter)
            hosting = await arrives(box, "请你主持：新品培训")
            assert str(hosting["To"]) == "唐悦 <tang@example.com>"

            await admin.goto(f"{server.url}/admin/notices")
            rows = admin.get_by_test_id("sent-row")
            await expect(rows.filter(has_text="Failed").first).to_contain_text("does not know this recipient")
            await expect(rows.filter(has_text="wang@example.com").first).to_contain_text("Sent")
            await admin.get_by_test_id("test-address").fill("boss@example.com")
            await admin.get_by_test_id("test-mail").click()
            await expect(admin.get_by_test_id("test-result")).to_contain_text("took the test mail")
            await arrives(box, "Test mail")
            await admin.get_by_test_id("before-minutes").fill("2880, 30")
            await admin.get_by_test_id("save-times").click()
            await expect(admin.get_by_test_id("reminder-times")).to_contain_text("Saved.")
            assert await violations(admin) == []
            await take_picture(admin, "admin-notices-pc")
            await admin.get_by_test_id("state-filter").select_option("failed")
            await expect(rows.filter(has_text="wang@example.com")).to_have_count(0)
            await admin.set_viewport_size({"width": 390, "height": 844})
            await take_picture(admin, "admin-notices-phone")

            link = str(reminder["List-Unsubscribe"]).strip("<>").replace("/api/v1", "")
            await learner.goto(link)
            await learner.get_by_test_id("mute").click()
            await expect(learner.get_by_role("heading")).to_have_text("已停止：课前提醒")
            assert await violations(learner) == []

            await presenter.get_by_test_id("move-session").click()
            later = datetime.now() + timedelta(days=3)  # noqa: DTZ005 (as a person types it)
            await presenter.get_by_test_id("move-starts").fill(later.strftime("%Y-%m-%dT%H:%M"))
            assert await violations(presenter) == []
            await presenter.get_by_test_id("move-confirm").click()
            moved = await arrives(box, "课程安排有变：新品培训")
            assert "METHOD:REQUEST" in "".join(
                str(part.get_content()) for part in moved.walk() if part.get_content_type() == "text/calendar"
            )

            await presenter.get_by_test_id("cancel-session").click()
            await take_picture(presenter, "cancel-session-pc")
            await presenter.get_by_test_id("cancel-confirm").click()
            cancelled = await arrives(box, "课程取消：新品培训")
            calendars = [p for p in cancelled.walk() if p.get_content_type() == "text/calendar"]
            assert ["METHOD:CANCEL" in str(one.get_content()) for one in calendars] == [True]
            await learner.goto(server.url)
            await expect(learner.get_by_test_id("session-card")).to_contain_text("已取消")
            await learner.goto(f"{server.url}/notices")  # what no longer holds is done with, by itself
            await expect(learner.get_by_test_id("notice-done").first).to_have_text("已完成")
            newest = learner.get_by_test_id("notice").first
            await expect(newest).to_contain_text("课程取消：新品培训")
            await expect(newest.get_by_test_id("notice-done")).to_have_count(0)
            assert await violations(learner) == []
            await take_picture(learner, "notices-done-phone")
            await learner.goto(server.url)
            await expect(learner.get_by_test_id("session-card")).to_contain_text("已取消")
            await take_picture(learner, "home-cancelled-phone")
