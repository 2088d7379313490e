"""Pages that need no running lesson: administration, results, home, notices, and what goes wrong."""

from playwright.async_api import Page

from tests.pictures.lens import Lens
from tests.pictures.organisation import passwords
from tests.scripted_lesson.chromium import Browsers
from tests.scripted_lesson.server import Server
from tests.whole_lesson.story import on

LANGUAGES = ("en", "zh-CN")
_SETTLES_MS = 400


async def signed_in(browsers: Browsers, server: Server, lang: str, login: str) -> Page:
    """A page of somebody who signed in."""
    page = await browsers.on_pc(lang)
    sent = {"login": login, "password": passwords(server)[login]}
    answer = await page.request.post(f"{server.url}/api/v1/sign-in", data=sent, headers={"X-Lectern": "1"})
    assert answer.ok, await answer.text()
    return page


async def _walk(lens: Lens, page: Page, url: str, lang: str, paths: dict[str, str]) -> None:
    for name, path in paths.items():
        await page.goto(url + path)
        await page.locator("h1").first.wait_for()
        await page.wait_for_load_state("networkidle")
        await page.wait_for_timeout(_SETTLES_MS)
        await lens.take(page, f"{name}-{lang}", whole=True)


async def administration(lens: Lens, browsers: Browsers, server: Server, held: str) -> None:
    """Every page of the console, with a lesson that 36 of 40 came to."""
    session = f"/admin/sessions/{held}"
    for lang in LANGUAGES:
        page = await signed_in(browsers, server, lang, "admin")
        await _walk(
            lens,
            page,
            server.url,
            lang,
            {
                "sessions": "/admin/sessions",
                "session": session,
                "poll-results": f"{session}/polls",
                "groups": f"{session}/groups",
                "feedback": f"{session}/feedback",
                "people": "/admin/people",
                "library": "/admin/questions",
                "set": "/admin/questions/new",
                "growth": "/admin/growth?q=Fire",
                "work-items": "/admin/feedback",
                "replays": "/admin/replays",
                "sent": "/admin/notices",
                "api-keys": "/admin/api-keys",
                "audit": "/admin/audit",
            },
        )
        await page.context.close()


async def own_pages(lens: Lens, browsers: Browsers, server: Server, held: str) -> None:
    """What a learner finds without a lesson, and what somebody without an account does."""
    for lang in LANGUAGES:
        page = await signed_in(browsers, server, lang, "learner01")
        await _walk(
            lens,
            page,
            server.url,
            lang,
            {
                "home": "/",
                "inbox": "/notices",
                "own-attendance": f"/attendance/{held}",
                "microcourses": "/watch",
                "connection-test": "/connection-test",
                "not-allowed": "/admin/people",
            },
        )
        await page.context.close()
        stranger = await browsers.on_pc(lang)
        paths = {"lost": "/no/such/page", "no-session": "/room/nobody-knows-it", "screen": "/screen"}
        await _walk(lens, stranger, server.url, lang, paths)
        await stranger.goto(f"{server.url}/sign-in")
        await on(stranger, "login").fill("somebody")
        await on(stranger, "password").fill("else")
        await on(stranger, "sign-in").click()
        await stranger.get_by_role("alert").wait_for()
        await lens.take(stranger, f"sign-in-{lang}")
        await stranger.context.close()
