"""A disk that fills up during a lesson: the presenter is told, the lesson goes on, the recording recovers."""

import asyncio
import itertools
import resource
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.faults.test_kills import live_lesson
from tests.scripted_lesson.chromium import take_picture
from tests.scripted_lesson.class_client import class_client
from tests.scripted_lesson.drawn_clock import clocks_in
from tests.scripted_lesson.processes import pid_of
from tests.whole_lesson import before_the_lesson as before
from tests.whole_lesson.story import now_ms, on, picture_moves, until


@pytest.mark.browser
@pytest.mark.timeout(180)
async def test_a_full_disk_is_told_and_survived(tmp_path: Path) -> None:
    async with live_lesson(tmp_path) as story:
        media = await asyncio.to_thread(pid_of, story.server.pid, "media")
        assert media is not None
        _, hard = resource.prlimit(media, resource.RLIMIT_FSIZE)
        # No file may grow beyond some bytes: for the recorder the same as a disk without space (EFBIG).
        resource.prlimit(media, resource.RLIMIT_FSIZE, (16, hard))
        full_ms = now_ms()
        problem = on(story.presenter, "recording-problem")
        await expect(problem).to_contain_text("磁盘已满", timeout=10_000)
        await take_picture(story.presenter, "studio-disk-full-pc")
        assert await on(story.wang, "recording-problem").count() == 0
        assert "recording" not in await story.wang.evaluate("window.__lectern.entities()")
        assert await picture_moves(story.wang, "video-screen") < 2_000
        resource.prlimit(media, resource.RLIMIT_FSIZE, (hard, hard))
        await expect(problem).to_be_hidden(timeout=10_000)
        recovered_ms = now_ms()
        await asyncio.sleep(2)
        async with class_client(story.server.url, await before.host_token(story)) as host:
            await host.command("lesson_end")
        playlist = tmp_path / "sessions" / story.session_id / "hls" / "screen" / "index.m3u8"
        await until("the replay is closed", lambda: asyncio.to_thread(_closed, playlist), 30)
        clocks = sorted(c for _, c in clocks_in(playlist, now_ms()))
        during = [c for c in clocks if full_ms - 1_000 < c < recovered_ms + 1_000]
        assert max(b - a for a, b in itertools.pairwise(during)) < 500, "what waited in memory was written"


def _closed(playlist: Path) -> bool:
    return playlist.exists() and "#EXT-X-ENDLIST" in playlist.read_text()
