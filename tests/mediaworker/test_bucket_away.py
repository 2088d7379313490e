"""The bucket goes away in front of every step of a job: the work waits, goes on, and nothing recorded is
touched."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalogue.work import MicrocourseArgs
from lectern.app import media_work
from lectern.jobs.job import JobFailed
from lectern.kernel.tasks import task_group
from lectern.manifest.medium import REQUIRED
from lectern.storage.bucket import BucketFiles
from lectern.storage.place import BucketPlace
from mediaworker import steps
from mediaworker.steps import Stage, Step
from mediaworker.transcoder import Progress
from tests.mediaworker.test_over_bucket import (
    CUT,
    OUTPUT,
    attempt_at,
    carried,
    made_by,
    server_data,
    worker_settings,
)
from tests.s3_server import Gate

__all__ = ["carried", "server_data"]

TRANSFERS = ("get", "list", "fetch", "put_file")


async def test_the_bucket_is_away_in_every_step_in_turn(
    carried: BucketPlace, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each transfer of its kind, and in each step of the work, the bucket answers nothing for a
    while. One attempt lives through all of it."""
    monkeypatch.setattr(media_work, "_AGAIN_S", 0.05)
    recorded = {file.key: file.size_bytes for file in await BucketFiles(carried).list("sessions/s/hls")}
    outages: list[str] = []
    loop = asyncio.get_running_loop()

    def go_away(what: str) -> None:
        if what not in outages:
            outages.append(what)
            loop.call_soon_threadsafe(gate.shut)
            loop.call_soon_threadsafe(loop.call_later, 0.2, setattr, gate, "open", True)

    def cut_off(name: str) -> None:
        transfer = getattr(BucketFiles, name)

        async def away(files: BucketFiles, *arguments: Any) -> Any:
            go_away(name)
            return await transfer(files, *arguments)

        monkeypatch.setattr(BucketFiles, name, away)

    def cut_off_step(step: Step) -> Step:
        def do(stage: Stage, progress: Progress) -> None:
            go_away(step.name)
            step.do(stage, progress)

        return replace(step, do=do)

    for name in TRANSFERS:
        cut_off(name)
    monkeypatch.setattr(steps, "STEPS", tuple(map(cut_off_step, steps.STEPS)))
    settings = worker_settings(tmp_path / "w", replace(carried, endpoint=gate.url))
    async with asyncio.timeout(100):
        result = await asyncio.to_thread(made_by(settings).do, attempt_at(CUT))
    assert set(outages) == {*TRANSFERS, *(step.name for step in steps.STEPS)}
    assert result["duration_ms"] == 4_500
    monkeypatch.undo()
    bucket = BucketFiles(carried)
    assert {file.key.removeprefix(f"{OUTPUT}/") for file in await bucket.list(OUTPUT)} >= REQUIRED
    assert {file.key: file.size_bytes for file in await bucket.list("sessions/s/hls")} == recorded


@pytest.mark.parametrize("transfer", ["fetch", "put_file"])
async def test_a_bucket_that_stays_away_fails_in_words_and_the_next_attempt_goes_on(
    carried: BucketPlace, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transfer: str
) -> None:
    monkeypatch.setattr(media_work, "_AGAIN_S", 0.05)
    monkeypatch.setattr(media_work, "_PATIENCE_S", 0.0)
    made: list[str] = []
    original = getattr(BucketFiles, transfer)

    async def away(files: BucketFiles, *arguments: Any) -> Any:
        gate.shut()
        return await original(files, *arguments)

    def counted(step: Step) -> Step:
        def do(stage: Stage, progress: Progress) -> None:
            made.append(step.name)
            step.do(stage, progress)

        return replace(step, do=do)

    work = made_by(worker_settings(tmp_path / "w", replace(carried, endpoint=gate.url)))
    args: MicrocourseArgs = CUT
    with monkeypatch.context() as patch:
        patch.setattr(BucketFiles, transfer, away)
        patch.setattr(steps, "STEPS", tuple(map(counted, steps.STEPS)))
        with pytest.raises(JobFailed) as failed:
            await asyncio.to_thread(work.do, attempt_at(args))
    assert (failed.value.code, failed.value.retry) == ("storage_unavailable", True)
    assert "bucket" not in failed.value.reason
    assert bool(made) is (transfer == "put_file")
    gate.open = True
    again: list[str] = []
    with monkeypatch.context() as patch:
        made = again
        patch.setattr(steps, "STEPS", tuple(map(counted, steps.STEPS)))
        async with task_group():
            assert (await asyncio.to_thread(work.do, attempt_at(args)))["duration_ms"] == 4_500
    # What was made before the bucket went is not made again.
    assert bool(again) is (transfer != "put_file")
