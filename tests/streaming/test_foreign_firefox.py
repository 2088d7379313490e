"""Firefox publishes and watches, together with Chromium: pictures move, sound is heard, nothing stands still."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from signaling.answer import build_answer
from signaling.plane.negotiation import Negotiation
from signaling.sdp import parse_offer
from streaming.control import messages as m
from tests import firefox
from tests.streaming import test_chromium_layers as layers
from tests.streaming.media_process import Media, media_process
from tests.streaming.test_foreign_chromium import FLAGS, INBOUND, LOOK, PUBLISH, Page, see, watch
from tests.streaming.whip_endpoint import whip_endpoint

OFFER_RESTART = """
async () => {
  await window.pc.setLocalDescription(await window.pc.createOffer({iceRestart: true}));
  return {offer: window.pc.localDescription.sdp, answer: window.pc.remoteDescription.sdp};
}
"""

TAKE_ANSWER = "sdp => window.pc.setRemoteDescription({type: 'answer', sdp})"

LAYERS_SENT = """
async () => {
  const found = {};
  for (const report of (await window.pc.getStats()).values())
    if (report.type === 'outbound-rtp' && report.rid) found[report.rid] = report.frameWidth;
  return found;
}
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """A media process and two browsers of different making."""

    media: Media
    url: str
    chromium: Browser
    firefox: firefox.Firefox

    async def publish(self, page: Page, script: str, options: Any = None, *, tracks: int = 1) -> str:
        """Run a publishing script; the transport, once its tracks started."""
        await page.goto(f"{self.url}/page")
        transport: str = await page.evaluate(script, options)
        await self.media.wait_for(m.TrackStarted, tracks, timeout=30)
        return transport


def own_address() -> str:
    """This machine's address on its network. Nothing is sent, and what goes there never leaves the machine.

    Firefox pairs a server on 127.0.0.1 with none of its own addresses, whatever its preferences say.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as question:
        question.connect(("192.0.2.200", 9))
        address: str = question.getsockname()[0]
        return address


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    async with (
        media_process("--host", own_address()) as media,
        whip_endpoint(media) as (_, url),
        async_playwright() as playwright,
        firefox.firefox() as fox,
    ):
        chromium = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            yield Scene(media, url, chromium, fox)
        finally:
            await chromium.close()


async def longest_gap(page: Page) -> float:
    """Seconds between two pictures that came to the screen, at most, since TIME_FRAMES."""
    frames: list[list[float]] = await page.evaluate("() => window.frames_seen")
    return max((b[0] - a[0]) / 1000 for a, b in pairwise(frames))


@pytest.mark.browser
@pytest.mark.timeout(100)
async def test_what_firefox_publishes_moves_in_chromium_and_in_firefox() -> None:
    async with scene() as stage:
        transport = await stage.publish(await stage.firefox.new_page(), PUBLISH, tracks=3)
        assert {t.mid: t.codec for t in stage.media.tracks()} == {"0": "opus", "1": "VP8", "2": "VP8"}
        for viewer in (await stage.chromium.new_page(), await stage.firefox.new_page()):
            await watch(stage.media, viewer, stage.url, transport)
            before = await see(viewer, (0, 1))
            await asyncio.sleep(2.0)
            after: list[dict[str, Any]] = await viewer.evaluate(LOOK)
            for old, new in zip(before[:2], after[:2], strict=True):
                assert new["time"] > old["time"] + 1.0
                assert new["sum"] != old["sum"]
            inbound = await viewer.evaluate(INBOUND)
            print(inbound, before, after)
            assert inbound["0"]["frames"] > 15
            assert inbound["1"]["frames"] > 15
            assert inbound["2"]["energy"] > 0


@pytest.mark.browser
@pytest.mark.timeout(100)
@pytest.mark.parametrize("codec", ["VP8", "VP9", "AV1"])
async def test_firefox_watches_chromium(codec: str) -> None:
    async with scene() as stage:
        options = {"codec": codec, "width": 640, "height": 360, "layers": []}
        await stage.publish(await stage.chromium.new_page(), layers.PUBLISH, options)
        track = stage.media.tracks()[0]
        page = await stage.firefox.new_page()
        viewer = await layers.watch(stage.media, page, stage.url, track.track)
        await layers.until_width(page, 640)
        await page.evaluate(layers.TIME_FRAMES)
        before = (await page.evaluate(INBOUND))["0"]["frames"]
        await asyncio.sleep(3)
        after = (await page.evaluate(INBOUND))["0"]["frames"]
        print(codec, before, after, await longest_gap(page))
        assert (await page.evaluate(OFFER_RESTART))["answer"]


@pytest.mark.browser
@pytest.mark.timeout(100)
@pytest.mark.parametrize("codec", ["VP8", "VP9", "AV1"])
async def test_layers(codec) -> None:
    async with scene() as stage:
        options = {"codec": codec, "width": 960, "height": 540, "layers": layers.THREE}
        p = await stage.firefox.new_page()
        transport = await stage.publish(p, layers.PUBLISH, options)
        print("TRACKS", stage.media.tracks())
        track = stage.media.tracks()[0]
        page = await stage.chromium.new_page()
        viewer = await layers.watch(stage.media, page, stage.url, track.track)
        t = asyncio.get_running_loop().time()
        for _ in range(6):
            await asyncio.sleep(1)
            print(await layers.width_of(page), await p.evaluate(LAYERS_SENT), [l for t in (await stage.media.client.get_stats()).transports for tr in t.tracks for l in tr.layers])
