"""A lesson in real browsers behind nginx, whose steward is killed: picture, class and replay go on."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import update

from accounts.tables import persons
from lectern.app.cluster.__main__ import settings_of
from lectern.app.cluster.run import Running
from lectern.app.wiring import built
from tests.cluster.running_cluster import SERVERS, kill, small_cluster
from tests.scripted_lesson.chromium import browsers
from tests.scripted_lesson.class_client import class_client
from tests.scripted_lesson.server import Server, set_up_organisation
from tests.whole_lesson import before_the_lesson as before
from tests.whole_lesson.story import TITLE, Story, clock_of, now_ms, until

BACK_WITHIN_S = 40.0
"""6 s of silence, at most 3 s until somebody looks, an offer, and a busy machine."""


def stewards(cluster: Running) -> list[str]:
    """Which servers have taken the session up."""
    return [name for name in SERVERS if "session_steered" in cluster.plan.log(name).read_text()]


def _both_steered(cluster: Running) -> bool:
    return len(stewards(cluster)) == 2


async def _newer_than(story: Story, moment_ms: int) -> bool:
    seen = await clock_of(story.wang, "video-camera")
    return seen is not None and seen > moment_ms


@pytest.mark.browser
@pytest.mark.services
@pytest.mark.timeout(280)
async def test_a_lesson_outlives_the_server_that_steers_it() -> None:
    async with small_cluster() as cluster, browsers() as chromium:
        settings = settings_of(cluster.plan)
        await set_up_organisation(settings)
        async with built(settings) as services, services.database.write() as tx:
            await tx.execute(
                update(persons).where(persons.c.external_id == "L001").values(email="wang@lectern.example")
            )
        story = Story(Server(cluster.plan.data, cluster.plan.port, cluster.plan.first_media_port), chromium)
        try:
            await _teach(story, cluster)
        except BaseException:
            await chromium.take_pictures("failed-cluster")
            raise


async def _teach(story: Story, cluster: Running) -> None:
    for step in (before.plan, before.check_devices, before.wait_in_the_lobby, before.go_live):
        await step(story)
    pages = (story.presenter, story.wang)
    for page in pages:
        await page.evaluate("window.neverReloaded = true")
    async with class_client(story.server.url, await before.host_token(story)) as host:
        (first,) = stewards(cluster)
        kill(cluster, first)
        said = await host.command("chat_send", text="Wir machen weiter.", group=None)
        await host.until("it is told", lambda c: f"message/{said['id']}" in c.entities)
        shown = story.wang.get_by_text("Wir machen weiter.")
        await until("the message", shown.count, 15)  # the class is back before the media is
        # Media flows on as it was arranged, until another server takes over and everybody offers again.
        await until("another one steers", lambda: asyncio.to_thread(_both_steered, cluster), BACK_WITHIN_S)
        taken_ms = now_ms()
        await until("the picture comes back", lambda: _newer_than(story, taken_ms + 1_000), BACK_WITHIN_S)
        assert all([await page.evaluate("window.neverReloaded") for page in pages])
        await host.command("lesson_end")
    recorded = cluster.plan.data / "sessions" / story.session_id
    await until("she is invited by mail", lambda: _mailed(cluster), 30)
    assert sorted(one.name for one in _folders(recorded / "rec")) == ["1", "2"]
    replay = recorded / "hls" / "replay.json"
    await until("the replay is closed", lambda: asyncio.to_thread(replay.exists), 40)


async def _mailed(cluster: Running) -> bool:
    """Whether the invitation came, whichever server sent it; and whatever was killed, at most once more."""
    async with aiohttp.request("GET", f"{cluster.plan.mail_url}/mails.json") as answer:
        mails = (await answer.json())["items"]
    invited = [one for one in mails if TITLE in one["subject"] and cluster.plan.url in one["text"]]
    assert all(one["to"] == ["wang@lectern.example"] for one in mails)
    assert len([one for one in invited if one["subject"].startswith("课程邀请")]) <= 2
    return bool(invited)


def _folders(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.is_dir()]
