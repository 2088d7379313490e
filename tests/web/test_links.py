"""A guest comes by a link that a host made; the register says so; taken back, it puts the guest out."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import PASSWORD, running_server
from tests.web.test_accessibility import violations

pytestmark = pytest.mark.browser
HEADERS = {"X-Lectern": "1"}


async def sign_in(page: Page, url: str, login: str) -> None:
    sent = {"login": login, "password": PASSWORD}
    await page.request.post(f"{url}/api/v1/sign-in", data=sent, headers=HEADERS)


async def opens_links(page: Page) -> None:
    await page.get_by_test_id("open-links").locator("summary").press("Enter")
    await expect(page.get_by_test_id("link-make")).to_be_visible()


@pytest.mark.timeout(300)
async def test_a_link_is_made_used_seen_in_the_register_and_taken_back(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        page = await chromium.on_pc("zh-CN")
        await sign_in(page, server.url, "presenter")
        made = await page.request.post(
            f"{server.url}/api/v1/sessions", data={"title": "新品培训"}, headers=HEADERS
        )
        session_id = (await made.json())["id"]
        started = await page.request.post(
            f"{server.url}/api/v1/sessions/{session_id}/start", headers=HEADERS, data={}
        )
        assert started.ok
        await page.goto(f"{server.url}/admin/sessions/{session_id}")
        await opens_links(page)
        await expect(page.get_by_text("还没有个人链接")).to_be_visible()

        # By keys alone: name, note, and Enter.
        await page.get_by_test_id("link-guest").fill("周嘉宾")
        await page.get_by_test_id("link-label").fill("合作伙伴")
        await page.keyboard.press("Enter")
        row = page.get_by_test_id("link-row")
        await expect(row).to_contain_text("从未打开")
        await expect(row).to_contain_text("顾明")
        link = await page.get_by_test_id("link-url").inner_text()
        assert link.startswith(f"{server.url}/room/{session_id}#t=")
        assert await violations(page) == []
        await take_picture(page, "links-pc")

        guest = await chromium.on_phone("zh-CN")
        await guest.goto(link)
        await guest.get_by_test_id("join").click()
        await expect(guest.get_by_test_id("room")).to_be_visible()

        await page.reload()
        await expect(page.get_by_test_id("by-link")).to_have_text("经链接“合作伙伴”")
        await opens_links(page)
        await expect(row).to_contain_text("打开 1 次")
        await page.get_by_test_id("link-copy").click()
        await expect(page.get_by_test_id("link-url")).to_have_text(link)

        admin = await chromium.on_phone("en")
        await sign_in(admin, server.url, "admin")
        await admin.goto(f"{server.url}/admin/sessions/{session_id}")
        await opens_links(admin)
        await expect(admin.get_by_test_id("link-row")).to_contain_text("opened 1 time")
        assert await violations(admin) == []
        await admin.get_by_test_id("link-desk").scroll_into_view_if_needed()
        await take_picture(admin, "links-phone")
        await admin.get_by_test_id("link-row").scroll_into_view_if_needed()
        await take_picture(admin, "links-phone-list")

        await page.get_by_test_id("link-end").click()
        await take_picture(page, "links-take-back-pc")
        await page.get_by_test_id("link-end-confirm").click()
        await expect(page.get_by_test_id("link-note")).to_have_text("周嘉宾的链接已失效。")
        await expect(row).to_have_count(0)
        await expect(guest.get_by_text("你已被移出本场").first).to_be_visible()
        await page.get_by_test_id("link-ended").check()
        await expect(row).to_contain_text("已收回")
        assert await violations(page) == []
        await take_picture(page, "links-ended-pc")
