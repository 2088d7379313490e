"""The connection test in a real browser, with everything open and with UDP blocked."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import PASSWORD, running_server
from tests.turn_server import SECRET, turn_server

pytestmark = [pytest.mark.browser, pytest.mark.services]

NO_UDP = """
const Native = RTCPeerConnection;
window.RTCPeerConnection = class extends Native {
  setRemoteDescription({type, sdp}) {
    const lines = sdp.split('\\r\\n').map(line => line.startsWith('a=candidate') && line.includes(' udp ')
      ? line.replace('127.0.0.1', '192.0.2.1') : line);
    return super.setRemoteDescription({type, sdp: lines.join('\\r\\n')});
  }
};
"""
NETWORK = ("server", "socket", "udp", "tcp", "turn")


async def _states(page: Page) -> dict[str, str]:
    await expect(page.get_by_test_id("again")).to_be_enabled(timeout=25_000)
    return {
        name: await page.get_by_test_id(f"check-{name}").get_attribute("data-state") or "" for name in NETWORK
    }


async def _signed_in(page: Page, url: str) -> None:
    await page.goto(f"{url}/sign-in")
    await page.get_by_test_id("login").fill("wang")
    await page.get_by_test_id("password").fill(PASSWORD)
    await page.get_by_test_id("sign-in").click()
    await page.get_by_test_id("to-connection-test").click()


async def _tries_devices(page: Page) -> None:
    for device in ("microphone", "camera"):
        await page.get_by_test_id(f"try-{device}").click()
        await expect(page.get_by_test_id(f"check-{device}")).to_have_attribute("data-state", "good")
    await page.get_by_test_id("try-speaker").click()
    await page.get_by_test_id("heard").click()
    await expect(page.get_by_test_id("check-speaker")).to_have_attribute("data-state", "good")


@pytest.mark.timeout(300)
async def test_the_page_says_what_is_open_and_what_is_blocked(tmp_path: Path) -> None:
    async with turn_server() as turn, browsers() as chromium:
        environment = {"LECTERN_TURN_URLS": ",".join(turn.urls), "LECTERN_TURN_SECRET": SECRET}
        async with running_server(tmp_path, environment) as server:
            pc = await chromium.on_pc("en")
            await _signed_in(pc, server.url)
            assert await _states(pc) == dict.fromkeys(NETWORK, "good")
            await expect(pc.get_by_test_id("verdict")).to_have_attribute("data-verdict", "good")
            await _tries_devices(pc)
            await expect(pc.get_by_test_id("report")).to_contain_text(f"127.0.0.1:{server.media_port}")
            await take_picture(pc, "connection-test-pc-en")
            phone = await chromium.on_phone("zh-CN")
            await phone.add_init_script(NO_UDP)
            await phone.goto(f"{server.url}/connection-test")
            expected = {**dict.fromkeys(NETWORK, "good"), "udp": "blocked", "turn": "skipped"}
            assert await _states(phone) == expected
            await expect(phone.get_by_test_id("verdict")).to_have_attribute("data-verdict", "tcpOnly")
            await take_picture(phone, "connection-test-phone-zh")
