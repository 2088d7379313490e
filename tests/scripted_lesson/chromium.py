"""Chromium as scripted lessons use it: cameras that draw a clock, emulated phones, pictures of every page."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Error, Page, Playwright, async_playwright, expect

EXECUTABLE = "/usr/bin/chromium"
SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
DRAWN_CLOCK = Path(__file__).with_name("drawn_clock.js")
_FLAGS = [
    "--no-sandbox", "--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection", "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
]  # fmt: skip


expect.set_options(
    timeout=20_000
)  # ms; by default 5 s, which a busy machine takes for one click now and then


@dataclass(frozen=True, slots=True)
class Browsers:
    """Two browsers: `pc` lets sound begin by itself, `strict` only after a tap, as phones do."""

    playwright: Playwright
    pc: Browser
    strict: Browser

    async def on_pc(self, lang: str = "zh-CN", *, strict: bool = False, dark: bool = False) -> Page:
        """A new person at a PC."""
        browser = self.strict if strict else self.pc
        return await _page(
            await browser.new_context(
                locale=lang,
                viewport={"width": 1366, "height": 768},
                color_scheme="dark" if dark else "light",
                permissions=["camera", "microphone"],
            )
        )

    async def on_phone(self, lang: str = "zh-CN") -> Page:
        """A new person with a phone, whose browser plays no sound before a tap."""
        device: dict[str, Any] = {**self.playwright.devices["Pixel 7"]}
        return await _page(
            await self.strict.new_context(**device, locale=lang, permissions=["camera", "microphone"])
        )

    async def take_pictures(self, name: str) -> None:
        """Save what every page looks like now, and what it knows, after something went wrong."""
        pages = [page for b in (self.pc, self.strict) for context in b.contexts for page in context.pages]
        for at, page in enumerate(pages):
            await take_picture(page, f"{name}-{at}")
            print(page.url, await page.evaluate(_WHAT_IT_KNOWS))


_WHAT_IT_KNOWS = """async () => {
  const found = { media: window.__lectern?.media(), peers: [] }
  for (const peer of window.peers ?? []) {
    const slots = []
    for (const report of (await peer.getStats()).values()) {
      if (report.type === 'inbound-rtp') slots.push([report.mid, report.kind, report.packetsReceived,
        report.framesReceived, report.framesDecoded, report.keyFramesDecoded, report.pliCount])
    }
    found.peers.push({ state: peer.connectionState, slots })
  }
  return JSON.stringify(found)
}"""


@asynccontextmanager
async def kept_phone(playwright: Playwright, profile: Path, lang: str = "zh-CN") -> AsyncIterator[Page]:
    """A phone whose browser keeps what it stored in `profile`, also when it is killed (`kill_phone`)."""
    device: dict[str, Any] = {**playwright.devices["Pixel 7"]}
    del device["default_browser_type"]
    context = await playwright.chromium.launch_persistent_context(
        profile, executable_path=EXECUTABLE, args=_FLAGS, locale=lang, **device
    )
    try:
        yield context.pages[0] if context.pages else await context.new_page()
    finally:
        with contextlib.suppress(Error):  # it was killed
            await context.close()


def kill_phone(profile: Path) -> None:
    """End the browser of a profile as a power cut would: no page says goodbye."""
    mine = f"--user-data-dir={profile}"
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if mine in words and not any(word.startswith("--type=") for word in words):
                os.kill(int(process.name), signal.SIGKILL)


async def _page(context: BrowserContext) -> Page:
    await context.add_init_script(path=DRAWN_CLOCK)
    return await context.new_page()


async def _launch(playwright: Playwright, autoplay: str) -> Browser:
    flags = [*_FLAGS, f"--autoplay-policy={autoplay}"]
    return await playwright.chromium.launch(executable_path=EXECUTABLE, args=flags)


@asynccontextmanager
async def browsers() -> AsyncIterator[Browsers]:
    """Both browsers, closed afterwards."""
    async with async_playwright() as playwright:
        policies = ("no-user-gesture-required", "user-gesture-required")
        pc, strict = await asyncio.gather(*(_launch(playwright, policy) for policy in policies))
        try:
            yield Browsers(playwright, pc, strict)
        finally:
            await strict.close()
            await pc.close()


async def take_picture(page: Page, name: str) -> None:
    """Save what the page looks like, for people who judge it."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")
