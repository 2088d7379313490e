"""A full stage: a presenter, a learner on Chromium and ten scripted guests; a PC and a phone watch."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.full_stage.puppet import Puppet, puppet
from tests.scripted_lesson.chromium import Browsers, browsers, take_picture
from tests.scripted_lesson.class_client import ClassClient, class_client
from tests.scripted_lesson.server import Server, running_server
from tests.whole_lesson.story import Story, on, until

GUESTS = 10
NAMES = ("赵一鸣", "钱小雨", "Ann Lee", "孙立", "Ben Fox", "周涛", "吴敏", "郑爽", "Cy Young", "王磊")

_DECODED = """async () => {
  const found = {}
  for (const peer of window.peers) {
    if (peer.connectionState !== 'connected') continue
    for (const report of (await peer.getStats()).values())
      if (report.type === 'inbound-rtp') found[report.mid] = {
        kind: report.kind, packets: report.packetsReceived, frames: report.framesDecoded ?? 0,
        width: report.frameWidth ?? 0 }
  }
  return found
}"""
_SENT = """async () => {
  const found = {}
  for (const peer of window.peers) for (const report of (await peer.getStats()).values())
    if (report.type === 'outbound-rtp' && report.rid) found[report.rid] = report.active
  return found
}"""


async def received(page: Page) -> dict[str, Any]:
    """What the page's slots have brought, by mid."""
    found: dict[str, Any] = await page.evaluate(_DECODED)
    return found


async def slots_of(page: Page) -> dict[str, Any]:
    """Which track of whom is in which slot."""
    found: dict[str, Any] = (await page.evaluate("window.__lectern.media()"))["slots"]
    return {mid: slot for mid, slot in found.items() if slot}


async def mid_of(page: Page, participant: str, source: str) -> str | None:
    """The slot in which a source of somebody is."""
    slots = await slots_of(page)
    found = (m for m, s in slots.items() if (s["participant"], s["source"]) == (participant, source))
    return next(found, None)


class FullStage:
    """The people of the test."""

    def __init__(self, server: Server, chromium: Browsers) -> None:
        self.story = Story(server, chromium)
        self.puppets: list[Puppet] = []
        self.host: ClassClient
        self.viewer: Page
        self.phone: Page
        self.guest: Page

    async def token(self, role: str, **who: str) -> dict[str, str]:
        """A join token."""
        path = f"/sessions/{self.story.session_id}/join-tokens"
        link: dict[str, str] = await self.story.rest(
            self.story.presenter, "POST", path, data={"role": role, **who}
        )
        return link

    async def begin(self) -> None:
        """The presenter goes live with camera and microphone."""
        page = self.story.presenter = await self.story.browsers.on_pc()
        await self.story.sign_in(page, "presenter")
        plan = {
            "title": "十二人圆桌 Round table",
            "starts_utc_ms": time.time_ns() // 1_000_000,
            "zone": "Asia/Shanghai",
            "guests_allowed": True,
        }
        self.story.session_id = (await self.story.rest(page, "POST", "/sessions", data=plan))["id"]
        await self.story.open(page, f"/studio/{self.story.session_id}")
        await on(page, "consent").click()
        await on(page, "go-live").click()
        await expect(on(page, "studio")).to_be_visible()

    async def come(self, page: Page, name: str) -> Page:
        """A learner comes by a link of their own."""
        await page.goto((await self.token("learner", name=name))["url"])
        await on(page, "join").click()
        await expect(on(page, "room")).to_be_visible()
        return page

    async def participant_of(self, page: Page) -> str:
        """Who a page is."""
        own = "() => Object.values(window.__lectern.entities()).filter(e => e.role === 'learner' && e.online)"
        people: list[dict[str, Any]] = await page.evaluate(own)
        return str(next(p["id"] for p in people if p["name"] == "林晓"))


async def _fill_the_stage(stage: FullStage, stack: AsyncExitStack) -> None:
    for number in range(GUESTS):
        token = (await stage.token("learner", name=NAMES[number]))["token"]
        coming = puppet(stage.story.server.url, token, NAMES[number], number)
        stage.puppets.append(await stack.enter_async_context(coming))
    for guest in stage.puppets:
        refusal = await guest.say("source", {"source": "mic", "active": True})
        assert refusal["error"]["code"] == "not_allowed"  # nobody sends before being let up
        await stage.host.command("stage_invite", participant=guest.id, camera=True)
        await guest.send()
    page = stage.guest
    await on(page, "hand").click()
    await on(stage.story.presenter, "hand-grant-camera").click()
    await on(page, "camera").click()
    await on(page, "mic").click()


async def _everybody_is_seen(stage: FullStage) -> None:
    async def all_decoded() -> bool:
        slots = await slots_of(stage.viewer)
        pictures = [mid for mid, slot in slots.items() if slot["source"] == "camera"]
        got = await received(stage.viewer)
        return len(pictures) == 12 and all(got.get(mid, {}).get("frames", 0) > 2 for mid in pictures)

    await until("the viewer sees twelve people", all_decoded, within_s=60, every_s=0.5)
    await expect(stage.viewer.get_by_test_id("tile")).to_have_count(12)

    async def five_on_the_phone() -> bool:  # it came last; a phone has five slots
        shown = await slots_of(stage.phone)
        return [slot["source"] for slot in shown.values()].count("camera") == 5

    await until("the phone sees five people", five_on_the_phone, within_s=60, every_s=0.5)
    await expect(stage.phone.get_by_test_id("tile")).to_have_count(12)  # the others keep their seats


async def _the_thirteenth_is_refused(stage: FullStage) -> None:
    message = {"id": "13", "type": "stage_invite", "data": {"participant": stage.host.participant_id}}
    token = (await stage.token("learner", name="第十三位"))["token"]
    async with class_client(stage.story.server.url, token) as late:
        message["data"] = {"participant": late.participant_id}
        answer = await stage.host.socket.call("command", message, namespace="/class", timeout=10)
        assert answer["error"]["code"] == "stage_full"
        assert "12" in answer["error"]["message"]


async def _who_speaks_is_seen(stage: FullStage) -> None:
    loud = stage.puppets[2]
    loud.speak(loud=True)
    tile = stage.viewer.locator(f'[data-testid="tile"][data-participant="{loud.id}"]')
    await expect(tile).to_have_attribute("data-speaking", "true", timeout=10_000)

    async def is_heard() -> bool:
        return await mid_of(stage.viewer, loud.id, "mic") is not None

    await until("one of twelve microphones has a slot because it is loud", is_heard)


async def _muting_is_enforced(stage: FullStage) -> None:
    """The puppet does not obey: it goes on sending, and yet nothing of it arrives."""
    loud = stage.puppets[2]
    mid = await mid_of(stage.viewer, loud.id, "mic")
    assert mid is not None
    presenter = stage.story.presenter
    tile = presenter.locator(f'[data-testid="tile"][data-participant="{loud.id}"]')
    await tile.get_by_test_id("tile-more").click()
    await take_picture(presenter, "stage-studio-acts-pc")
    await tile.get_by_test_id("tile-mute-mic").click()

    async def is_theirs() -> bool:
        slot = (await slots_of(stage.viewer)).get(mid)
        return slot is not None and (slot["participant"], slot["source"]) == (loud.id, "mic")

    async def is_silent() -> bool:
        before = (await received(stage.viewer)).get(mid, {}).get("packets", 0)
        await asyncio.sleep(0.5)
        after = (await received(stage.viewer)).get(mid, {}).get("packets", 0)
        return after - before <= 3 or not await is_theirs()

    async def is_told() -> bool:  # when the timeline has it, which waits for the disk; silence does not
        slots = (await slots_of(stage.viewer)).values()
        track = stage.host.entities[f"track/{next(iter(_tracks(stage.host, loud.id, 'mic')))}"]
        return not track["active"] and (loud.id, "mic") not in {
            (s["participant"], s["source"]) for s in slots
        }

    await until("a muted microphone is silent", is_silent, within_s=10)
    await until("everybody is told", is_told, within_s=60)
    assert await is_silent()
    entity = stage.host.entities[f"track/{next(iter(_tracks(stage.host, loud.id, 'mic')))}"]
    assert (entity["active"], entity["muted_by"] is not None) == (False, True)
    await loud.say("source", {"source": "mic", "active": True})  # everybody may unmute themselves

    async def is_back() -> bool:
        return await mid_of(stage.viewer, loud.id, "mic") is not None

    await until("who unmutes is heard again", is_back, within_s=15)
    loud.speak(loud=False)


def _tracks(client: ClassClient, participant: str, source: str) -> list[str]:
    return [
        entity["id"]
        for path, entity in client.entities.items()
        if path.startswith("track/") and (entity["participant"], entity["source"]) == (participant, source)
    ]


async def _a_thumbnail_is_small(stage: FullStage) -> None:
    """The tile of the learner on Chromium gets the small layer, and the large ones are not even made."""
    who = await stage.participant_of(stage.guest)

    async def is_small() -> bool:
        mid = await mid_of(stage.viewer, who, "camera")
        got = (await received(stage.viewer)).get(mid or "", {})
        return 0 < int(got.get("width", 0)) <= 400

    await until("a thumbnail is sent small", is_small, within_s=30)

    async def rests() -> bool:  # the recorder keeps the large one
        made: dict[str, bool] = await stage.guest.evaluate(_SENT)
        return made == {"q": True, "h": False, "f": True}

    await until("the layer that nobody watches is not made", rests, within_s=30)


async def _off_stage_is_enforced(stage: FullStage) -> None:
    gone = stage.puppets[1]
    presenter = stage.story.presenter
    tile = presenter.locator(f'[data-testid="tile"][data-participant="{gone.id}"]')
    await tile.get_by_test_id("tile-more").click()
    await tile.get_by_test_id("tile-off-stage").click()
    theirs = stage.viewer.locator(f'[data-testid="tile"][data-participant="{gone.id}"]')
    await expect(theirs).to_have_count(0)
    answer = await gone.say("source", {"source": "camera", "active": True})
    assert answer["error"]["code"] == "not_allowed"
    assert await mid_of(stage.viewer, gone.id, "camera") is None

    removed = stage.puppets[0]
    tile = presenter.locator(f'[data-testid="tile"][data-participant="{removed.id}"]')
    await tile.get_by_test_id("tile-more").click()
    await tile.get_by_test_id("tile-remove").click()
    await on(presenter, "confirm-remove").click()
    theirs = stage.viewer.locator(f'[data-testid="tile"][data-participant="{removed.id}"]')
    await expect(theirs).to_have_count(0)
    await removed.in_class.until("the removed one is told", lambda c: c.over == "removed")


async def _share_the_screen(stage: FullStage) -> None:
    await on(stage.story.presenter, "share-screen").click()
    for page in (stage.viewer, stage.phone):
        await expect(on(page, "video-screen")).to_be_visible(timeout=20_000)
        await expect(on(page, "stage")).to_have_attribute("data-shape", "hero")


async def _pictures(stage: FullStage, name: str) -> None:
    await take_picture(stage.story.presenter, f"stage-{name}-studio-pc")
    await take_picture(stage.viewer, f"stage-{name}-room-pc-en-dark")
    await take_picture(stage.phone, f"stage-{name}-room-phone")
    await take_picture(stage.guest, f"stage-{name}-guest-pc")


@pytest.mark.browser
@pytest.mark.timeout(300)
async def test_a_full_stage(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, browsers() as chromium, AsyncExitStack() as stack:
        stage = FullStage(server, chromium)
        try:
            await stage.begin()
            host = await stage.token("host", external_id="S003")
            stage.host = await stack.enter_async_context(class_client(server.url, host["token"]))
            guest = await chromium.on_pc()
            await guest.add_init_script("window.cameraSize = [1280, 720]")
            stage.guest = await stage.come(guest, "林晓")
            await _fill_the_stage(stage, stack)
            stage.viewer = await stage.come(await chromium.on_pc("en", dark=True), "Vera")
            stage.phone = await stage.come(await chromium.on_phone(), "何静")
            await _everybody_is_seen(stage)
            await _the_thirteenth_is_refused(stage)
            await _who_speaks_is_seen(stage)
            await _pictures(stage, "grid")
            await _muting_is_enforced(stage)
            await _a_thumbnail_is_small(stage)
            await _share_the_screen(stage)
            await _pictures(stage, "screen")
            await _off_stage_is_enforced(stage)
        except BaseException:
            await chromium.take_pictures("failed-stage")
            print(server.last_words())
            raise
