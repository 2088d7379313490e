"""A learner rates, keeps and shares what they watched; staff moderates; the office reads the measures."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.made_replay import held
from tests.web.test_accessibility import violations
from tests.whole_lesson.story import ROSTER, Story, now_ms, on, until

pytestmark = pytest.mark.browser

_SETTINGS = {"LECTERN_EMBEDDED_WORKER": "false"}
_SHARES = "navigator.share = async (what) => { window.shared = what }"
COMMENT = "讲得很清楚，关阀门那一段可以再慢一点。"


async def _watches(story: Story, page: Page, replay: str, seconds: int) -> None:
    """Tell the server what a player would have said."""
    played = {
        "id": "i0", "from_ms": 0, "to_ms": seconds * 1_000, "started_utc_ms": now_ms() - 50_000,
        "wall_ms": seconds * 1_000, "speed": 1.0, "visible": True, "audible": True,
    }  # fmt: skip
    body = {"medium": "replay", "id": replay, "version": 1, "player": "p", "intervals": [played]}
    assert (await story.rest(page, "POST", "/views", data=body))["accepted"] == 1


async def _rates(story: Story, phone: Page, replay: str) -> None:
    await story.open(phone, f"/replay/{replay}")
    await expect(on(phone, "stars")).to_have_text("还没有评分")
    await on(phone, "rate").click()
    await expect(on(phone, "watch-first")).to_be_visible()
    assert await violations(phone) == []
    await take_picture(phone, "rate-too-soon-phone")
    await phone.keyboard.press("Escape")
    await _watches(story, phone, replay, 10)
    await on(phone, "rate").click()
    await on(phone, "rating-save").click()
    await expect(phone.get_by_role("alert")).to_have_text("请先选择几颗星。")
    await on(phone, "stars-4").check(force=True)
    await on(phone, "rating-comment").fill(COMMENT)
    assert await violations(phone) == []
    await take_picture(phone, "rate-phone")
    await on(phone, "rating-save").click()
    await expect(on(phone, "stars")).to_have_attribute("data-count", "1")
    await expect(on(phone, "rate")).to_have_text("你的评分：4 分")
    await on(phone, "keep").click()
    await expect(on(phone, "keep")).to_have_attribute("aria-pressed", "true")
    await on(phone, "share").click()
    shared = await phone.evaluate("window.shared")
    assert shared == {"title": "Fire safety", "url": f"{story.server.url}/replay/{replay}"}
    await on(phone, "answers").scroll_into_view_if_needed()
    assert await violations(phone) == []
    await take_picture(phone, "answers-phone")
    await story.open(phone, f"/embed/replay/{replay}")
    await expect(on(phone, "replay-play")).to_be_visible()
    await expect(on(phone, "answers")).to_have_count(0)
    await story.open(phone, "/watch")
    await on(phone, "library-kept").click()
    await expect(on(phone, "replay-card")).to_have_count(1)
    await expect(on(phone, "library-count")).to_have_text("找到 1 项")
    assert await violations(phone) == []
    await take_picture(phone, "library-kept-phone")


async def _moderates(story: Story, page: Page, replay: str) -> None:
    """The presenter rates without a name, on a PC, and hides a comment; nothing is on their list."""
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await _watches(story, page, replay, 12)
    await story.open(page, f"/replay/{replay}")
    await on(page, "rate").press("Enter")
    await on(page, "stars-1").press("ArrowRight")  # by keyboard: two stars
    await on(page, "rating-anonymous").check()
    await take_picture(page, "rate-pc")
    await on(page, "rating-save").click()
    await expect(on(page, "waiting")).to_be_visible()
    await expect(on(page, "stars")).to_have_attribute("data-count", "1")
    await on(page, "share").click()
    await expect(on(page, "share")).to_have_text("Link copied")
    assert await page.evaluate("navigator.clipboard.readText()") == f"{story.server.url}/replay/{replay}"
    await on(page, "comments").locator("summary").click()
    await expect(on(page, "comment")).to_contain_text(COMMENT)
    await on(page, "comment").scroll_into_view_if_needed()
    assert await violations(page) == []
    await take_picture(page, "comments-pc")
    await on(page, "comment-hide").click()
    await on(page, "hide-reason").fill("Names a colleague.")
    assert await violations(page) == []
    await on(page, "hide-confirm").click()
    await expect(on(page, "comment")).to_contain_text("Hidden: Names a colleague.")
    await on(page, "comment-show").click()
    await expect(on(page, "comment-hide")).to_be_visible()
    await story.open(page, "/watch?kept=true")
    await expect(page.get_by_role("heading", name="Nothing kept yet")).to_be_visible()
    assert await violations(page) == []


async def _measures(story: Story, office: Page) -> None:
    await story.open(office, "/admin/statistics")
    await on(office, "measures-open").click()
    row = on(office, "measured")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("Fire safety")

    async def cells() -> list[str]:
        names = ("viewers", "completion", "rating", "comments", "favourites", "shares", "exam")
        return [str(await row.get_by_test_id(f"of-{name}").text_content()) for name in names]

    async def counted() -> bool:  # sums of viewing follow within two seconds
        await office.reload()
        await expect(row).to_have_count(1)
        return await cells() == ["2", "100%", "4.0 (1)", "1", "1", "2 (100%)", "–"]

    await until("what was answered is counted", counted, within_s=30, every_s=1.0)
    for chart in ("most-used", "star-chart"):
        await expect(on(office, chart).locator("canvas").first).to_be_visible()
    await on(office, "measures-means").locator("summary").click()
    assert await violations(office) == []
    await take_picture(office, "measures-pc")
    await on(office, "measures-by").select_option("session")
    await expect(row).to_contain_text("1 medium")
    await on(office, "measures-department").select_option(index=1)
    await expect(office.get_by_text("Of one department", exact=False)).to_be_visible()
    await expect(office).to_have_url(re.compile("by=session.*department="))
    async with office.expect_download() as files:
        await on(office, "measures-csv").click()
    assert (await files.value).suggested_filename.startswith("measures-")
    await office.set_viewport_size({"width": 390, "height": 844})
    await story.open(office, "/admin/statistics/measures?lang=zh-CN")
    await expect(row).to_have_count(1)
    assert await violations(office) == []
    await take_picture(office, "measures-phone")


@pytest.mark.timeout(240)
async def test_what_viewers_answer_is_measured(tmp_path: Path) -> None:
    async with running_server(tmp_path, _SETTINGS) as server, browsers() as chromium:
        story = Story(server, chromium)
        replay = await held(story, roster=ROSTER)

        async def ready() -> bool:
            return bool((await story.rest(story.presenter, "GET", f"/replays/{replay}"))["state"] == "ready")

        await until("the replay is ready", ready, within_s=60)
        phone = await chromium.on_phone("zh-CN")
        await phone.add_init_script(_SHARES)
        await story.sign_in(phone, "li")
        await _rates(story, phone, replay)
        await _moderates(story, story.presenter, replay)
        office = await chromium.on_pc("en")
        await story.sign_in(office, "admin")
        await _measures(story, office)
