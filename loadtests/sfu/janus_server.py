"""Janus (Debian's package, videoroom) under test, driven over its Unix-socket API.

Its other plugins, transports and event handlers are off. `event_loops = 1` is its best configuration for one
core; without it every peer connection has a thread of its own.
"""

import asyncio
import contextlib
import secrets
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from loadtests.sfu import janus_sdp
from loadtests.sfu.janus_sdp import OurEnd
from loadtests.sfu.link import Link, RemoteEnd

START_TIMEOUT_S: Final = 20.0
STOP_TIMEOUT_S: Final = 15.0
ANSWER_TIMEOUT_S: Final = 30.0
KEEPALIVE_S: Final = 20.0
MAX_MESSAGE_BYTES: Final = 1 << 17
PLUGIN: Final = "janus.plugin.videoroom"
BITRATE_BPS: Final = 5_000_000

_ENDS_WITH_US: Final = ("setpriv", "--pdeathsig", "TERM")
Json = dict[str, Any]


class JanusRefused(Exception):
    """Janus answered with an error."""


class JanusApi:
    """Requests and their final answers on one Unix datagram connection; `run` reads it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._waiting: dict[str, tuple[str, asyncio.Future[Json]]] = {}

    async def run(self) -> None:
        """Hand answers to those who wait; until cancelled."""
        loop = asyncio.get_running_loop()
        while data := await loop.sock_recv(self._connection, MAX_MESSAGE_BYTES):
            message: Json = msgspec.json.decode(data)
            janus, future = self._waiting.get(message.get("transaction", ""), ("", None))
            is_interim = message["janus"] == "ack" and janus == "message"
            if future is not None and not future.done() and not is_interim:
                future.set_result(message)

    async def ask(self, janus: str, **fields: object) -> Json:
        """One request, and what came of it. Raises JanusRefused, TimeoutError."""
        loop = asyncio.get_running_loop()
        transaction = secrets.token_hex(8)
        future: asyncio.Future[Json] = loop.create_future()
        self._waiting[transaction] = janus, future
        try:
            request = {"janus": janus, "transaction": transaction, **fields}
            await loop.sock_sendall(self._connection, msgspec.json.encode(request))
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                answer = await future
        finally:
            del self._waiting[transaction]
        problem = answer.get("error") or answer.get("plugindata", {}).get("data", {}).get("error")
        if problem:
            msg = f"{janus}: {problem}"
            raise JanusRefused(msg)
        return answer


class JanusServer:
    """See `generator.Server`."""

    def __init__(self, api: JanusApi, pid: int, session: int) -> None:
        self.pid = pid
        self.session = session
        self._api = api
        self._feeds: dict[str, tuple[int, int]] = {}
        self._handles: dict[str, int] = {}

    async def publish(self, room: str, link: Link, ssrcs: tuple[int, int]) -> RemoteEnd:
        """See `generator.Server`."""
        number = len(self._feeds) + 1
        handle = await self._attach()
        await self._send(
            handle, request="create", room=number, publishers=1, bitrate=BITRATE_BPS, audiocodec="opus",
            videocodec="vp8", notify_joining=False, audiolevel_ext=True,
        )  # fmt: skip
        joined = await self._send(handle, request="join", ptype="publisher", room=number)
        self._feeds[room] = number, joined["plugindata"]["data"]["id"]
        offer = janus_sdp.describe(_our_end(link, "actpass"), "sendonly", ssrcs)
        answer = await self._send(handle, jsep={"type": "offer", "sdp": offer}, request="publish")
        return _remote_end(answer, is_controlling=True)

    async def watch(self, room: str, viewer: str, link: Link) -> RemoteEnd:
        """See `generator.Server`."""
        number, feed = self._feeds[room]
        handle = self._handles[viewer] = await self._attach()
        streams = [{"feed": feed}]
        offer = await self._send(handle, request="join", ptype="subscriber", room=number, streams=streams)
        answer = janus_sdp.describe(_our_end(link, "active"), "recvonly")
        await self._send(handle, jsep={"type": "answer", "sdp": answer}, request="start")
        return _remote_end(offer, is_controlling=False)

    async def forget(self, viewer: str) -> None:
        """See `generator.Server`."""
        handle = self._handles.pop(viewer)
        await self._api.ask("detach", session_id=self.session, handle_id=handle)

    async def keep_alive(self) -> None:
        """A session without messages for a minute would be closed; until cancelled."""
        while True:
            await asyncio.sleep(KEEPALIVE_S)
            await self._api.ask("keepalive", session_id=self.session)

    async def _attach(self) -> int:
        answer = await self._api.ask("attach", session_id=self.session, plugin=PLUGIN)
        return int(answer["data"]["id"])

    async def _send(self, handle: int, jsep: Json | None = None, **body: object) -> Json:
        more = {} if jsep is None else {"jsep": jsep}
        return await self._api.ask("message", session_id=self.session, handle_id=handle, body=body, **more)


def _our_end(link: Link, setup: str) -> OurEnd:
    return OurEnd(link.address, link.port, link.credentials, link.fingerprint, setup)


def _remote_end(message: Json, *, is_controlling: bool) -> RemoteEnd:
    theirs = janus_sdp.read(message["jsep"]["sdp"])
    return RemoteEnd(
        theirs.address,
        theirs.port,
        theirs.credentials,
        (theirs.fingerprint,),
        theirs.our_dtls_role,
        is_controlling,
    )


def installation() -> Path:
    """Where Debian put Janus's modules. Raises FileNotFoundError: no Janus here."""
    found = sorted(Path("/usr/lib").glob("*/janus/plugins/libjanus_videoroom.so"))
    if not found or shutil.which("janus") is None:
        raise FileNotFoundError("Janus is not installed (Debian: apt-get install janus)")
    return found[0].parent.parent


def write_configuration(directory: Path, address: str, event_loops: int | None) -> None:
    """One plugin, one transport, one address."""

    def others(kind: str, but: str) -> str:
        names = (path.name for path in (installation() / kind).glob("*.so"))
        return ",".join(sorted(name for name in names if but not in name))

    loops = "" if event_loops is None else f"event_loops = {event_loops}"
    (directory / "janus.jcfg").write_text(
        f"""general: {{
  configs_folder = "{directory}"
  debug_level = 2
  session_timeout = 60
  {loops}
}}
media: {{ ipv6 = false }}
nat: {{ ice_enforce_list = "{address}" }}
plugins: {{ disable = "{others("plugins", "videoroom")}" }}
transports: {{ disable = "{others("transports", "pfunix")}" }}
loggers: {{ disable = "{others("loggers", "nothing")}" }}
events: {{ broadcast = false }}
"""
    )
    (directory / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
    (directory / "janus.transport.pfunix.jcfg").write_text(
        f"""general: {{ enabled = true, json = "compact", path = "{directory}/api", type = "SOCK_SEQPACKET" }}
admin: {{ admin_enabled = false }}
"""
    )


@asynccontextmanager
async def janus(address: str, core: int | None, event_loops: int | None) -> AsyncIterator[JanusServer]:
    """A Janus on `core`, configured for `address`, which must not be a loopback interface's."""
    directory = Path(tempfile.mkdtemp(prefix="jan"))
    write_configuration(directory, address, event_loops)
    pinned = () if core is None else ("taskset", "-c", str(core))
    with (directory / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *pinned,
            *_ENDS_WITH_US,
            "janus",
            "-F",
            str(directory),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        with await _connected(directory / "api", process) as connection:
            api = JanusApi(connection)
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(api.run())
                session = int((await api.ask("create"))["data"]["id"])
                server = JanusServer(api, process.pid, session)
                keeping = group.create_task(server.keep_alive())
                yield server
                keeping.cancel()
                reading.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
        if process.returncode is None:
            process.kill()
            await process.wait()
        shutil.rmtree(directory)


async def _connected(path: Path, process: asyncio.subprocess.Process) -> socket.socket:
    loop = asyncio.get_running_loop()
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.setblocking(False)
    deadline = loop.time() + START_TIMEOUT_S
    while True:
        try:
            await loop.sock_connect(connection, str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            if loop.time() > deadline or process.returncode is not None:
                connection.close()
                msg = f"Janus did not start; its log ends:\n{(path.parent / 'log').read_text()[-2000:]}"
                raise OSError(msg) from None
            await asyncio.sleep(0.05)
        else:
            return connection
