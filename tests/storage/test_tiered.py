"""A folder with a bucket behind it: who answers, what is kept here, and what happens when one of them is
away."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from lectern.kernel.errors import Gone, NotFound
from lectern.storage.bucket import BucketFiles
from lectern.storage.local import LocalFiles
from lectern.storage.place import BucketPlace
from lectern.storage.read_cache import LARGEST_BYTES, ReadCache
from lectern.storage.tiered import TieredFiles, copy_folder
from tests.s3_server import Gate
from tests.storage.conftest import CACHE_BYTES, tiered

PLAYLIST = "sessions/a/hls/live.m3u8"
SEGMENT = "sessions/a/hls/000001.m4s"


class Watched(BucketFiles):
    """A bucket that counts what it is asked for."""

    def __init__(self, place: BucketPlace) -> None:
        super().__init__(place)
        self.asked: list[tuple[str, str]] = []

    async def get(self, key: str) -> bytes:
        self.asked.append(("get", key))
        return await super().get(key)

    async def fetch(self, key: str, target: Path) -> None:
        self.asked.append(("fetch", key))
        await super().fetch(key, target)

    async def stream(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        self.asked.append(("stream", key))
        async for piece in super().stream(key, start, length):
            yield piece


async def shown(files: TieredFiles, key: str) -> bytes:
    found = await files.find(key)
    if found.path is not None:
        return await asyncio.to_thread(found.path.read_bytes)
    assert found.content is not None
    return found.content


async def test_alone_the_folder_is_right_and_the_bucket_has_the_rest(
    bucket_place: BucketPlace, tmp_path: Path
) -> None:
    files = tiered(tmp_path, bucket_place, alone=True)
    bucket, local = BucketFiles(bucket_place), LocalFiles(tmp_path / "data")
    await bucket.put(PLAYLIST, b"a second ago")
    await local.put(PLAYLIST, b"now")
    assert await files.get(PLAYLIST) == await shown(files, PLAYLIST) == b"now"
    await local.delete(PLAYLIST)
    assert await files.get(PLAYLIST) == await shown(files, PLAYLIST) == b"a second ago"


async def test_one_of_several_believes_the_bucket_about_what_changes(
    bucket_place: BucketPlace, tmp_path: Path
) -> None:
    files = tiered(tmp_path, bucket_place, alone=False)
    bucket, local = BucketFiles(bucket_place), LocalFiles(tmp_path / "data")
    await local.put(PLAYLIST, b"of the time when this server steered the session")
    await local.put(SEGMENT, b"media")
    await bucket.put(PLAYLIST, b"of the server that steers it now")
    assert await files.get(PLAYLIST) == await shown(files, PLAYLIST) == b"of the server that steers it now"
    assert (await files.find(SEGMENT)).path == tmp_path / "data" / SEGMENT
    await local.put("sessions/a/hls/replay.json", b"not carried yet")
    # So a replay is not called ready while its segments are on one machine alone.
    with pytest.raises(NotFound):
        await files.get("sessions/a/hls/replay.json")


async def test_many_viewers_are_one_question(bucket_place: BucketPlace, tmp_path: Path) -> None:
    bucket = Watched(bucket_place)
    now = [100.0]
    cache = ReadCache(tmp_path / "cache", CACHE_BYTES)
    files = TieredFiles(LocalFiles(tmp_path / "data"), bucket, cache, alone=False, now=lambda: now[0])
    await bucket.put(PLAYLIST, b"1")
    await bucket.put(SEGMENT, b"media")
    assert set(await asyncio.gather(*(shown(files, PLAYLIST) for _ in range(50)))) == {b"1"}
    assert set(await asyncio.gather(*(shown(files, SEGMENT) for _ in range(50)))) == {b"media"}
    assert bucket.asked == [("get", PLAYLIST), ("fetch", SEGMENT), ("stream", SEGMENT)]
    await bucket.put(PLAYLIST, b"2")
    now[0] += 0.9
    assert await shown(files, PLAYLIST) == b"1"
    now[0] += 0.2
    assert await shown(files, PLAYLIST) == b"2"
    assert (cache.hits, cache.misses) == (49, 1)


async def test_the_cache_keeps_to_its_bound(bucket_place: BucketPlace, tmp_path: Path) -> None:
    bucket = Watched(bucket_place)
    keys = [f"sessions/a/hls/{number}.m4s" for number in range(6)]
    for key in keys:
        await bucket.put(key, key.encode() * (CACHE_BYTES // 4 // len(key)))

    def on_disk() -> int:
        return sum(path.stat().st_size for path in (tmp_path / "cache").iterdir())

    for _ in range(2):  # a process, and the next one, which finds what the first left
        cache = ReadCache(tmp_path / "cache", CACHE_BYTES)
        files = TieredFiles(LocalFiles(tmp_path / "data"), bucket, cache, alone=True)
        for key in keys:
            assert (await shown(files, key))[: len(key)] == key.encode()
            assert on_disk() <= CACHE_BYTES
    assert await shown(files, keys[-1])
    assert cache.hits == 1
    (tmp_path / "cache" / ".half.m4s.x").write_bytes(b"of a process that was killed")
    await ReadCache(tmp_path / "cache", CACHE_BYTES).path_of(bucket, keys[0], CACHE_BYTES // 4)
    assert not (tmp_path / "cache" / ".half.m4s.x").exists()


async def test_what_is_deleted_leaves_no_copies(bucket_place: BucketPlace, tmp_path: Path) -> None:
    bucket, folder = Watched(bucket_place), tmp_path / "cache"
    here = TieredFiles(LocalFiles(tmp_path / "data"), bucket, ReadCache(folder, CACHE_BYTES), alone=True)
    there = TieredFiles(
        LocalFiles(tmp_path / "b"), bucket, ReadCache(tmp_path / "c", CACHE_BYTES), alone=True
    )
    for session in "ab":
        await bucket.put(f"sessions/{session}/hls/1.m4s", b"media")
        for files in (here, there):
            assert await shown(files, f"sessions/{session}/hls/1.m4s") == b"media"
    assert await here.delete("sessions/a/hls") == 1
    assert await there.delete("sessions/a/hls") == 0  # another server, whose copies are its own
    for files, copies in ((here, folder), (there, tmp_path / "c")):
        assert len(list(copies.iterdir())) == 1
        with pytest.raises(NotFound):
            await shown(files, "sessions/a/hls/1.m4s")
        assert await shown(files, "sessions/b/hls/1.m4s") == b"media"


async def test_a_film_is_streamed_not_kept(bucket_place: BucketPlace, tmp_path: Path) -> None:
    bucket = Watched(bucket_place)
    files = TieredFiles(
        LocalFiles(tmp_path / "data"), bucket, ReadCache(tmp_path / "cache", CACHE_BYTES), alone=True
    )
    await bucket.put("sessions/a/film.mp4", bytes(LARGEST_BYTES + 1))
    found = await files.find("sessions/a/film.mp4")
    assert (found.path, found.content, found.size_bytes) == (None, None, LARGEST_BYTES + 1)
    assert found.e_tag
    pieces = [piece async for piece in files.stream("sessions/a/film.mp4", LARGEST_BYTES - 1, 2)]
    assert pieces == [b"\0\0"]
    assert bucket.asked == [("stream", "sessions/a/film.mp4")]


async def test_while_the_bucket_is_away_what_is_here_is_shown(
    bucket_place: BucketPlace, gate: Gate, tmp_path: Path
) -> None:
    now = [100.0]
    bucket = Watched(replace(bucket_place, endpoint=gate.url))
    local = LocalFiles(tmp_path / "data")
    cache = ReadCache(tmp_path / "cache", CACHE_BYTES)
    files = TieredFiles(local, bucket, cache, alone=False, now=lambda: now[0])
    await bucket.put(PLAYLIST, b"there")
    await bucket.put("sessions/b/live.m3u8", b"there alone")
    await local.put(PLAYLIST, b"here")
    await local.put(SEGMENT, b"media")
    gate.shut()
    assert await shown(files, PLAYLIST) == b"here"
    assert await shown(files, SEGMENT) == b"media"
    with pytest.raises(Gone) as error:
        await files.find("sessions/b/live.m3u8")
    assert error.value.code == "storage_unavailable"
    asked = len(bucket.asked)
    for _ in range(20):  # viewers come again and again; the bucket is left alone for a moment
        assert await shown(files, PLAYLIST) == b"here"
    assert len(bucket.asked) == asked
    gate.open = True
    now[0] += 6.0
    assert await shown(files, PLAYLIST) == b"there"


async def test_nobody_waits_long_for_a_bucket_that_says_nothing(
    bucket_place: BucketPlace, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lectern.storage.tiered._ANSWER_S", 0.1)
    bucket = BucketFiles(bucket_place)
    await bucket.put(PLAYLIST, b"there")
    gate.delay_s = 0.6
    files = tiered(tmp_path, replace(bucket_place, endpoint=gate.url), alone=False)
    with pytest.raises(Gone):
        await files.find(PLAYLIST)
    await files._local.put(PLAYLIST, b"here, and a little older")
    assert (await files.find(PLAYLIST)).size_bytes == 24
    while gate.under_way:
        await asyncio.sleep(0.05)


async def test_deleting_deletes_in_both_places(bucket_place: BucketPlace, tmp_path: Path) -> None:
    files = tiered(tmp_path, bucket_place, alone=True)
    bucket, local = BucketFiles(bucket_place), LocalFiles(tmp_path / "data")
    await bucket.put(SEGMENT, b"media")
    await local.put(SEGMENT, b"media")
    await bucket.put("sessions/a/hls/000002.m4s", b"media")
    assert [file.key for file in await files.list("sessions/a")] == [SEGMENT, "sessions/a/hls/000002.m4s"]
    assert await files.delete("sessions/a") == 2
    assert await bucket.list("sessions/a") == await local.list("sessions/a") == []


async def test_a_folder_comes_whole_and_only_once(bucket_place: BucketPlace, tmp_path: Path) -> None:
    files = tiered(tmp_path, bucket_place, alone=True)
    bucket, local = BucketFiles(bucket_place), LocalFiles(tmp_path / "data")
    await bucket.put(SEGMENT, b"media")
    await local.put(PLAYLIST, b"1")
    target = tmp_path / "scratch"
    assert await copy_folder(files, "sessions/a/hls", target) == 2
    assert (target / "000001.m4s").read_bytes() == b"media"
    assert (target / "live.m3u8").read_bytes() == b"1"
    await local.put(PLAYLIST, b"2")
    (target / "000001.m4s").write_bytes(b"torn")
    assert await copy_folder(files, "sessions/a/hls", target) == 2
    assert (target / "000001.m4s").read_bytes() == b"media"
    assert (target / "live.m3u8").read_bytes() == b"2"
    assert await copy_folder(files, "sessions/a/hls", target) == 1  # the playlist may have changed; media not
    assert await local.get(PLAYLIST) == b"2"


async def test_what_leaves_this_disk_in_the_very_moment_is_still_read(
    bucket_place: BucketPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tiered(tmp_path, bucket_place, alone=True)
    await BucketFiles(bucket_place).put(SEGMENT, b"media")

    async def was_here(_key: str) -> bool:
        return True

    monkeypatch.setattr(files, "_is_here", was_here)
    assert await files.get(SEGMENT) == b"media"
    assert await files.read(SEGMENT, 1, 2) == b"ed"
    await files.fetch(SEGMENT, tmp_path / "copy.m4s")
    assert (tmp_path / "copy.m4s").read_bytes() == b"media"
    with pytest.raises(NotFound):
        await files.get("sessions/a/hls/nothing.m4s")
