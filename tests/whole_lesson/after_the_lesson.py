"""Act 3: the replay, a microcourse cut from it, and what the admin sees of attending and watching."""

import asyncio
import csv
import io
from datetime import UTC, datetime
from functools import partial
from typing import Any

from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import take_picture
from tests.web.test_accessibility import violations
from tests.whole_lesson.in_the_lesson import ANSWER, ASKED, QUESTION
from tests.whole_lesson.story import GUEST, Span, Story, clock_of, on, until

CLIP_TITLE = "新品卖点三分钟"
CLIP_START_S, CLIP_END_S = 4, 14
INTRO_S = 3.0
NEAR_MS = 1_000
SOURCES = ("camera", "screen")


async def _is_usable(page: Page) -> None:
    found = await violations(page)
    assert found == [], found  # said here, because pytest explains the assertions of test files alone


async def find_the_replay(story: Story) -> None:
    """Presenter and learner get the door to the replay without asking for it."""
    replay = on(story.presenter, "open-replay")
    await expect(replay).to_be_visible(timeout=20_000)
    await take_picture(story.presenter, "studio-ended-pc")
    href = await replay.get_attribute("href") or ""
    story.replay_id = href.rsplit("/", 1)[1]
    await expect(on(story.wang, "open-replay")).to_be_visible(timeout=10_000)
    await take_picture(story.wang, "room-over-pc")


async def watch_the_replay(story: Story) -> None:
    """王芳 watches: camera and screen in step, polls and questions at their moments."""
    page = story.wang
    with story.truth.leaving("王芳"):
        await on(page, "open-replay").click()
        await expect(on(page, "player")).to_be_visible()
    await on(page, "replay-play").click()
    for source in SOURCES:
        await until(f"the {source}'s clock shows", partial(clock_of, page, f"replay-video-{source}"))
    await take_picture(page, "replay-pc")
    shown = await page.evaluate(_POSITION_AND_CLOCKS)
    began = shown["screen"] - shown["position_ms"]
    assert story.truth.spans["started"].is_near(began, 2_000), "the replay begins when the lesson did"
    assert abs(shown["screen"] - shown["camera"]) < NEAR_MS, "both pictures are of the same moment"
    later = await until("the replay goes on", lambda: _shown_after(page, shown["position_ms"] + 1_500))
    assert abs((later["screen"] - shown["screen"]) - (later["position_ms"] - shown["position_ms"])) < NEAR_MS

    moment = on(page, "moment").filter(has_text=QUESTION)
    await expect(moment).to_contain_text("2")
    await moment.get_by_role("button").click()
    await until("it jumps to the poll", lambda: _shows_moment(page, story.truth.spans["poll"]))
    await expect(on(page, "moment").filter(has_text=ASKED)).to_contain_text(ANSWER)
    await on(page, "speed").select_option("2")
    await until("it plays at double speed", lambda: page.evaluate(_RATE_IS_2))
    await on(page, "speed").select_option("1")
    await take_picture(page, "replay-poll-pc")
    await on(page, "replay-play").click()
    await _is_usable(page)


_POSITION_AND_CLOCKS = """() => {
  const leader = document.querySelector('[data-testid="replay-audio"]') ?? document.querySelector('video')
  const seen = (source) => window.drawnClock.of(`replay-video-${source}`)?.ms ?? null
  return { position_ms: leader.currentTime * 1000, camera: seen('camera'), screen: seen('screen') }
}"""
_RATE_IS_2 = """() =>
  [...document.querySelectorAll('video')].every((video) => Math.abs(video.playbackRate - 2) < 0.2)"""


async def _shown_after(page: Page, position_ms: float) -> dict[str, float] | None:
    shown: dict[str, float] = await page.evaluate(_POSITION_AND_CLOCKS)
    return shown if shown["position_ms"] > position_ms and shown["screen"] and shown["camera"] else None


async def _shows_moment(page: Page, moment: Span) -> bool:
    shown = await page.evaluate(_POSITION_AND_CLOCKS)
    return all(shown[source] is not None and moment.is_near(shown[source], 3_000) for source in SOURCES)


async def go_on_where_it_stopped(story: Story) -> None:
    """王芳 opens the replay again: it stands where they paused it, not at the beginning."""
    page = story.wang
    paused_ms = (await page.evaluate(_POSITION_AND_CLOCKS))["position_ms"]
    assert paused_ms > 3_000
    await page.reload()
    await expect(on(page, "player")).to_be_visible()
    began_ms = float(await on(page, "seek").input_value())
    assert abs(began_ms - paused_ms) < NEAR_MS, (began_ms, paused_ms)


async def replay_on_a_phone(story: Story) -> None:
    """The guest's phone: the same replay by the token that they joined with."""
    await expect(on(story.guest, "open-replay")).to_be_visible(timeout=10_000)
    await take_picture(story.guest, "room-over-phone")
    with story.truth.leaving(GUEST):
        await on(story.guest, "open-replay").click()
        await expect(on(story.guest, "player")).to_be_visible()
    await on(story.guest, "replay-play").click()
    await until("the phone shows the replay", lambda: clock_of(story.guest, "replay-video-screen"))
    await take_picture(story.guest, "replay-phone")
    await on(story.guest, "replay-play").click()
    await _is_usable(story.guest)


async def cut_a_microcourse(story: Story) -> None:
    """Mark a range, name it, wait for the worker, have it reviewed and published."""
    page = story.presenter
    await on(page, "open-editor").click()
    await on(page, "range-start").fill(f"0:{CLIP_START_S:02}")
    await on(page, "range-start").press("Tab")
    await on(page, "range-end").fill(f"0:{CLIP_END_S:02}")
    await on(page, "range-end").press("Tab")
    await on(page, "microcourse-title").fill(CLIP_TITLE)
    await take_picture(page, "editor-pc")
    await on(page, "microcourse-create").click()
    clip = on(page, "clip")
    await expect(clip).to_have_attribute("data-state", "ready", timeout=60_000)
    await take_picture(page, "editor-ready-pc")
    await _is_usable(page)
    await on(page, "microcourse-review").click()
    await on(page, "ask-review").click()
    await expect(on(page, "microcourse-state")).to_have_attribute("data-state", "in_review")
    await _review_it(story, page.url)
    await page.go_back()
    await expect(clip).to_have_attribute("data-state", "published")
    story.clip_id = (await on(page, "microcourse-watch").get_attribute("href") or "").rsplit("/", 1)[1]


async def _review_it(story: Story, url: str) -> None:
    """The administrator finds the request in the list, and approves it."""
    story.admin = await story.browsers.on_pc()
    await story.sign_in(story.admin, "admin")
    await story.open(story.admin, "/admin/microcourses?state=in_review")
    await expect(on(story.admin, "microcourse-row")).to_have_count(1)
    await take_picture(story.admin, "review-list-pc")
    await story.admin.get_by_role("link", name=CLIP_TITLE).click()
    await expect(story.admin).to_have_url(url)
    await on(story.admin, "review-comment").fill("讲得清楚。")
    await take_picture(story.admin, "review-desk-pc")
    await _is_usable(story.admin)
    await on(story.admin, "approve-publish").click()
    await expect(on(story.admin, "microcourse-state")).to_have_attribute("data-state", "published")


async def watch_the_microcourse(story: Story) -> None:
    """李伟 on a PC and 王芳 on her phone watch it; what they play is what is reported."""
    story.phone = await story.browsers.on_phone()
    await asyncio.gather(_watch_on_pc(story), _watch_on_phone(story))
    await _is_usable(story.phone)


async def _watch_on_pc(story: Story) -> None:
    """The whole of it but the middle: 4 s, a jump to 9 s, and on to the end."""
    page = story.li
    with story.truth.leaving("李伟"):
        await story.open(page, "/watch")
        await expect(on(page, "microcourse-card")).to_be_visible()
    await take_picture(page, "microcourses-pc-en-dark")
    await on(page, "microcourse-card").click()
    video = on(page, "microcourse-video")
    await on(page, "replay-play").click()
    await until("the intro is over", lambda: video.evaluate(f"v => v.currentTime > {INTRO_S} + 0.5"))
    seen = await until("the clip shows a clock", lambda: _moment_of_clip(page))
    lesson_began = seen["began"] + INTRO_S * 1000 - CLIP_START_S * 1000
    assert story.truth.spans["started"].is_near(lesson_began, 2_000), "the clip begins where it was marked"
    await until("4 s were played", lambda: video.evaluate("v => v.currentTime >= 4"))
    await take_picture(page, "microcourse-pc-en-dark")
    stopped = await video.evaluate("v => { v.pause(); return v.currentTime }")
    await video.evaluate("v => { v.currentTime = 9 }")
    await until("it jumped", lambda: video.evaluate("v => !v.seeking"))
    await video.evaluate("v => v.play()")
    await until("it ended", lambda: video.evaluate("v => v.ended"), within_s=20)
    length = await video.evaluate("v => v.duration")
    story.played_s["李伟"] = stopped + (length - 9)
    story.clip_length_s = length


async def _moment_of_clip(page: Page) -> dict[str, float] | None:
    """Return when the clip's second 0 was, by its drawn clock."""
    seen: dict[str, float] | None = await page.evaluate(
        """() => {
          const video = document.querySelector('video')
          const found = window.drawnClock.read(video)
          return found && { began: found.ms - video.currentTime * 1000 }
        }"""
    )
    return seen


async def _watch_on_phone(story: Story) -> None:
    page = story.phone
    await story.sign_in(page, "wang")
    await take_picture(page, "home-phone")
    await story.open(page, f"/watch/{story.clip_id}")
    video = on(page, "microcourse-video")
    await on(page, "replay-play").tap()
    await until("the phone plays 5 s", lambda: video.evaluate("v => v.currentTime >= 5"), within_s=20)
    await take_picture(page, "microcourse-phone")
    story.played_s["王芳"] = await video.evaluate("v => { v.pause(); return v.currentTime }")


async def see_who_watched(story: Story) -> None:
    """Coverage at the admin's equals what was played, per person."""
    page = story.admin

    async def reported() -> dict[str, float] | None:
        views = await story.rest(page, "GET", f"/views/microcourse/{story.clip_id}")
        length_s = views["duration_ms"] / 1000
        found = {row["person"]["name"]: row["coverage"] * length_s for row in views["people"]}
        near = all(abs(found.get(name, 0) - played) < 1.0 for name, played in story.played_s.items())
        return found if near and found.keys() == story.played_s.keys() else None

    await until(f"coverage is what was played: {story.played_s}", reported, within_s=12)
    await story.open(page, f"/admin/viewing/microcourse/{story.clip_id}")
    await expect(on(page, "viewing-row")).to_have_count(2)
    percent = round(story.played_s["李伟"] / story.clip_length_s * 100)
    shown = await on(page, "viewing-row").filter(has_text="李伟").inner_text()
    assert any(f"{near}%" in shown for near in range(percent - 8, percent + 9)), shown
    await take_picture(page, "admin-viewing-pc")
    await _is_usable(page)


async def see_who_attended(story: Story) -> None:
    """The attendance page and its CSV say what the script did, to a second."""
    page = story.admin
    table = await story.rest(page, "GET", f"/sessions/{story.session_id}/attendance")
    rows = {(row["person"] or row)["name"]: row for row in table["rows"]}
    assert table["expected"] == 3
    assert set(rows) == {"王芳", "李伟", "张敏", GUEST}
    truth = story.truth
    for name in ("王芳", "李伟", GUEST):
        joined, left = truth.joined[name], truth.left[name]
        intervals = rows[name]["intervals"]
        assert len(intervals) == len(joined), (name, intervals, joined, left)
        for interval, came, went in zip(intervals, joined, left, strict=True):
            assert came.is_near(interval["joined_utc_ms"], NEAR_MS), (name, interval, came)
            assert went.is_near(interval["left_utc_ms"], NEAR_MS), (name, interval, went)
        least, most = truth.present_ms(name)
        assert least - NEAR_MS <= rows[name]["minutes"] * 60_000 <= most + NEAR_MS, (name, least, most)
    statuses = {name: [checkin["status"] for checkin in row["checkins"]] for name, row in rows.items()}
    assert statuses == {
        "王芳": ["on_time", "on_time"],
        "李伟": ["on_time", "late"],
        GUEST: ["absent", "absent"],
        "张敏": ["absent", "absent"],
    }
    assert (rows["张敏"]["intervals"], rows["张敏"]["minutes"]) == ([], 0)
    assert [rows[name]["answers"] for name in ("王芳", "李伟", GUEST, "张敏")] == [1, 1, 1, 0]
    assert (rows[GUEST]["questions"], rows[GUEST]["messages"], rows["王芳"]["messages"]) == (1, 1, 3)
    assert rows[GUEST]["intervals"][0]["device"] == "phone"
    _compare_sheet(
        rows, await story.rest(page, "GET", f"/sessions/{story.session_id}/attendance.csv?lang=zh-CN")
    )
    await story.open(page, f"/admin/sessions/{story.session_id}")
    await expect(on(page, "attendance-row")).to_have_count(4)
    await expect(on(page, "attendance-rate")).to_contain_text("67")
    await take_picture(page, "admin-attendance-pc")
    session = await story.rest(page, "GET", f"/sessions/{story.session_id}")
    assert (session["attended"], session["expected"]) == (2, 3), "the list says the same as the report"


def _compare_sheet(rows: dict[str, Any], sheet: bytes) -> None:
    """The CSV says the same as the table; every row has the same columns."""
    assert sheet.startswith(b"\xef\xbb\xbf")
    reader = csv.DictReader(io.StringIO(sheet.decode("utf-8-sig")), strict=True)
    lines = {line["姓名"]: line for line in reader}
    assert lines.keys() == rows.keys()
    for name, row in rows.items():
        line = lines[name]
        assert abs(float(line["在线分钟"]) - row["minutes"]) < 0.02, line
        if row["intervals"]:
            joined = datetime.strptime(line["首次进入(UTC)"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            assert abs(joined.timestamp() * 1000 - row["intervals"][0]["joined_utc_ms"]) <= NEAR_MS
    assert (lines["王芳"]["第1次签到"], lines["李伟"]["第2次签到"]) == ("准时", "迟到")
    assert (lines["张敏"]["第1次签到"], lines[GUEST]["类型"]) == ("缺席", "访客")


async def look_around(story: Story) -> None:
    """Pictures of the pages that no step above opened."""
    page = story.admin
    for path, name in (
        ("/", "home-admin-pc"),
        ("/admin/sessions", "admin-sessions-pc"),
        ("/admin/people", "admin-people-pc"),
        ("/admin/replays", "admin-replays-pc"),
        ("/admin/api-keys", "admin-keys-pc"),
        ("/admin/audit", "admin-audit-pc"),
        ("/nowhere", "lost-pc"),
    ):
        await story.open(page, path)
        await page.wait_for_load_state("networkidle")
        await take_picture(page, name)
    for path, name in (("/watch", "microcourses-phone"), ("/", "home-after-phone")):
        await story.open(story.phone, path)
        await story.phone.wait_for_load_state("networkidle")
        await take_picture(story.phone, name)
