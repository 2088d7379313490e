"""Something said aside in a browser: the replay says that it is not there, and it is erased for good."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import violations
from tests.whole_lesson.story import Story, on

pytestmark = pytest.mark.browser

ASIDE_S = 4.0


@pytest.mark.timeout(180)
async def test_what_was_said_aside_is_told_and_erased(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        studio = story.presenter = await chromium.on_pc("en")
        await story.sign_in(studio, "presenter")
        session = (await story.rest(studio, "POST", "/sessions", data={"title": "Fire safety"}))["id"]
        await story.open(studio, f"/studio/{session}")
        await on(studio, "consent").click()
        await on(studio, "go-live").click()
        await expect(on(studio, "studio")).to_be_visible()
        rec = server.data / "sessions" / session / "rec"
        for turn in (2, 3):
            await asyncio.sleep(ASIDE_S)  # of this kind of recording
            await on(studio, "toggle-aside").click()
            async with asyncio.timeout(30):
                while not (rec / str(turn) / "manifest.jsonl").exists():
                    await asyncio.sleep(0.1)
        await asyncio.sleep(ASIDE_S)
        await story.rest(studio, "POST", f"/sessions/{session}/end")
        await expect(on(studio, "kept-asides")).to_have_attribute("data-state", "kept", timeout=60_000)
        assert await violations(studio) == []
        await on(studio, "erase-asides").click()
        assert await violations(studio) == []
        await take_picture(studio, "asides-erase-pc")
        assert list(rec.glob("2/*/*.mp4"))
        await on(studio, "erase-asides-sure").click()
        await expect(on(studio, "kept-asides")).to_have_attribute("data-state", "erased", timeout=20_000)
        assert not list(rec.glob("2/*/*.mp4"))
        assert list(rec.glob("3/*/*.mp4"))
        await take_picture(studio, "asides-erased-pc")
        phone = await chromium.on_phone("zh-CN")
        await story.sign_in(phone, "presenter")
        [replay] = (await story.rest(phone, "GET", "/replays"))["items"]
        await story.open(studio, f"/editor/{replay['id']}")
        aside = on(studio, "timeline-aside")
        told = re.compile(r"^Said aside at 0:0\d, not in the replay")
        await expect(aside).to_have_attribute("aria-label", told)
        await expect(aside).to_have_count(1)
        await story.open(phone, f"/replay/{replay['id']}")
        await on(phone, "replay-asides").locator("summary").click()
        await expect(on(phone, "replay-asides")).to_contain_text("没有录入回放")
        assert await violations(phone) == []
        await take_picture(phone, "replay-asides-phone")
