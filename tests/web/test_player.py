"""The player in real browsers: sizes that follow the line, keys, sound alone, a network that goes away."""

import asyncio
import re
from asyncio.subprocess import DEVNULL, PIPE
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from playwright.async_api import Page, Route, expect

from tests import firefox
from tests.scripted_lesson.chromium import browsers, kept_phone, kill_phone, take_picture
from tests.scripted_lesson.server import PASSWORD, prepared_server
from tests.web.made_replay import held, reviewed
from tests.web.test_accessibility import violations
from tests.whole_lesson.story import Story, on, until

pytestmark = pytest.mark.browser

_PLAYS = """([selector, after]) => {
  const media = document.querySelector(selector)
  return media && !media.paused && media.readyState > 2 && media.currentTime > after
}"""


async def _published(story: Story) -> tuple[str, str]:
    """Hold a made lesson, cut a microcourse of it and publish that; returns the ids of both."""
    replay = await held(story)
    page = story.presenter

    async def finished() -> Any:
        return (await story.rest(page, "GET", f"/replays/{replay}"))["ladder"]

    await until("the replay is finished", finished, within_s=120, every_s=0.5)
    cut = {"title": "Fire in the kitchen", "start_ms": 0, "end_ms": 12_000}
    clip = str((await story.rest(page, "POST", f"/replays/{replay}/microcourses", data=cut))["id"])

    async def ready() -> bool:
        return bool((await story.rest(page, "GET", f"/microcourses/{clip}"))["state"] == "ready")

    await until("the microcourse is cut", ready, within_s=60, every_s=0.3)
    await reviewed(story, clip)
    return replay, clip


async def _look_at_the_replay(story: Story, replay: str) -> None:
    """Two pictures and small ones over the bar on a PC; one picture on a phone."""
    pc = story.presenter
    chapter = {"kind": "set_chapter", "at_ms": 6_000, "title": "Practice"}
    change = {"change_id": "chapter-1", "from_revision": 0, "operation": chapter}
    await story.rest(pc, "POST", f"/edits/{replay}/revisions", data=change)
    await story.open(pc, f"/replay/{replay}")
    await expect(on(pc, "chapter").filter(has_text="Practice")).to_be_visible()
    await pc.keyboard.press("]")
    assert abs(await _stand(pc) - 6.0) < 0.2
    await pc.keyboard.press("k")
    for picture in ("screen", "camera"):  # over a change of what is shared: another map, in the clear again
        await _plays(pc, f"[data-testid=replay-video-{picture}]", 8.2)
    await pc.keyboard.press("k")
    bar = await on(pc, "seek").bounding_box()
    assert bar is not None
    await pc.mouse.move(bar["x"] + bar["width"] * 0.5, bar["y"] + bar["height"] / 2)
    preview = on(pc, "seek-preview")
    await expect(preview).to_contain_text("0:06")
    style = await preview.locator(".tile").get_attribute("style") or ""
    assert "tiles-000.jpg" in style
    assert "-160px" in style  # the second tile: from 5 s on
    await expect(pc.locator("video")).to_have_count(2)
    assert await violations(pc) == []
    await take_picture(pc, "replay-preview-pc")
    await pc.mouse.move(10, 10)
    await expect(preview).to_have_count(0)

    phone = story.phone = await story.browsers.on_phone("zh-CN")
    await story.sign_in(phone, "li")
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    await story.open(phone, f"/replay/{replay}")
    await on(phone, "replay-play").click()
    await _plays(phone, "video", 1.0)
    await expect(phone.locator("video")).to_have_count(1)
    assert {"master.m3u8", "sound.m3u8"} <= set(asked)
    assert not {"000000.m4s"} & set(asked)
    await take_picture(phone, "replay-one-picture-phone")


async def _embedded(story: Story, replay: str, clip: str) -> None:
    """The code for another site, with what that site shows; who is not signed in there is led to Lectern."""
    pc = story.presenter
    await story.open(pc, f"/replay/{replay}")
    await on(pc, "embed").click()
    await expect(on(pc, "embed-code")).to_have_value(
        re.compile(rf'<iframe src="[^"]*/embed/replay/{replay}"')
    )
    inside = pc.frame_locator("[data-testid=embed-preview]")
    await expect(inside.get_by_test_id("replay-play")).to_be_visible()
    await expect(inside.get_by_role("link")).to_have_count(0)
    await expect(inside.get_by_test_id("embed")).to_have_count(0)
    assert await violations(pc) == []
    await take_picture(pc, "embed-code-pc")
    stranger = await story.browsers.on_phone("zh-CN")
    for path, way in ((f"/embed/microcourse/{clip}", f"/watch/{clip}"), (f"/embed/replay/{replay}",) * 2):
        await story.open(stranger, path)
        link = on(stranger, "embed-open")
        await expect(link).to_have_attribute("href", way.replace("/embed", ""))
        await expect(link).to_have_attribute("target", "_blank")
    assert await violations(stranger) == []
    await take_picture(stranger, "embed-outside-phone")
    await story.open(story.phone, f"/embed/microcourse/{clip}")
    await on(story.phone, "replay-play").click()
    await _plays(story.phone, "video", 0.5)
    await take_picture(story.phone, "embed-phone")


async def _plays(page: Page, selector: str, after_s: float) -> None:
    await page.wait_for_function(_PLAYS, arg=[selector, after_s], timeout=20_000)


async def _stand(page: Page) -> float:
    return float(await on(page, "seek").evaluate("bar => Number(bar.value) / 1000"))


async def _only_with_the_key(story: Story, page: Page, clip: str, asked: list[str]) -> None:
    """What the page fetched is noise to anybody else: a copy, another person, another player."""
    key = next(address for address in asked if address.endswith("/track.key"))
    segment = next(address for address in asked if address.endswith(".m4s"))
    get = """async url => {
      const answer = await fetch(url)
      return [answer.status, [...new Uint8Array(await answer.arrayBuffer())]]
    }"""
    status, kept = await page.evaluate(get, key)
    assert (status, len(kept)) == (200, 16)
    status, noise = await page.evaluate(get, segment)
    assert (status, len(noise) % 16) == (200, 0)
    assert b"moof" not in bytes(noise)
    assert b"mdat" not in bytes(noise)
    assert (await story.presenter.evaluate(get, key))[0] == 403, "a foreign person's key request"
    shown = await story.rest(page, "GET", f"/microcourses/{clip}")
    assert shown["video_url"] is None
    master = story.server.url + shown["ladder"]["master_url"]
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in await page.context.cookies(master))
    assert await _frames(master, f"Cookie: {cookies}\r\n") > 30, "another player, with the viewer's sign-in"
    assert await _frames(master, "") == 0, "another player, without"


async def _frames(playlist: str, headers: str) -> int:
    """How many pictures ffmpeg decodes in the first seconds of a playlist that is closed."""
    command = (get_ffmpeg_exe(), "-v", "error", "-headers", headers, "-t", "2", "-i", playlist)
    ran = await asyncio.create_subprocess_exec(
        *command, "-map", "0:v:0", "-f", "framemd5", "-", stdout=PIPE, stderr=DEVNULL
    )
    said, _ = await asyncio.wait_for(ran.communicate(), 30)
    return sum(not line.startswith(b"#") for line in said.splitlines())


async def _covered_s(story: Story, clip: str, name: str) -> float:
    views = await story.rest(story.presenter, "GET", f"/views/microcourse/{clip}")
    shares = {row["person"]["name"]: row["coverage"] for row in views["people"]}
    return float(shares.get(name, 0.0) * views["duration_ms"] / 1000)


_KEPT = "() => Object.keys(localStorage).filter(name => name.startsWith('lectern.watched.')).length"
_WAITS = """after => {
  const names = Object.keys(localStorage).filter(name => name.startsWith('lectern.watched.'))
  const parcels = names.map(name => JSON.parse(localStorage.getItem(name)))
  const ends = parcels.flatMap(parcel => parcel.waiting.map(waiting => waiting.interval.to_ms))
  const last = Math.max(0, ...ends)
  return last > after && `"to_ms":${last}`
}"""
_SIGN_IN = """async body => {
  const headers = { 'Content-Type': 'application/json', 'X-Lectern': '1' }
  const answer = await fetch('/api/v1/sign-in', { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(await answer.text())
}"""
_PRESS = (
    "id => { const found = document.querySelector(`[data-testid=${id}]`); found?.click(); return !!found }"
)

_BAD = b"WEBVTT\n\n00:01 --> 00:02.000\nx\n\n00:50.000 --> 00:51.000\ny\n"
_GOOD = (
    "WEBVTT\n\n00:00.000 --> 00:15.000\n<v 王芳>厨房起火</v>\n<img src=x onerror=alert(1)>先关火\n".encode()
)


async def _set_the_terms(story: Story, replay: str, clip: str) -> None:
    """The presenter uploads captions, after a wrong file, sets rules, and names a chapter."""
    page = story.presenter
    await story.open(page, f"/watch/{clip}")
    await on(page, "terms-open").click()
    await on(page, "captions-language").select_option("zh-CN")
    file = on(page, "captions-file")
    await file.set_input_files({"name": "a.vtt", "mimeType": "text/vtt", "buffer": _BAD})
    await expect(on(page, "terms-said")).to_contain_text("Line 3: write the times as")
    await expect(on(page, "terms-said")).to_contain_text("Line 6: this is after the end")
    assert await violations(page) == []
    await take_picture(page, "player-terms-wrong-pc")
    await file.set_input_files({"name": "a.vtt", "mimeType": "text/vtt", "buffer": _GOOD})
    await expect(on(page, "terms-said")).to_contain_text("1 caption taken")
    await expect(on(page, "caption-line")).to_have_count(1)
    for rule in ("rule-required", "rule-in-order"):
        await on(page, rule).check()
        await expect(on(page, "terms-said")).to_have_text("Saved")
    in_two_days = datetime.now().astimezone() + timedelta(days=2)
    await on(page, "rule-due").fill(f"{in_two_days:%Y-%m-%dT%H:%M}")
    await on(page, "rule-due").press("Enter")
    await expect(on(page, "due")).to_contain_text("Please watch it by")
    await on(page, "rule-watermark").select_option("true")
    await expect(on(page, "terms-said")).to_have_text("Saved")
    await page.keyboard.press("Escape")
    await expect(on(page, "required")).to_be_visible()


async def _watch_by_the_terms(story: Story, page: Page, clip: str) -> None:
    """Captions, the viewer's name that comes back, and no way ahead by key or by bar."""
    await page.reload()
    await expect(on(page, "watermark")).to_have_text("李伟 L002")
    await on(page, "captions-button").click()
    await expect(on(page, "captions")).to_contain_text("王芳: 厨房起火")
    assert await page.locator("[data-testid=captions] img").count() == 0
    await on(page, "watermark").evaluate("mark => mark.remove()")
    await expect(on(page, "watermark")).to_have_count(1)
    await on(page, "watermark").evaluate("mark => { mark.style.opacity = 0; mark.textContent = '' }")
    await expect(on(page, "watermark")).to_have_text("李伟 L002")
    await page.keyboard.press("f")
    await page.wait_for_function("() => document.fullscreenElement?.querySelector('[data-testid=watermark]')")
    await take_picture(page, "player-full-pc")
    await page.keyboard.press("f")
    limit = float((await story.rest(page, "GET", f"/watch-terms/microcourse/{clip}"))["furthest_ms"]) / 1000
    assert 2 < limit < 12
    await page.keyboard.press("9")
    await expect(on(page, "player-said")).to_contain_text("This lesson is watched in order")
    assert abs(await _stand(page) - limit) < 0.3
    await on(page, "seek").evaluate(
        "bar => { bar.value = 14000; bar.dispatchEvent(new Event('input', { bubbles: true })) }"
    )
    assert abs(await _stand(page) - limit) < 0.3


async def _in_a_small_window(page: Page) -> None:
    """Captions and the viewer's name go along, the picture plays on, and it comes back."""
    await expect(on(page, "captions")).to_contain_text("厨房起火")
    await page.keyboard.press("k")
    before = await _stand(page)
    async with page.context.expect_page() as opened:
        await on(page, "picture-in-picture").click()
    small = await opened.value
    await expect(small.get_by_test_id("captions")).to_contain_text("厨房起火")
    await expect(small.get_by_test_id("watermark")).to_have_text("李伟 L002")
    await _plays(small, "video", before)
    await expect(on(page, "small-window-note")).to_be_visible()
    assert await violations(page) == []
    await take_picture(page, "player-small-window-pc")
    await take_picture(small, "player-small-window")
    await on(page, "small-window-note").get_by_role("button").click()
    await expect(on(page, "captions")).to_be_visible()
    await expect(on(page, "small-window-note")).to_have_count(0)
    await page.keyboard.press("k")


_BARE = """() => {
  delete window.MediaSource; delete window.ManagedMediaSource; delete window.WebKitMediaSource
  const media = HTMLMediaElement.prototype
  const asked = media.canPlayType
  media.canPlayType = function (type) { return /mpegurl/i.test(type) ? '' : asked.call(this, type) }
}"""


async def _on_phones(story: Story, replay: str, clip: str) -> None:
    """In Chinese: what learners see of captions, rules and chapters; what a bare WebView gets."""
    learner = story.phone
    await learner.reload()
    await expect(on(learner, "required")).to_be_visible()
    await expect(on(learner, "due")).to_contain_text("前看完")
    await on(learner, "captions-button").tap()
    await expect(on(learner, "captions")).to_contain_text("厨房起火")
    await take_picture(learner, "player-captions-phone")
    await story.open(learner, f"/replay/{replay}")
    await expect(on(learner, "chapter").first).to_be_visible()
    await on(learner, "chapter").first.scroll_into_view_if_needed()
    await take_picture(learner, "player-chapters-phone")

    bare = await story.browsers.on_phone("zh-CN")
    await bare.add_init_script(f"({_BARE})()")
    await story.sign_in(bare, "presenter")
    await story.open(bare, f"/watch/{clip}")
    await on(bare, "replay-play").tap()
    await _plays(bare, "video[src*='video.mp4']", 0.5)
    await on(bare, "terms-open").tap()
    await expect(on(bare, "caption-line")).to_have_count(1)
    assert await violations(bare) == []
    await take_picture(bare, "player-terms-phone")
    await bare.context.clear_cookies()
    await story.sign_in(bare, "li")  # nothing is given to learners in the clear
    await story.open(bare, f"/watch/{clip}")
    await expect(bare.get_by_text("这个浏览器不能播放课程")).to_be_visible()
    await take_picture(bare, "player-unable-phone")


async def _watched_s(story: Story, clip: str, name: str) -> float:
    """All stretches that somebody's players reported, added up: what counts twice is in it twice."""
    plays = await story.rest(story.presenter, "GET", f"/views/microcourse/{clip}/plays")
    mine = [line for line in plays["items"] if (line["person"] or {}).get("name") == name]
    return float(sum(s["to_ms"] - s["from_ms"] for line in mine for s in line["stretches"]) / 1000)


async def _on_a_phone_that_dies(story: Story, clip: str, profile: Path) -> None:
    """What was watched without a network outlives the browser, whose pages could not say goodbye."""
    async with kept_phone(story.browsers.playwright, profile) as phone:
        await story.sign_in(phone, "zhang")
        await story.open(phone, f"/watch/{clip}")
        await on(phone, "replay-play").tap()
        await _plays(phone, "video", 1.0)
        await phone.context.set_offline(True)
        await _plays(phone, "video", 3.0)
        await on(phone, "replay-play").tap()
        stopped = await _stand(phone)
        waits = await phone.wait_for_function(_WAITS, arg=stopped * 1000 - 500)
        last = str(await waits.json_value())
        log = profile / "Default" / "Local Storage" / "leveldb"

        async def written() -> bool:
            return any(last.encode() in file.read_bytes() for file in log.glob("*.log"))

        # Chromium writes a site's storage to disk once a minute at most.
        await until("the browser wrote it down", written, within_s=90)
        kill_phone(profile)
    assert await _covered_s(story, clip, "张敏") < stopped - 1.0, "the server has not heard of it"
    async with kept_phone(story.browsers.playwright, profile) as phone:
        await phone.context.clear_cookies()
        await story.sign_in(phone, "zhang")
        await story.open(phone, f"/watch/{clip}")

        async def counted() -> bool:
            return abs(await _covered_s(story, clip, "张敏") - stopped) < 1.0

        await until(f"all {stopped} s count, although its page never left", counted)
        await phone.wait_for_function(f"() => !({_KEPT})()")
        await expect(on(phone, "resumed")).to_be_visible()
        assert abs(await _stand(phone) - stopped) < 1.0
        await phone.reload()
        await expect(on(phone, "replay-play")).to_be_visible()
        assert abs(await _watched_s(story, clip, "张敏") - stopped) < 1.0, "nothing counts twice"


async def _without_its_key(page: Page) -> None:
    """A key that is refused is not a broken network: the page says what it is, and opens anew."""

    async def refuse(route: Route) -> None:
        await route.fulfill(status=403, body="")

    await page.route("**/track.key", refuse)
    await page.reload()
    await expect(page.get_by_text("This lesson is not open to you any more")).to_be_visible()
    assert await violations(page) == []
    await take_picture(page, "player-key-refused-pc")
    await page.unroute("**/track.key")
    await on(page, "open-again").click()
    await expect(on(page, "seek")).to_be_visible()
    await page.keyboard.press("k")
    await _plays(page, "video", 0)
    await page.keyboard.press("k")


async def _in_firefox(story: Story, clip: str) -> None:
    """Another maker's browser asks for the key and decrypts."""
    async with firefox.firefox(h264=True) as browser:
        page = await browser.new_page()
        await page.goto(f"{story.server.url}/sign-in")
        await page.evaluate(_SIGN_IN, {"login": "wang", "password": PASSWORD})
        await page.goto(f"{story.server.url}/watch/{clip}")
        await until("there is a button", lambda: page.evaluate(_PRESS, "replay-play"))
        await until("the picture moves", lambda: page.evaluate(_PLAYS, ["video", 0.5]))
        asked = await page.evaluate("() => performance.getEntriesByType('resource').map(e => e.name)")
        assert {"master.m3u8", "track.key"} <= {str(address).rpartition("/")[2] for address in asked}
        frames = "() => document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames"
        assert await page.evaluate(frames) > 5
        await page.take_picture("player-firefox-pc")


@pytest.mark.timeout(420)
async def test_a_microcourse_plays_by_key_as_sound_and_over_a_lost_network(tmp_path: Path) -> None:
    environment = {"LECTERN_ENCRYPT_MEDIA": "true"}
    async with prepared_server(tmp_path, environment) as server, browsers() as chromium:
        story = Story(server, chromium)
        replay, clip = await _published(story)
        await _look_at_the_replay(story, replay)
        page = await chromium.on_pc("en")
        await story.sign_in(page, "li")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await story.open(page, f"/watch/{clip}")

        # By keys: play, faster, the list of keys.
        await expect(on(page, "seek")).to_be_visible()
        await page.keyboard.press("k")
        await _plays(page, "video", 1.0)
        await page.keyboard.press("k")  # a slow machine is not to play it to its end meanwhile
        names = {address.rpartition("/")[2] for address in asked}
        assert {"master.m3u8", "sound.m3u8", "track.key"} <= names
        assert "video.mp4" not in names
        await _only_with_the_key(story, page, clip, asked)
        frames = "v => v.getVideoPlaybackQuality().totalVideoFrames"
        assert await page.locator("video").evaluate(frames) > 10
        await page.keyboard.press(">")
        await expect(on(page, "player-said")).to_have_text("Speed 1.25×")
        await expect(on(page, "speed")).to_have_value("1.25")
        await page.keyboard.press("<")
        await page.keyboard.press("?")
        await expect(on(page, "player-keys")).to_be_visible()
        assert await violations(page) == []
        await take_picture(page, "player-keys-pc")
        await page.keyboard.press("Escape")
        bar = await on(page, "seek").bounding_box()
        assert bar is not None
        await page.mouse.move(bar["x"] + bar["width"] * 0.7, bar["y"] + bar["height"] / 2)
        await expect(on(page, "seek-preview").locator(".tile")).to_be_visible()
        await take_picture(page, "player-microcourse-pc")
        await page.mouse.move(10, 10)

        # The sound alone: it goes on where it was, and no picture is loaded.
        before = await _stand(page)
        await page.keyboard.press("k")
        await _plays(page, "video", before)
        await on(page, "sound-only").click()
        asked.clear()
        await _plays(page, "audio", before)
        await expect(on(page, "sound-only-note")).to_be_visible()
        assert not any(
            name in address for name in ("master.m3u8", "/720.mp4", "/360.mp4") for address in asked
        )
        assert any("/sound.mp4/s" in address or "/sound.m4a/s" in address for address in asked)
        await take_picture(page, "player-sound-only-pc")
        await on(page, "sound-only").click()
        await _plays(page, "video", before)

        # Without a network what is loaded plays on; the page is closed before it is back.
        await page.context.set_offline(True)
        gone_at = await _stand(page)
        await _plays(page, "video", gone_at + 2.0)
        await page.keyboard.press("k")
        stopped = await _stand(page)
        known = await _covered_s(story, clip, "李伟")
        assert known < stopped - 1.5, "the server has not heard of the last seconds"
        await page.wait_for_function(_KEPT)
        await page.goto("about:blank")
        await page.context.set_offline(False)

        # The next page of the same person sends them, once, and goes on there.
        await story.open(page, f"/watch/{clip}")
        await expect(on(page, "resumed")).to_contain_text("Continued where you stopped")
        assert abs(await _stand(page) - stopped) < 1.0

        async def counted() -> bool:
            return abs(await _covered_s(story, clip, "李伟") - stopped) < 1.0

        await until(f"all {stopped} s count", counted, within_s=15)
        await page.wait_for_function(f"() => !({_KEPT})()")
        assert abs(await _watched_s(story, clip, "李伟") - stopped) < 1.0, "nothing counts twice"

        # On a phone of the same person it goes on where they were.
        phone = story.phone
        await story.open(phone, f"/watch/{clip}")
        await expect(on(phone, "resumed")).to_contain_text("另一台设备")
        assert abs(await _stand(phone) - stopped) < 1.0
        await on(phone, "replay-play").tap()
        await _plays(phone, "video", stopped)
        assert await violations(phone) == []
        await take_picture(phone, "player-microcourse-phone")
        await phone.keyboard.press("k")

        await _on_a_phone_that_dies(story, clip, tmp_path / "profile")
        await _without_its_key(page)
        await _in_firefox(story, clip)
        await _set_the_terms(story, replay, clip)
        await _watch_by_the_terms(story, page, clip)
        await _in_a_small_window(page)
        await _on_phones(story, replay, clip)
        await _embedded(story, replay, clip)
