"""Carrying into a real bucket: nothing is lost or promised too early, whatever dies or is away."""

import asyncio
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from lectern.kernel.clock import UtcMs, utc_ms
from lectern.kernel.errors import Gone, NotFound
from lectern.kernel.tasks import task_group
from lectern.storage.backlog import Backlog, read_backlog
from lectern.storage.bucket import BucketFiles
from lectern.storage.carrier import Carrier
from lectern.storage.carrying import pause_s
from lectern.storage.files import unavailable
from lectern.storage.place import BucketPlace
from lectern.storage.shelved import shelved
from lectern.storage.survey import Survey
from recording.packager import Packager
from tests.s3_server import Gate

S = "sessions/a"
DAY_S = 24 * 3600.0


class Lesson:
    """Writes what recorder and packager write."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.segments = 0

    def write(self, name: str, content: bytes) -> None:
        path = self.root / S / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".part")
        temporary.write_bytes(content)
        temporary.replace(path)

    def go_on(self) -> None:
        """One more fragment, its segment, and the playlist that names it."""
        self.segments += 1
        number = f"{self.segments:06d}"
        self.write(f"rec/1/t1/{number}.mp4", number.encode())
        with (self.root / S / "rec/1/manifest.jsonl").open("ab") as manifest:
            manifest.write(number.encode() + b"\n")
        self.write(f"hls/camera/{number}.m4s", number.encode() * 2)
        self.write("hls/camera/index.m3u8", self.playlist())

    def playlist(self) -> bytes:
        return b"".join(b"%06d.m4s\n" % n for n in range(1, self.segments + 1))

    def close(self) -> None:
        self.write("hls/replay.json", b"{}")


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    return Lesson(tmp_path / "data")


def carrier_of(lesson: Lesson, bucket: BucketFiles, keep_s: float = DAY_S, ahead_s: float = 0.0) -> Carrier:
    return Carrier(lesson.root, bucket, keep_s=keep_s, clock=lambda: UtcMs(utc_ms() + int(ahead_s * 1000)))


async def insist_on_whole(bucket: BucketFiles, lesson: Lesson) -> None:
    """Everything that is here and finished is there, byte for byte."""
    files = Survey(lesson.root, S).files(utc_ms() * 1_000_000)
    assert files
    for file in files:
        assert await bucket.get(file.key) == (lesson.root / file.key).read_bytes(), file.key


async def insist_on_consistency(bucket: BucketFiles) -> None:
    """Every segment that a playlist in the bucket names is there."""
    try:
        playlist = await bucket.get(f"{S}/hls/camera/index.m3u8")
    except NotFound:
        return
    there = {file.key for file in await bucket.list(f"{S}/hls")}
    for name in playlist.decode().split():
        assert f"{S}/hls/camera/{name}" in there


async def test_a_lesson_is_in_the_bucket_as_it_goes(lesson: Lesson, bucket_place: BucketPlace) -> None:
    bucket = BucketFiles(bucket_place)
    carrier = carrier_of(lesson, bucket)
    assert await carrier.round()  # nothing there yet: no folder of sessions even
    for _ in range(4):
        lesson.go_on()
        lesson.go_on()
        lesson.write("rec/1/t1/half.part", b"half")
        assert await carrier.round()
        await insist_on_consistency(bucket)
    lesson.close()
    (lesson.root / S / "ended").touch()
    assert await carrier.round()
    (lesson.root / S / "rec/1/t1/half.part").unlink(missing_ok=True)
    (lesson.root / S / "ended").unlink()
    await insist_on_whole(bucket, lesson)
    assert len(await bucket.list(S)) == 8 + 8 + 3
    assert carrier.backlog.files == 0


def test_what_comes_while_the_survey_looks_is_not_missed(lesson: Lesson) -> None:
    survey = Survey(lesson.root, S)
    for count in range(1, 60):  # many within one tick of the file system's clock
        lesson.write(f"hls/camera/{count}.m4s", b"x")
        assert len(survey.files(utc_ms() * 1_000_000)) == count
    assert len(survey.files((utc_ms() + 10_000) * 1_000_000)) == 59  # settled now
    time.sleep(0.02)  # the next tick, which is all that the file system promises
    lesson.write("hls/camera/0.m4s", b"x")
    assert len(survey.files((utc_ms() + 20_000) * 1_000_000)) == 60
    (lesson.root / S / "hls/camera/1.m4s").unlink()
    assert len(survey.files((utc_ms() + 30_000) * 1_000_000)) == 59


@pytest.mark.parametrize("how", ["away", "overloaded"])
async def test_away_for_two_minutes_while_recording(
    lesson: Lesson, bucket_place: BucketPlace, gate: Gate, how: str
) -> None:
    """In virtual time: nothing is lost, and whoever can act reads how it stands, again and again."""
    begun_ms, passed_s = utc_ms(), 0.0
    bucket = BucketFiles(bucket_place)

    def carrier_now() -> Carrier:
        return Carrier(
            lesson.root,
            BucketFiles(replace(bucket_place, endpoint=gate.url)),
            keep_s=DAY_S,
            clock=lambda: UtcMs(begun_ms + int(passed_s * 1000)),
            now=lambda: passed_s,
        )

    def at(name: str) -> None:
        os.utime(lesson.root / S / name, (begun_ms / 1000 + passed_s, begun_ms / 1000 + passed_s))

    carrier = carrier_now()
    lesson.go_on()
    assert await carrier.round()
    assert read_backlog(lesson.root) == Backlog(at_utc_ms=begun_ms, well_utc_ms=begun_ms)
    gate.shut()
    gate.open, gate.overloaded = how == "overloaded", how == "overloaded"
    with capture_logs() as logs:
        for failures in range(1, 7):
            passed_s += pause_s(failures - 1)
            for _ in range(10):
                lesson.go_on()  # goes on as if nothing were
            at(f"rec/1/t1/{lesson.segments - 9:06d}.mp4")
            assert not await carrier.round()
        passed_s += pause_s(6)
        assert not await carrier.round()
    backlog = read_backlog(lesson.root)
    assert backlog is not None
    assert backlog.files == 60 * 2 + 2
    assert backlog.away_since_utc_ms == begun_ms + 1_000
    assert backlog.age_s(backlog.at_utc_ms) > 80
    told = [line["event"] for line in logs]
    assert told == ["storage_away", "storage_still_away"]
    assert logs[-1]["away_s"] >= 60
    assert logs[-1]["files"] >= 100
    await insist_on_consistency(bucket)

    # Its process is killed meanwhile: the next one knows what waits, though it cannot ask what is there.
    again = carrier_now()
    again.backlog = backlog
    lesson.go_on()
    assert not await again.round()
    assert again.backlog.files >= 60 * 2 + 2
    gate.open, gate.overloaded = True, False
    with capture_logs() as logs:
        assert await again.round()
    assert "storage_back" in [line["event"] for line in logs]
    assert again.backlog.files == again.backlog.away_since_utc_ms == 0
    await insist_on_whole(bucket, lesson)


async def test_a_slow_bucket_blocks_nobody(lesson: Lesson, bucket_place: BucketPlace, gate: Gate) -> None:
    carrier = carrier_of(lesson, BucketFiles(replace(bucket_place, endpoint=gate.url)))
    gate.delay_s = 0.15
    for _ in range(6):
        lesson.go_on()
    longest_s, done = 0.0, asyncio.Event()

    async def feel() -> None:
        nonlocal longest_s
        while not done.is_set():
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest_s = max(longest_s, time.monotonic() - before)

    async with task_group() as tasks:
        tasks.create_task(feel())
        begun = time.monotonic()
        assert await carrier.round()
        took_s = time.monotonic() - begun
        done.set()
    assert took_s > 1.0  # it was slow
    assert longest_s < took_s / 2  # and everything else went on
    await insist_on_whole(BucketFiles(bucket_place), lesson)


@pytest.mark.parametrize("cut_after", [0, 20_000, 400_000, 900_000])
async def test_cut_off_in_the_middle_of_a_file(
    lesson: Lesson, bucket_place: BucketPlace, gate: Gate, cut_after: int
) -> None:
    place = replace(bucket_place, endpoint=gate.url)
    bucket = BucketFiles(bucket_place)
    for _ in range(3):
        lesson.go_on()
        lesson.write(f"hls/camera/{lesson.segments:06d}.m4s", os.urandom(300_000))
    carrier = carrier_of(lesson, BucketFiles(place))

    async def cut() -> None:
        while gate.passed_bytes < cut_after:
            await asyncio.sleep(0)
        gate.shut()

    async with task_group() as tasks:
        tasks.create_task(cut())
        await carrier.round()
    await insist_on_consistency(bucket)
    gate.open = True
    assert await carrier.round()
    await insist_on_whole(bucket, lesson)


CHILD = """
import asyncio, sys
from pathlib import Path
from lectern.storage.backlog import Backlog, read_backlog
from lectern.storage.bucket import BucketFiles
from lectern.storage.carrier import Carrier
from lectern.storage.carrying import pause_s
from lectern.storage.files import unavailable
from lectern.storage.place import BucketPlace
root, bucket, prefix, endpoint, key_id, secret = sys.argv[1:]
place = BucketPlace(bucket, prefix, endpoint, key_id=key_id, secret=secret)
asyncio.run(Carrier(Path(root), BucketFiles(place), keep_s=0).run())
"""


async def test_killed_at_any_moment(lesson: Lesson, bucket_place: BucketPlace) -> None:
    """kill -9 between an upload and its note, between two files, before the words: the next one makes it
    whole."""
    bucket = BucketFiles(bucket_place)
    place = bucket_place
    arguments = [str(lesson.root), place.bucket, place.prefix, place.endpoint, place.key_id, place.secret]
    seen: set[int] = set()
    for wanted in (1, 12, 30):
        for _ in range(10):
            lesson.go_on()
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, *arguments, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(30):
            while len(await bucket.list(S)) < wanted:
                await asyncio.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        await child.wait()
        await insist_on_consistency(bucket)
        seen.add(len(await bucket.list(S)))
    assert await carrier_of(lesson, bucket).round()
    await insist_on_whole(bucket, lesson)
    assert min(seen) < 3 * 10 * 2 + 2, "every kill came too late to show anything"


async def test_one_carrier_for_a_folder(lesson: Lesson, bucket_place: BucketPlace) -> None:
    lesson.go_on()
    lesson.root.joinpath("carrier.lock").touch()
    first, second = (carrier_of(lesson, BucketFiles(bucket_place)) for _ in range(2))
    async with task_group() as tasks:
        running = [tasks.create_task(first.run())]
        bucket = BucketFiles(bucket_place)
        async with asyncio.timeout(30):
            while len(await bucket.list(S)) < 4:
                await asyncio.sleep(0.02)
        running.append(tasks.create_task(second.run()))
        await asyncio.sleep(0.05)
        assert second._sessions == {}
        for task in running:
            task.cancel()


async def test_old_media_leaves_this_disk_and_only_then(lesson: Lesson, bucket_place: BucketPlace) -> None:
    bucket = BucketFiles(bucket_place)
    lesson.go_on()
    lesson.close()
    assert await carrier_of(lesson, bucket).round()
    assert await carrier_of(lesson, bucket, ahead_s=DAY_S / 2).round()
    await carrier_of(lesson, bucket, ahead_s=DAY_S / 2).round()
    segment = lesson.root / S / "hls/camera/000001.m4s"
    assert segment.exists()
    later = carrier_of(lesson, bucket, ahead_s=DAY_S + 60)
    for _ in range(2):  # what may have changed is carried once more, then old media leaves
        await later.round()
    assert not segment.exists()
    assert not (lesson.root / S / "rec/1/t1/000001.mp4").exists()
    assert (lesson.root / S / "rec/1/manifest.jsonl").exists()
    assert await bucket.get(f"{S}/hls/camera/000001.m4s") == b"000001" * 2
    assert shelved(lesson.root / S) == {"hls/camera/000001.m4s", "rec/1/t1/000001.mp4"}
    assert Packager(lesson.root / S)._is_made(segment)  # and is not made again from fragments that are gone
    assert not Packager(lesson.root / S)._is_made(segment.with_name("000002.m4s"))


async def test_what_vanished_from_the_bucket_is_noticed_before_the_last_copy_goes(
    lesson: Lesson, bucket_place: BucketPlace
) -> None:
    bucket = BucketFiles(bucket_place)
    lesson.go_on()
    lesson.close()
    carrier = carrier_of(lesson, bucket, ahead_s=DAY_S + 60)
    await carrier.round()
    await bucket.delete(f"{S}/hls/camera/000001.m4s")
    with capture_logs() as logs:
        await carrier.round()
    assert "carried_files_missing" in [line["event"] for line in logs]
    assert (lesson.root / S / "hls/camera/000001.m4s").exists()
    await carrier.round()
    assert await bucket.get(f"{S}/hls/camera/000001.m4s") == b"000001" * 2


async def test_a_file_that_is_deleted_on_its_way_does_not_come_back(
    lesson: Lesson, bucket_place: BucketPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = BucketFiles(bucket_place)
    lesson.go_on()
    put_file = bucket.put_file

    async def put_then_delete(key: str, source: Path) -> None:
        await put_file(key, source)
        await asyncio.to_thread(source.unlink)

    monkeypatch.setattr(bucket, "put_file", put_then_delete)
    await carrier_of(lesson, bucket).round()
    assert [file for file in await bucket.list(S) if file.key.endswith((".mp4", ".m4s"))] == []


async def test_a_bucket_that_is_not_there_says_so(bucket_place: BucketPlace) -> None:
    nowhere = BucketFiles(replace(bucket_place, bucket="no-such-bucket"))
    with pytest.raises(Gone) as error:
        await nowhere.put("a", b"x")
    assert "no-such-bucket" not in error.value.message
    assert "NoSuchBucket" in str(error.value.__cause__)
    with pytest.raises(Gone):
        await nowhere.list("a")


async def test_one_session_that_the_bucket_will_not_take_hinders_no_other(
    lesson: Lesson, bucket_place: BucketPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = BucketFiles(bucket_place)
    lesson.go_on()
    other = lesson.root / "sessions" / "b" / "hls" / "1.m4s"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"of another session")
    os.utime(other, (1, 1))  # longest ago: its turn comes last
    put_file = bucket.put_file

    async def refuse(key: str, source: Path) -> None:
        if key.startswith(S):
            raise unavailable()
        await put_file(key, source)

    monkeypatch.setattr(bucket, "put_file", refuse)
    assert not await carrier_of(lesson, bucket).round()
    assert await bucket.get("sessions/b/hls/1.m4s") == b"of another session"
