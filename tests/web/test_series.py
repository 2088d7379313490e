"""The library in real browsers: arranged in the office, searched, some of it for some people alone.

And a series: put together by keyboard, watched on a phone, gone on with where one was.
"""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import prepared_server
from tests.web.made_replay import held
from tests.web.test_accessibility import violations
from tests.whole_lesson.story import Story, on, until

pytestmark = pytest.mark.browser


async def _published(story: Story) -> None:
    replay = await held(story)
    page = story.presenter

    async def is_in(path: str, state: str) -> bool:
        return bool((await story.rest(page, "GET", path))["state"] == state)

    await until("the replay is ready", lambda: is_in(f"/replays/{replay}", "ready"), within_s=60, every_s=0.5)
    cut = {"title": "Fire in the kitchen", "start_ms": 0, "end_ms": 12_000}
    clip = str((await story.rest(page, "POST", f"/replays/{replay}/microcourses", data=cut))["id"])
    await until("it is cut", lambda: is_in(f"/microcourses/{clip}", "ready"), within_s=90, every_s=0.5)
    await _review(story, clip)


async def _review(story: Story, clip: str) -> None:
    """The presenter asks for a review; the administrator finds it, sends it back once, and approves it."""
    page = story.presenter
    await story.open(page, f"/admin/microcourses/{clip}")
    await on(page, "ask-review").click()
    await expect(on(page, "microcourse-state")).to_have_attribute("data-state", "in_review")
    await take_picture(page, "review-asked-pc")
    admin = await story.browsers.on_pc("zh-CN")
    await story.sign_in(admin, "admin")
    await story.open(admin, "/admin/microcourses?state=in_review")
    await admin.get_by_role("link", name="Fire in the kitchen").click()
    await on(admin, "add-point").click()
    await admin.get_by_label("第 1 条", exact=True).fill("声音太小")
    assert await violations(admin) == []
    await take_picture(admin, "review-desk-pc")
    await on(admin, "send-back").click()
    await expect(on(admin, "microcourse-state")).to_have_attribute("data-state", "sent_back")
    await page.reload()
    await expect(page.get_by_text("声音太小")).to_be_visible()
    assert await violations(page) == []
    await on(page, "ask-review").click()
    await expect(on(page, "microcourse-state")).to_have_attribute("data-state", "in_review")
    await admin.set_viewport_size({"width": 390, "height": 844})
    await admin.reload()
    await on(admin, "review-comment").fill("可以了。")
    assert await violations(admin) == []
    await take_picture(admin, "review-desk-phone")
    await on(admin, "approve-publish").click()
    await expect(on(admin, "microcourse-state")).to_have_attribute("data-state", "published")
    await admin.context.close()


async def _put_together(story: Story) -> None:
    page = story.presenter
    await story.open(page, "/admin/microcourses")
    await expect(on(page, "microcourse-row")).to_have_count(1)
    assert await violations(page) == []
    await take_picture(page, "microcourses-office-pc")
    await on(page, "to-series").click()
    await on(page, "create-series").click()
    await on(page, "series-title").fill("Safety at work")
    await on(page, "series-create").click()
    await on(page, "series-description").fill("What everybody has to know before the first day.")
    await on(page, "add-part").click()
    for count in (1, 2):
        await on(page, "choose-part").first.click()
        await expect(on(page, "part")).to_have_count(count)
    await on(page, "parts-chosen").click()
    await expect(on(page, "part").first).to_contain_text("Fire in the kitchen")
    await page.get_by_role("button", name="Move “Fire safety” up").press("Enter")
    await expect(on(page, "part").first).to_contain_text("Fire safety")
    await expect(page.get_by_role("button", name="Move “Fire safety” up")).to_be_focused()
    await on(page, "series-shown").check()
    await on(page, "series-required").check()
    in_two_days = datetime.now().astimezone() + timedelta(days=2)
    await on(page, "series-due").fill(f"{in_two_days:%Y-%m-%dT%H:%M}")
    await on(page, "series-save").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    await expect(on(page, "still-sum")).to_have_text("0 of 6 are done")
    await expect(on(page, "lesson-signals")).to_contain_text("From 1 finished lesson")
    assert await violations(page) == []
    await take_picture(page, "series-edit-pc")
    await story.open(page, "/admin/series")
    await expect(on(page, "series-row")).to_have_count(1)
    assert await violations(page) == []
    await take_picture(page, "series-office-pc")


async def _taken_back_and_published(story: Story, phone: Page) -> None:
    """The presenter takes the replay back; the phone reads so; it is published, and there again."""
    page = story.presenter
    [replay] = (await story.rest(page, "GET", "/replays"))["items"]
    await story.open(page, f"/admin/sessions/{replay['session_id']}")
    await on(page, "take-back-replay").click()
    assert await violations(page) == []
    await take_picture(page, "replay-take-back-pc")
    await on(page, "take-back-sure").click()
    await expect(on(page, "publishing-state")).to_have_attribute("data-held", "true")
    await story.open(phone, f"/replay/{replay['id']}")
    await expect(phone.get_by_role("heading", name="回放还没有发布")).to_be_visible()
    assert await violations(phone) == []
    await take_picture(phone, "replay-held-phone")
    await story.open(page, f"/replay/{replay['id']}")
    await expect(on(page, "publishing-state")).to_have_attribute("data-held", "true")
    assert await violations(page) == []
    await take_picture(page, "replay-held-pc")
    await on(page, "publish-replay").click()
    await expect(on(page, "publishing")).to_have_count(0)
    await phone.get_by_role("button", name="重试").click()
    await expect(on(phone, "replay-play")).to_be_visible()


VTT = "WEBVTT\n\n00:05.000 --> 00:08.000\n先关阀门，再断电。\n"


async def _arrange(story: Story) -> None:
    """In the office: categories and tags, the replay in one of them, captions, the microcourse for one."""
    admin = await story.browsers.on_pc("en")
    await story.sign_in(admin, "admin")
    await story.open(admin, "/admin/library")
    for name, under in (("Safety", None), ("Fire", "Safety"), ("New staff", None)):
        await on(admin, "add-category").click()
        await on(admin, "category-name").fill(name)
        if under is not None:
            await on(admin, "category-parent").select_option(label=under)
        await on(admin, "category-save").click()
        await expect(on(admin, "category-row").filter(has_text=name)).to_be_visible()
    await story.open(admin, "/admin/replays")
    await on(admin, "replay-shelf").click()
    await on(admin, "shelf-category").select_option(label="\u2003Fire")
    for tag in ("阀门", "Kitchen"):
        await on(admin, "shelf-new-tag").fill(tag)
        await on(admin, "shelf-new-tag").press("Enter")
    await expect(on(admin, "shelf-tag")).to_have_count(2)
    await on(admin, "shelf-narrowed").check()
    assert await violations(admin) == []
    await take_picture(admin, "shelf-dialog-pc")
    await admin.set_viewport_size({"width": 390, "height": 844})
    await take_picture(admin, "shelf-dialog-phone")
    await admin.get_by_label("Everybody in the organisation").check()
    await on(admin, "shelf-save").click()
    await expect(on(admin, "shelf-save")).to_be_hidden()
    [replay] = (await story.rest(admin, "GET", "/replays"))["items"]
    path, vtt = f"/captions/replay/{replay['id']}/zh-CN", {"Content-Type": "text/vtt"}
    await story.rest(admin, "PUT", path, data=VTT.encode(), headers=vtt)
    [course] = (await story.rest(admin, "GET", "/microcourses"))["items"]
    await story.open(admin, f"/admin/microcourses/{course['id']}")
    await on(admin, "course-shelf").click()
    await on(admin, "shelf-narrowed").check()
    await on(admin, "shelf-kind").select_option("person")
    await on(admin, "shelf-person").fill("李")
    await on(admin, "shelf-person-option").first.click()
    await on(admin, "shelf-save").click()
    await expect(on(admin, "shelf-save")).to_be_hidden()
    await story.open(admin, "/admin/library")
    await expect(on(admin, "tag-row")).to_have_count(2)
    assert await violations(admin) == []
    await take_picture(admin, "library-office-phone")
    await admin.set_viewport_size({"width": 1280, "height": 800})
    await take_picture(admin, "library-office-pc")
    await admin.context.close()


async def _find(page: Page, q: str) -> None:
    async with page.expect_response(lambda answer: "/api/v1/library?q=" in answer.url):
        await on(page, "library-search").fill(q)


async def _search(story: Story, phone: Page, pc: Page) -> None:
    """What is said is found, and played from there; what is for somebody else is not there."""
    await _find(phone, "关阀门")
    await expect(on(phone, "found-place").first).to_contain_text("先关阀门")
    await expect(on(phone, "microcourse-card")).to_have_count(1)
    assert await violations(phone) == []
    await take_picture(phone, "library-found-phone")
    await on(phone, "replay-card").click()
    await expect(phone).to_have_url(re.compile(r"/replay/.*t=5$"))
    slider = phone.get_by_role("slider").first
    await expect(slider).to_have_attribute("aria-valuetext", re.compile("^0?0:0[56]"))
    await phone.go_back()
    await expect(on(phone, "replay-card")).to_have_count(1)
    await story.open(pc, "/watch")
    await expect(on(pc, "replay-card")).to_be_visible()
    await expect(on(pc, "microcourse-card")).to_have_count(0)  # for 李 alone
    await pc.get_by_role("button", name="Safety", exact=True).click()
    await expect(on(pc, "series-card")).to_have_count(0)
    await expect(on(pc, "replay-card")).to_have_count(1)
    await on(pc, "tag").first.click()
    await _find(pc, "valve")
    await expect(on(pc, "library-reset")).to_be_visible()
    assert await violations(pc) == []
    await take_picture(pc, "library-nothing-pc")
    await on(pc, "library-reset").click()
    await expect(on(pc, "series-card")).to_have_count(1)


_PLAYED_S = """after => {
  const video = document.querySelector('video')
  return !!video && video.currentTime > after
}"""
_ASKS_FOR_MORE = "() => document.querySelector('[data-testid=sound-only]')?.click()"


async def _says_so_while_it_plays(story: Story, phone: Page, replay: str) -> None:
    """What plays needs something that it has not loaded: it is gone, and what was watched counts."""
    stood = float(await phone.evaluate("() => document.querySelector('video')?.currentTime ?? 0"))
    note = on(phone, "closed")

    async def says_so() -> bool:
        await phone.evaluate(_ASKS_FOR_MORE)
        return await note.count() > 0

    await until("the page says that it was deleted", says_so, within_s=30, every_s=0.5)
    await expect(phone.get_by_role("heading", name="已删除")).to_be_visible()
    await expect(note).to_contain_text("如有需要，请联系讲师")
    await expect(note.get_by_role("button")).to_have_count(0)
    assert await violations(phone) == []
    await take_picture(phone, "replay-deleted-phone")

    async def counts() -> bool:
        views = await story.rest(story.presenter, "GET", f"/views/replay/{replay}")
        seen = {row["person"]["name"]: row["coverage"] * views["duration_ms"] for row in views["people"]}
        return bool(seen.get("李伟", 0) > stood * 1000 - 700)

    await until("what was watched before counts", counts, within_s=30, every_s=0.5)


async def _page_by_page(story: Story, admin: Page) -> None:
    """A bin of more than one page (the server's answer, twice): it says so, and shows the rest."""
    address = re.compile(r"/api/v1/bin(\?|$)")

    async def two_pages(route: Route) -> None:
        url, _, cursor = route.request.url.partition("?")
        answer = await route.fetch(url=url)
        found = await answer.json()
        items = [{**item, "id": f"{item['id']}{cursor}"} for item in found["items"]]
        await route.fulfill(
            response=answer, json={**found, "items": items, "next": None if cursor else "behind"}
        )

    await admin.route(address, two_pages)
    await story.open(admin, "/admin/bin")
    await expect(on(admin, "binned")).to_have_count(1)
    await expect(admin.get_by_text("已显示最近的 1 项，还有更多。")).to_be_visible()
    assert await violations(admin) == []
    await take_picture(admin, "bin-more-phone")
    await on(admin, "bin-more").click()
    await expect(on(admin, "binned")).to_have_count(2)
    await expect(on(admin, "bin-more")).to_have_count(0)
    await admin.unroute(address)


async def _overdue(pc: Page, phone: Page) -> None:
    """What is late says so on the home page, louder than anything else."""

    async def late(route: Route) -> None:
        answer = await route.fetch()
        found = await answer.json()
        for item in found["items"]:
            item["due_utc_ms"] = found["now_utc_ms"] - 60_000
        await route.fulfill(response=answer, json=found)

    for page, words, name in ((pc, "Overdue since", "pc"), (phone, "已逾期", "phone")):
        await page.route("**/api/v1/my/dues", late)
        await page.reload()
        pill = on(page, "due-item").first.get_by_test_id("due-pill")
        await expect(pill).to_have_attribute("data-how", "overdue")
        await expect(pill).to_contain_text(words)
        assert await violations(page) == []
        await take_picture(page, f"home-overdue-{name}")
        await page.unroute("**/api/v1/my/dues")


async def _deleted(story: Story, phone: Page) -> None:
    """The presenter sees what uses the replay and deletes it; the phone reads so; it comes back."""
    page = story.presenter
    [replay] = (await story.rest(page, "GET", "/replays"))["items"]
    await story.open(page, "/admin/replays")
    await on(page, "replay-delete").click()
    await expect(on(page, "replay-uses")).to_contain_text("Fire in the kitchen")
    await expect(on(page, "delete-replay-now")).to_be_disabled()
    await on(page, "delete-sure").check()
    assert await violations(page) == []
    await take_picture(page, "replay-delete-pc")
    await story.open(phone, f"/replay/{replay['id']}")
    await on(phone, "replay-play").click()
    await phone.wait_for_function(_PLAYED_S, arg=1.5, timeout=30_000)
    await on(page, "delete-replay-now").click()
    await expect(on(page, "replay-gone")).to_be_visible()
    await _says_so_while_it_plays(story, phone, replay["id"])
    await phone.reload()
    await expect(phone.get_by_role("heading", name="已删除")).to_be_visible()
    [course] = (await story.rest(page, "GET", "/microcourses"))["items"]
    await story.open(page, f"/admin/microcourses/{course['id']}")
    await expect(on(page, "source-gone")).to_be_visible()
    assert await violations(page) == []
    await take_picture(page, "source-gone-pc")
    admin = await story.browsers.on_phone("zh-CN")
    await story.sign_in(admin, "admin")
    await _page_by_page(story, admin)
    await story.open(admin, "/admin/bin")
    await on(admin, "erase").click()
    assert await violations(admin) == []
    await take_picture(admin, "bin-erase-phone")
    await admin.get_by_role("button", name="取消").click()
    await on(admin, "restore").click()
    await expect(on(admin, "bin-said")).to_contain_text("已恢复")
    await admin.context.close()
    await phone.reload()
    await expect(on(phone, "replay-play")).to_be_visible()


@pytest.mark.timeout(240)
async def test_a_learner_finds_a_series_and_goes_on_in_it(tmp_path: Path) -> None:
    async with prepared_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        await _published(story)
        await _put_together(story)
        await _arrange(story)
        phone = await chromium.on_phone("zh-CN")
        await story.sign_in(phone, "li")
        due = on(phone, "due-item").filter(has_text="Safety at work")
        await expect(due).to_contain_text("前看完")
        await expect(due).to_contain_text("已完成 0 / 2")
        assert await violations(phone) == []
        await take_picture(phone, "home-to-watch-phone")
        await story.open(phone, "/watch")
        await expect(on(phone, "to-watch")).to_contain_text("Safety at work")
        await expect(on(phone, "series-card")).to_contain_text("已完成 0 / 2")
        await expect(on(phone, "series-card").get_by_test_id("due-pill")).to_have_attribute(
            "data-how", "soon"
        )
        assert await violations(phone) == []
        await take_picture(phone, "catalogue-phone")
        await on(phone, "series-card").click()
        await expect(on(phone, "series-item")).to_have_count(2)
        assert await violations(phone) == []
        await take_picture(phone, "series-phone")
        await on(phone, "go-on").click()
        await on(phone, "replay-play").click()

        async def is_begun() -> bool:
            return bool((await story.rest(phone, "GET", "/series"))["items"][0]["begun"])

        await until("what they watch counts in the series", is_begun, within_s=30, every_s=0.5)
        await phone.go_back()
        await expect(on(phone, "go-on")).to_have_text("继续学习")
        await _taken_back_and_published(story, phone)
        pc = await chromium.on_pc("en", dark=True)
        await story.sign_in(pc, "wang")
        await expect(on(pc, "due-item")).to_contain_text("By ")
        await take_picture(pc, "home-to-watch-pc")
        await story.open(phone, "/")
        await _overdue(pc, phone)
        await story.open(phone, "/watch")
        await _search(story, phone, pc)
        await expect(on(pc, "series-card")).to_be_visible()
        await take_picture(pc, "catalogue-pc")
        await on(pc, "series-card").click()
        await expect(on(pc, "series-item")).to_have_count(1)  # the other part is for 李 alone
        assert await violations(pc) == []
        await take_picture(pc, "series-pc")
        await _deleted(story, phone)
