"""The demo's past lesson: held for real, in half a minute, by a scripted publisher and scripted learners.

Nothing is inserted: ffmpeg publishes drawn slides over WHIP, people connect over Socket.IO and take part, the
recorder, the packager and the worker do their work. What the demo then shows is what they made of it.
"""

import asyncio
import contextlib
import tempfile
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import ffmpeg
import imageio_ffmpeg
import socketio
import structlog
from socketio.exceptions import SocketIOError

from accounts.service import principal_of
from accounts.store import Org, Person
from catalogue.microcourses import MicrocourseDesk
from catalogue.states import MicrocourseState, ReplayState
from lectern.app.wiring import Services, now_s
from lectern.kernel.access import Principal, SessionGrant
from lectern.kernel.errors import LecternError
from lectern.kernel.roles import SessionRole
from lectern.kernel.tasks import task_group
from mediaworker.intro_card import draw_card
from sessions.lesson.idea import LessonState
from sessions.store import Session

_log = structlog.get_logger()
TITLE = "客户服务八分钟 · Service in eight minutes"
_SLIDES = (
    ("客户服务八分钟\nService in eight minutes", "示范公司 Demo Company"),
    ("一、先听完，再回答\n1. Listen to the end, then answer", "倾听 · Listen"),
    ("二、说清下一步\n2. Say what happens next", "承诺 · Promise"),
    ("三、当天回访\n3. Call back the same day", "回访 · Follow up"),
)
_SLIDE_S = 10
_HELD = "demo-lesson-held"
_CUT_MS = (10_000, 30_000)
_SIZE = (1280, 720)
_ATTENDING = 24
_PATIENCE_S = 120.0


class DemoLessonFailed(Exception):
    """The past lesson could not be held; the demo works without it."""


async def hold_past_lesson(services: Services) -> None:
    """Hold the lesson once per installation; report failure in the log, and never end the server.

    A start that was cut short leaves a lesson that nobody will end: it is ended, and another one held.
    """
    held = services.settings.data / _HELD
    if held.exists():
        return
    try:
        await _end_leftovers(services)
        print(f"  Holding the demo's past lesson, “{TITLE}”: about a minute, in the background …", flush=True)
        await _hold(services)
        held.touch()
        print("  The past lesson's replay, microcourse and attendance are ready.", flush=True)
    except (LecternError, DemoLessonFailed, OSError, TimeoutError, ffmpeg.Error, SocketIOError) as error:
        _log.error("demo_lesson_failed", error=repr(error))


async def _end_leftovers(services: Services) -> None:
    async with services.database.read() as tx:
        live = await services.sessions.store.in_state(tx, LessonState.LIVE)
    for session in live:
        if session.title == TITLE:
            await services.sessions.end(session.id)


async def _hold(services: Services) -> None:
    org = await services.accounts.org()
    async with services.database.read() as tx:
        people = await services.accounts.store.search(
            tx, org.id, q="", department_ids=None, after="", limit=100
        )
    learners = [p for p in people if p.external_id.startswith("L")]
    presenter, host = (next(p for p in people if p.external_id == number) for number in ("S002", "S003"))
    session = await services.sessions.create(
        org_id=org.id,
        title=TITLE,
        starts_utc_ms=None,
        zone=org.zone,
        presenter_person_id=presenter.id,
        host_person_id=host.id,
        guests_allowed=False,
    )
    await services.sessions.expect(session, [p.id for p in learners])
    lesson = _Lesson(services, org, session)
    with tempfile.TemporaryDirectory(prefix="lectern-demo-") as folder:
        film = await asyncio.to_thread(_draw_film, Path(folder))
        async with lesson.seat(host, SessionRole.HOST) as staff:
            await lesson.command(staff, "lesson_start")
            process = await asyncio.create_subprocess_exec(
                *lesson.publish(film, presenter), stdin=asyncio.subprocess.DEVNULL
            )
            try:
                await lesson.take_part(staff, learners)
                await lesson.command(staff, "lesson_end")
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()  # it has nothing to finish: the server has closed its transport
                await process.wait()
    await lesson.make_microcourse(principal_of(host))


class _Lesson:
    """The script's hands: seats, commands, and what follows after the end."""

    def __init__(self, services: Services, org: Org, session: Session) -> None:
        self._services = services
        self._org = org
        self._session = session
        settings = services.settings
        self._url = f"{'https' if settings.tls_cert else 'http'}://{settings.host}:{settings.port}"

    def publish(self, film: Path, presenter: Person) -> Sequence[str]:
        """Return the command that publishes the film over WHIP, in real time."""
        return (
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "quiet", "-re", "-i", str(film), "-c:v", "copy"),
            *("-c:a", "libopus", "-ar", "48000", "-ac", "2", "-f", "whip"),
            *("-authorization", self._token(presenter, SessionRole.PRESENTER)),
            f"{self._url}/whip/{self._session.id}",
        )

    def _token(self, person: Person, role: SessionRole) -> str:
        grant = SessionGrant(self._session.id, role, person.id)
        return self._services.tokens.issue(self._org.id, grant, now_s=now_s(), ttl_s=600)

    @asynccontextmanager
    async def seat(self, person: Person, role: SessionRole) -> AsyncIterator[socketio.AsyncClient]:
        """Hold a person's connection to the class."""
        client = socketio.AsyncClient(reconnection=False)
        auth = {
            "token": self._token(person, role),
            "device": "phone" if int(person.external_id[1:]) % 2 else "pc",
            "consent": self._services.settings.consent_version,
            "source": "demo",
        }
        await client.connect(
            self._url, namespaces=["/class"], auth=auth, transports=["websocket"], wait_timeout=20
        )
        try:
            yield client
        finally:
            await client.disconnect()

    async def command(self, client: socketio.AsyncClient, name: str, **data: Any) -> dict[str, Any]:
        """Give a command and return its result."""
        message = {"id": uuid.uuid4().hex, "type": name, "data": data}
        answer = await client.call("command", message, namespace="/class", timeout=20)
        if "error" in answer:
            msg = f"{name}: {answer['error']['code']}"
            raise DemoLessonFailed(msg)
        result: dict[str, Any] = answer["result"]
        return result

    async def take_part(self, staff: socketio.AsyncClient, learners: Sequence[Person]) -> None:
        """Play the class while the film runs: come, check in, vote, ask, and leave one after another."""
        greeting = "早上好！请签到 · Good morning, please check in"
        checkin = await self.command(
            staff, "checkin_open", message=greeting, seconds=30, late_after_seconds=5
        )
        poll: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        asked: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        async with task_group() as tasks:
            for number, person in enumerate(learners[:_ATTENDING]):
                tasks.create_task(self._learner(number, person, checkin["id"], poll, asked))
            await asyncio.sleep(_SLIDE_S * 1.5)
            opened = await self.command(
                staff,
                "poll_open",
                question="客户生气时，第一步做什么？ · A customer is angry. What comes first?",
                options=["解释原因 · Explain", "先听完 · Listen to the end", "转给同事 · Hand over"],
                show="live",
            )
            poll.set_result(opened["id"])
            await asyncio.sleep(_SLIDE_S)
            await self.command(staff, "poll_close", id=opened["id"])
            question = await asked
            await self.command(staff, "question_publish", id=question)
            await self.command(
                staff, "question_answer", id=question, text="当天回访 · Call back the same day"
            )
            await asyncio.sleep(_SLIDE_S * 1.5)

    async def _learner(
        self,
        number: int,
        person: Person,
        checkin: str,
        poll: "asyncio.Future[str]",
        asked: "asyncio.Future[str]",
    ) -> None:
        await asyncio.sleep(0.3 * number)
        async with self.seat(person, SessionRole.LEARNER) as client:
            if number % 8 != 7:
                await self.command(client, "checkin_answer", id=checkin)
            if number == 3:
                question = "投诉超过一天没有回复怎么办？ · What if a complaint waited longer than a day?"
                asked.set_result((await self.command(client, "question_ask", text=question))["id"])
            if number % 5 == 1:
                await self.command(client, "chat_send", text="大家好 · Hello everybody", group=None)
            vote = 1 if number % 3 else number % 2 * 2
            await self.command(client, "poll_vote", id=await asyncio.shield(poll), option=vote)
            await asyncio.sleep(2 + number % 7 * 2)

    async def make_microcourse(self, editor: Principal) -> None:
        """Cut a microcourse out of the replay, wait for the worker, and publish it."""
        deps = self._services.catalogue
        keeper = deps.keeper
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                if await keeper.refresh(self._session.id):
                    break
                await asyncio.sleep(0.5)
        desk = MicrocourseDesk(keeper.database, keeper.files, keeper.store, keeper.jobs, deps.clock)
        async with keeper.database.read() as tx:
            replay = await keeper.store.replay_of(tx, self._session.id)
        assert replay is not None
        assert replay.state is ReplayState.READY
        start_ms, end_ms = _CUT_MS
        title = "先听完，再回答 · Listen first"
        cut = await desk.create(editor, replay.id, title=title, start_ms=start_ms, end_ms=end_ms)
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                async with keeper.database.read() as tx:
                    state = (await keeper.store.microcourse(tx, cut.id)).state
                if state is not MicrocourseState.PROCESSING:
                    break
                await asyncio.sleep(0.5)
        if state is not MicrocourseState.READY:
            msg = "the microcourse could not be made"
            raise DemoLessonFailed(msg)
        await desk.publish(editor, cut.id)


def _draw_film(folder: Path) -> Path:
    """Draw slides with a quiet tone under them, as H.264 and AAC with a keyframe a second."""
    listing = folder / "slides.txt"
    lines: list[str] = []
    for number, (title, subtitle) in enumerate(_SLIDES):
        draw_card(folder / f"{number}.png", title, subtitle, "#6EA0FF", _SIZE)
        lines += [f"file {number}.png", f"duration {_SLIDE_S}"]
    listing.write_text("\n".join([*lines, f"file {len(_SLIDES) - 1}.png"]) + "\n")
    film = folder / "film.mp4"
    seconds = _SLIDE_S * len(_SLIDES) + 30
    picture = (
        ffmpeg.input(str(listing), format="concat")
        .filter("fps", 15)
        .filter("tpad", stop=-1, stop_mode="clone")
    )
    sound = ffmpeg.input("sine=f=220", format="lavfi").filter("volume", 0.05)
    shape = {"vcodec": "libx264", "preset": "veryfast", "profile:v": "baseline", "bf": 0, "g": 15}
    ffmpeg.output(picture, sound, str(film), t=seconds, pix_fmt="yuv420p", acodec="aac", **shape).run(
        cmd=imageio_ffmpeg.get_ffmpeg_exe(), quiet=True
    )
    return film
