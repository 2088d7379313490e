"""Chromium's sender takes our feedback: it ramps up by transport-wide feedback, and obeys a cap."""

import asyncio
from typing import Any

import msgspec
import pytest
from playwright.async_api import Page, async_playwright

from streaming.control import messages as m
from tests.streaming.media_process import media_process
from tests.streaming.test_foreign_chromium import FLAGS
from tests.streaming.whip_endpoint import whip_endpoint

ENOUGH_BPS = 1_500_000
CAP_BPS = 600_000

PUBLISH = """
async () => {
  const canvas = document.createElement('canvas');
  canvas.width = 960; canvas.height = 540;
  const pen = canvas.getContext('2d');
  const noise = pen.createImageData(960, 540);
  setInterval(() => {
    for (let i = 0; i < noise.data.length; i += 4) {
      noise.data[i] = noise.data[i + 1] = Math.random() * 255; noise.data[i + 3] = 255;
    }
    pen.putImageData(noise, 0, 0);
  }, 66);
  const pc = window.pc = new RTCPeerConnection();
  pc.addTransceiver(canvas.captureStream().getVideoTracks()[0], {direction: 'sendonly'});
  await pc.setLocalDescription();
  const answer = await fetch('/whip', {method: 'POST', body: pc.localDescription.sdp});
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
}
"""

RATES = """
async () => {
  const found = {available: 0, target: 0, feedback: pcHasTransportCc()};
  function pcHasTransportCc() { return window.pc.remoteDescription.sdp.includes('transport-cc'); }
  for (const report of (await window.pc.getStats()).values()) {
    if (report.type === 'candidate-pair' && report.nominated)
      found.available = report.availableOutgoingBitrate ?? 0;
    if (report.type === 'outbound-rtp') found.target = report.targetBitrate ?? 0;
  }
  return found;
}
"""


async def rates(page: Page, seconds: float, enough_bps: float) -> list[dict[str, Any]]:
    """What the sender believes, twice a second, until it believes in `enough_bps`."""
    found: list[dict[str, Any]] = []
    for _ in range(int(seconds * 2)):
        await asyncio.sleep(0.5)
        found.append(await page.evaluate(RATES))
        if found[-1]["available"] >= enough_bps:
            break
    return found


def capped(remote: m.RemoteParameters) -> m.RemoteParameters:
    """The offer as if its owner had set a bitrate for everything that is published."""
    media = tuple(msgspec.structs.replace(section, max_bitrate_bps=CAP_BPS) for section in remote.media)
    return msgspec.structs.replace(remote, media=media)


@pytest.mark.browser
@pytest.mark.timeout(100)
async def test_the_sender_ramps_up_and_keeps_to_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    async with media_process() as media, whip_endpoint(media) as (_, url), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            page = await browser.new_page()
            await page.goto(f"{url}/page")
            await page.evaluate(PUBLISH)
            free = await rates(page, 30, ENOUGH_BPS)
            assert free[-1]["feedback"]
            assert free[-1]["available"] >= ENOUGH_BPS, free

            create = media.client.create_transport
            monkeypatch.setattr(
                media.client,
                "create_transport",
                lambda transport, room, participant, remote: create(
                    transport, room, participant, capped(remote)
                ),
            )
            await page.evaluate("window.pc.close()")
            await page.evaluate(PUBLISH)
            held = await rates(page, 8, 1e9)
            assert max(r["target"] for r in held[6:]) <= 1.05 * CAP_BPS, held
            assert held[-1]["available"] <= 1.05 * CAP_BPS, held
            assert held[-1]["target"] >= 0.5 * CAP_BPS, held
        finally:
            await browser.close()
