"""What a learner sees when something is in the way: a bad link, no network, no WebRTC, being removed."""

from tests.pictures.lens import PHONE, SIZES, SMALL
from tests.pictures.office_walk import LANGUAGES
from tests.pictures.stage import Stage
from tests.whole_lesson.story import on

_PHONES = {"phone": PHONE, "360": SMALL}
_WITHOUT_WEBRTC = "delete window.RTCPeerConnection"


async def trouble(stage: Stage) -> None:
    """Each as a guest of their own, in both languages."""
    for lang in LANGUAGES:
        with stage.lens.trying(f"bad link-{lang}"):
            await _bad_link(stage, lang)
        with stage.lens.trying(f"guest-{lang}"):
            await _guest(stage, lang)
        with stage.lens.trying(f"old browser-{lang}"):
            await _old_browser(stage, lang)


async def _bad_link(stage: Stage, lang: str) -> None:
    page = await stage.browsers.on_pc(lang)
    await page.goto(f"{stage.server.url}/room/{stage.session_id}#t=cut.short.token")
    await on(page, "join").click()
    await page.get_by_role("heading", level=1).wait_for()
    await page.wait_for_timeout(800)
    await stage.lens.take(page, f"bad-link-{lang}", dark=False)
    await page.goto(f"{stage.server.url}/")  # another document: the next address is opened anew
    await page.goto(f"{stage.server.url}/room/{stage.session_id}#q=cut-short")
    await page.get_by_role("heading", level=1).wait_for()
    await stage.lens.take(page, f"stale-code-{lang}", dark=False)
    await page.context.close()


async def _guest(stage: Stage, lang: str) -> None:
    page = await stage.browsers.on_pc(lang)
    await page.goto(f"{stage.server.url}/room/{stage.session_id}")
    await on(page, "guest-name").fill(f"Guest {lang}")
    await on(page, "join").click()
    await on(page, "room").wait_for()
    await page.context.set_offline(True)
    await on(page, "banner-offline").wait_for(timeout=60_000)
    await stage.lens.take(page, f"offline-{lang}", sizes=SIZES | _PHONES)
    await page.context.set_offline(False)
    await on(page, "banner-offline").wait_for(state="detached", timeout=60_000)
    await stage.host.command("participant_remove", participant=_guest_id(stage, f"Guest {lang}"))
    await page.get_by_role("heading", level=1).wait_for()
    await page.wait_for_timeout(800)
    await stage.lens.take(page, f"removed-{lang}", dark=False)
    await page.context.close()


def _guest_id(stage: Stage, name: str) -> str:
    people = (e for path, e in stage.host.entities.items() if path.startswith("participant/"))
    return str(next(person["id"] for person in people if person["name"] == name))


async def _old_browser(stage: Stage, lang: str) -> None:
    page = await stage.browsers.on_pc(lang)
    await page.add_init_script(_WITHOUT_WEBRTC)
    await page.goto(f"{stage.server.url}/room/{stage.session_id}")
    await on(page, "guest-name").fill(f"Old {lang}")
    await on(page, "join").click()
    await on(page, "room").wait_for()
    await page.wait_for_timeout(9_000)  # until its patience with real-time pictures is over
    await stage.lens.take(page, f"without-webrtc-{lang}", sizes=SIZES | _PHONES, dark=False)
    await page.context.close()
