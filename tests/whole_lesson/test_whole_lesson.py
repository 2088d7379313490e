"""One real lesson in real Chromium, from the first sign-in to the attendance list."""

from pathlib import Path

import pytest

from tests.scripted_lesson.chromium import browsers
from tests.scripted_lesson.class_client import class_client
from tests.scripted_lesson.server import running_server
from tests.whole_lesson import before_the_lesson as before
from tests.whole_lesson import in_the_lesson as during
from tests.whole_lesson.story import Story


@pytest.mark.browser
@pytest.mark.timeout(240)
async def test_a_whole_lesson(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium:
        story = Story(server, chromium)
        await before.plan(story)
        await before.check_devices(story)
        await before.wait_in_the_lobby(story)
        await before.go_live(story)
        await before.share_the_screen(story)
        await before.come_late(story)
        token = await before.host_token(story)
        async with class_client(server.url, token) as story.host:
            await during.li_joins(story)
            await during.check_in(story)
            await during.vote(story)
            await during.ask(story)
            await during.talk(story)
            await during.raise_a_hand(story)
            await during.split_into_groups(story)
            await during.drop_out(story)
            await during.reload_the_studio(story)
            await during.end(story)
