"""Media to players, from every kind of store: the same answers to the same requests."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import TestClient, TestServer

from catalogue.play import Player
from catalogue.play_grant import PlayGrant, PlaySigner
from lectern.edge.routes import mount
from lectern.kernel.clock import utc_ms
from lectern.storage.bucket import PART_BYTES, BucketFiles
from lectern.storage.files import Files
from lectern.storage.place import BucketPlace
from lectern.storage.read_cache import LARGEST_BYTES
from tests.s3_server import Gate

SIGNER = PlaySigner({"k": b"k" * 32}, "k")
SEGMENT = bytes(range(256))
FILM = SEGMENT * (LARGEST_BYTES // 256 + 1)


async def nobody(_request: web.Request) -> None:
    return None


async def client_of(files: Files) -> "TestClient[web.Request, web.Application]":
    app = web.Application()
    mount(app, Player(files, SIGNER).routes(), nobody)
    client = TestClient(TestServer(app))
    await client.start_server()
    return client


def url(path: str) -> str:
    return SIGNER.url(PlayGrant("me", "m", "sessions/a/hls/", utc_ms() + 60_000), path)


@pytest.fixture
async def client(files: Files) -> "AsyncIterator[TestClient[web.Request, web.Application]]":
    await files.put("sessions/a/hls/1.m4s", SEGMENT)
    await files.put("sessions/a/hls/index.m3u8", b"#EXTM3U\n")
    await files.put("sessions/b/hls/1.m4s", b"of another session")
    client = await client_of(files)
    yield client
    await client.close()


async def test_whole_ranges_head_and_types(client: "TestClient[Any, Any]") -> None:
    whole = await client.get(url("1.m4s"))
    assert (whole.status, await whole.read()) == (200, SEGMENT)
    assert whole.headers["Content-Type"] == "video/iso.segment"
    assert whole.headers["Cache-Control"] == "private, max-age=86400, immutable"
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    for asked, start, stop in (
        ("10-19", 10, 20),
        ("250-", 250, 256),
        ("-6", 250, 256),
        ("250-999", 250, 256),
    ):
        part = await client.get(url("1.m4s"), headers={"Range": f"bytes={asked}"})
        assert (part.status, await part.read()) == (206, SEGMENT[start:stop]), asked
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/256"
    beyond = await client.get(url("1.m4s"), headers={"Range": "bytes=999-"})
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, "bytes */256")
    head = await client.head(url("1.m4s"))
    assert (head.status, head.headers["Content-Length"]) == (200, "256")
    playlist = await client.get(url("index.m3u8"))
    assert (playlist.status, await playlist.read()) == (200, b"#EXTM3U\n")
    assert playlist.headers["Content-Type"] == "application/vnd.apple.mpegurl"


@pytest.mark.parametrize("path", ["../../b/hls/1.m4s", "%2e%2e/%2e%2e/b/hls/1.m4s", "2.m4s", "replay.json"])
async def test_nothing_else(client: "TestClient[Any, Any]", path: str) -> None:
    assert (await client.get(url(path))).status == 404


async def test_a_film_is_seeked_in_without_being_fetched(
    bucket_place: BucketPlace, gate: Gate, tmp_path: Path
) -> None:
    (tmp_path / "film.mp4").write_bytes(FILM)
    files = BucketFiles(replace(bucket_place, endpoint=gate.url))
    await files.put_file("sessions/a/hls/film.mp4", tmp_path / "film.mp4")
    client = await client_of(files)
    try:
        before = gate.passed_bytes
        part = await client.get(url("film.mp4"), headers={"Range": f"bytes={len(FILM) - 100}-"})
        assert (part.status, await part.read()) == (206, FILM[-100:])
        assert gate.passed_bytes - before < 100_000
        tag = part.headers["ETag"]
        same = await client.get(url("film.mp4"), headers={"If-None-Match": tag})
        assert same.status == 304
        resumed = await client.get(url("film.mp4"), headers={"Range": "bytes=5-9", "If-Range": tag})
        assert (resumed.status, await resumed.read()) == (206, FILM[5:10])
        other = await client.get(url("film.mp4"), headers={"Range": "bytes=5-9", "If-Range": '"old"'})
        assert (other.status, len(await other.read())) == (200, len(FILM))
        for nonsense in ("bytes=9-5", "lines=1-2", "bytes=0-1,5-9"):
            answer = await client.get(url("film.mp4"), headers={"Range": nonsense})
            assert (answer.status, len(await answer.read())) == (200, len(FILM)), nonsense
    finally:
        await client.close()


async def test_a_film_that_breaks_off_is_not_taken_for_whole(
    bucket_place: BucketPlace, gate: Gate, tmp_path: Path
) -> None:
    (tmp_path / "film.mp4").write_bytes(FILM)
    files = BucketFiles(replace(bucket_place, endpoint=gate.url))
    await files.put_file("sessions/a/hls/film.mp4", tmp_path / "film.mp4")
    client = await client_of(files)
    try:
        film = await client.get(url("film.mp4"))
        assert await film.content.readexactly(1000) == FILM[:1000]
        gate.shut()
        with pytest.raises(ClientPayloadError):
            await film.read()
        refused = await client.get(url("film.mp4"))
        assert (refused.status, (await refused.json())["error"]["code"]) == (503, "storage_unavailable")
    finally:
        await client.close()
    assert len(FILM) > PART_BYTES
