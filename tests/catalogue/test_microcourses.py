"""Microcourses through the door: cut, fail, retry, edit, publish, delete, and who may do so."""

from dataclasses import replace
from typing import Any

import pytest

from catalogue.bin.states import DAY_MS
from catalogue.work import microcourse_over
from lectern.jobs.job import JobFailed, Measured
from lectern.jobs.states import JobState
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import SessionStarted
from tests.catalogue.conftest import SESSION, House

CUT = {"title": "Valves in five minutes", "start_ms": 60_000, "end_ms": 240_000}
UNTROUBLED = {"reason_code": None, "reason": None}


async def cut(house: House, who: str = "presenter", **changes: Any) -> tuple[int, Any]:
    replay_id = await house.ready_replay()
    return await house.call("POST", f"/api/v1/replays/{replay_id}/microcourses", who, json=CUT | changes)


async def made(house: House, lead_ms: int = 3_000) -> str:
    """Cut a microcourse and have it made, with an intro and a card of `lead_ms` before the lesson."""
    _, microcourse = await cut(house)
    await house.work("microcourse", {"duration_ms": 180_000 + lead_ms, "lead_ms": lead_ms})
    found: str = microcourse["id"]
    return found


async def test_a_range_becomes_a_microcourse_that_learners_watch(house: House) -> None:
    status, microcourse = await cut(house)
    assert (status, microcourse["state"], microcourse["warning"]) == (201, "processing", None)
    assert microcourse["job"] == UNTROUBLED | {"state": "queued", "progress": 0.0, "estimate_s": None}
    path = f"/api/v1/microcourses/{microcourse['id']}"
    assert (await house.call("GET", path, "learner"))[0] == 404
    folder = f"sessions/{SESSION}/microcourses/{microcourse['id']}/1/"
    await house.files.put(folder + "video.mp4", b"video")
    await house.files.put(folder + "thumbnail.jpg", b"picture")
    job = await house.work("microcourse", {"duration_ms": 183_000})
    about = {"session_id": SESSION, "microcourse_id": microcourse["id"], "version": 1, "replay_version": 1}
    assert job.args == CUT | about | {"look": "org"}
    _, ready = await house.call("GET", path)
    assert (ready["state"], ready["duration_ms"], ready["job"]["state"]) == ("ready", 183_000, "done")
    assert ready["ladder"] is None
    assert (await house.call("GET", path, "learner"))[0] == 404
    await house.publish(microcourse["id"])
    status, seen = await house.call("GET", path, "learner")
    assert (status, seen["job"]) == (200, None)
    assert await (await house.raw("GET", seen["video_url"], None)).read() == b"video"
    thumbnail = await house.raw("GET", seen["thumbnail_url"], None)
    assert (thumbnail.headers["Content-Type"], await thumbnail.read()) == ("image/jpeg", b"picture")
    assert house.audit_log == [("admin", "microcourse_approved"), ("admin", "microcourse_published")]


async def test_a_ladder_is_offered_where_the_job_made_one(house: House) -> None:
    _, microcourse = await cut(house)
    path = f"/api/v1/microcourses/{microcourse['id']}"
    assert (await house.call("GET", path))[1]["ladder"] is None
    folder = f"sessions/{SESSION}/microcourses/{microcourse['id']}/1/"
    await house.files.put(folder + "master.m3u8", b"#EXTM3U\n")
    await house.work("microcourse", {"duration_ms": 183_000, "ladder": True})
    _, ready = await house.call("GET", path)
    assert set(ready["ladder"]) == {"master_url", "pictures_url", "sound_url", "tiles_url"}
    assert await (await house.raw("GET", ready["ladder"]["master_url"], None)).read() == b"#EXTM3U\n"


async def test_progress_is_mirrored(house: House) -> None:
    _, microcourse = await cut(house)
    async with house.database.write() as tx:
        job = (await house.jobs.claim(tx, ["microcourse"], "w", house.now)).job
        assert job is not None
        assert job.lease_owner is not None
        await house.jobs.heartbeat(tx, job.id, job.lease_owner, Measured(0.25, 30), house.now)
    _, seen = await house.call("GET", f"/api/v1/microcourses/{microcourse['id']}")
    assert seen["job"] == UNTROUBLED | {"state": "running", "progress": 0.25, "estimate_s": 30}


async def test_a_failure_is_told_and_can_be_tried_again(house: House) -> None:
    _, microcourse = await cut(house)
    path = f"/api/v1/microcourses/{microcourse['id']}"
    assert (await house.call("POST", path + "/retry"))[0] == 409
    await house.work("microcourse", JobFailed("source_unreadable", "The recording cannot be read."))
    _, failed = await house.call("GET", path)
    assert (failed["state"], failed["job"]["reason"]) == ("failed", "The recording cannot be read.")
    assert (await house.call("POST", path + "/publish"))[1]["error"]["code"] == "microcourse_not_ready"
    status, again = await house.call("POST", path + "/retry")
    assert (status, again["state"], again["job"]["state"]) == (200, "processing", "queued")
    await house.work("microcourse", {"duration_ms": 1})
    assert (await house.call("GET", path))[1]["state"] == "ready"


async def test_a_passing_failure_leaves_it_processing(house: House) -> None:
    _, microcourse = await cut(house)
    await house.work("microcourse", JobFailed("internal", "Odd.", retry=True))
    _, seen = await house.call("GET", f"/api/v1/microcourses/{microcourse['id']}")
    assert (seen["state"], seen["job"]["state"], seen["job"]["reason"]) == ("processing", "queued", "Odd.")


async def test_an_edit_makes_a_new_version_and_voids_the_old_cut(house: House) -> None:
    _, microcourse = await cut(house)
    path = f"/api/v1/microcourses/{microcourse['id']}"
    async with house.database.write() as tx:
        old = (await house.jobs.claim(tx, ["microcourse"], "w", house.now)).job
    assert old is not None
    assert old.lease_owner is not None
    status, edited = await house.call("PATCH", path, json={"end_ms": 300_000})
    assert (status, edited["version"], edited["state"], edited["end_ms"]) == (200, 2, "processing", 300_000)
    async with house.database.write() as tx:
        assert await house.jobs.complete(tx, old.id, old.lease_owner, {"duration_ms": 1}, house.now) is None
    job = await house.work("microcourse", {"duration_ms": 243_000})
    assert (job.args["version"], job.args["end_ms"]) == (2, 300_000)
    _, ready = await house.call("GET", path)
    assert (ready["state"], ready["duration_ms"]) == ("ready", 243_000)
    _, same = await house.call("PATCH", path, json={"title": CUT["title"]})
    assert (same["version"], same["state"]) == (2, "ready")


async def test_a_stale_outcome_changes_nothing(house: House) -> None:
    _, microcourse = await cut(house)
    path = f"/api/v1/microcourses/{microcourse['id']}"
    async with house.database.read() as tx:
        row = await house.store.microcourse(tx, microcourse["id"])
        assert row.job_id is not None
        old = await house.jobs.get(tx, row.job_id)
    await house.call("PATCH", path, json={"end_ms": 300_000})
    ended = replace(old, state=JobState.DONE, result={"duration_ms": 1})
    gone = replace(ended, args=old.args | {"microcourse_id": "deleted"})
    async with house.database.write() as tx:
        await microcourse_over(tx, house.store, ended)
        await microcourse_over(tx, house.store, gone)
    assert (await house.call("GET", path))[1]["state"] == "processing"


async def test_deleting_ends_the_job_and_erases_the_files_later(house: House) -> None:
    _, microcourse = await cut(house)
    path = f"/api/v1/microcourses/{microcourse['id']}"
    key = f"sessions/{SESSION}/microcourses/{microcourse['id']}/1/video.mp4"
    await house.files.put(key, b"video")
    assert (await house.call("DELETE", path))[0] == 204
    assert (await house.call("GET", path))[0] == 410
    assert await house.files.get(key) == b"video"
    async with house.database.write() as tx:
        assert (await house.jobs.claim(tx, ["microcourse"], "w", house.now)).job is None
    assert house.audit_log == [("presenter", "microcourse_deleted")]
    house.now = UtcMs(house.now + 31 * DAY_MS)
    assert await house.eraser().step() == 1
    assert await house.files.list(f"sessions/{SESSION}/microcourses") == []


async def test_an_act_whose_audit_entry_fails_did_not_happen(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/api/v1/microcourses/{await made(house)}"

    async def fail(*_args: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(House, "write", fail)
    for method, act in (("POST", path + "/publish"), ("DELETE", path)):
        assert (await house.call(method, act, "admin"))[0] == 500
        assert (await house.call("GET", path))[1]["state"] == "ready"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": " "}, "title_empty"),
        ({"end_ms": 600_000}, "range_outside"),
        ({"start_ms": 239_500}, "range_too_short"),
        ({"start_ms": "soon"}, "body_invalid"),
    ],
)
async def test_a_range_that_cannot_be_cut_is_refused(
    house: House, changes: dict[str, Any], code: str
) -> None:
    status, body = await cut(house, **changes)
    assert (status, body["error"]["code"]) == (400 if code == "body_invalid" else 422, code)
    _, page = await house.call("GET", "/api/v1/microcourses")
    assert page["items"] == []


async def test_nothing_is_cut_from_a_live_lesson(house: House) -> None:
    await house.lesson.at(0, SessionStarted())
    path = f"/api/v1/replays/{await house.replay_id()}/microcourses"
    status, body = await house.call("POST", path, json=CUT)
    assert (status, body["error"]["code"]) == (409, "replay_not_ready")


@pytest.mark.parametrize(
    ("who", "status"), [("learner", 403), ("guest", 403), ("key", 403), ("stranger", 404)]
)
async def test_who_may_not_edit(house: House, who: str, status: int) -> None:
    assert (await cut(house, who))[0] == status


@pytest.mark.parametrize(
    "action", ["PATCH ", "DELETE ", "POST /publish", "POST /retry", "POST /ask-review", "POST /retire"]
)
async def test_a_learner_changes_nothing(house: House, action: str) -> None:
    path = f"/api/v1/microcourses/{await made(house)}"
    method, _, suffix = action.partition(" ")
    for who, status in (("learner", 403), ("stranger", 404)):
        assert (await house.call(method, path + suffix, who, json={}))[0] == status
    assert (await house.call("GET", path))[1]["state"] == "ready"


async def test_lists_hold_what_one_may_see_page_by_page(house: House) -> None:
    replay_id = await house.ready_replay()
    made_ids = []
    for number in range(52):
        _, microcourse = await house.call(
            "POST", f"/api/v1/replays/{replay_id}/microcourses", json=CUT | {"title": f"No. {number}"}
        )
        made_ids.append(microcourse["id"])
    _, first = await house.call("GET", "/api/v1/microcourses", params={"session": SESSION})
    assert [item["id"] for item in first["items"]] == made_ids[:1:-1]
    _, second = await house.call("GET", "/api/v1/microcourses", params={"cursor": first["next"]})
    assert [item["id"] for item in second["items"]] == made_ids[1::-1]
    assert second["next"] is None
    await house.work("microcourse", {"duration_ms": 1})
    await house.publish(made_ids[0])
    for who, state, count in (
        ("learner", None, 1),
        ("guest", None, 1),
        ("other_guest", None, 0),
        ("learner", "processing", 0),
        ("presenter", "published", 1),
    ):
        params = {} if state is None else {"state": state}
        _, page = await house.call("GET", "/api/v1/microcourses", who, params=params)
        assert len(page["items"]) == count
    assert (await house.call("GET", "/api/v1/microcourses", params={"state": "odd"}))[0] == 400


async def test_a_long_one_is_warned_of(house: House) -> None:
    await house.teach()
    await house.pack(duration_ms=25 * 60_000)
    path = f"/api/v1/replays/{await house.replay_id()}/microcourses"
    await house.keeper.refresh(SESSION)
    for minutes, warning in ((10, None), (16, "long"), (21, "very_long")):
        body = CUT | {"start_ms": 0, "end_ms": minutes * 60_000}
        assert (await house.call("POST", path, json=body))[1]["warning"] == warning
