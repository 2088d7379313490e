"""One lesson with forty learners: what staff, learners, a screen and phones before it see, act by act."""

from collections.abc import Awaitable, Callable, Sequence

from playwright.async_api import Page

from tests.pictures.after_acts import after
from tests.pictures.class_acts import check_in, polls
from tests.pictures.group_acts import groups
from tests.pictures.lens import SIZES, SMALL, Lens
from tests.pictures.office_walk import LANGUAGES, signed_in
from tests.pictures.organisation import LEARNERS, crowd, office
from tests.pictures.screen_acts import screen
from tests.pictures.stage import Stage
from tests.pictures.talk_acts import talk
from tests.pictures.trouble_acts import trouble
from tests.scripted_lesson.chromium import Browsers
from tests.scripted_lesson.class_client import class_client
from tests.scripted_lesson.server import Server
from tests.whole_lesson.story import on

TITLE = "门店安全：从一次真实的火警说起 · Store safety: what a real fire alarm taught us"
ACTS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "checkin": check_in,
    "polls": polls,
    "talk": talk,
    "screen": screen,
    "groups": groups,
    "trouble": trouble,
    "after": after,
}


async def _before(lens: Lens, browsers: Browsers, server: Server, session_id: str) -> None:
    """The studio's devices, the lobby, the waiting room."""
    for lang in LANGUAGES:
        studio = await signed_in(browsers, server, lang, "presenter")
        await studio.goto(f"{server.url}/studio/{session_id}")
        if lang == LANGUAGES[0]:
            await on(studio, "consent").wait_for()
            await lens.take(studio, f"studio-consent-{lang}")
        await _to_devices(studio)
        await lens.take(studio, f"studio-before-{lang}", whole=True)
        await studio.context.close()
        guest = await browsers.on_pc(lang)
        await guest.goto(f"{server.url}/room/{session_id}")
        await on(guest, "guest-name").fill("Ann")
        await lens.take(guest, f"lobby-{lang}", sizes=SIZES | {"360": SMALL})
        await on(guest, "join").click()
        await on(guest, "waiting").wait_for()
        await lens.take(guest, f"waiting-{lang}")
        await guest.context.close()


async def _to_devices(studio: Page) -> None:
    """Agree, unless this person has, and come to the devices."""
    await on(studio, "consent").or_(on(studio, "preview")).first.wait_for()
    if await on(studio, "consent").is_visible():
        await on(studio, "consent").click()
    await on(studio, "preview").wait_for()


async def lesson(lens: Lens, browsers: Browsers, server: Server, acts: Sequence[str]) -> None:
    """Hold the lesson and look at each act; an act that fails is told, and the next goes on."""
    async with office(server, "presenter") as door:
        session_id = await door.plan(TITLE)
        tokens = await door.tokens(session_id, "learner", LEARNERS)
        (staff,) = await door.tokens(session_id, "host", ["S003"])
    if "checkin" in acts:
        with lens.trying("before"):
            await _before(lens, browsers, server, session_id)
    async with class_client(server.url, staff) as host, crowd(server.url, tokens[:-2]) as people:
        stage = Stage(lens, browsers, server, session_id, host, people)
        for lang, token in zip(LANGUAGES, tokens[-2:], strict=True):
            # The presenter goes on air from one page; the host leads from the other, without devices.
            page = stage.staff[lang] = await signed_in(
                browsers, server, lang, "presenter" if lang == LANGUAGES[0] else "host"
            )
            link = "" if lang == LANGUAGES[0] else f"#t={staff}"
            await page.goto(f"{server.url}/studio/{session_id}{link}")
            if lang == LANGUAGES[0]:
                await _to_devices(page)
                await on(page, "go-live").click()
            await on(page, "studio").wait_for()
            page = stage.learners[lang] = await browsers.on_pc(lang)
            await page.goto(f"{server.url}/room/{session_id}#t={token}")
            await on(page, "join").click()
            await on(page, "room").wait_for()
        for name, act in ACTS.items():
            if name in acts:
                with lens.trying(name):
                    await act(stage)
