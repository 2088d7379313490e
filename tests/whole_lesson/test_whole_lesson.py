"""One real lesson in real Chromium, from the first sign-in to the attendance list."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.scripted_lesson.chromium import browsers
from tests.scripted_lesson.class_client import class_client
from tests.scripted_lesson.server import running_server
from tests.whole_lesson import after_the_lesson as after
from tests.whole_lesson import before_the_lesson as before
from tests.whole_lesson import in_the_lesson as during
from tests.whole_lesson.story import Story

Step = Callable[[Story], Awaitable[None]]

BEFORE: tuple[Step, ...] = (
    before.plan,
    before.check_devices,
    before.wait_in_the_lobby,
    before.go_live,
    before.share_the_screen,
    before.come_late,
)
DURING: tuple[Step, ...] = (
    during.li_joins,
    during.check_in,
    during.vote,
    during.ask,
    during.talk,
    during.raise_a_hand,
    during.split_into_groups,
    during.drop_out,
    during.reload_the_studio,
    during.end,
)
AFTER: tuple[Step, ...] = (
    after.find_the_replay,
    after.watch_the_replay,
    after.go_on_where_it_stopped,
    after.replay_on_a_phone,
    after.cut_a_microcourse,
    after.watch_the_microcourse,
    after.see_who_watched,
    after.see_who_attended,
    after.look_around,
)


async def _play(story: Story, act: tuple[Step, ...]) -> None:
    """Play an act; pytest shows which step took how long when one of them fails."""
    for step in act:
        started = time.monotonic()
        try:
            await step(story)
        except BaseException:
            await story.browsers.take_pictures(f"failed-{step.__name__}")
            print(story.server.last_words())
            raise
        print(f"{step.__name__:<24} {time.monotonic() - started:6.1f} s")


@pytest.mark.browser
@pytest.mark.timeout(240)
async def test_a_whole_lesson(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        await _play(story, BEFORE)
        async with class_client(server.url, await before.host_token(story)) as story.host:
            await _play(story, DURING)
        await _play(story, AFTER)
