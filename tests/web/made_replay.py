"""A lesson that is over and whose recording is a made one: a replay without waiting for a lesson."""

import asyncio

from lectern.app.wiring import built
from loadtests.replay.lesson_source import Shape, make_lesson
from tests.scripted_lesson.server import STAFF, ZONE
from tests.whole_lesson.story import Story

SCREEN_S = (4, 8)
"""The seconds in which the screen is shared, bright pages of text; the camera, dark, runs all along."""
_PRESENTER = next(one.external_id for one in STAFF if one.login == "presenter")


async def held(story: Story, title: str = "Fire safety", seconds: int = 12, *, roster: bytes = b"") -> str:
    """Have a lesson held, start the server, sign the presenter in, and return the id of the replay.

    `roster` is CSV. A server that runs is ended before: `prepared_server` saves that.
    """
    await story.server.end()  # no packager is to look after it
    async with built(story.server.settings()) as services:
        org = await services.accounts.org()
        people = await services.sessions.people.by_external_id(org.id, [_PRESENTER])
        session = await services.sessions.create(
            org_id=org.id,
            title=title,
            starts_utc_ms=None,
            zone=ZONE,
            presenter_person_id=people[_PRESENTER].id,
            host_person_id=None,
            guests_allowed=False,
        )
        if roster:
            await services.sessions.import_roster(session, roster)
        await services.sessions.start(session.id)
        await services.sessions.end(session.id)
    folder = story.server.data / "sessions" / session.id
    await asyncio.to_thread(make_lesson, folder, Shape(seconds, SCREEN_S, (640, 360)))
    (folder / "ended").touch()
    await story.server.start()
    page = story.presenter = await story.browsers.on_pc("en")
    await story.sign_in(page, "presenter")
    replays = await story.rest(page, "GET", "/replays")
    return str(replays["items"][0]["id"])


async def reviewed(story: Story, clip: str) -> None:
    """Have an administrator approve a finished microcourse, and show it to learners."""
    admin = await story.browsers.on_pc("en")
    await story.sign_in(admin, "admin")
    said = {"version": 1, "approve": True, "publish": True}
    await story.rest(admin, "POST", f"/microcourses/{clip}/review", data=said)
    await admin.context.close()
