"""`kill -9` of every process in the middle of a lesson: nothing acknowledged is lost, nobody reloads."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lectern.kernel.tasks import task_group
from tests.scripted_lesson.chromium import browsers
from tests.scripted_lesson.class_client import ClassClient, class_client
from tests.scripted_lesson.drawn_clock import clocks_in
from tests.scripted_lesson.processes import pid_of
from tests.scripted_lesson.server import running_server
from tests.whole_lesson import before_the_lesson as before
from tests.whole_lesson.story import Story, clock_of, now_ms, until

MOST_LOST_MS = 2_000
BACK_WITHIN_S = 25.0


@asynccontextmanager
async def live_lesson(data: Path) -> AsyncIterator[Story]:
    """A lesson on air: the presenter's camera and screen, 王芳 watching, both in real Chromium."""
    async with running_server(data) as server, browsers() as chromium:
        story = Story(server, chromium)
        for step in (
            before.plan,
            before.check_devices,
            before.wait_in_the_lobby,
            before.go_live,
            before.share_the_screen,
        ):
            await step(story)
        for page in (story.presenter, story.wang):
            await page.evaluate("window.neverReloaded = true")
        try:
            yield story
        except BaseException:
            await chromium.take_pictures("failed-faults")
            print(server.last_words())
            raise


async def _chatter(host: ClassClient, said: list[str]) -> None:
    """Say something all the time; `said` holds what was acknowledged."""
    for number in itertools.count():
        result = await host.command("chat_send", text=f"Nr. {number}", group=None)
        said.append(result["id"])
        await asyncio.sleep(0.15)


async def _picture_after(story: Story, moment_ms: int) -> None:
    """王芳 sees pictures that were drawn after `moment_ms`, of camera and screen."""
    for source in ("camera", "screen"):

        async def newer(video: str = f"video-{source}") -> bool:
            seen = await clock_of(story.wang, video)
            return seen is not None and seen > moment_ms

        await until(f"the {source} comes back", newer, BACK_WITHIN_S)


async def _kill(story: Story, name: str) -> int:
    """Kill a process of the server; return when."""
    pid = await until(f"there is a {name}", lambda: asyncio.to_thread(pid_of, story.server.pid, name))
    os.kill(pid, signal.SIGKILL)
    return now_ms()


async def _kill_server(story: Story) -> int:
    await story.server.kill()
    killed_ms = now_ms()
    await story.server.start()
    return killed_ms


@pytest.mark.browser
@pytest.mark.timeout(280)
async def test_a_lesson_outlives_the_death_of_each_process(tmp_path: Path) -> None:
    async with live_lesson(tmp_path) as story:
        token = await before.host_token(story)
        said: list[str] = []
        killed: dict[str, int] = {}
        async with class_client(story.server.url, token) as host:
            async with task_group() as tasks:
                chatter = tasks.create_task(_chatter(host, said))
                await asyncio.sleep(2.5)
                killed["media"] = await _kill(story, "media")
                await _picture_after(story, killed["media"])
                await asyncio.sleep(2.5)
                killed["packager"] = await _kill(story, "packager")
                await asyncio.sleep(2.5)
                killed["server"] = await _kill_server(story)
                await _picture_after(story, killed["server"])
                before_the_end = len(said)
                await until("the class talks on", lambda: _longer_than(said, before_the_end + 10))
                chatter.cancel()
            assert host.welcomes >= 2
            async with class_client(story.server.url, host.token) as fresh:
                messages = [p for p in fresh.entities if p.startswith("message/")]
                assert len(said) == len(set(said))
                assert {f"message/{id_}" for id_ in said} <= set(messages)
                texts = [fresh.entities[path]["text"] for path in messages]
                assert len(texts) == len(set(texts)), "no message was taken twice"
                # A frame with nothing in it for the host is not sent: only what is said shows how far it is.
                last = f"message/{(await host.command('chat_send', text='The last word', group=None))['id']}"
                for client in (host, fresh):
                    await client.until("everything that was said is here", lambda c: last in c.entities)
                messages.append(last)
                assert {p: host.entities.get(p) for p in messages} == {p: fresh.entities[p] for p in messages}
            for page in (story.presenter, story.wang):
                assert await page.evaluate("window.neverReloaded")
            await host.command("lesson_end")
        ended_ms = now_ms()
        replay_id = await until("the replay is ready", lambda: _ready_replay(story), 40)
        _nothing_much_is_missing(story, killed, ended_ms)
        await _the_job_is_taken_over(story, replay_id)


async def _longer_than(said: list[str], count: int) -> bool:
    return len(said) > count


async def _ready_replay(story: Story) -> str | None:
    session = await story.rest(story.presenter, "GET", f"/sessions/{story.session_id}")
    if session["replay_id"] is None:
        return None
    replay = await story.rest(story.presenter, "GET", f"/replays/{session['replay_id']}")
    return str(replay["id"]) if replay["state"] == "ready" else None


def _nothing_much_is_missing(story: Story, killed: dict[str, int], ended_ms: int) -> None:
    """Before each kill at most two seconds are missing, and nothing at the packager's."""
    folder = story.server.data / "sessions" / story.session_id / "hls"
    for source in ("camera", "screen"):
        clocks = sorted(clock for _, clock in clocks_in(folder / source / "index.m3u8", ended_ms))
        for name, moment in {**killed, "end": ended_ms}.items():
            last = max(clock for clock in clocks if clock <= moment)
            assert moment - last <= MOST_LOST_MS, (source, name, moment - last)
        around = [c for c in clocks if abs(c - killed["packager"]) < 2_000]
        gaps = [later - earlier for earlier, later in itertools.pairwise(around)]
        assert max(gaps) < 500, (source, "the packager's death left a gap", gaps)


async def _the_job_is_taken_over(story: Story, replay_id: str) -> None:
    """The worker dies while it cuts; another one finishes, and no job is left behind."""
    replay = await story.rest(story.presenter, "GET", f"/replays/{replay_id}")
    clip = await story.rest(
        story.presenter,
        "POST",
        f"/replays/{replay_id}/microcourses",
        data={"title": "Nach dem Absturz", "start_ms": 0, "end_ms": replay["duration_ms"]},
    )

    async def state() -> dict[str, object]:
        found: dict[str, object] = await story.rest(story.presenter, "GET", f"/microcourses/{clip['id']}")
        return found

    async def running() -> bool:
        job = (await state())["job"]
        return isinstance(job, dict) and job["state"] == "running"

    async def ready() -> bool:
        return (await state())["state"] == "ready"

    await until("the cut is running", running, 60)
    await _kill(story, "worker")
    await until("the cut is ready", ready, 70)
    assert "attempt=2" in story.server.log.read_text()
