"""Firefox publishes and watches, together with Chromium: pictures move, sound is heard, nothing stalls."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from streaming.control import messages as m
from tests import firefox
from tests.streaming import test_chromium_layers as layers
from tests.streaming.media_process import Media, media_process
from tests.streaming.test_chromium_ways import restarted
from tests.streaming.test_foreign_chromium import FLAGS, INBOUND, LOOK, PUBLISH, Page, see, watch
from tests.streaming.whip_endpoint import whip_endpoint

OFFER_RESTART = """
async () => {
  const answer = window.pc.remoteDescription.sdp;
  await window.pc.setLocalDescription(await window.pc.createOffer({iceRestart: true}));
  return [window.pc.localDescription.sdp, answer];
}
"""

TAKE_ANSWER = "sdp => window.pc.setRemoteDescription({type: 'answer', sdp})"


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


async def frames_decoded(page: Page) -> int:
    """Of the first slot."""
    inbound = await page.evaluate(INBOUND)
    return int(inbound["0"]["frames"])


async def longest_gap(page: Page) -> float:
    """Seconds between two pictures that came to the screen, at most, from TIME_FRAMES until now."""
    frames: list[list[float]] = await page.evaluate("() => [...window.frames_seen, [performance.now(), 0]]")
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
            await viewer.evaluate(layers.TIME_FRAMES)
            await asyncio.sleep(2.0)
            assert await longest_gap(viewer) < 1.5
            after: list[dict[str, Any]] = await viewer.evaluate(LOOK)
            for old, new in zip(before[:2], after[:2], strict=True):
                assert new["time"] > old["time"] + 1.0
                assert new["sum"] != old["sum"]
            inbound = await viewer.evaluate(INBOUND)
            assert inbound["0"]["frames"] > 15
            assert inbound["1"]["frames"] > 10
            assert inbound["2"]["energy"] > 0


@pytest.mark.browser
@pytest.mark.timeout(100)
async def test_firefox_watches_chromium_from_the_start_and_through_an_ice_restart() -> None:
    async with scene() as stage:
        options = {"codec": "VP8", "width": 640, "height": 360, "layers": []}
        await stage.publish(await stage.chromium.new_page(), layers.PUBLISH, options)
        page = await stage.firefox.new_page()
        viewer = await layers.watch(stage.media, page, stage.url, stage.media.tracks()[0].track)
        await layers.until_width(page, 640)
        await page.evaluate(layers.TIME_FRAMES)
        before = await frames_decoded(page)
        await asyncio.sleep(2.5)
        between = await frames_decoded(page)
        offer, answer = await page.evaluate(OFFER_RESTART)
        await page.evaluate(TAKE_ANSWER, await restarted(stage.media, viewer, offer, answer))
        await asyncio.sleep(2.5)
        after = await frames_decoded(page)
        assert between > before + 15
        assert after > between + 15
        assert await longest_gap(page) < 1.5
        states = [n for n in stage.media.heard if isinstance(n, m.TransportState) and n.transport == viewer]
        assert [n.state for n in states] == ["connecting", "connected"]
        assert (await page.evaluate("() => window.pc.connectionState")) == "connected"


@pytest.mark.browser
@pytest.mark.timeout(100)
async def test_firefox_sends_three_layers_and_the_server_chooses() -> None:
    async with scene() as stage:
        options = {"codec": "VP8", "width": 960, "height": 540, "layers": layers.THREE}
        transport = await stage.publish(await stage.firefox.new_page(), layers.PUBLISH, options)
        track = stage.media.tracks()[0].track
        page = await stage.chromium.new_page()
        viewer = await layers.watch(stage.media, page, stage.url, track)
        await layers.until_width(page, 960)
        await page.evaluate(layers.TIME_FRAMES)
        for max_layer, width in ((0, 240), (1, 480), (None, 960)):
            await stage.media.client.set_routes(m.Route(viewer, "0", track, max_layer=max_layer))
            await layers.until_width(page, width)
            await asyncio.sleep(0.7)
        assert max(await layers.freezes_at_changes(page)) < 1.5
        stats = await stage.media.client.get_stats()
        sent = next(t for t in stats.transports if t.transport == transport).tracks[0].layers
        assert [(layer.rid, layer.width) for layer in sent] == [("q", 240), ("h", 480), ("f", 960)]
        assert all(layer.packets > 10 for layer in sent)
