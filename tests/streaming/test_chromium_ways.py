"""Ways of a real Chromium to the media process: TCP alone, TURN alone, an ICE restart, and a sudden death."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Playwright, async_playwright

from lectern.kernel.clock import utc_ms
from signaling.entry.turn import Turn
from streaming.control import messages as m
from tests.streaming.media_process import Media, media_process
from tests.streaming.test_foreign_chromium import FLAGS, INBOUND, PUBLISH, see, watch
from tests.streaming.whip_endpoint import whip_endpoint
from tests.turn_server import SECRET, turn_server

ONLY = """
const Native = RTCPeerConnection;
window.RTCPeerConnection = class extends Native {
  constructor(configuration) { super({...configuration, ...CONFIGURATION}); }
  setRemoteDescription({type, sdp}) {
    const refused = line => line.startsWith('a=candidate') && line.includes(WITHOUT);
    const lines = sdp.split('\\r\\n').filter(line => !refused(line));
    return super.setRemoteDescription({type, sdp: lines.join('\\r\\n')});
  }
};
"""

SELECTED = """
async () => {
  const reports = await window.pc.getStats();
  const transport = [...reports.values()].find(report => report.type === 'transport');
  const pair = reports.get(transport?.selectedCandidatePairId);
  const local = reports.get(pair?.localCandidateId), remote = reports.get(pair?.remoteCandidateId);
  return {type: local?.candidateType, protocol: local?.protocol, remote: remote?.protocol};
}
"""

RESTART = """
async () => {
  const before = window.pc.localDescription.sdp.match(/a=ice-ufrag:(.*)/)[1];
  await window.pc.setLocalDescription(await window.pc.createOffer({iceRestart: true}));
  const after = window.pc.localDescription.sdp;
  const answer = await fetch('/restart', {method: 'POST', body: after});
  await window.pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  return before !== after.match(/a=ice-ufrag:(.*)/)[1];
}
"""


@dataclass(slots=True)
class Scene:
    """A published camera and a browser to watch it with."""

    media: Media
    playwright: Playwright
    browser: Browser
    url: str
    publisher: str

    async def page(self, *, configuration: dict[str, Any] | None = None, without: str = "nothing") -> Page:
        """A page whose peer connections are bound to one way."""
        page = await self.browser.new_page()
        script = ONLY.replace("CONFIGURATION", json.dumps(configuration or {}))
        await page.add_init_script(script.replace("WITHOUT", json.dumps(without)))
        return page


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    async with media_process() as media, whip_endpoint(media) as (_, url), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            presenter = await browser.new_page()
            await presenter.goto(f"{url}/page")
            transport: str = await presenter.evaluate(PUBLISH)
            await media.wait_for(m.TrackStarted, 3, timeout=30)
            yield Scene(media, playwright, browser, url, transport)
        finally:
            await browser.close()


async def frames(page: Page) -> int:
    inbound = await page.evaluate(INBOUND)
    return int(inbound["0"]["frames"])


@pytest.mark.browser
@pytest.mark.services
@pytest.mark.timeout(120)
async def test_media_comes_through_where_only_tcp_or_only_a_relay_is_allowed() -> None:
    async with scene() as stage, turn_server() as turn:
        page = await stage.page(without=" udp ")
        await watch(stage.media, page, stage.url, stage.publisher)
        await see(page, (0, 1))
        selected = await page.evaluate(SELECTED)
        assert (selected["protocol"], selected["remote"]) == ("tcp", "tcp")
        await page.close()
        for url in turn.urls:
            servers = Turn((url,), SECRET).ice_servers("p_7", utc_ms() // 1000)
            page = await stage.page(configuration={"iceServers": servers, "iceTransportPolicy": "relay"})
            await watch(stage.media, page, stage.url, stage.publisher)
            await see(page, (0, 1))
            assert (await page.evaluate(SELECTED))["type"] == "relay"
            await page.close()


@pytest.mark.browser
@pytest.mark.timeout(120)
async def test_an_ice_restart_keeps_the_transport_and_a_killed_browser_is_gone_within_five_seconds() -> None:
    async with scene() as stage:
        other = await stage.playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            page = await other.new_page()
            transport = await watch(stage.media, page, stage.url, stage.publisher)
            await see(page, (0, 1))
            before = await frames(page)
            restart = _restarts(stage.media, transport, page)
            await page.route("**/restart", restart)
            assert await page.evaluate(RESTART)
            await asyncio.sleep(1.5)
            assert await frames(page) > before + 10
            states = [n.state for n in _states(stage.media, transport)]
            assert states == ["connecting", "connected"]
            browser_session = await other.new_browser_cdp_session()
            processes = (await browser_session.send("SystemInfo.getProcessInfo"))["processInfo"]
            pids = [int(process["id"]) for process in processes]
            killed_at = time.monotonic()
            for pid in sorted(pids):
                os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(10):
                while _states(stage.media, transport)[-1].state not in ("failed", "closed"):
                    await asyncio.sleep(0.05)
            assert time.monotonic() - killed_at < 6.0  # a second for a busy machine
            assert _states(stage.media, transport)[-1].reason == "peer_silent"
            assert {n.transport for n in stage.media.heard if isinstance(n, m.TransportState)
                    and n.state == "failed"} == {transport}  # fmt: skip
        finally:
            await other.close()


def _states(media: Media, transport: str) -> list[m.TransportState]:
    return [n for n in media.heard if isinstance(n, m.TransportState) and n.transport == transport]


def _restarts(media: Media, transport: str, page: Page) -> Any:
    """Answers a page's `restart`."""

    async def fulfil(route: Any) -> None:
        answer: str = await page.evaluate("() => window.pc.remoteDescription.sdp")
        await route.fulfill(body=await restarted(media, transport, route.request.post_data, answer))

    return fulfil


async def restarted(media: Media, transport: str, offer: str, answer: str) -> str:
    """What signalling does with a `restart`: the answer of before, with new credentials."""
    ufrag, pwd = (_attribute(offer, name) for name in ("ice-ufrag", "ice-pwd"))
    ice = await media.client.restart_ice(transport, ufrag, pwd)
    answer = answer.replace(_attribute(answer, "ice-ufrag"), ice.ice_ufrag)
    return answer.replace(_attribute(answer, "ice-pwd"), ice.ice_pwd)


def _attribute(sdp: str, name: str) -> str:
    return next(line.partition(":")[2] for line in sdp.splitlines() if line.startswith(f"a={name}:"))
