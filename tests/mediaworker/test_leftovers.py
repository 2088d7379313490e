"""What workers wrote for nobody is thrown away, late or early, after any kill; what is in use never is."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from catalogue.states import MicrocourseState
from catalogue.tables import microcourses
from catalogue.work import MICROCOURSE
from catalogue.workers.intake import BucketIntake, Corner, DiskIntake, Intake
from catalogue.workers.leftovers import Leftovers, not_in_force
from lectern.db.engine import Database
from lectern.jobs.job import Job, NewJob
from lectern.jobs.states import JobState
from lectern.jobs.store import JobStore
from lectern.kernel.clock import UtcMs, utc_ms
from lectern.kernel.errors import Gone
from lectern.storage.bucket import BucketFiles
from lectern.storage.files import Files
from lectern.storage.local import LocalFiles
from lectern.storage.place import BucketPlace

STORE = JobStore()


class House:
    """Jobs and microcourses, and where their files are."""

    def __init__(self, database: Database, intake: Intake, files: Files, data: Path) -> None:
        self.database = database
        self.intake = intake
        self.files = files
        self.data = data
        self.leftovers = Leftovers(database, intake, files, STORE)

    async def job(self, microcourse_id: str, *, exists: bool = True) -> Job:
        args = {
            "session_id": "s", "microcourse_id": microcourse_id, "version": 1, "title": "x",
            "start_ms": 0, "end_ms": 2_000,
        }  # fmt: skip
        async with self.database.write() as tx:
            job = await STORE.enqueue(tx, NewJob("o", MICROCOURSE, microcourse_id, args), utc_ms())
            if exists:
                await tx.execute(insert(microcourses).values(**_row(microcourse_id, job.id)))
        return job

    async def claim(self) -> Job:
        async with self.database.write() as tx:
            job = (await STORE.claim(tx, [MICROCOURSE], "w", utc_ms())).job
        assert job is not None
        return job

    async def send(self, job: Job, name: str = "video.mp4") -> Corner:
        assert job.lease_owner is not None
        corner = Corner(job.id, job.lease_owner)
        await self.intake.receive(corner, name, _body(), 3)
        return corner

    async def there(self) -> set[str]:
        return {file.key for top in ("incoming", "sessions") for file in await self.files.list(top)}


def _row(id_: str, job_id: str) -> dict[str, object]:
    given: dict[str, object] = {
        "id": id_, "org_id": "o", "session_id": "s", "replay_id": "r", "job_id": job_id,
        "state": MicrocourseState.PROCESSING, "title": "x", "version": 1, "start_ms": 0, "end_ms": 2_000,
    }  # fmt: skip
    for column in microcourses.columns:
        if column.name not in given and not column.nullable and column.default is None:
            given[column.name] = 0 if column.type.python_type is int else "x"
    return given


async def _body() -> AsyncIterator[bytes]:
    yield b"abc"


@pytest.fixture(params=["disk", "bucket"])
def house(
    request: pytest.FixtureRequest, sqlite_database: Database, tmp_path: Path, bucket_place: BucketPlace
) -> House:
    if request.param == "disk":
        return House(sqlite_database, DiskIntake(tmp_path), LocalFiles(tmp_path), tmp_path)
    bucket = BucketFiles(bucket_place)
    return House(sqlite_database, BucketIntake(bucket, tmp_path / "incoming"), bucket, tmp_path)


async def test_what_came_after_the_lease_had_gone_is_thrown_away(house: House) -> None:
    await house.job("a")
    first = await house.claim()
    late = await house.send(first)
    async with house.database.write() as tx:
        assert first.lease_owner is not None
        await STORE.release(tx, first.id, first.lease_owner, utc_ms())
    again = await house.claim()
    mine = await house.send(again)
    assert await house.leftovers.sweep() == 1
    assert await house.there() == {mine.key("video.mp4")}
    assert await house.leftovers.sweep() == 0
    assert again.lease_owner is not None
    async with house.database.write() as tx:
        await STORE.cancel(tx, again.id, UtcMs(utc_ms()))
    await house.send(again, "thumbnail.jpg")  # through an address that the bucket still honours
    assert await house.leftovers.sweep() == 1
    assert await house.there() == set()
    assert late != mine


async def test_what_was_made_of_a_deleted_microcourse_goes_and_no_other(house: House) -> None:
    await house.job("kept")
    await house.job("gone", exists=False)
    for key in (
        "sessions/s/microcourses/kept/1/video.mp4",
        "sessions/s/microcourses/gone/1/video.mp4",
        "sessions/s/microcourses/gone/2/result.json",
        "sessions/s/microcourses/nobody-knows/1/video.mp4",
        "sessions/s/hls/replay.json",
    ):
        await house.files.put(key, b"x")
    assert await house.leftovers.sweep() == 1
    assert await house.there() == {
        "sessions/s/microcourses/kept/1/video.mp4",
        "sessions/s/microcourses/nobody-knows/1/video.mp4",
        "sessions/s/hls/replay.json",
    }


async def test_a_round_that_was_broken_off_is_made_up_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    corners = []
    for number in range(3):
        await house.job(f"m{number}")
        job = await house.claim()
        corners.append(await house.send(job))
        async with house.database.write() as tx:
            await STORE.cancel(tx, job.id, utc_ms())
    drop, dropped = house.intake.drop_corner, 0

    async def dying(folder: str) -> None:
        nonlocal dropped
        if dropped == 1:
            raise Gone("storage_unavailable", "away")
        dropped += 1
        await drop(folder)

    monkeypatch.setattr(house.intake, "drop_corner", dying)
    with pytest.raises(Gone):
        await house.leftovers.sweep()
    assert len(await house.there()) == 2
    monkeypatch.undo()
    assert await house.leftovers.sweep() == 2
    assert await house.there() == set()


async def test_what_was_on_its_way_when_the_server_was_killed_goes_after_a_day(house: House) -> None:
    folder = house.data / "incoming"
    folder.mkdir(exist_ok=True)
    for name, age_s in (("passing-1", 90_000), ("upload-2", 90_000), ("upload-3", 3_600)):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (utc_ms() / 1000 - age_s,) * 2)
    await house.leftovers.sweep()
    assert [path.name for path in folder.iterdir()] == ["upload-3"]


LEASES = st.sampled_from(["w/1", "w/2", "x/3"])


@given(
    st.dictionaries(st.sampled_from("abcd"), st.tuples(st.sampled_from(JobState), LEASES)),
    st.sets(st.tuples(st.sampled_from("abcd"), LEASES)),
)
def test_a_lease_in_force_keeps_its_corner_and_nobody_else(
    rows: dict[str, tuple[JobState, str]], found: set[tuple[str, str]]
) -> None:
    held = {
        id_: Job(
            id_, "o", "k", "s", {}, state, 1, 3, lease if state is JobState.RUNNING else None,
            None, 0, 0.0, None, None, None, 0, None, None, None,
        )
        for id_, (state, lease) in rows.items()
    }  # fmt: skip
    corners = {Corner(*one).folder: one for one in found}
    gone = {corners[folder] for folder in not_in_force(corners, held)}
    assert found - gone == {one for one in found if rows.get(one[0]) == (JobState.RUNNING, one[1])}
