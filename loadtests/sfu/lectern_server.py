"""Lectern's media process under test: started as the server starts it, driven over `streaming.control`."""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from loadtests.sfu.codecs import AUDIO_MID, EXTENSIONS, OPUS, VIDEO_MID, VP8
from loadtests.sfu.full_ice import IceCredentials
from loadtests.sfu.link import Link, RemoteEnd
from streaming.control import messages as m
from streaming.control.client import MediaClient, connect

START_TIMEOUT_S: Final = 20.0
STOP_TIMEOUT_S: Final = 20.0


class LecternServer:
    """See `generator.Server`."""

    def __init__(self, client: MediaClient, pid: int, hot_path: str) -> None:
        self.pid = pid
        self.hot_path = hot_path
        self._client = client

    async def publish(self, room: str, link: Link, ssrcs: tuple[int, int]) -> RemoteEnd:
        """See `generator.Server`."""
        await self._client.open_room(room)
        media = (
            m.MediaSection(
                AUDIO_MID, "audio", "publish", (OPUS,), EXTENSIONS["audio"], ssrcs=(ssrcs[0],), source="mic"
            ),
            m.MediaSection(
                VIDEO_MID, "video", "publish", (VP8,), EXTENSIONS["video"], ssrcs=(ssrcs[1],), source="camera"
            ),
        )
        return await self._create(f"{room}-publisher", room, link, media)

    async def watch(self, room: str, viewer: str, link: Link) -> RemoteEnd:
        """See `generator.Server`."""
        media = (
            m.MediaSection(AUDIO_MID, "audio", "subscribe", (OPUS,), EXTENSIONS["audio"]),
            m.MediaSection(VIDEO_MID, "video", "subscribe", (VP8,), EXTENSIONS["video"]),
        )
        remote = await self._create(viewer, room, link, media)
        await self._client.set_routes(
            m.Route(viewer, AUDIO_MID, f"{room}-publisher:{AUDIO_MID}", priority=0),
            m.Route(viewer, VIDEO_MID, f"{room}-publisher:{VIDEO_MID}"),
        )
        return remote

    async def forget(self, viewer: str) -> None:
        """See `generator.Server`."""
        await self._client.close_transport(viewer)

    async def stats(self) -> m.Stats:
        """All counters."""
        return await self._client.get_stats()

    async def _create(
        self, transport: str, room: str, link: Link, media: tuple[m.MediaSection, ...]
    ) -> RemoteEnd:
        ours = link.credentials
        remote = m.RemoteParameters(ours.ufrag, ours.pwd, "client", (link.fingerprint,), media)
        local = await self._client.create_transport(transport, room, transport, remote)
        candidate = next(c for c in local.candidates if c.protocol == "udp")
        return RemoteEnd(
            candidate.address,
            candidate.port,
            IceCredentials(local.ice_ufrag, local.ice_pwd),
            (local.fingerprint,),
            dtls_role="client",
            is_controlling=True,
        )


@asynccontextmanager
async def lectern(
    address: str, core: int | None, hot_path: str, *, wrapper: tuple[str, ...] = ()
) -> AsyncIterator[LecternServer]:
    """A media process on `core`, asked for a hot path (`hot_path` of the result says which one it is).

    `wrapper` are arguments between the interpreter and `-m streaming.process`, for a profiler.
    """
    directory = tempfile.mkdtemp(prefix="lec")
    path = str(Path(directory) / "control")
    pinned = () if core is None else ("taskset", "-c", str(core))
    command = (
        *pinned, sys.executable, *wrapper, "-m", "streaming.process",
        "--control", path, "--host", address, "--port", "0",
    )  # fmt: skip
    with (Path(directory) / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stderr=log,
            env={**os.environ, "LECTERN_HOT_PATH": hot_path},
        )
    assert process.stdin is not None
    try:
        async with connect(path, timeout=START_TIMEOUT_S) as client:
            welcome = await client.hello()
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(_ignore_notifications(client))
                yield LecternServer(client, process.pid, welcome.hot_path)
                listening.cancel()
    finally:
        process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
        if process.returncode is None:
            process.kill()
            await process.wait()
        shutil.rmtree(directory)


async def _ignore_notifications(client: MediaClient) -> None:
    async for _ in client.notifications():
        pass
