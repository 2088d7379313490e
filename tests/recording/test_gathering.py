"""Gathering what another machine records, over a real bucket that goes away in the middle."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from lectern.app import gathering as gathering_module
from lectern.app.gathering import Gathering
from lectern.db.engine import Database
from lectern.kernel.tasks import task_group
from lectern.manifest.hold import hold, is_over
from lectern.manifest.order import Listed, Order, read_order
from lectern.recordings import store
from lectern.recordings.places import Places, place_id
from lectern.storage.bucket import BucketFiles
from lectern.storage.carrier import Carrier
from lectern.storage.place import BucketPlace
from signaling.plane.recording_numbers import RecordingNumbers
from tests.s3_server import Gate

S = "s1"


@dataclass
class Far:
    """A machine that records: it only appends to a manifest, whose lock it holds, and carries."""

    data: Path
    carrier: Carrier
    lines: int = 0
    _lock: int | None = None

    @property
    def manifest(self) -> Path:
        """Of its recording."""
        return self.data / "sessions" / S / "rec/1/manifest.jsonl"

    def record(self, lines: int) -> None:
        """Record some more."""
        self.manifest.parent.mkdir(parents=True, exist_ok=True)
        with self.manifest.open("ab") as manifest:
            for _ in range(lines):
                self.lines += 1
                manifest.write(b'{"type":"clock","media_ms":%d.0}\n' % self.lines)
        if self._lock is None:
            self._lock = os.open(self.manifest, os.O_RDONLY)
            hold(self._lock)

    def stop(self) -> None:
        """Let go of the manifest, as a recorder that was killed a while ago."""
        assert self._lock is not None
        os.close(self._lock)
        self._lock = None
        os.utime(self.manifest, (1, 1))


@dataclass
class Near:
    """A server that packages, and a clock that the test sets."""

    folder: Path
    far: Far
    bucket: BucketFiles
    database: Database
    places: Places
    mono_s: float = 1_000.0
    logged: list[str] = field(default_factory=list)

    @property
    def session(self) -> Path:
        """Where it packages."""
        return self.folder / "near" / "sessions" / S

    @property
    def copy(self) -> Path:
        """Of the far machine's manifest."""
        return self.folder / "near" / "fetched" / S / "rec/1/manifest.jsonl"

    def end(self) -> None:
        """The lesson is over."""
        (self.session / "ended").touch()

    async def counted(self) -> int | None:
        """How much of the recording counts."""
        async with self.database.read() as tx:
            return (await store.of_session(tx, S))[0].counted_bytes

    @asynccontextmanager
    async def gathered(self) -> AsyncIterator[None]:
        """While the block lasts, it gathers. What is logged meanwhile is kept."""
        data = self.folder / "near"
        gathering = Gathering(self.database, self.places, self.bucket, data, data / "sessions")
        with capture_logs() as logs:
            async with gathering.gathered(S):
                yield
        self.logged = [line["event"] for line in logs]

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Wait for something, as long as a machine with other work may take."""
        async with asyncio.timeout(30):
            while not await holds():
                await asyncio.sleep(0.02)

    async def until_copied(self) -> None:
        """Wait until all that was recorded is here."""

        async def is_copied() -> bool:
            return self.copy.exists() and self.copy.read_bytes() == self.far.manifest.read_bytes()

        await self.until(is_copied)

    async def until_told(self, order: Order) -> None:
        """Wait until the packager is told this."""

        async def is_told() -> bool:
            return read_order(self.session) == order

        await self.until(is_told)


@pytest.fixture
async def near(
    tmp_path: Path,
    bucket_place: BucketPlace,
    gate: Gate,
    sqlite_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> Near:
    for name in ("far", "near"):
        (tmp_path / name).mkdir()
    bucket = BucketFiles(replace(bucket_place, endpoint=gate.url))
    far = Far(tmp_path / "far", Carrier(tmp_path / "far", bucket, keep_s=3600, is_over=is_over))
    places = Places(sqlite_database, place_id(tmp_path / "near"))
    near = Near(tmp_path, far, bucket, sqlite_database, places)
    clock = SimpleNamespace(monotonic=lambda: near.mono_s)
    monkeypatch.setattr(gathering_module, "time", clock)
    monkeypatch.setattr(gathering_module, "_LOOK_S", 0.02)
    monkeypatch.setattr(gathering_module, "_AGAIN_S", 0.05)
    await RecordingNumbers(sqlite_database).next(S, 1)
    return near


async def look_in_vain(near: Near, gate: Gate) -> None:
    """Shut the bucket, and let it be asked for a long time."""
    gate.shut()
    near.mono_s += 100_000
    await asyncio.sleep(0.5)
    near.mono_s += 100_000


@pytest.mark.timeout(120)
async def test_while_the_bucket_is_away_nobody_is_given_up(near: Near, gate: Gate) -> None:
    near.far.record(5)
    assert await near.far.carrier.round()
    async with near.gathered():
        await near.until_copied()
        await near.until_told(Order((Listed(1),)))
        near.end()
        await look_in_vain(near, gate)
        near.far.record(7)
        near.far.stop()
        assert not await near.far.carrier.round()
        assert await near.counted() is None
        gate.open = True
        assert await near.far.carrier.round()
        whole = near.far.manifest.stat().st_size
        await near.until_told(Order((Listed(1, whole),), is_complete=True))
        assert await near.counted() == whole
        assert near.copy.read_bytes() == near.far.manifest.read_bytes()
    assert near.logged.count("recordings_unreachable") == 1
    assert "recording_cut_off" not in near.logged
    assert not near.copy.exists()


@pytest.mark.timeout(120)
async def test_who_is_silent_while_the_bucket_answers_is_cut_off_once(near: Near, gate: Gate) -> None:
    near.far.record(5)
    assert await near.far.carrier.round()
    came = near.far.manifest.stat().st_size
    async with near.gathered():
        await near.until_copied()
        near.end()
        await look_in_vain(near, gate)
        gate.open = True
        waited_s = 0
        while await near.counted() is None:
            assert waited_s < 200, "silence is not noticed"
            waited_s += 1
            near.mono_s += 1.0
            await asyncio.sleep(0.1)
        assert waited_s >= 10, "the time without a bucket counted as silence"
        await near.until_told(Order((Listed(1, came),), is_complete=True))
        near.far.record(9)
        near.far.stop()
        assert await near.far.carrier.round()  # what comes later stays in the bucket
        await asyncio.sleep(0.3)
        assert read_order(near.session) == Order((Listed(1, came),), is_complete=True)
        assert await near.counted() == came
    assert near.logged.count("recording_cut_off") == 1


@pytest.mark.timeout(120)
async def test_who_takes_a_lesson_over_waits_for_the_bucket(near: Near, gate: Gate) -> None:
    await Places(near.database, "elsewhere").take(S)
    await near.bucket.put(f"sessions/{S}/hls/camera/000001.m4s", b"made elsewhere")
    gate.shut()
    begun = asyncio.Event()

    async def take_over() -> None:
        async with near.gathered():
            begun.set()

    async with task_group() as tasks:
        tasks.create_task(take_over())
        await asyncio.sleep(0.5)
        assert not begun.is_set()
        assert await near.places.of(S) == "elsewhere"
        gate.open = True
        await asyncio.wait_for(begun.wait(), 30)
    assert await near.places.of(S) == near.places.here
    assert near.logged.count("packaging_waits") == near.logged.count("packaging_taken_over") == 1


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(3))
async def test_a_bucket_that_comes_and_goes_tears_nothing(near: Near, gate: Gate, seed: int) -> None:
    """Manifests are copied whole, in order and once, wherever a line breaks."""
    rng = Random(seed)
    near.far.record(1)
    assert await near.far.carrier.round()
    async with near.gathered():
        for _ in range(8):
            near.far.record(rng.randrange(1, 6))
            if rng.random() < 0.7:
                await near.far.carrier.round()
            await asyncio.sleep(rng.random() * 0.05)
            if gate.open and rng.random() < 0.5:
                gate.shut()
            else:
                gate.open = True
            here = near.copy.read_bytes() if near.copy.exists() else b""
            assert near.far.manifest.read_bytes().startswith(here)
        gate.open = True
        near.far.stop()
        near.end()
        assert await near.far.carrier.round()
        whole = near.far.manifest.stat().st_size
        await near.until_told(Order((Listed(1, whole),), is_complete=True))
        assert near.copy.read_bytes() == near.far.manifest.read_bytes()
