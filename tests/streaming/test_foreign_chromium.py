"""Chromium publishes camera, screen and microphone; a second page watches, joins late, and sees it move."""

import asyncio
from typing import Any, Protocol

import pytest
from playwright.async_api import async_playwright

from streaming.control import messages as m
from tests.streaming.media_process import Media, media_process
from tests.streaming.whip_endpoint import whip_endpoint

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream", "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip

PUBLISH = """
async () => {
  const wanted = {audio: true, video: {width: 640, height: 360, frameRate: 20}};
  const stream = await navigator.mediaDevices.getUserMedia(wanted);
  const canvas = document.createElement('canvas');
  canvas.width = 320; canvas.height = 180;
  const pen = canvas.getContext('2d');
  let n = 0;
  setInterval(() => { pen.fillStyle = `hsl(${n++ * 7 % 360} 80% 50%)`; pen.fillRect(0, 0, 320, 180); }, 50);
  const pc = window.pc = new RTCPeerConnection();
  pc.addTransceiver(stream.getAudioTracks()[0], {direction: 'sendonly'});
  pc.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendonly'});
  pc.addTransceiver(canvas.captureStream().getVideoTracks()[0], {direction: 'sendonly'});
  await pc.setLocalDescription();
  const sources = 'SOURCES'.split(',').map((s, i) => `${pc.getTransceivers()[i].mid}=${s}`).join(',');
  const headers = {'X-Sources': sources};
  const answer = await fetch('/whip', {method: 'POST', body: pc.localDescription.sdp, headers});
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  return answer.headers.get('X-Transport');
}
""".replace("SOURCES", "mic,camera,screen")

WATCH = """
async () => {
  const pc = window.pc = new RTCPeerConnection();
  window.opened = performance.now();
  for (const kind of ['video', 'video', 'audio', 'audio']) pc.addTransceiver(kind, {direction: 'recvonly'});
  window.videos = [];
  pc.ontrack = ({track, transceiver}) => {
    if (track.kind === 'audio') {
      const sound = new Audio();
      sound.srcObject = new MediaStream([track]);
      sound.play();
      document.body.append(sound);
      return;
    }
    const video = document.createElement('video');
    video.muted = video.autoplay = video.playsInline = true;
    video.width = 320;
    video.srcObject = new MediaStream([track]);
    video.requestVideoFrameCallback(() => { video.firstFrame = performance.now() - window.opened; });
    document.body.append(video);
    window.videos[+transceiver.mid] = video;
  };
  await pc.setLocalDescription();
  const answer = await fetch('/whep', {method: 'POST', body: pc.localDescription.sdp});
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  return answer.headers.get('X-Transport');
}
"""

LOOK = """
() => window.videos.map(video => {
  const canvas = document.createElement('canvas');
  canvas.width = 64; canvas.height = 36;
  const pen = canvas.getContext('2d');
  if (video.videoWidth) pen.drawImage(video, 0, 0, 64, 36);
  let sum = 0;
  for (const value of pen.getImageData(0, 0, 64, 36).data) sum = (sum * 31 + value) >>> 0;
  return {time: video.currentTime, width: video.videoWidth, sum, first: video.firstFrame ?? null};
})
"""

INBOUND = """
async () => {
  const found = {};
  for (const report of (await window.pc.getStats()).values())
    if (report.type === 'inbound-rtp')
      found[report.mid] = {packets: report.packetsReceived, lost: report.packetsLost,
                           frames: report.framesDecoded ?? 0, energy: report.totalAudioEnergy ?? 0};
  return found;
}
"""


class Page(Protocol):
    """What the scripts need of a page, be it of Playwright or of tests.firefox."""

    async def goto(self, url: str, /) -> object: ...
    async def evaluate(self, function: str, argument: Any = None, /) -> Any: ...


async def see(page: Page, slots: tuple[int, ...], timeout: float = 25.0) -> list[dict[str, Any]]:
    """Wait until these slots show pictures."""
    async with asyncio.timeout(timeout):
        while True:
            seen: list[dict[str, Any]] = await page.evaluate(LOOK)
            if len(seen) > max(slots) and all(seen[i]["first"] is not None for i in slots):
                return seen
            await asyncio.sleep(0.1)


async def watch(media: Media, page: Page, url: str, publisher: str) -> str:
    """A viewer with two video and two audio slots."""
    await page.goto(f"{url}/page")
    transport: str = await page.evaluate(WATCH)
    await media.client.set_routes(
        m.Route(transport, "0", f"{publisher}:1"),
        m.Route(transport, "1", f"{publisher}:2"),
        m.Route(transport, "2", f"{publisher}:0"),
    )
    return transport


@pytest.mark.browser
@pytest.mark.timeout(100)
async def test_camera_screen_and_sound_reach_early_and_late_viewers() -> None:
    async with media_process() as media, whip_endpoint(media) as (_, url), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            presenter = await browser.new_page()
            await presenter.goto(f"{url}/page")
            transport: str = await presenter.evaluate(PUBLISH)
            await media.wait_for(m.TrackStarted, 3, timeout=30)
            codecs = {t.mid: t.codec for t in media.tracks()}
            assert codecs == {"0": "opus", "1": "H264", "2": "H264"}
            early = await browser.new_page()
            await watch(media, early, url, transport)
            before = await see(early, (0, 1))
            await asyncio.sleep(1.0)
            late = await browser.new_page()
            await watch(media, late, url, transport)
            await see(late, (0, 1))
            await asyncio.sleep(1.0)
            after: list[dict[str, Any]] = await early.evaluate(LOOK)
            for old, new in zip(before[:2], after[:2], strict=True):
                assert new["time"] > old["time"] + 1.0
                assert new["sum"] != old["sum"]
                assert new["width"] > 0
            inbound = await early.evaluate(INBOUND)
            assert inbound["0"]["frames"] > 15
            assert inbound["1"]["frames"] > 15
            assert inbound["2"]["energy"] > 0
            assert "3" not in inbound or inbound["3"]["packets"] == 0
        finally:
            await browser.close()
