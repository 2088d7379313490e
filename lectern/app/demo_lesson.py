"""The demo's past lesson: held for real, in half a minute, by a scripted publisher and scripted learners.

Nothing is inserted: ffmpeg publishes drawn slides over WHIP, people connect over Socket.IO and take part, the
recorder, the packager and the worker do their work. What the demo then shows is what they made of it.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import ffmpeg
import imageio_ffmpeg
import structlog
from socketio.exceptions import SocketIOError

from accounts.service import principal_of
from accounts.store import Org, Person
from catalogue.review import REVIEWERS
from catalogue.states import MicrocourseState, ReplayState
from interactions.question_sets.store import Item
from lectern.app.demo_class import DemoClass, DemoLessonFailed
from lectern.app.demo_quiz import QUIZ_TITLE
from lectern.app.wired.classes import question_library
from lectern.app.wired.services import Services, now_s
from lectern.kernel.access import Principal, SessionGrant
from lectern.kernel.errors import LecternError
from lectern.kernel.roles import SessionRole
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
_PATIENCE_S = 120.0


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
    quiz = await _quiz_for(services, principal_of(presenter), session)
    lesson = _Lesson(services, org, session)
    with tempfile.TemporaryDirectory(prefix="lectern-demo-") as folder:
        film = await asyncio.to_thread(_draw_film, Path(folder))
        async with lesson.members.seat(host, SessionRole.HOST) as staff:
            await lesson.members.command(staff, "lesson_start")
            process = await asyncio.create_subprocess_exec(
                *lesson.publish(film, presenter), stdin=asyncio.subprocess.DEVNULL
            )
            try:
                await lesson.members.take_part(staff, learners, quiz, _SLIDE_S)
                await lesson.members.command(staff, "lesson_end")
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()  # it has nothing to finish: the server has closed its transport
                await process.wait()
    await lesson.members.give_feedback(learners)
    reviewer = next(person for person in people if person.roles & REVIEWERS)
    await lesson.make_microcourse(principal_of(host), principal_of(reviewer))


async def _quiz_for(services: Services, teacher: Principal, session: Session) -> Item:
    """Prepare the demo's questions for a session, and return the one that is asked."""
    library = question_library(services)
    (line,) = await library.page(teacher, QUIZ_TITLE, "", 1)
    (prepared,) = await library.attach(teacher, session.id, [line.id])
    return prepared.items[0]


class _Lesson:
    """The lesson seen from outside: its class, its publisher, and what follows after the end."""

    def __init__(self, services: Services, org: Org, session: Session) -> None:
        self._services = services
        self._org = org
        self._session = session
        settings = services.settings
        self._url = f"{'https' if settings.tls_cert else 'http'}://{settings.host}:{settings.port}"
        self.members = DemoClass(self._url, session.id, settings.consent_version, self._token)

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

    async def make_microcourse(self, editor: Principal, reviewer: Principal) -> None:
        """Cut a microcourse out of the replay, wait for the worker, and have it approved and published."""
        deps = self._services.catalogue
        keeper = deps.keeper
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                if await keeper.refresh(self._session.id):
                    break
                await asyncio.sleep(0.5)
        desk = deps.microcourse_desk
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
        await deps.review_desk.publish(reviewer, cut.id)


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
