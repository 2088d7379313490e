"""Media jobs of a worker that shares nothing with the server but a bucket."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from catalogue.work import (
    COMPOSE,
    MICROCOURSE,
    SIGNALS,
    ComposeArgs,
    MicrocourseArgs,
    SignalsArgs,
    download_folder,
)
from lectern.app import media_work
from lectern.app.media_orders import Order
from lectern.app.media_work import MediaWork
from lectern.app.settings import Settings
from lectern.app.storage import files_of
from lectern.jobs.job import Job, JobFailed, LeaseLost
from lectern.jobs.runner import Attempt
from lectern.jobs.states import JobState
from lectern.kernel.tasks import task_group
from lectern.manifest.medium import is_published
from lectern.manifest.signals import Signals
from lectern.storage.bucket import BucketFiles
from lectern.storage.carrier import Carrier
from lectern.storage.place import BucketPlace
from mediaworker import pipeline
from mediaworker.media_job import Compose, Hear, Microcourse
from recording.packager import Packager
from tests.installation import settings_of
from tests.recording.scripted_publisher import ScriptedPublisher, record
from tests.s3_server import Gate

CUT = MicrocourseArgs(session_id="s", microcourse_id="m", version=1, title="课", start_ms=0, end_ms=1_500)
OUTPUT = "sessions/s/microcourses/m/1"


@pytest.fixture(scope="module")
def server_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`LECTERN_DATA` of a server with a closed replay of two seconds."""
    data = tmp_path_factory.mktemp("server")
    presenter = ScriptedPublisher()
    presenter.video("camera", "H264", 0.0, 2.0)
    presenter.mic(0.0, 2.0)
    record([presenter], data / "sessions" / "s" / "rec" / "1", 2.4)
    Packager(data / "sessions" / "s").finish()
    return data


@pytest.fixture
async def carried(server_data: Path, bucket_place: BucketPlace) -> BucketPlace:
    """The bucket after the server's carrier went."""
    assert await Carrier(server_data, BucketFiles(bucket_place), keep_s=3600).round()
    return bucket_place


def worker_settings(data: Path, place: BucketPlace) -> Settings:
    data.mkdir(exist_ok=True)
    return settings_of(
        data,
        storage_url=f"s3://{place.bucket}/{place.prefix}",
        storage_endpoint=place.endpoint,
        storage_key_id=place.key_id,
        storage_secret=place.secret,
    )


def attempt_at(args: MicrocourseArgs | ComposeArgs | SignalsArgs, job_id: str = "j1") -> Attempt:
    kind = {ComposeArgs: COMPOSE, MicrocourseArgs: MICROCOURSE, SignalsArgs: SIGNALS}[type(args)]
    job = Job(
        id=job_id, org_id="o", kind=kind, subject="x", args=msgspec.to_builtins(args), state=JobState.RUNNING,
        attempts=1, max_attempts=3, lease_owner="w", lease_until_ms=0, not_before_ms=0, progress=0.0,
        reason_code=None, reason=None, estimate_s=None, created_ms=0, started_ms=0, finished_ms=None,
        result=None,
    )  # fmt: skip
    return Attempt(job)


def made_by(settings: Settings) -> MediaWork:
    files = files_of(settings)

    async def order_of(job: Job) -> Order:
        """As `Orders` makes it of an organisation that has chosen nothing."""
        if job.kind == COMPOSE:
            return Order("sessions/s", Compose(output=msgspec.convert(job.args, ComposeArgs).folder))
        if job.kind == SIGNALS:
            return Order("sessions/s", Hear(output=msgspec.convert(job.args, SignalsArgs).folder))
        cut = msgspec.convert(job.args, MicrocourseArgs)
        source = download_folder(cut.replay_version) if cut.replay_version else ""
        media = Microcourse(cut.folder, cut.start_ms, cut.end_ms, cut.title, source=source)
        return Order("sessions/s", media)

    return MediaWork(settings.data, asyncio.get_running_loop(), order=order_of, shelf=lambda _job: files)


async def test_a_worker_elsewhere_cuts_and_another_one_finds_it_done(
    carried: BucketPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = BucketFiles(carried)
    settings = worker_settings(tmp_path / "w1", carried)
    fetched: list[str] = []
    fetch = BucketFiles.fetch

    async def fetch_and_note(files: BucketFiles, key: str, target: Path) -> None:
        fetched.append(key.removeprefix("sessions/s/hls/"))
        await fetch(files, key, target)

    monkeypatch.setattr(BucketFiles, "fetch", fetch_and_note)
    result = await asyncio.to_thread(made_by(settings).do, attempt_at(CUT))
    assert result["ladder"] is True
    assert 4_300 < int(str(result["duration_ms"])) < 4_700  # with its card of 3 s
    there = {file.key.removeprefix(OUTPUT + "/"): file.size_bytes for file in await bucket.list(OUTPUT)}
    assert {"video.mp4", "thumbnail.jpg", "result.json", "master.m3u8"} <= set(there)
    assert all(is_published(name) for name in there)
    assert there["video.mp4"] > 10_000
    assert not any((tmp_path / "w1" / "scratch").iterdir())
    segments = {file.key.removeprefix("sessions/s/hls/") for file in await bucket.list("sessions/s/hls")}
    assert {"camera/000000.m4s", "audio/000000.m4s"} <= set(fetched)
    assert segments - set(fetched) == {"audio/000001.m4s"}  # the cut ends before it

    def work_again(*_arguments: Any, **_named: Any) -> None:
        pytest.fail("what is done is not done again")

    monkeypatch.setattr(pipeline, "run", work_again)
    other = made_by(worker_settings(tmp_path / "w2", carried))
    assert await asyncio.to_thread(other.do, attempt_at(CUT)) == result


async def test_a_cut_fetches_only_its_part_of_the_finished_replay(
    carried: BucketPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = worker_settings(tmp_path / "w1", carried)
    await asyncio.to_thread(made_by(settings).do, attempt_at(ComposeArgs("s", "r", 7, "x")))
    fetched: list[str] = []
    fetch = BucketFiles.fetch

    async def fetch_and_note(files: BucketFiles, key: str, target: Path) -> None:
        fetched.append(key)
        await fetch(files, key, target)

    monkeypatch.setattr(BucketFiles, "fetch", fetch_and_note)
    cut = msgspec.structs.replace(CUT, microcourse_id="m7", replay_version=7)
    other = made_by(worker_settings(tmp_path / "w2", carried))
    result = await asyncio.to_thread(other.do, attempt_at(cut))
    assert result["duration_ms"] == 4_500
    assert not any("/camera/" in key and not key.endswith(".m3u8") for key in fetched)
    assert not any(key.endswith(".mp4") and "download" in key for key in fetched)


async def test_the_bucket_goes_away_while_it_works(
    carried: BucketPlace, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_work, "_AGAIN_S", 0.05)
    settings = worker_settings(tmp_path / "w", replace(carried, endpoint=gate.url))
    run = pipeline.run

    def run_and_lose_the_bucket(*arguments: Any, **named: Any) -> Any:
        done = run(*arguments, **named)
        gate.open = False
        return done

    monkeypatch.setattr(pipeline, "run", run_and_lose_the_bucket)
    whole = ComposeArgs("s", "r", 1, "x")
    async with asyncio.timeout(60), task_group() as tasks:
        working = tasks.create_task(asyncio.to_thread(made_by(settings).do, attempt_at(whole)))
        while gate.open:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
        assert not working.done()
        assert (tmp_path / "w" / "scratch" / "j1" / whole.folder / "result.json").exists()
        gate.open = True
    assert working.result()["duration_ms"]
    there = await BucketFiles(carried).list(f"sessions/s/{whole.folder}")
    assert all(is_published(file.key.rpartition("/")[2]) for file in there)
    assert len(there) == 13

    gate.open = False
    monkeypatch.setattr(media_work, "_PATIENCE_S", 0.0)
    with pytest.raises(JobFailed) as failed:
        await asyncio.to_thread(made_by(settings).do, attempt_at(CUT, "j2"))
    assert (failed.value.code, failed.value.retry) == ("storage_unavailable", True)
    cancelled = attempt_at(CUT, "j3")
    cancelled.stop.set()
    with pytest.raises(LeaseLost):
        await asyncio.to_thread(made_by(settings).do, cancelled)


async def test_a_replay_that_is_not_there_is_named(bucket_place: BucketPlace, tmp_path: Path) -> None:
    work = made_by(worker_settings(tmp_path / "w", bucket_place))
    with pytest.raises(JobFailed) as failed:
        await asyncio.to_thread(work.do, attempt_at(ComposeArgs("s", "r", 1, "x")))
    assert failed.value.code == "replay_not_ready"
    assert not any((tmp_path / "w" / "scratch").iterdir())


async def test_signals_of_a_worker_elsewhere(carried: BucketPlace, tmp_path: Path) -> None:
    bucket = BucketFiles(carried)
    args = SignalsArgs("s", "r", 3)
    settings = worker_settings(tmp_path / "w1", carried)
    result = await asyncio.to_thread(made_by(settings).do, attempt_at(args))
    assert result["lacks"] == ["no_screen"]
    content = await bucket.get(f"sessions/s/{args.folder}/result.json")
    signals = msgspec.json.decode(content, type=Signals)
    assert len(signals.utterances) == result["utterances"] == 1  # the soft tone under the beeps
    assert not any((tmp_path / "w1" / "scratch").iterdir())
    other = made_by(worker_settings(tmp_path / "w2", carried))
    assert await asyncio.to_thread(other.do, attempt_at(args)) == result
    assert not (tmp_path / "w2" / "scratch").exists()
