"""A real Firefox for tests, spoken to in WebDriver BiDi: windows are opened, scripts run in them.

Our own few words of the protocol (W3C WebDriver BiDi), because the driver programs for Firefox come neither
from Debian nor from PyPI. Firefox is started headless with a profile of its own that asks for nothing of the
outside world, and that plays a made-up camera and microphone.
"""

import asyncio
import base64
import itertools
import json
import os
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import av
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

PROGRAM: Final = "firefox-esr"
START_SECONDS: Final = 60.0
COMMAND_SECONDS: Final = 30.0
SCREENSHOTS: Final = Path(__file__).resolve().parents[1] / "build" / "screenshots"
_MANGLED: Final = re.compile(r"(?P<name>libav\w+|libsw\w+)-[0-9a-f]{8}\.so\.(?P<major>\d+)[.\d]*")
_LISTENING: Final = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")

PREFERENCES: Final[dict[str, bool | int | str]] = {
    # Made-up devices, no questions, pictures and sound that start by themselves.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    # Loopback candidates, with their addresses.
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    # Windows that nobody looks at keep their timers.
    "dom.min_background_timeout_value": 4,
    "dom.timeout.enable_budget_timer_throttling": False,
    "widget.windows.window_occlusion_tracking.enabled": False,
    # Nothing is fetched from anywhere.
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.region.update.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "http://127.0.0.1:9/",
}


class BidiError(Exception):
    """Firefox refused a command, or a script threw."""


@dataclass(slots=True)
class Firefox:
    """A running Firefox; commands may overlap."""

    socket: ClientWebSocketResponse
    process: asyncio.subprocess.Process
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _pending: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    async def listen(self) -> None:
        """Hand answers to those who asked, until the socket closes. Then everybody who waits is told."""
        async for message in self.socket:
            if message.type is not WSMsgType.TEXT:
                break
            answer = json.loads(message.data)
            waiting = self._pending.pop(answer.get("id") or 0, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(answer)
        for waiting in self._pending.values():
            if not waiting.done():
                waiting.set_exception(BidiError("Firefox is gone"))

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command; its result. Raises BidiError, TimeoutError."""
        number = next(self._numbers)
        answer = self._pending[number] = asyncio.get_running_loop().create_future()
        await self.socket.send_json({"id": number, "method": method, "params": params})
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                found = await answer
        finally:
            self._pending.pop(number, None)
        if found["type"] != "success":
            text = f"{method}: {found['error']}: {found['message']}"
            raise BidiError(text)
        result: dict[str, Any] = found["result"]
        return result

    async def new_page(self) -> "Page":
        """A window of its own, so that none is in the background."""
        made = await self.command("browsingContext.create", type="window")
        return Page(self, made["context"])

    def kill(self) -> None:
        """A sudden death of the whole browser: every process of its group at once."""
        os.killpg(self.process.pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Page:
    """One window, with the verbs of Playwright's page: both browsers run the same scripts."""

    firefox: Firefox
    context: str

    async def goto(self, url: str) -> None:
        """Show `url`; returns when it is loaded."""
        await self.firefox.command("browsingContext.navigate", context=self.context, url=url, wait="complete")

    async def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a function (JavaScript source, async or not) with a JSON argument; its result, as JSON.

        Raises BidiError when it throws.
        """
        call = f"(async () => JSON.stringify((await ({function})({json.dumps(argument)})) ?? null))()"
        found = await self.firefox.command(
            "script.evaluate",
            expression=call,
            target={"context": self.context},
            awaitPromise=True,
            userActivation=True,
        )
        if found["type"] == "exception":
            raise BidiError(found["exceptionDetails"]["text"])
        return json.loads(found["result"]["value"])

    async def take_picture(self, name: str) -> None:
        """Save what the window looks like, for people who judge it."""
        found = await self.firefox.command("browsingContext.captureScreenshot", context=self.context)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(found["data"]))

    async def close(self) -> None:
        """Close the window, its peer connections with it."""
        await self.firefox.command("browsingContext.close", context=self.context)


@asynccontextmanager
async def firefox(*, h264: bool = False) -> AsyncIterator[Firefox]:
    """A Firefox of its own, ended with everything it started and wrote.

    Debian's plays no H.264 and AAC without FFmpeg's library of the system, as many a PC has it: `h264` lends
    it the one that PyAV brings.
    """
    home = Path(tempfile.mkdtemp(prefix="firefox-"))
    try:
        profile = home / "profile"
        profile.mkdir()
        lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in PREFERENCES.items())
        (profile / "user.js").write_text("".join(lines))
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0",
            "about:blank",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={
                **os.environ, "HOME": str(home), "MOZ_CRASHREPORTER_DISABLE": "1", "TMPDIR": str(home),
                **({"LD_LIBRARY_PATH": str(_decoders(home))} if h264 else {}),
            },
            start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(START_SECONDS):
                address = await _address(process)
            async with (
                ClientSession() as http,
                http.ws_connect(f"{address}/session", max_msg_size=0) as socket,
            ):
                browser = Firefox(socket, process)
                async with asyncio.TaskGroup() as group:
                    group.create_task(browser.listen())
                    drain = group.create_task(_drain(process))
                    try:
                        await browser.command("session.new", capabilities={})
                        yield browser
                    finally:
                        await socket.close()
                        drain.cancel()
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _decoders(home: Path) -> Path:
    """Return a folder in which PyAV's libraries are found under the names that programs look for."""
    folder = home / "libraries"
    folder.mkdir()
    for file in Path(av.__file__).parent.with_name("av.libs").iterdir():
        (folder / file.name).symlink_to(file)
        if found := _MANGLED.fullmatch(file.name):
            (folder / f"{found['name']}.so.{found['major']}").symlink_to(file)
    return folder


async def _address(process: asyncio.subprocess.Process) -> str:
    """Where Firefox listens, out of the lines it writes at its start."""
    assert process.stderr is not None
    while line := await process.stderr.readline():
        if found := _LISTENING.search(line):
            return found[1].decode()
    text = f"Firefox ended at its start with status {await process.wait()}"
    raise BidiError(text)


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Keep its standard error from filling up."""
    assert process.stderr is not None
    while await process.stderr.read(65536):
        pass
