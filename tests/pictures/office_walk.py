"""Pages of the administration that need no running lesson, and the dialogs that they open."""

from collections.abc import Mapping
from typing import Any

from playwright.async_api import Page

from tests.pictures.lens import DENSE, SIZES, Lens
from tests.pictures.organisation import passwords
from tests.scripted_lesson.chromium import Browsers
from tests.scripted_lesson.server import Server
from tests.whole_lesson.story import on

LANGUAGES = ("en", "zh-CN")
_SETTLES_MS = 400
_MAIN = frozenset({"sessions", "session", "people", "set", "home", "inbox", "own-attendance"})
"""Pages that are looked at on a small phone and zoomed as well."""


async def signed_in(browsers: Browsers, server: Server, lang: str, login: str) -> Page:
    """A page of somebody who signed in."""
    page = await browsers.on_pc(lang)
    sent = {"login": login, "password": passwords(server)[login]}
    answer = await page.request.post(f"{server.url}/api/v1/sign-in", data=sent, headers={"X-Lectern": "1"})
    assert answer.ok, await answer.text()
    return page


async def walk(lens: Lens, page: Page, url: str, lang: str, paths: Mapping[str, str]) -> None:
    """Take each page under its name, all that can be scrolled to."""
    for name, path in paths.items():
        with lens.trying(f"{name}-{lang}"):
            await page.goto(url + path)
            await page.locator("h1").first.wait_for()
            await page.wait_for_load_state("networkidle")
            await page.wait_for_timeout(_SETTLES_MS)
            await lens.take(page, f"{name}-{lang}", whole=True)
            if name in _MAIN:
                await lens.take(page, f"{name}-{lang}", whole=True, sizes=DENSE, dark=False)


async def _first(page: Page, url: str, path: str) -> str:
    """Return the id of the first item that an address of the API lists."""
    answer = await page.request.get(f"{url}/api/v1{path}", headers={"X-Lectern": "1"})
    found: dict[str, Any] = await answer.json()
    return str(found["items"][0]["id"])


async def _dialogs(lens: Lens, page: Page, url: str, lang: str, held: str) -> None:
    with lens.trying(f"rule-{lang}"):
        await page.goto(f"{url}/admin/sessions/{held}")
        await on(page, "open-rule").click()
        await lens.take(page, f"rule-{lang}")
        await page.keyboard.press("Escape")
    with lens.trying(f"person-{lang}"):
        await on(page, "open-person").first.click()
        await page.wait_for_timeout(_SETTLES_MS)
        await lens.take(page, f"decision-{lang}")
        await page.keyboard.press("Escape")
    with lens.trying(f"planned-{lang}"):
        planned = await _first(page, url, "/sessions?state=scheduled")
        await page.goto(f"{url}/admin/sessions/{planned}")
        await page.locator("h1").first.wait_for()
        await on(page, "open-stream-keys").locator("summary").click()
        await lens.take(page, f"planned-{lang}", whole=True)
        for button in ("move-session", "cancel-session"):
            await on(page, button).click()
            await lens.take(page, f"{button}-{lang}", dark=False)
            await page.keyboard.press("Escape")
    with lens.trying(f"create-{lang}"):
        await page.goto(url)
        await on(page, "create-session").click()
        await page.get_by_role("combobox").first.fill("明")
        await page.wait_for_timeout(2 * _SETTLES_MS)
        await lens.take(page, f"create-{lang}", sizes=SIZES | DENSE)


async def administration(lens: Lens, browsers: Browsers, server: Server, held: str) -> None:
    """Every page of the console, with a lesson that 36 of 42 came to."""
    session = f"/admin/sessions/{held}"
    for lang in LANGUAGES:
        page = await signed_in(browsers, server, lang, "admin")
        paths = {
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
            "no-session-here": "/admin/sessions/nobody-knows-it",
        }
        with lens.trying("what the demo has"):
            replay = await _first(page, server.url, "/replays")
            paths |= {
                "viewing": f"/admin/viewing/replay/{replay}",
                "editor": f"/editor/{replay}",
                "set-old": f"/admin/questions/{await _first(page, server.url, '/question-sets')}",
            }
        await walk(lens, page, server.url, lang, paths)
        await _dialogs(lens, page, server.url, lang, held)
        await page.context.close()
