"""Chromium publishes three layers; another page watches while the server changes them. Every codec plays."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from playwright.async_api import async_playwright

from streaming.control import messages as m
from tests.streaming.media_process import Media, media_process
from tests.streaming.test_foreign_chromium import FLAGS, WATCH, Page
from tests.streaming.whip_endpoint import whip_endpoint

PUBLISH = """
async ({codec, width, height, layers}) => {
  const canvas = document.createElement('canvas');
  canvas.width = width; canvas.height = height;
  const pen = canvas.getContext('2d');
  let n = 0;
  setInterval(() => {
    pen.fillStyle = `hsl(${n++ * 7 % 360} 80% 50%)`; pen.fillRect(0, 0, width, height);
    pen.fillStyle = '#fff'; pen.fillRect(n * 5 % width, n * 3 % height, 60, 60);
  }, 50);
  const pc = window.pc = new RTCPeerConnection();
  const sendEncodings = layers.map(([rid, scaleResolutionDownBy, maxBitrate]) =>
    ({rid, scaleResolutionDownBy, maxBitrate}));
  const sender = pc.addTransceiver(canvas.captureStream().getVideoTracks()[0],
    {direction: 'sendonly', ...(layers.length ? {sendEncodings} : {})});
  const wanted = RTCRtpSender.getCapabilities('video').codecs.filter(c => c.mimeType === 'video/' + codec);
  const rtx = RTCRtpSender.getCapabilities('video').codecs.filter(c => c.mimeType === 'video/rtx');
  sender.setCodecPreferences([...wanted, ...rtx]);
  window.sender = sender.sender;
  await pc.setLocalDescription();
  const headers = {'X-Sources': `${sender.mid}=camera`};
  const answer = await fetch('/whip', {method: 'POST', body: pc.localDescription.sdp, headers});
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  return answer.headers.get('X-Transport');
}
"""

SWITCH_OFF = """
async rids => {
  const parameters = window.sender.getParameters();
  for (const encoding of parameters.encodings) encoding.active = !rids.includes(encoding.rid);
  await window.sender.setParameters(parameters);
}
"""

TIME_FRAMES = """
() => {
  window.frames_seen = [];
  const look = video => (now, frame) => {
    window.frames_seen.push([now, frame.width]);
    video.requestVideoFrameCallback(look(video));
  };
  window.videos[0].requestVideoFrameCallback(look(window.videos[0]));
}
"""

"""Chromium sends three layers of 960x540 and more, fewer of smaller pictures."""
THREE = [["q", 4, 100_000], ["h", 2, 250_000], ["f", 1, 700_000]]


async def width_of(page: Page) -> int:
    seen: int = await page.evaluate("() => window.videos[0]?.videoWidth ?? 0")
    return seen


async def until_width(page: Page, width: int, timeout: float = 30.0) -> None:
    async with asyncio.timeout(timeout):
        while await width_of(page) != width:
            await asyncio.sleep(0.05)


async def watch(media: Media, page: Page, url: str, track: str) -> str:
    await page.goto(f"{url}/page")
    transport: str = await page.evaluate(WATCH)
    await media.client.set_routes(m.Route(transport, "0", track))
    return transport


async def freezes_at_changes(page: Page) -> list[float]:
    """Seconds from the last picture of one size to the first of another, as they came to the screen."""
    frames: list[list[float]] = await page.evaluate("() => window.frames_seen")
    return [(b[0] - a[0]) / 1000 for a, b in pairwise(frames) if a[1] != b[1]]


@pytest.mark.browser
@pytest.mark.timeout(150)
@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_the_server_changes_layers_and_the_picture_changes_its_size(codec: str) -> None:
    async with media_process() as media, whip_endpoint(media) as (_, url), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            presenter = await browser.new_page()
            await presenter.goto(f"{url}/page")
            options: dict[str, Any] = {"codec": codec, "width": 960, "height": 540, "layers": THREE}
            transport: str = await presenter.evaluate(PUBLISH, options)
            await media.wait_for(m.TrackStarted, 1, timeout=30)
            track = media.tracks()[0]
            assert track.codec == codec
            page = await browser.new_page()
            viewer = await watch(media, page, url, track.track)
            await until_width(page, 960)
            await page.evaluate(TIME_FRAMES)
            for max_layer, width in ((0, 240), (1, 480), (None, 960), (0, 240)):
                await media.client.set_routes(m.Route(viewer, "0", track.track, max_layer=max_layer))
                await until_width(page, width)
                await asyncio.sleep(0.7)
            await media.client.set_routes(m.Route(viewer, "0", track.track))
            await until_width(page, 960)
            await presenter.evaluate(SWITCH_OFF, ["f"])
            await until_width(page, 480)
            await presenter.evaluate(SWITCH_OFF, [])
            await until_width(page, 960)
            await asyncio.sleep(0.5)
            freezes = await freezes_at_changes(page)
            assert freezes
            assert max(freezes) < 1.0, freezes
            stats = await media.client.get_stats()
            layers = next(t for t in stats.transports if t.transport == transport).tracks[0].layers
            assert [layer.rid for layer in layers] == ["q", "h", "f"]
            assert all(layer.packets > 10 for layer in layers)
            if codec == "VP8":
                assert [layer.width for layer in layers] == [240, 480, 960]
        finally:
            await browser.close()


@pytest.mark.browser
@pytest.mark.timeout(100)
@pytest.mark.parametrize("codec", ["VP9", "AV1"])
async def test_vp9_and_av1_pass_through_early_and_late(codec: str) -> None:
    async with media_process() as media, whip_endpoint(media) as (_, url), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            presenter = await browser.new_page()
            await presenter.goto(f"{url}/page")
            options: dict[str, Any] = {"codec": codec, "width": 320, "height": 180, "layers": []}
            await presenter.evaluate(PUBLISH, options)
            await media.wait_for(m.TrackStarted, 1, timeout=30)
            track = media.tracks()[0]
            assert track.codec == codec
            for _ in range(2):
                page = await browser.new_page()
                await watch(media, page, url, track.track)
                await until_width(page, 320)
                before: float = await page.evaluate("() => window.videos[0].currentTime")
                await asyncio.sleep(1.0)
                assert await page.evaluate("() => window.videos[0].currentTime") > before + 0.5
        finally:
            await browser.close()
