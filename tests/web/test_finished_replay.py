"""The finished replay at its page: small pictures over the seek bar, and one picture on a phone."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from lectern.app.wiring import built
from loadtests.replay.lesson_source import Shape, make_lesson
from tests.scripted_lesson.chromium import browsers, take_picture
from tests.scripted_lesson.server import running_server
from tests.web.test_accessibility import violations
from tests.whole_lesson.story import ROSTER, Story, on, until

pytestmark = pytest.mark.browser


async def held_lesson(story: Story, length_s: int = 12) -> str:
    """A lesson that is over, whose recording is a made one; returns the id of its replay."""
    page = story.presenter = await story.browsers.on_pc("en")
    await story.sign_in(page, "presenter")
    session = await story.rest(page, "POST", "/sessions", data={"title": "Fire safety"})
    csv = {"Content-Type": "text/csv"}
    await story.rest(page, "POST", f"/sessions/{session['id']}/roster", data=ROSTER, headers=csv)
    await story.server.end()  # no packager is to look after it
    async with built(story.server.settings()) as services:
        await services.sessions.start(session["id"])
        await services.sessions.end(session["id"])
    folder = story.server.data / "sessions" / session["id"]
    await asyncio.to_thread(make_lesson, folder, Shape(length_s, (4, 8), (640, 360)))
    (folder / "ended").touch()
    await story.server.start()
    replays = await story.rest(page, "GET", "/replays")
    return str(replays["items"][0]["id"])


@pytest.mark.timeout(240)
async def test_a_finished_replay_is_previewed_and_light_on_a_phone(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        replay = await held_lesson(story)
        pc = story.presenter

        async def finished() -> Any:
            return (await story.rest(pc, "GET", f"/replays/{replay}"))["ladder"]

        await until("the replay is finished", finished, within_s=120, every_s=0.5)
        await story.open(pc, f"/replay/{replay}")
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

        phone = await chromium.on_phone("zh-CN")
        await story.sign_in(phone, "presenter")
        asked: list[str] = []
        phone.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        await story.open(phone, f"/replay/{replay}")
        await on(phone, "replay-play").click()
        await phone.wait_for_function(
            "() => { const v = document.querySelector('video'); return v.videoWidth && v.currentTime > 1.5 }",
            timeout=30_000,
        )
        await expect(phone.locator("video")).to_have_count(1)
        assert {"pictures.m3u8", "sound.m3u8"} <= set(asked)
        assert not {"000000.m4s"} & set(asked)
        await take_picture(phone, "replay-one-picture-phone")
