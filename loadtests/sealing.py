"""What encrypted media costs a server: `script/bench sealing [--json FILE]`.

A server in this process answers a viewer in another with segments of 2 s at 2.5 Mbit/s. Its CPU time is
measured in the clear and sealed: with a place of one's own in a replay (each segment is encrypted for its
viewer alone), and all at the same place of a broadcast (encrypted once for all).
"""

import asyncio
import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from catalogue.play import Player
from catalogue.play_grant import PlayGrant, PlaySigner
from catalogue.sealing import Piece, Seal
from lectern.edge.routes import mount
from lectern.kernel.clock import utc_ms
from lectern.storage.local import LocalFiles
from loadtests.figures import Figure, arguments, machine, report
from recording.playlists import FullPlaylist
from recording.timeline_plan import Segment

SEGMENT_S, BITRATE_BPS = 2, 2_500_000
SEGMENTS = 200
"""More than what is remembered, so that each is encrypted."""
AT_ONCE = 8
HOURS = 12
_PREFIX = "sessions/s/hls/"
_HOUR_MS = 3_600_000


def closing_ms() -> tuple[float, float]:
    """Milliseconds of one core for a segment, and for the playlist of a long lesson."""
    seal, clear = Seal(os.urandom(32), "replay/r"), os.urandom(SEGMENT_S * BITRATE_BPS // 8)
    playlist = FullPlaylist(lambda _: "init.mp4")
    count = HOURS * 3600 // SEGMENT_S
    playlist.extend(
        [Segment(n, n * 180_000, (n + 1) * 180_000, None, False, n * 2_000) for n in range(count)]
    )
    text = playlist.text(ended=True)
    begun = time.process_time()
    for number in range(100):
        seal.closed("a/1.m4s", Piece("s", number), clear)
    closed = time.process_time()
    seal.playlist("a/index.m3u8", text)
    return (closed - begun) * 10, (time.process_time() - closed) * 1000


async def cpu_s(files: LocalFiles, *, sealed: bool, numbers: Sequence[int]) -> float:
    """CPU seconds of a server that answers with these segments."""
    signer = PlaySigner({"1": b"k" * 32}, "1", seals=sealed)
    grant = PlayGrant("me", "replay/r", _PREFIX, utc_ms() + _HOUR_MS, sealed=sealed)
    seal = signer.seal(signer.sign(grant), grant)
    paths = [f"camera/{number:06d}.m4s" for number in numbers]
    if sealed:
        paths = [
            f"{path}/{seal.name(_PREFIX + path, Piece('s', number))}"
            for path, number in zip(paths, numbers, strict=True)
        ]
    app = web.Application()

    async def nobody(_: web.Request) -> None:
        return None

    mount(app, Player(files, signer).routes(), nobody)
    async with TestServer(app) as server:
        urls = [str(server.make_url("")).rstrip("/") + signer.url(grant, path) for path in paths]
        viewer = multiprocessing.get_context("spawn").Process(target=watch, args=(urls,))
        begun = time.process_time()
        viewer.start()
        await asyncio.to_thread(viewer.join)
        assert viewer.exitcode == 0
        return time.process_time() - begun


def watch(urls: Sequence[str]) -> None:
    """Fetch them all, a few at once."""
    asyncio.run(_watch(list(urls)))


async def _watch(urls: list[str]) -> None:
    async with aiohttp.ClientSession(raise_for_status=True) as client, asyncio.TaskGroup() as tasks:

        async def fetch() -> None:
            while urls:
                async with client.get(urls.pop()) as answer:
                    await answer.read()

        for _ in range(AT_ONCE):
            tasks.create_task(fetch())


async def figures() -> list[Figure]:
    """Measure each way once."""
    segment_ms, playlist_ms = closing_ms()
    found = [
        Figure("encrypting a segment of 2 s", segment_ms, "ms"),
        Figure(f"naming the segments of {HOURS} hours", playlist_ms, "ms"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        files = LocalFiles(Path(folder))
        for number in range(SEGMENTS):
            content = os.urandom(SEGMENT_S * BITRATE_BPS // 8)
            await files.put(f"{_PREFIX}camera/{number:06d}.m4s", content)
        own, same = list(range(SEGMENTS)) * 3, [5] * SEGMENTS * 3
        for name, sealed, numbers in (
            ("replay in the clear", False, own),
            ("replay sealed, each at a place of their own", True, own),
            ("broadcast in the clear", False, same),
            ("broadcast sealed, all at one place", True, same),
        ):
            spent = await cpu_s(files, sealed=sealed, numbers=numbers)
            share = spent / len(numbers) / SEGMENT_S
            found.append(Figure(f"{name}: viewers that one core serves", 1 / share, "viewers"))
    return found


def main() -> None:
    """Run it."""
    given = arguments("What encrypted media costs a server.")
    print(report("sealing", machine(), asyncio.run(figures()), given.json))


if __name__ == "__main__":
    main()
