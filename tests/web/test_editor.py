"""The editor of microcourses: parts cut by hand and by key, two editors at once, and what comes of it."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from mediaworker.layout import WHOLE, WIDTH, Box, boxes
from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import prepared_server
from tests.web.made_replay import SCREEN_S, held
from tests.web.tab_walk import walk
from tests.web.test_accessibility import violations
from tests.whole_lesson.story import Story, on

pytestmark = pytest.mark.browser
_BYTES = {"Content-Type": "application/octet-stream"}


# Each picture is there, in its box of the made picture to a pixel of the page; without a box it is not seen.
_STAND = """([boxes, width]) => ['screen', 'camera'].every((source) => {
    const video = document.querySelector(`[data-testid=replay-video-${source}]`)
    const [seen, area] = [video, video.parentElement].map((each) => each.getBoundingClientRect())
    if (!boxes[source]) return seen.width === 0
    const found = [seen.left - area.left, seen.top - area.top, seen.width, seen.height]
    const there = boxes[source].map((side) => side * area.width / width)
    return video.readyState >= 2 && found.every((side, at) => Math.abs(side - there[at]) < 1)
})"""


def _logo() -> bytes:
    picture = BytesIO()
    Image.new("RGB", (240, 80), "#e0218a").save(picture, "PNG")
    return picture.getvalue()


async def _saved(page: Page, revision: int) -> None:
    """Everything that was done is saved, as the draft's revision `revision`."""
    await expect(on(page, "saved")).to_have_attribute("data-revision", str(revision))


async def _go_to(page: Page, time: str) -> None:
    """Let the player stand at a moment of the replay (whole seconds of the first minute)."""
    await page.evaluate(
        "s => { for (const m of document.querySelectorAll('video, audio')) m.currentTime = s }", int(time)
    )
    await expect(on(page, "position")).to_contain_text(f"0:{int(time):02}")


async def _from_the_top(phone: Page) -> None:
    """Scrolled down, the picture stays over what is behind it, which is then no smaller for a finger."""
    await phone.evaluate("scrollTo(0, 0)")


async def _stand(page: Page, places: dict[str, Box]) -> None:
    """The pictures of the player stand where the worker composes them."""
    await page.wait_for_function(_STAND, arg=[places, WIDTH])


async def _an_arrangement_is_chosen(page: Page, revision: int) -> None:
    """What is chosen is seen at once, said, and kept; where one picture runs alone it fills the player."""
    await on(page, "arranged-show").click()
    await expect(on(page, "position")).to_contain_text(f"0:{SCREEN_S[0]:02}")
    await _stand(page, boxes("inset"))
    await on(page, "arrangement").select_option("side_by_side")
    await _stand(page, boxes("side_by_side"))
    await expect(on(page, "player-said")).to_have_text("Arrangement: side by side")
    await _saved(page, revision + 1)
    assert await violations(page) == []
    await take_picture(page, "editor-side-by-side-pc")
    await on(page, "arrangement").press("ArrowDown")
    await _stand(page, boxes("slides"))
    await _saved(page, revision + 2)
    await take_picture(page, "editor-slides-pc")
    await on(page, "undo").click()
    await _stand(page, boxes("side_by_side"))
    await _saved(page, revision + 3)
    await _go_to(page, str(SCREEN_S[0] - 2))
    await _stand(page, {"camera": WHOLE})


async def _the_arrangement_was_kept(page: Page) -> None:
    """After the page was loaded anew."""
    await expect(on(page, "arrangement")).to_have_value("side_by_side")
    await on(page, "arranged-show").click()
    await _stand(page, boxes("side_by_side"))


async def _by_tab(page: Page) -> None:
    """By Tab alone: everything is come to once, in the page's order, and seen; dialogs hold it and let go."""
    went = await walk(page)
    assert (went.missed, went.strange, went.unseen, went.sorted) == ([], [], [], True)
    order = ["undo", "revisions-open", "replay-play", "preview-range", "zoom-in", "part-0", "range-start"]
    order += ["microcourse-title", "look", "microcourse-create", "new-draft"]
    places = [went.order.index(name) for name in order]
    assert places == sorted(places)
    await on(page, "revisions-open").focus()
    await page.keyboard.press("Enter")
    await on(page, "look-at").last.press("Enter")
    for _ in range(6):
        await page.keyboard.press("Tab")
        # the browser's own frame is a stop, too, and nothing of the page behind the dialog
        assert await page.evaluate(
            "document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        )
    await page.keyboard.press("Escape")
    await expect(on(page, "revisions-open")).to_be_focused()


async def _a_part_is_chosen_by_key(page: Page) -> None:
    """A part that is chosen by key has its beginning shown, not the beginning of everything."""
    await on(page, "part-1").focus()
    await page.keyboard.press("Enter")
    await expect(on(page, "part-1")).to_have_attribute("aria-pressed", "true")
    begins_ms = int(await on(page, "handle-start").get_attribute("aria-valuenow") or "")
    assert begins_ms >= 1_000
    await expect(on(page, "position")).to_contain_text(f"0:{begins_ms // 1_000:02}")


async def _an_earlier_state_is_played(page: Page) -> None:
    """Play what was saved before: the draft stays, nothing is saved, and one goes back to it or not."""
    await on(page, "revisions-open").click()
    await on(page, "look-at").nth(8).click()
    await on(page, "play-state").click()
    await expect(on(page, "trial")).to_be_visible()
    await expect(on(page, "preview-stop")).to_be_visible()
    await expect(on(page, "handle-start")).to_have_count(0)
    await expect(on(page, "part-1")).to_have_count(0)  # that state had one part
    await expect(on(page, "position")).to_contain_text(re.compile("0:(0[6-9]|10)"))  # it plays from 0:05
    assert await violations(page) == []
    await take_picture(page, "editor-trial-pc")
    await on(page, "trial-end").click()
    await expect(on(page, "trial")).to_be_hidden()
    await expect(on(page, "preview-range")).to_be_visible()
    await expect(on(page, "part-1")).to_be_visible()


async def _academy(story: Story, look: str | None = None) -> str:
    """Have an administrator make a look, or change it; returns its id."""
    admin = await story.browsers.on_pc("en")
    await story.sign_in(admin, "admin")
    if look is None:
        look = str((await story.rest(admin, "POST", "/branding/looks", data={"name": "Sales academy"}))["id"])
        await story.rest(admin, "PUT", f"/branding/looks/{look}/logo", data=_logo(), headers=_BYTES)
    else:
        shown = {"version": 1, "accent": "#e0218a", "title_card": True}
        await story.rest(admin, "PUT", f"/branding/looks/{look}", data=shown)
    await admin.context.close()
    return look


async def _stays_open_for_days(page: Page, replay: str) -> None:
    """A page that comes back after hours asks for its replay again: what its player knows has run out."""
    async with page.expect_request(lambda asked: asked.url.endswith(f"/api/v1/replays/{replay}")):
        await page.evaluate("""() => {
            const now = Date.now
            Date.now = () => now() + 36e6
            dispatchEvent(new Event('online'))
            Date.now = now
        }""")


async def _on_a_phone(story: Story, replay: str, other: Page) -> None:
    """Look through the proposals: listen to an end, nudge it, put the lesson aside, have it back, take it."""
    phone = await story.browsers.on_phone("zh-CN")
    await story.sign_in(phone, "host")
    await story.open(phone, f"/editor/{replay}")
    lesson = on(phone, "proposed")
    await expect(lesson).to_have_count(1)
    await on(phone, "nudge").tap()
    end = on(phone, "proposed-end")
    await end.fill("0:11")
    await end.press("Enter")
    await lesson.get_by_role("button", name="提前 0.1 秒").last.tap()
    await expect(end).to_have_value("0:10.9")
    await _from_the_top(phone)
    assert await violations(phone) == []
    await take_picture(phone, "editor-proposal-phone")
    await on(phone, "put-aside").tap()
    await expect(lesson).to_have_count(0)
    await other.reload()  # the same person, at another device
    await expect(on(other, "take-back")).to_be_visible()
    await expect(on(other, "proposed")).to_have_count(0)
    await on(phone, "take-back").tap()
    await on(phone, "take").tap()
    await expect(lesson).to_contain_text("已采用")
    await on(phone, "tab-cut").tap()
    await expect(on(phone, "range-end")).to_have_value("0:10.9")
    await on(phone, "range-end").locator("xpath=..").get_by_role("button", name="试听").tap()
    await expect(on(phone, "position")).to_contain_text("0:10")
    await take_picture(phone, "editor-cut-phone")
    await on(phone, "arrangement").select_option("side_by_side")
    await on(phone, "arranged-show").tap()
    await _stand(phone, boxes("side_by_side"))
    await _saved(phone, 1)
    await take_picture(phone, "editor-side-by-side-phone")
    await on(phone, "tab-chapters").tap()
    await on(phone, "chapters-microcourse").locator("summary").tap()
    await on(phone, "chapter-title-microcourse").fill("要点")
    await on(phone, "chapter-title-microcourse").press("Enter")
    await _saved(phone, 2)
    await _from_the_top(phone)
    assert await violations(phone) == []
    await take_picture(phone, "editor-chapters-phone")
    await phone.context.close()


@pytest.mark.timeout(240)
async def test_two_editors_make_a_microcourse_of_parts(tmp_path: Path) -> None:
    async with prepared_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        replay = await held(story)
        pc = story.presenter
        await story.open(pc, f"/editor/{replay}")
        await on(pc, "range-end").fill("0:10")
        await on(pc, "range-end").press("Tab")
        await _saved(pc, 1)
        await expect(on(pc, "length")).to_contain_text("0:10")

        # by key: nudge an end, split, remove, undo, redo
        await on(pc, "handle-start").focus()
        await pc.keyboard.press("ArrowRight")
        await _saved(pc, 2)
        await pc.keyboard.press("Shift+ArrowRight")
        await _saved(pc, 3)
        await expect(on(pc, "range-start")).to_have_value("0:01.1")
        await _go_to(pc, "5")
        await pc.keyboard.press("s")
        await _saved(pc, 4)
        await expect(on(pc, "part-1")).to_be_visible()
        await pc.keyboard.press("Delete")
        await _saved(pc, 5)
        await pc.keyboard.press("Control+z")
        await _saved(pc, 6)
        await pc.keyboard.press("Control+y")
        await _saved(pc, 7)
        await pc.reload()
        await on(pc, "undo").click()  # what was done before the page was loaded anew
        await _saved(pc, 8)
        await expect(on(pc, "part-1")).to_be_visible()

        # by hand: drag the end of the last part
        await on(pc, "part-1").click()
        handle, lane = await on(pc, "handle-end").bounding_box(), await on(pc, "range").bounding_box()
        assert handle is not None
        assert lane is not None
        await pc.mouse.move(handle["x"] + handle["width"] - 6, handle["y"] + 20)
        await pc.mouse.down()
        await pc.mouse.move(lane["x"] + lane["width"] * 0.75, handle["y"] + 20, steps=4)
        await pc.mouse.up()
        await _saved(pc, 9)
        await expect(on(pc, "range-end")).to_have_value(re.compile(r"^0:0(8\.\d|9(\.\d)?)$"))
        await expect(on(pc, "draft")).to_have_count(1)

        # somebody else opens it: both are told, and neither overwrites the other
        other = await chromium.on_pc("zh-CN")
        await story.sign_in(other, "host")
        await story.open(other, f"/editor/{replay}")
        await expect(on(other, "saved")).to_have_attribute("data-revision", "9")
        await expect(on(pc, "also-here")).to_be_visible()
        await expect(on(other, "also-here")).to_be_visible()
        await pc.route("**/editors", lambda route: route.abort())  # this page hears nothing for a while
        await on(other, "microcourse-title").fill("别人的标题")
        await on(other, "microcourse-title").press("Tab")
        await _saved(other, 10)
        await on(pc, "microcourse-title").fill("Two parts")
        await on(pc, "microcourse-title").press("Tab")
        await expect(on(pc, "conflict")).to_contain_text("别人的标题")
        assert await violations(pc) == []
        await take_picture(pc, "editor-conflict-pc")
        await on(pc, "keep-mine").click()
        await _saved(pc, 11)
        await expect(on(pc, "microcourse-title")).to_have_value("Two parts")
        await expect(on(other, "news")).to_be_visible()
        await expect(on(other, "microcourse-title")).to_have_value("Two parts")
        await pc.unroute("**/editors")

        # what was saved is looked at, and gone back to; that is undone like anything else
        await on(pc, "revisions-open").click()
        await expect(on(pc, "revision")).to_have_count(12)
        await on(pc, "look-at").nth(4).click()
        assert await violations(pc) == []
        await take_picture(pc, "editor-revisions-pc")
        await on(pc, "restore").click()
        await _saved(pc, 12)
        await expect(on(pc, "microcourse-title")).to_have_value("")
        await pc.keyboard.press("Control+z")
        await _saved(pc, 13)
        await expect(on(pc, "microcourse-title")).to_have_value("Two parts")

        await _an_earlier_state_is_played(pc)
        await _saved(pc, 13)

        # a stretch is marked by dragging over the lanes, and becomes a draft; the first one is gone on with
        await expect(on(pc, "signals")).to_be_visible(timeout=60_000)
        await expect(pc.locator(".pictures .tile").first).to_be_visible()  # they came while the page was open
        await on(pc, "signals").scroll_into_view_if_needed()
        lane = await on(pc, "signals").bounding_box()
        assert lane is not None
        await pc.mouse.move(lane["x"] + lane["width"] * 0.8, lane["y"] + 20)
        await pc.mouse.down()
        await pc.mouse.move(lane["x"] + lane["width"] * 0.95, lane["y"] + 20, steps=3)
        await pc.mouse.up()
        await expect(on(pc, "pick")).to_have_value("stretch")
        await on(pc, "pick-new").click()
        await expect(on(pc, "draft")).to_have_count(2)
        await on(pc, "draft").first.get_by_role("button").first.click()
        await _saved(pc, 13)
        await on(pc, "curves").locator("summary").click()
        await expect(on(pc, "curves").locator("tbody tr")).to_have_count(1)
        assert await violations(pc) == []

        # by key alone: a stretch is cut out between two moments
        await _go_to(pc, "3")
        await pc.keyboard.press("x")
        await _go_to(pc, "4")
        await pc.keyboard.press("x")
        await _saved(pc, 14)
        await expect(on(pc, "part-0")).to_have_attribute("aria-label", re.compile(r"0:03$"))
        await pc.keyboard.press("Control+z")
        await _saved(pc, 15)

        await _on_a_phone(story, replay, other)
        await _by_tab(other)
        await _a_part_is_chosen_by_key(other)
        await _stays_open_for_days(other, replay)

        # the result is played in its order, and made in the look that its editor chooses
        look = await _academy(story)
        await pc.reload()
        await on(pc, "look").select_option(label="Sales academy")
        await _saved(pc, 16)
        await on(pc, "preview-range").click()
        await expect(on(pc, "preview-stop")).to_be_visible()
        await on(pc, "preview-stop").click()
        await take_picture(pc, "editor-parts-pc")
        await take_picture(other, "editor-parts-pc-zh")
        await on(pc, "microcourse-create").click()
        clip = on(pc, "clip")
        await expect(clip).to_have_attribute("data-state", "ready", timeout=90_000)
        made = (await story.rest(pc, "GET", "/microcourses"))["items"][0]
        assert (len(made["ranges"]), made["title"]) == (2, "Two parts")
        shown_ms = sum(end - start for start, end in made["ranges"])
        assert abs(made["duration_ms"] - 3_000 - shown_ms) < 150
        assert made["look"] == {"id": look, "name": "Sales academy", "version": 1, "newest": True}

        # the look changes: what was made stays as it is, and may be made in the newest
        await _academy(story, look)
        await _an_arrangement_is_chosen(pc, 16)
        await pc.reload()
        await _the_arrangement_was_kept(pc)
        await on(pc, "newest-look").check()
        assert await violations(pc) == []
        await take_picture(pc, "editor-look-pc")
