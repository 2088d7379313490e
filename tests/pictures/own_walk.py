"""What a learner finds without a lesson, what somebody without an account does, and what goes wrong."""

from playwright.async_api import Page, Route

from tests.pictures.lens import Lens
from tests.pictures.office_walk import LANGUAGES, signed_in, walk
from tests.scripted_lesson.chromium import Browsers
from tests.scripted_lesson.server import Server
from tests.whole_lesson.story import on


async def own_pages(lens: Lens, browsers: Browsers, server: Server, held: str) -> None:
    """Pages of a learner, and of nobody in particular."""
    for lang in LANGUAGES:
        page = await signed_in(browsers, server, lang, "learner01")
        await walk(
            lens,
            page,
            server.url,
            lang,
            {
                "home": "/",
                "inbox": "/notices",
                "own-attendance": f"/attendance/{held}",
                "pool": f"/questions/{held}",
                "over": f"/room/{held}",
                "give-feedback": f"/feedback/{held}",
                "microcourses": "/watch",
                "connection-test": "/connection-test",
                "not-allowed": "/admin/people",
                "no-replay": "/replay/nobody-knows-it",
                "no-microcourse": "/watch/nobody-knows-it",
                "no-attendance": "/attendance/nobody-knows-it",
            },
        )
        with lens.trying(f"replay-{lang}"):
            await _replay(lens, page, server, lang)
        await page.context.close()
        stranger = await browsers.on_pc(lang)
        paths = {
            "lost": "/no/such/page",
            "no-session": "/room/nobody-knows-it",
            "invited-only": f"/room/{held}",
            "broken-link": f"/room/{held}#t=cut.short.token",
            "old-code": f"/room/{held}#q=cut-short",
            "screen": "/screen",
            "unsubscribe": "/unsubscribe/cut-short",
        }
        await walk(lens, stranger, server.url, lang, paths)
        with lens.trying(f"sign-in-{lang}"):
            await stranger.goto(f"{server.url}/sign-in")
            await on(stranger, "login").fill("somebody")
            await on(stranger, "password").fill("else")
            await on(stranger, "sign-in").click()
            await stranger.get_by_role("alert").wait_for()
            await lens.take(stranger, f"sign-in-{lang}")
        with lens.trying(f"away-{lang}"):
            await _server_away(lens, stranger, server, lang, held)
        await stranger.context.close()


async def _replay(lens: Lens, page: Page, server: Server, lang: str) -> None:
    """The replay and its first microcourse, playing and at a poll."""
    listed = await (await page.request.get(f"{server.url}/api/v1/replays")).json()
    await page.goto(f"{server.url}/replay/{listed['items'][0]['id']}")
    await on(page, "player").wait_for()
    await page.wait_for_timeout(1500)
    await lens.take(page, f"replay-{lang}", whole=True)
    await page.goto(f"{server.url}/watch")
    await on(page, "microcourse-card").first.click()
    await on(page, "microcourse-video").wait_for()
    await page.wait_for_timeout(1500)
    await lens.take(page, f"watch-one-{lang}", whole=True)


async def _server_away(lens: Lens, page: Page, server: Server, lang: str, held: str) -> None:
    async def refuse(route: Route) -> None:
        await route.abort("connectionrefused")

    await page.route("**/api/v1/**", refuse)
    for name, path in {"away-room": f"/room/{held}", "away-home": "/", "away-watch": "/watch"}.items():
        await page.goto(server.url + path)
        await page.locator("h1").first.wait_for()
        await page.wait_for_timeout(600)
        await lens.take(page, f"{name}-{lang}", dark=False)
