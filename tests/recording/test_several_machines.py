"""One lesson, recorded on two machines and packaged on two others: they share a bucket and a database."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lectern.app.gathering import Gathering
from lectern.app.packagers import Packagers
from lectern.app.storage import fetch_session
from lectern.db.engine import Database
from lectern.kernel.tasks import task_group
from lectern.manifest import Fragment, Line, RecordingStarted, TrackStarted, encode_line, read_replay
from lectern.manifest.hold import hold, is_over
from lectern.manifest.order import Listed, Order, write_order
from lectern.recordings import settling, store
from lectern.recordings.places import Places, place_id
from lectern.storage.bucket import BucketFiles
from lectern.storage.carrier import Carrier
from lectern.storage.pieces import carried_to
from lectern.storage.place import BucketPlace
from lectern.storage.tiered import copy_folder
from recording.packager import Packager
from signaling.plane.recording_numbers import RecordingNumbers
from tests.installation import settings_of
from tests.recording.replay_reader import playlist_seconds, read_pictures
from tests.recording.scripted_publisher import ScriptedPublisher, record_steps

S = "s1"
KEY = f"sessions/{S}"
LATER_MS = 65_000


@dataclass(slots=True)
class Town:
    """Machines, each with a folder of its own; `live` says whether the lesson goes on."""

    folder: Path
    place: BucketPlace
    database: Database
    live: bool = True
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def bucket(self) -> BucketFiles:
        return BucketFiles(self.place)

    def carrier(self, machine: str, *, packages: bool = False) -> Carrier:
        """A machine's carrier."""
        data = self.folder / machine
        data.mkdir(exist_ok=True)
        here = Places(self.database, place_id(data)).is_here if packages else None
        return Carrier(data, self.bucket, keep_s=3600, is_over=is_over, packaged_here=here)

    async def number(self) -> int:
        """Of the next recording."""
        return await RecordingNumbers(self.database).next(S, 1)

    @asynccontextmanager
    async def packaging(self, machine: str) -> AsyncIterator[None]:
        """While the block lasts, a server on this machine packages, and its carrier carries."""
        data = self.folder / machine
        data.mkdir(exist_ok=True)
        carrier = self.carrier(machine, packages=True)
        sessions_dir = data / "sessions"
        places = Places(self.database, place_id(data))
        gathering = Gathering(self.database, places, self.bucket, data, sessions_dir)

        async def sessions() -> tuple[list[str], list[str]]:
            if self.finished.is_set():
                return [], []
            return ([S], []) if self.live else ([], [S])

        async def finished(_session_id: str) -> None:
            self.finished.set()

        packagers = Packagers(
            sessions_dir, sessions, on_finished=finished, on_given_up=finished, gathering=gathering
        )
        async with task_group() as tasks:
            running = [tasks.create_task(packagers.run()), tasks.create_task(carrier.run())]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()

    async def replay(self) -> Path:
        """The replay as it lies in the bucket, copied to a disk."""
        target = self.folder / "viewer" / "hls"
        assert await copy_folder(self.bucket, f"{KEY}/hls", target)
        return target


@pytest.fixture
def town(tmp_path: Path, bucket_place: BucketPlace, sqlite_database: Database) -> Town:
    return Town(tmp_path, bucket_place, sqlite_database)


def recorded(directory: Path, seconds: float, session_ms: int, *, is_killed: bool) -> int:
    """Record a camera that counts 15 a second; return a lock on the manifest, as its recorder holds it."""
    presenter = ScriptedPublisher()
    presenter.video("camera", "H264", 0.0, seconds)
    presenter.mic(0.0, seconds)
    steps = record_steps(
        [presenter],
        directory,
        seconds + 0.5,
        session_ms=session_ms,
        utc_ms=1_795_312_800_000 + session_ms,
        orderly=not is_killed,
    )
    for _ in steps:
        pass
    descriptor = os.open(directory / "manifest.jsonl", os.O_RDONLY)
    hold(descriptor)
    return descriptor


async def until(what: str, holds: Callable[[], bool], within_s: float = 40.0) -> None:
    try:
        async with asyncio.timeout(within_s):
            while not holds():
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"this did not happen: {what}")


def media_machine(town: Town, machine: str, number: int) -> Path:
    return town.folder / machine / KEY / "rec" / str(number)


@pytest.mark.timeout(120)
async def test_killed_taken_over_and_packaged_elsewhere_again(town: Town) -> None:
    first, second = await town.number(), await town.number()
    assert (first, second) == (1, 2)
    one = media_machine(town, "m1", first)
    lock = recorded(one, 6.0, 0, is_killed=True)
    m1, m2 = town.carrier("m1"), town.carrier("m2")
    assert await m1.round()
    a_hls, b_hls = (town.folder / name / KEY / "hls" for name in ("a", "b"))
    live = a_hls / "camera" / "live.m3u8"
    async with town.packaging("a"):
        await until("the far recording is live at A", live.exists)
        assert not (town.folder / "a" / KEY / "rec").exists()
        os.close(recorded(media_machine(town, "m2", second), 5.0, LATER_MS, is_killed=False))
        assert await m2.round()  # sooner than what the killed one left behind
        await asyncio.sleep(1.2)
        before = live.read_text()
        os.close(lock)
        os.utime(one / "manifest.jsonl", (1, 1))  # as if it had been quiet for a while
        assert await m1.round()
        await until("the second recording is live at A", lambda: live.read_text() != before)
        carried = town.carrier("a", packages=True)
        for _ in range(100):
            if await town.bucket.list(f"{KEY}/hls/camera"):
                break
            await asyncio.sleep(0.05)
    assert await carried.round()
    made = {path.name for path in (a_hls / "camera").glob("*.m4s")}
    assert len(made) >= 3

    town.live = False
    async with town.packaging("b"):
        await asyncio.wait_for(town.finished.wait(), 60)
        assert not {path.name for path in (b_hls / "camera").glob("*.m4s")} & made  # not made again
        assert await town.carrier("b", packages=True).round()
    replay = await town.replay()
    described = read_replay(replay / "replay.json")
    assert [piece.session_ms for piece in described.clock] == [0, LATER_MS]
    joint_s = described.clock[1].media_ms / 1000
    seen = [(at_s < joint_s, value) for at_s, value in read_pictures(replay / "program.m3u8")]
    assert {value for early, value in seen if early} >= set(range(80))  # what was not cut yet is lost
    assert {value for early, value in seen if not early} >= set(range(75))
    assert abs(playlist_seconds(replay / "camera" / "index.m3u8") - described.duration_ms / 1000) < 0.1
    assert not (town.folder / "b" / "fetched" / S).exists()

    # A comes back: it carries nothing of its former life, and keeps none of it.
    (a_hls / "camera" / "index.m3u8").write_text("of a former life")
    assert await town.carrier("a", packages=True).round()
    assert not a_hls.exists()
    assert (
        await town.bucket.get(f"{KEY}/hls/camera/index.m3u8")
        == (b_hls / "camera" / "index.m3u8").read_bytes()
    )


@pytest.mark.timeout(120)
async def test_a_machine_that_burns_is_not_waited_for_for_ever(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "SILENT_S", 1.0)
    number = await town.number()
    one = media_machine(town, "m1", number)
    os.close(recorded(one, 4.0, 0, is_killed=True))
    assert await town.carrier("m1").round()
    whole = (one / "manifest.jsonl").stat().st_size
    with (one / "manifest.jsonl").open("ab") as manifest:
        manifest.write(b'{"type":"clock","media_ms":99000.0}\n')  # never carried
    shutil.rmtree(town.folder / "m1")
    await town.number()  # whose machine burned before it carried anything
    town.live = False
    async with town.packaging("a"):
        await asyncio.wait_for(town.finished.wait(), 60)
        assert await town.carrier("a", packages=True).round()
    async with town.database.read() as tx:
        counted = [recording.counted_bytes for recording in await store.of_session(tx, S)]
    assert counted == [whole, 0]
    pictures = read_pictures(await town.replay() / "program.m3u8")
    assert {value for _, value in pictures if value is not None} >= set(range(55))

    # Its files come back in one piece, though the whole manifest was never carried.
    there = {file.key: file.size_bytes for file in await town.bucket.list(f"{KEY}/rec/1")}
    assert carried_to(f"{KEY}/rec/1/manifest.jsonl", there.items()) == whole
    await town.bucket.delete(f"{KEY}/rec/1/manifest.jsonl")
    settings = settings_of(
        town.folder / "c",
        storage_url=f"s3://{town.place.bucket}/{town.place.prefix}",
        storage_endpoint=town.place.endpoint,
        storage_key_id=town.place.key_id,
        storage_secret=town.place.secret,
    )
    assert await fetch_session(settings, S)


def test_a_manifest_of_another_machine_names_nothing_outside(tmp_path: Path) -> None:
    fetched = tmp_path / "fetched"
    (fetched / "rec/1").mkdir(parents=True)
    lines: list[Line] = [
        RecordingStarted(0, 1),
        TrackStarted("t", "camera", "video", "p", "H264", 90_000, 0.0),
    ]
    names = ["../../../../etc/passwd", "/etc/passwd", "camera-1/../../2.mp4", "camera-1/000001.mp4"]
    lines += [Fragment("t", name, 0.0, 1000.0, 1, "c", keyframes=(0.0,)) for name in names]
    encoded = b"".join(encode_line(line) for line in lines)
    (fetched / "rec/1/manifest.jsonl").write_bytes(encoded)
    write_order(tmp_path, Order((Listed(1, len(encoded)),), is_complete=True))
    packager = Packager(tmp_path, fetched, bring=lambda path: fetched / path)
    assert packager.is_complete()
    (track,) = packager.plan.videos["camera"]._tracks
    assert [piece.path for piece in track.pieces] == ["rec/1/camera-1/000001.mp4"]
