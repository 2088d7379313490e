"""What is played in one browser shows in another within seconds: curves, tables and files of viewing."""

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import Browsers, browsers, take_picture
from tests.scripted_lesson.server import PASSWORD, prepared_server
from tests.web.made_replay import held
from tests.web.test_accessibility import violations
from tests.whole_lesson.story import ROSTER, Story, now_ms, on, until

pytestmark = pytest.mark.browser

_SETTINGS = {"LECTERN_EMBEDDED_WORKER": "false", "LECTERN_FEWEST_VIEWERS": "3"}
LENGTH_S = 30
_PLAYED_3_S = """() => {
  const v = document.querySelector('[data-testid="replay-audio"]') ?? document.querySelector('video')
  return v && v.currentTime > 3
}"""
_PICTURE = """(canvas) => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => done(canvas.toDataURL()))))"""
_STANDS_AT = """(seconds) => {
  const video = document.querySelector('[data-testid="moment"] video')
  return video && video.readyState >= 2 && Math.abs(video.currentTime - seconds) < 0.5
}"""
_A_WHILE_MS = 50_000


async def _watched(
    story: Story, chromium: Browsers, replay: str, login: str, *played: tuple[int, int]
) -> None:
    """Somebody who watched these seconds a while ago, as their player would have said it."""
    phone = await chromium.strict.new_context(**chromium.playwright.devices["Pixel 7"])
    url, headers = story.server.url, {"X-Lectern": "1"}
    await phone.request.post(
        f"{url}/api/v1/sign-in", data={"login": login, "password": PASSWORD}, headers=headers
    )
    at = now_ms() - _A_WHILE_MS
    intervals: list[dict[str, Any]] = []
    for start, end in played:
        length = (end - start) * 1_000
        intervals.append(
            {
                "id": f"i{len(intervals)}", "from_ms": start * 1_000, "to_ms": end * 1_000,
                "started_utc_ms": at, "wall_ms": length, "speed": 1.0, "visible": True, "audible": True,
            }
        )  # fmt: skip
        at += length
    body = {"medium": "replay", "id": replay, "version": 1, "player": "p", "intervals": intervals}
    answer = await phone.request.post(f"{url}/api/v1/views", data=body, headers=headers)
    assert answer.ok, await answer.text()
    assert (await answer.json())["accepted"] == len(played)
    await phone.close()


async def _sees_everything(page: Page) -> None:
    for card in ("heat", "staying", "spread", "departments", "week", "devices"):
        await expect(on(page, card).locator("canvas").first).to_be_visible()


@pytest.mark.timeout(240)
async def test_viewing_is_seen_while_somebody_plays(tmp_path: Path) -> None:
    async with (
        prepared_server(tmp_path, _SETTINGS) as server,
        browsers() as chromium,
    ):
        story = Story(server, chromium)
        replay = await held(story, seconds=LENGTH_S, roster=ROSTER)

        async def ready() -> bool:
            return bool((await story.rest(story.presenter, "GET", f"/replays/{replay}"))["state"] == "ready")

        await until("the replay is ready", ready, within_s=60)
        await _watched(story, chromium, replay, "li", (0, 30), (10, 20))
        await _watched(story, chromium, replay, "zhang", (0, 13))
        await _watched(story, chromium, replay, "host", (0, 4))

        office = await chromium.on_pc("en", dark=True)
        await office.emulate_media(color_scheme="dark", reduced_motion="reduce")
        await office.set_viewport_size({"width": 1280, "height": 800})
        asked: list[str] = []
        office.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        await story.sign_in(office, "admin")
        await story.open(office, "/admin/sessions")
        await expect(office.locator("h1")).to_be_visible()
        assert not [name for name in asked if "chart_set" in name], "no chart, no library of charts"
        await story.open(office, f"/admin/viewing/replay/{replay}")
        await expect(on(office, "tile-viewers")).to_have_text("3")
        await _sees_everything(office)
        assert [name for name in asked if "chart_set" in name]

        # Wang watches on the phone: what they played is there within five seconds after it was played.
        wang = await chromium.on_phone("zh-CN")
        await story.sign_in(wang, "wang")
        await story.open(wang, f"/replay/{replay}")
        await on(wang, "replay-play").click()
        await wang.wait_for_function(_PLAYED_3_S, timeout=30_000)
        await on(wang, "replay-play").click()
        stopped = time.monotonic()
        await expect(on(office, "viewing-row").filter(has_text="王芳")).to_be_visible(timeout=30_000)
        await expect(on(office, "tile-viewers")).to_have_text("4", timeout=30_000)
        print(f"seen {time.monotonic() - stopped:.1f} s after it was played (goal 5)")
        await on(office, "heat-table").click()
        first = on(office, "heat-rows").locator("tbody tr").first
        await expect(first.locator("td").nth(1)).to_have_text("4")
        assert not await on(office, "moment").count(), "no player before somebody wants to see a moment"
        await on(office, "heat-rows").get_by_role("button", name="Show 0:06 in the player").press("Enter")
        await expect(on(office, "moment").locator("h2")).to_have_text("At 0:06")
        await office.wait_for_function(_STANDS_AT, arg=6)
        await on(office, "heat-table").press("Enter")

        # A click into the drawing, or the keyboard, shows one moment.
        box = await on(office, "heat").locator("canvas").first.bounding_box()
        assert box is not None
        await office.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
        await expect(on(office, "at-mark")).to_contain_text("watched it, played again")
        await expect(on(office, "moment").locator("h2")).not_to_have_text("At 0:06")
        await office.wait_for_function("() => document.querySelector('video').currentTime > 7")
        drawn = on(office, "staying").locator("canvas").first
        before = await drawn.evaluate(_PICTURE)
        await on(office, "mark").fill("15")
        assert await drawn.evaluate(_PICTURE) != before, "the marker is drawn"
        await expect(on(office, "at-mark")).to_have_text(
            "At 0:15: 1 watched it, played again 1×, 1 got at least this far."
        )
        await on(office, "mark").press("ArrowRight")
        await expect(on(office, "at-mark")).to_contain_text("At 0:16:")
        assert await violations(office) == []
        await take_picture(office, "viewing-pc-dark")
        await office.screenshot(path="build/screenshots/viewing-pc-dark-whole.png", full_page=True)
        for name, lines in (("viewers-csv", 5), ("still-to-watch-csv", 4)):
            answer = await office.request.get(f"{server.url}{await on(office, name).get_attribute('href')}")
            assert len((await answer.text()).splitlines()) == lines
        await expect(on(office, "still-sum")).to_contain_text("1 of 3 are done")
        await expect(on(office, "still-row")).to_have_count(2)
        await on(office, "still-to-watch").scroll_into_view_if_needed()
        await take_picture(office, "still-to-watch-pc")

        await office.get_by_role("link", name="Statistics").click()
        await expect(on(office, "sum-viewers")).to_have_text("4")
        await expect(on(office, "sum-lessons")).to_have_text("1")
        await expect(on(office, "by-department").locator("canvas").first).to_be_visible()
        await on(office, "by-department-table").click()
        await expect(on(office, "by-department").locator("tbody tr")).to_have_count(1)
        await expect(on(office, "learned").locator("canvas").first).to_be_visible()
        await on(office, "learned-table").click()
        await expect(on(office, "learned").locator("tfoot")).to_contain_text("All departments")
        await expect(on(office, "turnout")).to_contain_text("nobody who was expected took part")
        pulled = on(office, "lesson-signals")
        await expect(pulled.get_by_test_id("pulling-absence").locator("a")).to_have_text("Fire safety")
        await pulled.locator("summary").click()
        await expect(pulled.get_by_test_id("pulling-table")).to_contain_text("Fire safety")
        await expect(on(office, "top").locator("tbody tr")).to_have_count(1)
        await expect(on(office, "weak").locator("tbody tr")).to_contain_text("Keep an eye on it")
        assert await violations(office) == []
        await office.screenshot(path="build/screenshots/statistics-pc-dark-whole.png", full_page=True)
        await on(office, "period-kind").select_option("year")
        await expect(on(office, "sum-viewers")).to_have_text("4")
        await on(office, "period-earlier").click()
        await expect(office.get_by_text("Nothing in this period")).to_be_visible()

        await story.open(office, "/admin/sessions")
        await office.get_by_text("Fire safety").first.click()
        await on(office, "open-report").click()
        await expect(on(office, "figure-viewers")).to_have_text("4")
        await expect(on(office, "report-said")).to_contain_text("Too few to show")
        await expect(on(office, "advice-absence")).to_contain_text("a questionnaire “Why not?”")
        async with office.expect_download() as saved:
            await on(office, "report-pdf").click()
        await (await saved.value).save_as("build/screenshots/report.pdf")
        assert (await saved.value).suggested_filename.endswith(".pdf")
        await expect(on(office, "report-making")).to_have_count(0)
        assert await violations(office) == []
        await office.screenshot(path="build/screenshots/report-pc-dark-whole.png", full_page=True)

        phone = await chromium.on_phone("zh-CN")
        await phone.set_viewport_size({"width": 360, "height": 640})
        await story.sign_in(phone, "admin")
        await story.open(phone, f"/admin/viewing/replay/{replay}")
        await _sees_everything(phone)
        await expect(on(phone, "still-row")).to_have_count(2)
        assert await violations(phone) == []
        await on(phone, "still-to-watch").scroll_into_view_if_needed()
        await take_picture(phone, "still-to-watch-phone")
        await phone.screenshot(path="build/screenshots/viewing-phone-whole.png", full_page=True)
        await story.open(phone, "/admin/statistics")
        await expect(on(phone, "sum-viewers")).to_have_text("4")
        await expect(on(phone, "by-department").locator("canvas").first).to_be_visible()
        assert await violations(phone) == []
        await phone.screenshot(path="build/screenshots/statistics-phone-whole.png", full_page=True)
