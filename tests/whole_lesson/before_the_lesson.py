"""Act 1: a session is planned, the presenter goes live, learners come in and see it."""

import asyncio

from playwright.async_api import Page, expect

from tests.scripted_lesson.chromium import take_picture
from tests.whole_lesson.story import GUEST, ROSTER, TITLE, Story, on, picture_moves, until

MOST_DELAY_MS = 2_000  # generous: the figure is printed by script/bench, here it only has to be live


async def plan(story: Story) -> None:
    """The presenter signs in and creates a session that guests may join; the roster arrives as a GBK file."""
    page = story.presenter = await story.browsers.on_pc()
    await story.open(page, "/")
    await take_picture(page, "sign-in-pc")
    await story.sign_in(page, "presenter")
    await take_picture(page, "home-empty-pc")
    await on(page, "create-session").click()
    await on(page, "session-title").fill(TITLE)
    await on(page, "session-guests").check()
    await take_picture(page, "create-session-pc")
    await on(page, "session-create").click()
    await page.wait_for_url("**/studio/*")
    story.session_id = page.url.rsplit("/", 1)[1]
    report = await story.rest(
        page,
        "POST",
        f"/sessions/{story.session_id}/roster",
        data=ROSTER,
        headers={"Content-Type": "text/csv"},
    )
    assert (report["added"], report["errors"]) == (3, [])


async def check_devices(story: Story) -> None:
    """The presenter accepts the consent, sees the preview move and the microphone's level."""
    page = story.presenter
    await on(page, "consent").click()
    await expect(on(page, "preview")).to_be_visible()
    await picture_moves(page, "preview")
    await until("the microphone has a level", lambda: on(page, "mic-level").evaluate("e => e.value > 0.1"))
    await take_picture(page, "studio-prepare-pc")


async def wait_in_the_lobby(story: Story) -> None:
    """王芳 comes by a personal link on a PC, a guest by name on a phone; both wait for the presenter."""
    story.wang, story.guest = await asyncio.gather(
        story.browsers.on_pc(strict=True), story.browsers.on_phone()
    )
    await story.wang.goto((await _invited(story, "learner", "L001"))["url"])
    await expect(on(story.wang, "consent")).to_be_visible()
    await take_picture(story.wang, "lobby-pc")
    with story.truth.joining("王芳"):
        await on(story.wang, "join").click()
        await expect(on(story.wang, "waiting")).to_be_visible()
    await take_picture(story.wang, "waiting-pc")
    await story.open(story.guest, f"/room/{story.session_id}")
    await on(story.guest, "guest-name").fill(GUEST)
    await take_picture(story.guest, "lobby-phone")


async def go_live(story: Story) -> None:
    """The lesson starts with camera and microphone; who waited sees it without doing anything."""
    with story.truth.during("started"):
        await on(story.presenter, "go-live").click()
        await expect(on(story.presenter, "studio")).to_be_visible()
    assert await picture_moves(story.wang, "video-camera") < MOST_DELAY_MS


async def share_the_screen(story: Story) -> None:
    """Screen and camera at the same time, over the connection that is there."""
    await on(story.presenter, "share-screen").click()
    assert await picture_moves(story.wang, "video-screen") < MOST_DELAY_MS
    await picture_moves(story.wang, "video-camera")
    assert await story.presenter.evaluate("window.peers.length") == 1


async def come_late(story: Story) -> None:
    """The guest's phone joins a running lesson: muted picture at once, sound after one tap."""
    with story.truth.joining(GUEST):
        await on(story.guest, "join").click()
        await expect(on(story.guest, "room")).to_be_visible()
    await picture_moves(story.guest, "video-screen")
    await picture_moves(story.guest, "video-camera")
    await asyncio.gather(_hears(story.wang), _hears(story.guest))
    await take_picture(story.presenter, "studio-live-pc")
    await take_picture(story.wang, "room-pc")
    await take_picture(story.guest, "room-phone")


async def host_token(story: Story) -> str:
    """A join token for the host."""
    token: str = (await _invited(story, "host", "S003"))["token"]
    return token


async def learner_token(story: Story, external_id: str) -> str:
    """A join token for a person of the roster."""
    token: str = (await _invited(story, "learner", external_id))["token"]
    return token


async def _invited(story: Story, role: str, external_id: str) -> dict[str, str]:
    link: dict[str, str] = await story.rest(
        story.presenter,
        "POST",
        f"/sessions/{story.session_id}/join-tokens",
        data={"role": role, "external_id": external_id},
    )
    return link


async def _hears(page: Page) -> None:
    """Give the tap for sound where the browser asks for it; then sound arrives."""
    if await on(page, "tap-for-sound").is_visible():
        await on(page, "tap-for-sound").click()
        await expect(on(page, "tap-for-sound")).to_be_hidden()
    await until("sound is heard", lambda: page.evaluate(_SOUND_ENERGY))


_SOUND_ENERGY = """async () => {
  let energy = 0
  for (const peer of window.peers) for (const report of (await peer.getStats()).values())
    if (report.type === 'inbound-rtp' && report.kind === 'audio') energy += report.totalAudioEnergy ?? 0
  return energy > 0.0001
}"""
