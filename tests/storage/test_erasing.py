"""What was said aside is erased on every machine that holds copies, and comes back from none: machines that
were off, or cut off, or killed in the middle."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from lectern.kernel.clock import UtcMs, utc_ms
from lectern.kernel.errors import Gone, NotFound
from lectern.manifest import (
    Fragment,
    Line,
    RecordingEnded,
    RecordingStarted,
    TrackStarted,
    asides,
    encode_line,
)
from lectern.manifest.hold import hold, is_over
from lectern.storage.bucket import BucketFiles
from lectern.storage.carrier import Carrier
from lectern.storage.erasing import erase_recording, erased_key, erased_up_to, tell
from lectern.storage.files import Files, unavailable
from lectern.storage.kinds import is_carried
from lectern.storage.local import LocalFiles
from lectern.storage.place import BucketPlace
from lectern.storage.read_cache import PASSING_S, ReadCache, sweep_passing
from tests.s3_server import Gate

S = "sessions/a"
SAID = b"what was said aside"
ASIDE, OPEN = 2, 1
OLD_S = 1_000_000.0


@dataclass
class Machine:
    """A folder, and its carrier as somebody starts it."""

    root: Path
    bucket: BucketFiles
    passed_s: float = 0.0
    ahead_s: float = 0.0

    def write(self, name: str, content: bytes) -> Path:
        path = self.root / S / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def record(self, number: int, fragments: int = 3) -> None:
        """A recording with its live segments: `ASIDE` is one."""
        is_aside = number == ASIDE
        lines: list[Line] = [
            RecordingStarted(number * 1000, 1, aside=is_aside),
            TrackStarted("t", "mic", "audio", "p_somebody", "opus", 48_000, 0.0),
        ]
        content = SAID if is_aside else b"for all"
        for count in range(fragments):
            name = f"mic-1/{count:06d}.mp4"
            self.write(f"rec/{number}/{name}", content)
            lines.append(Fragment("t", name, 0.0, 1000.0, len(content), "c"))
            live = f"hls/{asides.aside_folder(number)}/audio" if is_aside else "hls/audio"
            self.write(f"{live}/{count}.m4s", content)
        lines.append(RecordingEnded(1000.0 * fragments))
        self.write(f"rec/{number}/manifest.jsonl", b"".join(map(encode_line, lines)))

    def close(self) -> None:
        self.write("hls/replay.json", b"{}")

    def carrier(self, *, keep_s: float = 3600) -> Carrier:
        """As a process that has just begun."""
        return Carrier(
            self.root,
            self.bucket,
            keep_s=keep_s,
            asides=asides,
            is_over=is_over,
            clock=lambda: UtcMs(utc_ms() + int(self.ahead_s * 1000)),
            now=lambda: self.passed_s,
        )

    def files(self) -> dict[str, bytes]:
        """What its disk holds of the session."""
        folder = self.root / S
        found = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
        return {path.relative_to(self.root).as_posix(): content for path, content in found.items()}


@pytest.fixture
def machine(tmp_path: Path, bucket_place: BucketPlace) -> Machine:
    made = Machine(tmp_path / "m1", BucketFiles(bucket_place))
    for number in (OPEN, ASIDE, 12):
        made.record(number)
    made.close()
    return made


async def erase(files: Files, up_to: int = 12) -> int:
    """What a server does for whoever runs the lesson."""
    await tell(files, S, up_to)
    return sum([await erase_recording(files, S, number, asides) for number in range(1, up_to + 1)])


async def there(bucket: Files) -> dict[str, bytes]:
    return {file.key: await bucket.get(file.key) for file in await bucket.list(S)}


def insist_on_erasure(files: dict[str, bytes], *, manifest: bool = True) -> None:
    """Nothing of the aside is left; everything else is."""
    assert [key for key, content in files.items() if SAID in content] == []
    of_it = [key for key in files if key.startswith((f"{S}/rec/{ASIDE}/", f"{S}/hls/aside-"))]
    assert of_it == [f"{S}/rec/{ASIDE}/manifest.jsonl"] * manifest
    assert not any(b"p_somebody" in files[key] for key in of_it)
    kept = [key for key in files if key.endswith(".mp4")]
    assert kept == [f"{S}/rec/{n}/mic-1/{c:06d}.mp4" for n in (OPEN, 12) for c in range(3)]


async def test_a_machine_that_comes_back_brings_nothing_back(machine: Machine) -> None:
    assert await machine.carrier().round()
    assert [SAID in content for content in (await there(machine.bucket)).values()].count(True) == 6
    length = (machine.root / S / f"rec/{ASIDE}/manifest.jsonl").stat().st_size
    assert await erase(machine.bucket) == 1
    insist_on_erasure(await there(machine.bucket))
    # It was cut off from the bucket when it recorded this.
    machine.write(f"rec/{ASIDE}/mic-1/000003.mp4", SAID)
    machine.write(f"hls/aside-{ASIDE}/audio/3.m4s", SAID)
    before = await machine.bucket.get(erased_key(S))
    for _ in range(3):
        with capture_logs() as logs:
            back = machine.carrier()
            assert await back.round()
            assert await back.round()
        insist_on_erasure(await there(machine.bucket))
        insist_on_erasure(machine.files())
        assert back.backlog.files == 0
    assert "aside_copies_erased" not in [line["event"] for line in logs]  # once
    assert (machine.root / S / f"rec/{ASIDE}/manifest.jsonl").stat().st_size == length
    assert await machine.bucket.get(erased_key(S)) == before


async def test_a_recording_that_the_bucket_never_saw(machine: Machine) -> None:
    """The machine was off the whole time: the server did not even know that it was an aside."""
    await erase(machine.bucket)
    back = machine.carrier()
    assert await back.round()
    insist_on_erasure(machine.files())
    insist_on_erasure(await there(machine.bucket))


async def test_what_is_said_aside_later_is_not_meant(machine: Machine) -> None:
    await erase(machine.bucket, up_to=ASIDE - 1)
    assert await machine.carrier().round()
    assert [SAID in content for content in (await there(machine.bucket)).values()].count(True) == 6
    await tell(machine.bucket, S, 1)
    await tell(machine.bucket, S, 12)
    await tell(machine.bucket, S, 3)
    assert await erased_up_to(machine.bucket, S) == 12


async def test_a_machine_that_goes_on_hears_of_it(machine: Machine) -> None:
    running = machine.carrier()
    assert await running.round()
    machine.passed_s += 1
    assert await running.round()  # it carried something of an aside: it has asked once more
    await erase(machine.bucket)
    machine.passed_s += 15
    assert await running.round()
    assert any(SAID in content for content in machine.files().values())
    machine.passed_s += 16
    with capture_logs() as logs:
        assert await running.round()
    insist_on_erasure(machine.files())
    insist_on_erasure(await there(machine.bucket))
    told = [line for line in logs if line["event"] == "aside_copies_erased"]
    assert told == [{"event": "aside_copies_erased", "log_level": "info", "session_id": "a", "recordings": 1}]


async def test_erased_while_it_is_being_carried(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the question and the last file: what came too late goes in the next round."""
    put_file = machine.bucket.put_file
    done = False

    async def put_too_late(key: str, source: Path) -> None:
        nonlocal done
        if key.startswith(f"{S}/rec/{ASIDE}/") and not done:
            done = True
            await erase(BucketFiles(machine.bucket.place))
        await put_file(key, source)

    monkeypatch.setattr(machine.bucket, "put_file", put_too_late)
    running = machine.carrier()
    assert await running.round()
    assert any(SAID in content for content in (await there(machine.bucket)).values())
    assert await running.round()
    insist_on_erasure(await there(machine.bucket))
    insist_on_erasure(machine.files())


class Dying(BucketFiles):
    """A bucket for a process that does not come further than so many words to it."""

    def __init__(self, place: BucketPlace, left: int) -> None:
        super().__init__(place)
        self.left = left

    async def delete(self, prefix: str) -> int:
        self._act()
        return await super().delete(prefix)

    async def put(self, key: str, content: bytes) -> None:
        self._act()
        await super().put(key, content)

    def _act(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise unavailable()


async def test_whoever_dies_in_between_goes_on_with_it(machine: Machine) -> None:
    """Before each step in turn: a server that erases, then the machine that recorded."""
    place = machine.bucket.place
    assert await machine.carrier().round()
    for acts in range(5):
        with pytest.raises(Gone):
            await erase(Dying(place, acts))
    await erase(machine.bucket)
    machine.write(f"rec/{ASIDE}/mic-1/000003.mp4", SAID)
    await machine.bucket.put(f"{S}/rec/{ASIDE}/mic-1/000003.mp4", SAID)  # had just come
    for acts in range(2):
        machine.bucket = Dying(place, acts)
        assert not await machine.carrier().round()
        assert any(SAID in content for content in machine.files().values())  # here last: it is who knows
    machine.bucket = BucketFiles(place)
    assert await machine.carrier().round()
    insist_on_erasure(await there(machine.bucket))
    insist_on_erasure(machine.files())


CHILD = """
import asyncio, sys
from pathlib import Path
from lectern.manifest import asides
from lectern.manifest.hold import is_over
from lectern.storage.bucket import BucketFiles
from lectern.storage.carrier import Carrier
from lectern.storage.place import BucketPlace
root, bucket, prefix, endpoint, key_id, secret = sys.argv[1:]
place = BucketPlace(bucket, prefix, endpoint, key_id=key_id, secret=secret)
asyncio.run(Carrier(Path(root), BucketFiles(place), keep_s=3600, asides=asides, is_over=is_over).run())
"""


async def test_killed_while_it_erases(machine: Machine) -> None:
    """kill -9 of a real process between two of its files."""
    for count in range(3, 400):
        machine.write(f"rec/{ASIDE}/mic-{count}/000001.mp4", SAID)
    await erase(machine.bucket)
    await machine.bucket.put(f"{S}/rec/{ASIDE}/mic-1/000001.mp4", SAID)
    place = machine.bucket.place
    arguments = [str(machine.root), place.bucket, place.prefix, place.endpoint, place.key_id, place.secret]
    said = machine.root / S / f"rec/{ASIDE}"
    whole = len(list(said.iterdir()))
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, *arguments, stderr=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(60):
        while len(list(said.iterdir())) == whole:
            await asyncio.sleep(0)
    child.send_signal(signal.SIGKILL)
    await child.wait()
    assert await machine.carrier().round()
    insist_on_erasure(await there(machine.bucket))
    insist_on_erasure(machine.files())


async def test_while_the_bucket_is_away_nothing_is_promised(
    machine: Machine, bucket_place: BucketPlace, gate: Gate
) -> None:
    assert await machine.carrier().round()
    await erase(machine.bucket)
    machine.write(f"rec/{ASIDE}/mic-1/000003.mp4", SAID)
    machine.bucket = BucketFiles(replace(bucket_place, endpoint=gate.url))
    gate.shut()
    back = machine.carrier()
    assert not await back.round()
    gate.open = True
    assert await back.round()
    insist_on_erasure(await there(BucketFiles(bucket_place)))
    insist_on_erasure(machine.files())


async def test_what_is_still_being_written_is_carried_nowhere(machine: Machine) -> None:
    """A media process that nobody could reach went on recording; its machine is erased when it ends."""
    await erase(machine.bucket)
    manifest = machine.root / S / f"rec/{ASIDE}/manifest.jsonl"
    descriptor = os.open(manifest, os.O_RDONLY)
    hold(descriptor)
    running = machine.carrier()
    for _ in range(2):
        machine.passed_s += 60
        assert await running.round()
        insist_on_erasure(await there(machine.bucket), manifest=False)
        assert SAID in (manifest.parent / "mic-1/000000.mp4").read_bytes()
    os.close(descriptor)
    machine.passed_s += 60
    assert await running.round()
    insist_on_erasure(machine.files())


async def test_a_machine_that_only_packaged(tmp_path: Path, machine: Machine) -> None:
    """It has live segments, and what it fetched of the recording, but not the recording."""
    assert await machine.carrier().round()
    server = Machine(tmp_path / "server", machine.bucket)
    server.write(f"hls/aside-{ASIDE}/audio/0.m4s", SAID)
    server.write("hls/replay.json", b"{}")
    fetched = server.root / "fetched/a/rec"
    whole = (machine.root / S / f"rec/{ASIDE}/manifest.jsonl").read_bytes()
    for number in (OPEN, ASIDE):
        (fetched / f"{number}/mic-1").mkdir(parents=True)
        (fetched / f"{number}/mic-1/000000.mp4").write_bytes(SAID)
        (fetched / f"{number}/manifest.jsonl").write_bytes(whole)
    await erase(machine.bucket)
    assert await server.carrier().round()
    assert [
        path for path in (server.root / S).rglob("*") if "aside" in str(path.relative_to(server.root))
    ] == []
    assert sorted(path.name for path in (fetched / str(ASIDE)).rglob("*")) == ["manifest.jsonl"]
    assert (fetched / f"{ASIDE}/manifest.jsonl").read_bytes() == asides.emptied(whole)
    assert (fetched / f"{OPEN}/mic-1/000000.mp4").exists()
    insist_on_erasure(await there(machine.bucket))


async def test_nobody_takes_it_for_lost(machine: Machine) -> None:
    """The rest of the session leaves the disk when it is old; nothing is missing in the bucket."""
    running = machine.carrier(keep_s=60)
    for passed_s in (0, 1, 300):
        machine.passed_s = passed_s
        assert await running.round()
    await erase(machine.bucket)
    machine.ahead_s = 3600  # now it is old
    with capture_logs() as logs:
        machine.passed_s = 302  # and asked a moment before
        assert await running.round()
    told = [line["event"] for line in logs]
    assert "carried_files_missing" not in told
    assert "media_left_disk" in told
    assert not any(SAID in content for content in machine.files().values())
    insist_on_erasure(await there(machine.bucket))


async def test_one_folder_behind_all_is_erased_by_the_server_itself(tmp_path: Path) -> None:
    """Without a bucket nobody carries: the word lies beside the recordings, and hurts nobody."""
    machine = Machine(tmp_path, BucketFiles(BucketPlace("nowhere")))
    for number in (OPEN, ASIDE, 12):
        machine.record(number)
    assert await erase(LocalFiles(tmp_path)) == 1
    insist_on_erasure(machine.files())
    assert await erase(LocalFiles(tmp_path)) == 0


async def test_copies_for_viewers_stay_for_moments(machine: Machine, tmp_path: Path) -> None:
    assert await machine.carrier().round()
    cache = ReadCache(tmp_path / "cache", 1 << 20, passing=asides.is_aside)
    keys = {"aside": f"{S}/hls/aside-{ASIDE}/audio/0.m4s", "open": f"{S}/hls/audio/0.m4s"}
    paths: dict[str, Path] = {}
    for name, key in keys.items():
        paths[name] = await cache.path_of(machine.bucket, key, len(await machine.bucket.get(key)))
    now_s = utc_ms() / 1000
    assert sweep_passing(tmp_path / "cache", now_s) == 0
    assert await cache.path_of(machine.bucket, keys["aside"], len(SAID)) == paths["aside"]
    assert (cache.hits, cache.misses) == (1, 2)
    assert sweep_passing(tmp_path / "cache", now_s + PASSING_S + 60) == 1
    assert not paths["aside"].exists()
    assert paths["open"].exists()
    await erase(machine.bucket)
    with pytest.raises(NotFound):
        await cache.path_of(machine.bucket, keys["aside"], len(SAID))


async def test_a_carrier_sweeps_them(machine: Machine) -> None:
    """Also those that a server left that was killed."""
    cache = machine.root / "cache"
    cache.mkdir()
    old = cache / "passing-1.m4s"
    for path, at_s in ((old, OLD_S), (cache / "1.m4s", OLD_S)):
        path.write_bytes(SAID)
        os.utime(path, (at_s, at_s))
    await machine.carrier().round()
    assert [path.name for path in cache.iterdir()] == ["1.m4s"]


def test_the_word_is_carried_by_nobody() -> None:
    """Whoever erases puts it there; what lies here may be old."""
    assert not is_carried(erased_key(S))
