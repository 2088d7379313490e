"""The console: what is shown of jobs and workers, and what acts do to the job and to what waits for it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.work import MICROCOURSE, MicrocourseArgs
from catalogue.workers.tokens import Sighting, note_sighting
from lectern.jobs.job import Measured, NewJob
from lectern.jobs.states import JobState
from lectern.jobs.store import JobStore
from lectern.kernel.clock import utc_ms
from mediaworker.steps import COUNTED, STEPS, step_at
from tests.installation import Installation, house, services

__all__ = ["house", "services"]
API = "/api/v1/media-jobs"
JOBS = JobStore()


async def add(house: Installation, title: str = "片段") -> str:
    args = MicrocourseArgs("s", "m", 1, title, 0, 2_000)
    row: dict[str, Any] = {name: getattr(args, name) for name in args.__struct_fields__}
    async with house.services.database.write() as tx:
        return (await JOBS.enqueue(tx, NewJob(house.org.id, MICROCOURSE, "m", row), utc_ms())).id


async def state_of(house: Installation, job_id: str) -> JobState:
    async with house.services.database.read() as tx:
        return (await JOBS.get(tx, job_id)).state


async def test_what_runs_where_and_what_can_be_done(house: Installation) -> None:
    first, second = await add(house, "一"), await add(house, "二")
    async with house.services.database.write() as tx:
        job = (await JOBS.claim(tx, [MICROCOURSE], "studio:77", utc_ms())).job
        assert job is not None
        assert job.lease_owner is not None
        await JOBS.heartbeat(tx, job.id, job.lease_owner, Measured(0.5, 90), utc_ms())
        await note_sighting(tx, Sighting("studio:77", None, "1", utc_ms()))
        await note_sighting(tx, Sighting("old:1", None, "1", utc_ms() - 61_000))
        await note_sighting(tx, Sighting("foreign:x:1", "foreign", "1", utc_ms()))
    shown = (await house.ask("GET", API, by="admin")).data
    assert [item["id"] for item in shown["items"]] == [second, first]
    waits, runs = shown["items"]
    assert (waits["state"], waits["title"], waits["acts"]) == ("queued", "二", ["hold", "cancel"])
    assert (runs["state"], runs["worker"], runs["estimate_s"]) == ("running", "studio:77", 90)
    assert runs["step"] == "pictures"
    assert 0 < runs["step_share"] < 1
    [worker] = shown["workers"]
    assert (worker["name"], worker["token"], worker["jobs"]) == ("studio:77", None, 1)
    assert [
        item["id"] for item in (await house.ask("GET", f"{API}?state=queued", by="admin")).data["items"]
    ] == [second]
    for who in ("presenter", "learner"):
        assert (await house.ask("GET", API, by=who)).status == 403
        assert (await house.ask("POST", f"{API}/{first}/cancel", by=who)).status == 403

    assert (await house.ask("POST", f"{API}/{first}/hold", by="admin")).data["acts"] == ["resume", "cancel"]
    async with house.services.database.write() as tx:
        assert not await JOBS.heartbeat(tx, first, job.lease_owner, Measured(0.6), utc_ms())
    # Nobody waits for this cut any more (there is no such microcourse): it is not done again in vain.
    gone = await house.ask("POST", f"{API}/{first}/resume", by="admin")
    assert (gone.status, gone.code) == (409, "job_obsolete")
    assert await state_of(house, first) is JobState.HELD
    ended = await house.ask("POST", f"{API}/{second}/cancel", by="admin")
    assert (ended.data["state"], ended.data["reason_code"], ended.data["acts"]) == (
        "failed",
        "cancelled",
        ["resume"],
    )
    again = await house.ask("POST", f"{API}/{second}/cancel", by="admin")
    assert (again.status, again.code) == (409, "job_state")
    assert (await house.ask("POST", f"{API}/nothing/hold", by="admin")).status == 404
    async with house.services.database.read() as tx:
        log = await house.services.accounts.store.audit_log(tx, house.org.id, "", 9)
    assert [entry.action for entry in log] == ["media_job_cancelled", "media_job_held"]


@given(st.integers(0, len(STEPS) - 1), st.floats(0, 0.999))
def test_a_step_is_read_off_the_progress_that_the_pipeline_counts(index: int, share: float) -> None:
    total = sum(step.weight for step in STEPS)
    before = sum(step.weight for step in STEPS[:index])
    progress = (before + share * STEPS[index].weight) / total * COUNTED
    if progress == 0:
        assert step_at(progress) == ("fetch", 0.0)
        return
    name, found = step_at(progress)
    at = [step.name for step in STEPS].index(name)
    assert at + found == pytest.approx(index + share, abs=1e-6)


def test_before_and_after_the_steps() -> None:
    assert step_at(-1.0) == ("fetch", 0.0)
    assert step_at(1.0) == ("publish", 1.0)
    assert step_at(0.995)[0] == "publish"
