"""A presenter makes a stream key before the lesson, copies it, and takes it back; it passes axe-core."""

from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import PASSWORD, running_server
from tests.web.test_accessibility import violations

pytestmark = pytest.mark.browser


@pytest.mark.timeout(300)
async def test_a_key_is_made_shown_once_and_revoked(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        page = await chromium.on_pc("en")
        headers = {"X-Lectern": "1"}
        sign_in = {"login": "presenter", "password": PASSWORD}
        await page.request.post(f"{server.url}/api/v1/sign-in", data=sign_in, headers=headers)
        made = await page.request.post(
            f"{server.url}/api/v1/sessions", data={"title": "From OBS"}, headers=headers
        )
        session_id = (await made.json())["id"]
        await page.goto(f"{server.url}/studio/{session_id}")
        await page.get_by_test_id("consent").click()
        await page.get_by_test_id("open-stream-keys").click()
        await expect(page.get_by_test_id("stream-key-name")).to_be_focused()
        await page.get_by_test_id("stream-key-name").fill("Camera 2")
        await page.get_by_test_id("stream-key-create").click()
        secret = await page.get_by_test_id("stream-key-secret").inner_text()
        url = await page.get_by_test_id("stream-key-url").inner_text()
        assert url == f"{server.url}/whip/{session_id}"
        row = page.get_by_test_id("stream-key-row")
        await expect(row).to_contain_text("Camera 2")
        await expect(row).to_contain_text("never used")
        assert await violations(page) == []
        await take_picture(page, "studio-stream-keys-pc")

        async def answer() -> str:
            bearer = {"Authorization": f"Bearer {secret}", "Content-Type": "application/sdp"}
            async with aiohttp.ClientSession() as http, http.post(url, data="v=0", headers=bearer) as said:
                return str((await said.json())["error"]["code"])

        assert await answer() == "sdp_invalid", "the key opens the door"
        await page.get_by_test_id("stream-key-revoke").click()
        await page.get_by_test_id("stream-key-confirm").click()
        await expect(row).to_have_count(0)
        await expect(page.get_by_test_id("stream-key-secret")).to_have_count(0)
        assert await answer() == "stream_key_revoked"

        phone = await chromium.on_phone("zh-CN")
        await phone.request.post(
            f"{server.url}/api/v1/sign-in", data=sign_in | {"login": "admin"}, headers=headers
        )
        await phone.goto(f"{server.url}/admin/sessions/{session_id}")
        await phone.get_by_test_id("open-stream-keys").locator("summary").click()
        await phone.get_by_test_id("stream-key-create").click()
        await expect(phone.get_by_test_id("stream-key-row")).to_contain_text("从未使用")
        assert await violations(phone) == []
