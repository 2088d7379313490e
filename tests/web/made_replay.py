"""A lesson that is over and whose recording is a made one: a replay without waiting for a lesson."""

import asyncio

from lectern.app.wiring import built
from loadtests.replay.lesson_source import Shape, make_lesson
from tests.whole_lesson.story import Story


async def held(story: Story, title: str = "Fire safety", seconds: int = 12, *, roster: bytes = b"") -> str:
    """Sign the presenter in, have a lesson held, and return the id of its replay; `roster` is CSV."""
    page = story.presenter = await story.browsers.on_pc("en")
    await story.sign_in(page, "presenter")
    session = await story.rest(page, "POST", "/sessions", data={"title": title})
    if roster:
        path, csv = f"/sessions/{session['id']}/roster", {"Content-Type": "text/csv"}
        await story.rest(page, "POST", path, data=roster, headers=csv)
    await story.server.end()  # no packager is to look after it
    async with built(story.server.settings()) as services:
        await services.sessions.start(session["id"])
        await services.sessions.end(session["id"])
    folder = story.server.data / "sessions" / session["id"]
    await asyncio.to_thread(make_lesson, folder, Shape(seconds, (4, 8), (640, 360)))
    (folder / "ended").touch()
    await story.server.start()
    replays = await story.rest(page, "GET", "/replays")
    return str(replays["items"][0]["id"])


async def reviewed(story: Story, clip: str) -> None:
    """Have an administrator approve a finished microcourse, and show it to learners."""
    admin = await story.browsers.on_pc("en")
    await story.sign_in(admin, "admin")
    said = {"version": 1, "approve": True, "publish": True}
    await story.rest(admin, "POST", f"/microcourses/{clip}/review", data=said)
    await admin.context.close()
