"""Chromium behind a link that falls to 300 kbps: its video is paused, and comes back when there is room."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from streaming.control import messages as m
from tests.streaming.media_process import Media, media_process
from tests.streaming.narrow_relay import narrow_relay
from tests.streaming.test_foreign_chromium import FLAGS
from tests.streaming.test_foreign_chromium_rate import PUBLISH
from tests.streaming.whip_endpoint import whip_endpoint

NARROW_BPS = 300_000

OFFER = """
async () => {
  const pc = window.pc = new RTCPeerConnection();
  pc.addTransceiver('video', {direction: 'recvonly'});
  pc.ontrack = ({track}) => {
    const video = document.createElement('video');
    video.muted = video.autoplay = true;
    video.srcObject = new MediaStream([track]);
    document.body.append(video);
  };
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}
"""
ANSWER = "async (sdp) => { await window.pc.setRemoteDescription({type: 'answer', sdp}); }"
FRAMES = """
async () => {
  for (const report of (await window.pc.getStats()).values())
    if (report.type === 'inbound-rtp') return report.framesDecoded ?? 0;
  return 0;
}
"""


def through_port(sdp: str, port: int) -> str:
    """The answer with its UDP candidates at another port, and without others."""
    lines = [line for line in sdp.split("\r\n") if not (line.startswith("a=candidate") and " tcp " in line)]
    return re.sub(r"(?m)^(a=candidate:\S+ \d udp \d+ \S+) \d+", rf"\g<1> {port}", "\r\n".join(lines))


def media_port(sdp: str) -> int:
    """The UDP port of the media process."""
    found = re.search(r"(?m)^a=candidate:\S+ \d udp \d+ \S+ (\d+)", sdp)
    assert found is not None
    return int(found[1])


async def frames_after(page: Page, seconds: float) -> int:
    """How many pictures are decoded within these seconds."""
    before: int = await page.evaluate(FRAMES)
    await asyncio.sleep(seconds)
    after: int = await page.evaluate(FRAMES)
    return after - before


async def stats_of(media: Media, transport: str) -> Any:
    """The counters of one transport."""
    return next(t for t in (await media.client.get_stats()).transports if t.transport == transport)


async def paused(media: Media, wanted: bool, timeout: float) -> None:
    """Until the viewer's slot is said to be paused, or not."""
    async with asyncio.timeout(timeout):
        while True:
            said = [n.paused for n in media.heard if isinstance(n, m.SlotMedia)]
            if said and said[-1] is wanted:
                return
            await asyncio.sleep(0.05)


@pytest.mark.browser
@pytest.mark.timeout(120)
async def test_video_is_paused_on_a_narrow_link_and_comes_back() -> None:
    async with media_process() as media, whip_endpoint(media) as (_, url), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            presenter = await browser.new_page()
            await presenter.goto(f"{url}/page")
            await presenter.evaluate(PUBLISH)
            await media.wait_for(m.TrackStarted, 1, timeout=30)
            track = media.tracks()[0].track
            viewer = await browser.new_page()
            await viewer.goto(f"{url}/page")
            answer = await media.answer("viewer", await viewer.evaluate(OFFER))
            with narrow_relay(("127.0.0.1", media_port(answer))) as relay:
                await viewer.evaluate(ANSWER, through_port(answer, relay.port))
                await media.client.set_routes(m.Route("viewer", "0", track))
                async with asyncio.timeout(20):
                    while await frames_after(viewer, 1.0) < 5:
                        pass
                await asyncio.sleep(8)  # the browser's own estimate begins after 5 s
                relay.rate_bps = NARROW_BPS
                await paused(media, True, timeout=20)
                stats = await stats_of(media, "viewer")
                assert stats.estimate_bps is not None
                await asyncio.sleep(4)
                assert (await stats_of(media, "viewer")).rtt_ms is not None
                relay.rate_bps = None
                await paused(media, False, timeout=30)
                assert await frames_after(viewer, 3.0) > 5
                assert (await stats_of(media, "viewer")).probes > 0
        finally:
            await browser.close()
