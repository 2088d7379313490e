"""Pages that need no running lesson pass axe-core, on a dark PC and a light phone, and by keyboard."""

from pathlib import Path

import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.scripted_lesson.chromium import Browsers, browsers
from tests.scripted_lesson.server import CHECKOUT, PASSWORD, running_server

pytestmark = pytest.mark.browser

AXE = CHECKOUT / "web" / "node_modules" / "axe-core" / "axe.min.js"
PATHS = (
    "/",
    "/watch",
    "/connection-test",
    "/admin/sessions",
    "/admin/people",
    "/admin/replays",
    "/admin/microcourses",
    "/admin/api-keys",
    "/admin/audit",
    "/no/such/page",
)
NARROW: ViewportSize = {"width": 360, "height": 640}
_VIOLATIONS = """async () => {
  const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
  const found = await axe.run(document, { runOnly: rules, resultTypes: ['violations'] })
  return found.violations
    .filter((violation) => ['serious', 'critical'].includes(violation.impact))
    .map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' | ')}`)
}"""
# Half faded in or out, a card has not the contrast that people read it with. What never ends is no fading.
_AT_REST = """() => Promise.all(document.getAnimations()
  .filter((moving) => Number.isFinite(moving.effect.getComputedTiming().endTime))
  .map((moving) => moving.finished.catch(() => undefined)))"""


async def violations(page: Page) -> list[str]:
    """Return what axe-core holds against the page at rest, and whether it is cut off at the side."""
    await expect(page.locator("h1").first).to_be_visible()
    await page.evaluate(_AT_REST)
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(_VIOLATIONS)
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("wider than the window")
    return [f"{page.url}: {violation}" for violation in found]


async def _sign_in_by_keyboard(page: Page, url: str) -> list[str]:
    """Use no pointer: Tab to the account, type, Enter. Return what the sign-in page does wrong."""
    await page.goto(f"{url}/sign-in")
    found = await violations(page)
    login = page.get_by_test_id("login")
    for _ in range(6):
        if await login.evaluate("(field) => field === document.activeElement"):
            break
        await page.keyboard.press("Tab")
    await expect(login).to_be_focused()
    await page.keyboard.type("admin")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("create-session")).to_be_visible()
    # The form is gone: a keyboard goes on in the page that replaced it.
    await expect(page.locator("main")).to_be_focused()
    return found


async def _walk(page: Page, url: str) -> list[str]:
    found = await _sign_in_by_keyboard(page, url)
    for path in PATHS:
        await page.goto(url + path)
        found += await violations(page)
    return found


async def _dialog_gives_focus_back(page: Page, url: str) -> None:
    await page.goto(url)
    await page.get_by_test_id("create-session").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("session-title")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("create-session")).to_be_focused()


async def _people(chromium: Browsers) -> tuple[Page, Page]:
    phone = await chromium.on_phone("zh-CN")
    await phone.set_viewport_size(NARROW)
    return await chromium.on_pc("en", dark=True), phone


async def test_pages_without_a_lesson_can_be_used_by_everybody(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        pc, phone = await _people(chromium)
        assert await _walk(pc, server.url) + await _walk(phone, server.url) == []
        await _dialog_gives_focus_back(pc, server.url)
