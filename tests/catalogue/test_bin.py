"""Deleting media: what uses them is seen first, they come back for a while, and nothing goes by an error."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from analytics.view_intake import ViewIntake
from analytics.view_store import ViewStore
from analytics.viewing import Played
from catalogue.bin.states import BIN_TABLE, DAY_MS, BinEvent, BinState, Place, after
from catalogue.bin.store import BinStore
from catalogue.bin.tables import media_bin
from catalogue.brand.choosing import LookChooser
from catalogue.brand.look import LookStore
from catalogue.groups.door import GroupDoor
from catalogue.groups.store import GroupStore
from catalogue.groups.viewing import WatchingAll
from catalogue.series import Key, Seen
from catalogue.terms_store import TermsStore
from catalogue.work import COMPOSE, SIGNALS
from catalogue.workers.intake import DiskIntake
from catalogue.workers.leftovers import Leftovers
from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.jobs.states import JobState
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, Deleted, Gone, NotFound
from lectern.manifest.groups import group_folder
from lectern.storage.erasing import erased_key, erased_up_to, tell
from lectern.storage.local import LocalFiles
from lectern.timeline.event import SessionStarted
from tests.catalogue.conftest import PEOPLE, SESSION, House, open_house
from tests.catalogue.test_changes import changes, finished_replay
from tests.catalogue.test_group_replays import BLUE, RED, heard, held_in_groups
from tests.catalogue.test_series import begun, published
from tests.catalogue.test_versions_watched import Seats, Strangers, utc
from tests.lesson import START

ROOT = f"sessions/{SESSION}"
VTT = b"WEBVTT\n\n01:10.000 --> 01:12.000\nclose the valve\n"


async def files_of(house: House) -> set[str]:
    return {file.key for file in await house.files.list(ROOT)}


async def lesson(house: House) -> tuple[str, str, str]:
    """A finished replay with a published microcourse and one in the making, and files of all of them."""
    replay = await finished_replay(house)
    shown = await published(house, replay, "Valves", lead_ms=12_500)
    body = {"title": "Pumps", "start_ms": 0, "end_ms": 60_000}
    _, working = await house.call("POST", f"/api/v1/replays/{replay}/microcourses", json=body)
    for key in ("rec/1/manifest.jsonl", "rec/1/mic-1/1.mp4", "derived/signals/1/result.json"):
        await house.files.put(f"{ROOT}/{key}", b"x")
    await house.files.put(f"{ROOT}/microcourses/{shown}/1/video.mp4", b"video")
    return replay, shown, str(working["id"])


async def delete(house: House, replay: str, microcourses: str = "keep", who: str = "presenter") -> Any:
    _, uses = await house.call("GET", f"/api/v1/replays/{replay}/uses", who)
    asked = {"mark": uses["mark"], "microcourses": microcourses}
    status, binned = await house.call("DELETE", f"/api/v1/replays/{replay}", who, params=asked)
    assert status == 200, binned
    return binned


async def erase_all(house: House) -> None:
    house.now = UtcMs(house.now + 31 * DAY_MS)
    while await house.eraser().step():
        pass


@pytest.mark.parametrize("state", BinState)
@pytest.mark.parametrize("event", BinEvent)
def test_only_what_is_in_the_bin_comes_back(state: BinState, event: BinEvent) -> None:
    if event in BIN_TABLE[state]:
        assert after(state, event) is BIN_TABLE[state][event]
        assert event is not BinEvent.TAKEN_OUT or state is BinState.IN
    else:
        with pytest.raises(Conflict):
            after(state, event)


async def test_what_uses_a_replay_is_seen_before(house: House) -> None:
    replay, shown, _ = await lesson(house)
    made = await begun(house, ("microcourse", shown), ("replay", replay))
    await house.call("PUT", f"/api/v1/watch-terms/microcourse/{shown}", json={"required": True})
    house.watched["learner", Key("microcourse", shown)] = Seen(0.9, 1, 1)
    house.watched["learner", Key("replay", replay)] = Seen(0.9, 1, 1)
    await house.call(
        "POST",
        f"/api/v1/replays/{replay}/edits",
        json={"ranges": [[0, 60_000]], "title": "A", "subtitle": ""},
    )
    path = f"/api/v1/replays/{replay}/uses"
    status, uses = await house.call("GET", path)
    assert status == 200
    valves, pumps = uses["microcourses"]
    assert (valves["title"], valves["shown"], valves["watched_by"], valves["required"]) == (
        "Valves",
        True,
        1,
        True,
    )
    assert (pumps["title"], pumps["shown"], pumps["watched_by"], pumps["required"]) == (
        "Pumps",
        False,
        0,
        False,
    )
    assert uses["series"] == [{"id": made["id"], "title": "Safety", "replay": True, "microcourses": 1}]
    assert (uses["watched_by"], uses["api_keys"], uses["days"], uses["required"]) == (1, 2, 30, False)
    assert uses["drafts"] == 1
    # What was seen is what is deleted: somebody published something in between.
    asked = {"mark": uses["mark"], "microcourses": "delete"}
    await house.call("POST", f"/api/v1/microcourses/{shown}/retire")
    status, refused = await house.call("DELETE", f"/api/v1/replays/{replay}", params=asked)
    assert (status, refused["error"]["code"]) == (409, "uses_changed")
    assert (await house.call("GET", f"/api/v1/replays/{replay}"))[0] == 200


async def test_a_published_microcourse_lives_on_when_its_source_is_deleted(house: House) -> None:
    replay, shown, _ = await lesson(house)
    await house.call("PUT", f"/api/v1/captions/replay/{replay}/en", data=VTT)
    await house.index()
    before = await files_of(house)
    captions = await (await house.raw("GET", f"/api/v1/captions/microcourse/{shown}/en", "learner")).text()
    assert "close the valve" in captions
    path = f"/api/v1/microcourses/{shown}"
    for erased in (False, True):
        if erased:
            await erase_all(house)
        else:
            await delete(house, replay)
            assert await files_of(house) == before, "nothing is erased yet"
        status, seen = await house.call("GET", path, "learner")
        assert (status, seen["state"], seen["source_gone"]) == (200, "published", False)
        assert (await house.raw("GET", seen["video_url"], None)).status == 200
        assert (await house.call("GET", path))[1]["source_gone"] is True
        answer = await house.raw("GET", f"/api/v1/captions/microcourse/{shown}/en", "learner")
        assert await answer.text() == captions
        await house.index()
        _, found = await house.call("GET", "/api/v1/library?q=valve", "learner")
        assert [item["id"] for item in found["items"]] == [shown]
        status, refused = await house.call("PATCH", path, json={"title": "Other"})
        assert (status, refused["error"]["code"]) == (409, "source_deleted")
    left = await files_of(house)
    assert left == {key for key in before if key.startswith(f"{ROOT}/microcourses/")}


async def test_every_door_says_that_it_is_gone(house: House) -> None:
    replay, shown, _ = await lesson(house)
    _, open_page = await house.call("GET", f"/api/v1/replays/{replay}", "learner")
    _, work_page = await house.call("GET", f"/api/v1/replays/{replay}", "presenter")
    _, course_page = await house.call("GET", f"/api/v1/microcourses/{shown}", "learner")
    _, draft = await house.call(
        "POST",
        f"/api/v1/replays/{replay}/edits",
        json={"ranges": [[0, 60_000]], "title": "A", "subtitle": ""},
    )
    addresses = [open_page["program_url"], open_page["download"]["url"]]
    addresses += [work_page["videos"][0]["url"], course_page["video_url"]]
    await delete(house, replay, "delete")
    house.now = UtcMs(house.now + 5_000)
    for erased in (False, True):
        if erased:
            await erase_all(house)
        for address in addresses:
            if erased:
                break  # run out by themselves
            answer = await house.raw("GET", address, None)
            assert answer.status == 410, address
        for path, code in (
            (f"replays/{replay}", "replay_deleted"),
            (f"microcourses/{shown}", "microcourse_deleted"),
            (f"captions/replay/{replay}/en", "replay_deleted"),
            (f"watch-terms/microcourse/{shown}", "microcourse_deleted"),
        ):
            for who in ("learner", "presenter", "guest", "roster_only"):
                status, refused = await house.call("GET", f"/api/v1/{path}", who)
                assert (status, refused["error"]["code"]) == (410, code), (path, who)
            answer = await house.raw("GET", f"/api/v1/{path}", "learner")
            assert answer.headers["Cache-Control"] == "no-store", "or a browser keeps it for ever"
            for who in ("stranger", "other_guest", "off_roster", "key"):  # whoever could not watch it
                assert (await house.call("GET", f"/api/v1/{path}", who))[0] == 404, (path, who)
        for path in (f"replays/{replay}/edits", f"replays/{replay}/proposal"):
            assert (await house.call("GET", f"/api/v1/{path}"))[0] == 410, path
            assert (await house.call("GET", f"/api/v1/{path}", "stranger"))[0] == 404, path
    status, _ = await house.call("GET", f"/api/v1/edits/{draft['id']}")
    assert status == 404, "drafts go with what they were drafts of"


async def test_narrowed_media_are_gone_only_for_those_they_were_for(house: House) -> None:
    replay, _, _ = await lesson(house)
    only = {"targets": [{"kind": "person", "id": "somebody"}]}
    await house.call("PUT", f"/api/v1/shelf/replay/{replay}", json=only)
    await delete(house, replay)
    for _ in range(2):
        assert (await house.call("GET", f"/api/v1/replays/{replay}", "learner"))[0] == 404
        assert (await house.call("GET", f"/api/v1/replays/{replay}", "admin"))[0] == 410
        await erase_all(house)


async def test_it_comes_back_as_it_was(house: House) -> None:
    replay, shown, working = await lesson(house)
    made = await begun(house, ("replay", replay), ("microcourse", shown))
    before = (await house.call("GET", f"/api/v1/replays/{replay}", "learner"))[1]
    await delete(house, replay, "delete")
    _, listed = await house.call("GET", "/api/v1/bin", "presenter")
    assert [(one["medium"], one["with_replay"]) for one in listed["items"]] == [
        ("replay", None), ("microcourse", replay), ("microcourse", replay),
    ]  # fmt: skip
    assert listed["items"][0]["due_utc_ms"] == house.now + 30 * DAY_MS
    assert (await house.call("GET", f"/api/v1/series/{made['id']}"))[1]["items"] == []
    house.now = UtcMs(house.now + 29 * DAY_MS)
    assert await house.eraser().step() == 0
    status, _ = await house.call("POST", f"/api/v1/bin/replay/{replay}/restore")
    assert status == 200
    after_ = (await house.call("GET", f"/api/v1/replays/{replay}", "learner"))[1]
    for changing in ("until_utc_ms", "videos", "audio_url", "program_url", "download", "ladder"):
        before.pop(changing), after_.pop(changing)
    assert after_ == before
    # What was cut from it is withdrawn, and shown again by whoever wants that.
    assert (await house.call("GET", f"/api/v1/microcourses/{shown}"))[1]["state"] == "retired"
    assert (await house.call("POST", f"/api/v1/microcourses/{shown}/publish", "admin"))[0] == 200
    assert (await house.call("GET", f"/api/v1/microcourses/{working}"))[1]["state"] == "failed"
    _, items = await house.call("GET", f"/api/v1/series/{made['id']}", "learner")
    assert [item["id"] for item in items["items"]] == [replay, shown]
    assert (await house.call("GET", "/api/v1/bin", "presenter"))[1]["items"] == []
    house.now = UtcMs(house.now + 100 * DAY_MS)
    assert await house.eraser().step() == 0, "what was taken back stays"
    assert f"{ROOT}/hls/program.m3u8" in await files_of(house)
    await delete(house, replay)  # and may be deleted again
    acts = [act for _, act in house.audit_log if act.startswith("replay_")]
    assert acts == ["replay_deleted", "replay_restored", "replay_deleted"]


async def test_what_is_erased_is_erased_wholly_and_what_was_watched_stays(house: House) -> None:
    replay, shown, working = await lesson(house)
    await house.call("PUT", f"/api/v1/captions/replay/{replay}/en", data=VTT)
    await house.call("PUT", f"/api/v1/watch-terms/replay/{replay}", json={"required": True})
    await house.call("PUT", f"/api/v1/shelf/replay/{replay}", json={"tags": ["Safety"]})
    await house.index()
    watching = WatchingAll(GroupDoor(house.deps(), house))
    intake = ViewIntake(
        house.database, ViewStore(), watching, Seats(), utc, people=Strangers(), clock=house.clock
    )
    began = house.now
    await intake.opened(PEOPLE["learner"], "replay", replay, 1)
    await delete(house, replay, "delete")
    house.now = UtcMs(began + 60_000)
    # Somebody's page was open: what they had watched counts, reported after the deletion.
    played = Played("a", 0, 60_000, began, 60_000, 1.0, visible=True, audible=True)
    told = await intake.take_in(
        PEOPLE["learner"], "replay", replay, version=1, player="p", reported=[played], position_ms=None
    )
    assert told.refused == []
    await erase_all(house)
    await house.index()
    assert await files_of(house) == set()
    async with house.database.read() as tx:
        assert await TermsStore().languages(tx, "replay", replay, 1) == []
        assert not (await TermsStore().rules(tx, "replay", replay)).required
        assert await TermsStore().owed(tx, house.now) == []
        names = await house.store.titles(tx, "org", "replay", [replay])
        gone = await BinStore().find(tx, "replay", replay)
        assert (await house.store.moments(tx, SESSION)) != [], "the lesson's record is no media"
    assert names == {replay: "Lesson s1: 安全/生产"}
    assert gone is not None
    assert gone.state is BinState.GONE
    whole = await watching.find(PEOPLE["admin"], "replay", replay)
    part = await watching.find(PEOPLE["admin"], "microcourse", shown)
    assert (whole.duration_ms, part.duration_ms) == (590_000, 100_000)
    for path in (f"bin/replay/{replay}/restore", f"bin/microcourse/{working}/restore"):
        status, refused = await house.call("POST", f"/api/v1/{path}")
        assert (status, refused["error"]["code"]) == (409, "bin_left")
    _, tags = await house.call("GET", "/api/v1/tags")
    assert [(tag["name"], tag["media"]) for tag in tags["items"]] == [("Safety", 0)]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("deletions", range(6))
async def test_an_erasing_that_is_killed_is_finished_at_the_next_start(
    house: House, monkeypatch: pytest.MonkeyPatch, deletions: int
) -> None:
    replay, shown, _ = await lesson(house)
    await delete(house, replay, "delete")
    house.now = UtcMs(house.now + 31 * DAY_MS)
    left = deletions
    really = LocalFiles.delete

    async def killed(files: LocalFiles, prefix: str) -> int:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1
        return await really(files, prefix)

    with monkeypatch.context() as patch:
        patch.setattr(LocalFiles, "delete", killed)
        with pytest.raises(Killed):
            await house.eraser().step()
    await house.eraser().step()
    assert await files_of(house) == set()
    async with house.database.read() as tx:
        for one in (
            await BinStore().find(tx, "replay", replay),
            await BinStore().find(tx, "microcourse", shown),
        ):
            assert one is not None
            assert one.state is BinState.GONE


async def test_a_bucket_that_is_away_is_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    replay, _, _ = await lesson(house)
    await delete(house, replay)
    house.now = UtcMs(house.now + 31 * DAY_MS)

    async def away(_files: LocalFiles, _prefix: str) -> int:
        raise Gone("storage_unavailable", "The recordings cannot be reached at the moment.")

    with monkeypatch.context() as patch:
        patch.setattr(LocalFiles, "delete", away)
        assert await house.eraser().step() == 0
    # It was begun: it cannot be taken back as if it were whole.
    assert (await house.call("POST", f"/api/v1/bin/replay/{replay}/restore"))[0] == 409
    assert await house.eraser().step() == 1


async def test_a_disk_that_refuses_is_not_taken_for_empty(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay, _, _ = await lesson(house)
    await delete(house, replay)
    house.now = UtcMs(house.now + 31 * DAY_MS)

    async def refused(_files: LocalFiles, _prefix: str) -> int:
        return 0

    with monkeypatch.context() as patch:
        patch.setattr(LocalFiles, "delete", refused)
        assert await house.eraser().step() == 0
    assert await house.eraser().step() == 1


async def test_what_another_machine_writes_later_goes_too(house: House) -> None:
    replay, shown, _ = await lesson(house)
    await delete(house, replay)
    await erase_all(house)
    kept = await files_of(house)
    assert kept == {f"{ROOT}/microcourses/{shown}/1/video.mp4"}
    await house.files.put(f"{ROOT}/rec/2/late.mp4", b"x")
    await house.eraser().step()
    assert await files_of(house) == kept


async def test_a_microcourse_likewise(house: House) -> None:
    replay, shown, _ = await lesson(house)
    assert (await house.call("DELETE", f"/api/v1/microcourses/{shown}", "learner"))[0] == 403
    assert (await house.call("DELETE", f"/api/v1/microcourses/{shown}"))[0] == 204
    assert (await house.call("DELETE", f"/api/v1/microcourses/{shown}"))[0] == 404
    assert (await house.call("POST", f"/api/v1/bin/microcourse/{shown}/restore", "learner"))[0] == 403
    assert (await house.call("POST", f"/api/v1/bin/microcourse/{shown}/restore", "stranger"))[0] == 404
    assert (await house.call("POST", f"/api/v1/bin/microcourse/{shown}/restore"))[0] == 200
    assert (await house.call("GET", f"/api/v1/microcourses/{shown}"))[1]["state"] == "retired"
    await house.call("DELETE", f"/api/v1/microcourses/{shown}")
    # At once, and for good: an administrator alone.
    assert (await house.call("DELETE", f"/api/v1/bin/microcourse/{shown}"))[0] == 403
    assert (await house.call("DELETE", f"/api/v1/bin/microcourse/{shown}", "admin"))[0] == 204
    assert await house.eraser().step() == 1
    assert not any(shown in key for key in await files_of(house))
    assert (await house.call("GET", f"/api/v1/replays/{replay}"))[0] == 200
    assert (await house.call("POST", "/api/v1/bin/series/x/restore"))[0] == 404


async def test_the_sweep_of_leftovers_leaves_the_bin_alone(house: House, tmp_path: Path) -> None:
    _, shown, _ = await lesson(house)
    before = await files_of(house)
    await house.call("DELETE", f"/api/v1/microcourses/{shown}")
    leftovers = Leftovers(house.database, DiskIntake(tmp_path / "incoming"), house.files, house.jobs)
    assert await leftovers.sweep() == 0
    assert await files_of(house) == before
    await erase_all(house)
    late = f"{ROOT}/microcourses/{shown}/2/video.mp4"
    await house.files.put(late, b"a worker's that did not hear of it")
    assert await leftovers.sweep() == 1
    assert late not in await files_of(house)


async def test_who_may(house: House) -> None:
    replay, _, _ = await lesson(house)
    path = f"/api/v1/replays/{replay}"
    for who, status in (
        ("learner", 403), ("other", 403), ("guest_host", 403), ("stranger", 404), ("key", 403),
        ("planning_key", 403), ("host", 200),
    ):  # fmt: skip
        assert (await house.call("GET", f"{path}/uses", who))[0] == status, who
        asked = {"mark": "x", "microcourses": "keep"}
        refused = 409 if status == 200 else status
        assert (await house.call("DELETE", path, who, params=asked))[0] == refused, who
    await delete(house, replay)
    assert (await house.call("GET", "/api/v1/bin", "learner"))[1]["items"] == []
    assert (await house.call("GET", "/api/v1/bin", "stranger"))[1]["items"] == []
    assert (await house.call("GET", "/api/v1/bin", "other"))[1]["items"] == []
    assert len((await house.call("GET", "/api/v1/bin", "admin"))[1]["items"]) == 1
    assert (await house.call("POST", f"/api/v1/bin/replay/{replay}/restore", "other"))[0] == 403
    assert (await house.call("POST", f"/api/v1/bin/replay/{replay}/restore", "stranger"))[0] == 404
    status, refused_ = await house.call("GET", f"{path}/uses")
    assert (status, refused_["error"]["code"]) == (409, "bin_already")


async def test_what_learners_were_promised_stays_while_it_lies_there(house: House) -> None:
    replay, _, _ = await lesson(house)
    await delete(house, replay)
    assert house.told[-1] == ("replay_put_in", [replay])
    rules = f"/api/v1/sessions/{SESSION}/replay-rules"
    _, found = await house.call("GET", rules)
    assert (found["deleted"], found["live"], found["over"]) == (True, False, False)
    wanted = {
        "by_decision": None,
        "learners_unseen": None,
        "learners_unheard": None,
        "learners_unnamed": True,
    }
    status, refused = await house.call("PUT", rules, json=wanted)
    assert (status, refused["error"]["code"]) == (409, "lesson_running")
    assert (await house.call("DELETE", f"/api/v1/sessions/{SESSION}/asides"))[0] == 410
    await house.call("POST", f"/api/v1/bin/replay/{replay}/restore")
    assert (await house.call("GET", rules))[1]["deleted"] is False


async def test_a_draft_that_nobody_saw_never_was_there_for_learners(house: House) -> None:
    replay, shown, working = await lesson(house)
    await delete(house, replay, "delete")
    for id_, statuses in ((shown, (410, 410)), (working, (404, 410))):
        one = f"/api/v1/microcourses/{id_}"
        assert tuple([(await house.call("GET", one, who))[0] for who in ("learner", "presenter")]) == statuses


async def test_the_look_that_it_comes_back_in_is_kept(house: House) -> None:
    replay, _, _ = await lesson(house)
    await delete(house, replay, "delete")
    looks = LookStore()
    async with house.database.read() as tx:
        assert await looks.is_used(tx, "org", "org")
        assert not await looks.is_used(tx, "elsewhere", "org")
        assert not await looks.is_used(tx, "org", "or")
    await erase_all(house)
    async with house.database.read() as tx:
        assert not await looks.is_used(tx, "org", "org")


async def test_the_word_that_asides_are_erased_outlives_the_replay(house: House) -> None:
    replay, _, _ = await lesson(house)
    await tell(house.files, ROOT, 3)
    await delete(house, replay, "delete")
    await erase_all(house)
    assert await files_of(house) == {erased_key(ROOT)}
    assert await erased_up_to(house.files, ROOT) == 3


async def test_a_lesson_that_goes_on_is_not_deleted_and_a_deleted_one_does_not_go_on(house: House) -> None:
    await house.lesson.at(0, SessionStarted())
    replay = await house.replay_id()
    _, uses = await house.call("GET", f"/api/v1/replays/{replay}/uses")
    asked = {"mark": uses["mark"], "microcourses": "keep"}
    status, refused = await house.call("DELETE", f"/api/v1/replays/{replay}", params=asked)
    assert (status, refused["error"]["code"]) == (409, "lesson_not_over")


async def test_a_lesson_whose_replay_was_deleted_is_not_opened_again(house: House) -> None:
    replay, _, _ = await lesson(house)
    await delete(house, replay)
    for _ in range(2):
        with pytest.raises(Conflict) as refused:
            await house.lesson.at(900, SessionStarted())
        assert refused.value.code == "lesson_replay_deleted"
        await erase_all(house)


async def test_jobs_end_with_it_and_begin_again(house: House) -> None:
    replay = await house.ready_replay()
    await delete(house, replay)
    async with house.database.read() as tx:
        for kind in (COMPOSE, SIGNALS):
            job = await house.jobs.newest(tx, kind, replay)
            assert job is not None
            assert (job.state, job.reason_code) == (JobState.FAILED, "cancelled")
    await house.call("POST", f"/api/v1/bin/replay/{replay}/restore")
    assert (await house.work(COMPOSE, {"duration_ms": 1})).subject == replay
    assert (await house.work(SIGNALS, {})).subject == replay


async def test_a_library_elsewhere_is_told(house: House) -> None:
    replay, shown, _ = await lesson(house)
    cursor = (await changes(house))["cursor"]

    async def told() -> Sequence[tuple[str, bool]]:
        nonlocal cursor
        page = await changes(house, cursor)
        cursor = page["cursor"]
        return [(item["id"], item["gone"]) for item in page["items"]]

    await delete(house, replay, "delete")
    assert sorted(await told()) == sorted([(replay, True), (shown, True)]), "never what it never had"
    await house.call("POST", f"/api/v1/bin/replay/{replay}/restore")
    assert sorted(await told()) == sorted([(replay, False), (shown, True)])
    await house.call("POST", f"/api/v1/microcourses/{shown}/publish", "admin")
    assert await told() == [(shown, False)]
    await house.call("DELETE", f"/api/v1/microcourses/{shown}")
    assert await told() == [(shown, True)]
    await erase_all(house)
    assert await told() == []
    assert (shown, True) in [(item["id"], item["gone"]) for item in (await changes(house))["items"]]


async def test_whoever_was_asked_to_review_it_need_not_while_it_lies_there(house: House) -> None:
    """The review itself waits, as it was asked: it is not asked anew."""
    replay, _, working = await lesson(house)
    await house.work("microcourse", {"duration_ms": 60_000})
    path = f"/api/v1/microcourses/{working}"
    assert (await house.call("POST", f"{path}/ask-review", json={}))[0] == 200
    asked = (await house.call("GET", f"{path}/reviews"))[1]["reviews"]
    [review] = [each["id"] for each in asked]
    house.told.clear()
    await house.call("DELETE", path)
    assert house.told == [("microcourse_put_in", [working, review])]
    assert (await house.call("POST", f"{path}/review", "admin", json={"version": 1, "approve": True}))[
        0
    ] == 410
    house.told.clear()
    await house.call("POST", f"/api/v1/bin/microcourse/{working}/restore")
    assert house.told == [("microcourse_taken_out", [working, review])]
    assert (await house.call("GET", path))[1]["state"] == "in_review"
    assert (await house.call("GET", f"{path}/reviews"))[1]["reviews"] == asked
    house.told.clear()
    await delete(house, replay, "delete")
    assert ("microcourse_put_in", [working, review]) in house.told
    await house.call("POST", f"/api/v1/bin/replay/{replay}/restore")
    assert ("microcourse_taken_out", [working, review]) in house.told
    assert (await house.call("POST", f"{path}/review", "admin", json={"version": 1, "approve": True}))[
        0
    ] == 200


async def fill(house: House, session_id: str, ids: Sequence[str], changed_utc_ms: int) -> None:
    """Put replays of some lesson into the bin, all at once."""
    rows = [
        {
            "medium": "replay", "medium_id": id_, "org_id": "org", "session_id": session_id, "title": id_,
            "state": BinState.IN, "changed_utc_ms": changed_utc_ms, "due_utc_ms": changed_utc_ms + DAY_MS,
            "put_by": "presenter", "with_replay": None, "was_told": True, "content": {"duration_ms": 1},
        }
        for id_ in ids
    ]  # fmt: skip
    async with house.database.write() as tx:
        await tx.execute(insert(media_bin), rows)


async def pages(house: House, who: str) -> list[list[str]]:
    """Everything that somebody finds in the bin, page by page."""
    found: list[list[str]] = []
    cursor: dict[str, str] = {}
    for _ in range(20):
        status, page = await house.call("GET", "/api/v1/bin", who, params=cursor)
        assert status == 200
        found.append([item["id"] for item in page["items"]])
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}
    raise AssertionError("it has no end")


async def test_the_bin_of_a_big_house_is_read_page_by_page(house: House) -> None:
    mine = [f"mine{n:03}" for n in range(60)]
    others = [f"others{n:03}" for n in range(230)]
    await fill(house, "s2", others[:200], START + 3)
    await fill(house, SESSION, mine, START + 2)
    await fill(house, "s3", others[200:], START + 2)
    first, second = await pages(house, "presenter")  # theirs, however much newer others' are
    assert (first, second) == (mine[:9:-1], mine[9::-1])
    assert house.asked_who_leads == 2, "once for each page"
    every = await pages(house, "admin")
    assert [len(page) for page in every] == [50, 50, 50, 50, 50, 40]
    assert [id_ for page in every for id_ in page] == [*others[199::-1], *others[:199:-1], *mine[::-1]]
    assert await pages(house, "other") == [[]]
    for wrong in ("x", "1.series.a", "1.replay.", "²2.replay.a", f"{10**16}.replay.a"):
        status, refused = await house.call("GET", "/api/v1/bin", params={"cursor": wrong})
        assert (status, refused["error"]["code"]) == (400, "cursor_invalid"), wrong


async def test_a_replay_says_how_much_went_with_it(house: House) -> None:
    replay, shown, _ = await lesson(house)
    await delete(house, replay, "delete")
    _, listed = await house.call("GET", "/api/v1/bin")
    assert {item["id"]: item["together"] for item in listed["items"] if item["medium"] == "replay"} == {
        replay: 2
    }
    await house.call("POST", f"/api/v1/bin/microcourse/{shown}/restore")
    _, listed = await house.call("GET", "/api/v1/bin")
    assert sorted(item["together"] for item in listed["items"]) == [0, 1]


async def test_what_groups_recorded_goes_with_the_replay(house: House) -> None:
    path = await held_in_groups(house)
    replay = path.rpartition("/")[2]
    for shown_to in ("group", "class"):
        _, uses = await house.call("GET", f"{path}/uses")
        await house.call("PUT", f"{path}/groups/{RED}/audience", json={"shown_to": shown_to})
        # Somebody shows it to more people than was seen: look again.
        asked = {"mark": uses["mark"], "microcourses": "keep"}
        status, refused = await house.call("DELETE", path, params=asked)
        assert (status, refused["error"]["code"]) == (409, "uses_changed")
    _, uses = await house.call("GET", f"{path}/uses")
    assert uses["groups"] == [
        {"id": RED, "round": 1, "place": 1, "name": f"name of {RED}", "shown_to": "class"},
        {"id": BLUE, "round": 1, "place": 2, "name": f"name of {BLUE}", "shown_to": "staff"},
    ]
    address = await heard(house, path, "learner", RED)
    kept = {key for key in await files_of(house) if f"/hls/{group_folder(RED)}/" in key}
    assert kept
    await delete(house, replay)
    house.now = UtcMs(house.now + 5_000)
    assert (await house.raw("GET", address, None)).status == 410
    assert (await house.call("GET", f"{path}/groups/{RED}"))[0] == 410
    await house.call("POST", f"/api/v1/bin/replay/{replay}/restore")
    assert kept <= await files_of(house)
    _, again = await house.call("GET", f"{path}/uses")
    assert again["groups"] == uses["groups"], "it comes back with those whom it was shown to"
    await delete(house, replay)
    await erase_all(house)
    assert await files_of(house) == set()
    async with house.database.read() as tx:
        assert await GroupStore().shown_to(tx, SESSION) == {}


class Pausing:
    """A place where one of two transactions stands still until the other waits for it, or is done."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self) -> None:
        self.reached.set()
        await self.go_on.wait()


async def waits_or_is_done(database: Database, other: "asyncio.Task[Any]") -> None:
    """Return once `other` is done, or waits for a lock of the other transaction."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with asyncio.timeout(20):
        while not other.done():
            async with database.read() as tx:
                if (await tx.execute(waiting)).scalar_one():
                    return
            await asyncio.sleep(0.01)  # what another connection waits for is told by nobody


@pytest.mark.parametrize("first", ["cut", "delete"])
async def test_a_cut_and_a_deletion_at_the_same_moment(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """Either what was seen is not true any more, or there is nothing to cut: no cut without a source."""
    database = Database(postgres_url)
    try:
        async with database.write() as tx:
            await tx.run_sync(metadata.create_all)
        house = await open_house(database, tmp_path)
        replay = await house.ready_replay()
        desk, who = house.bin_desk(), PEOPLE["presenter"]
        seen = (await desk.uses_of(who, replay)).mark
        pause = Pausing()
        pinned, write = LookChooser.pinned, House.write

        async def pinned_late(*args: Any) -> Any:
            await pause()
            return await pinned(*args)

        async def write_late(*args: Any) -> None:
            await pause()
            await write(*args)

        async def cut() -> Any:
            made = house.deps().microcourse_desk.create(who, replay, title="Pumps", start_ms=0, end_ms=60_000)
            return await made

        async def put_in() -> Any:
            return await desk.delete_replay(who, replay, seen=seen, with_microcourses=False)

        late, acts = (
            ((LookChooser, "pinned", pinned_late), (cut, put_in))
            if first == "cut"
            else ((House, "write", write_late), (put_in, cut))
        )
        monkeypatch.setattr(*late)
        async with asyncio.TaskGroup() as tasks:
            one = tasks.create_task(acts[0]())
            await pause.reached.wait()

            async def other() -> str:
                try:
                    await acts[1]()
                except (Conflict, Deleted) as error:
                    return error.code
                return "done"

            second = tasks.create_task(other())
            await waits_or_is_done(database, second)
            pause.go_on.set()
        assert one.done()
        assert second.result() == ("uses_changed" if first == "cut" else "replay_deleted")
        async with database.read() as tx:
            cuts = [each.title for each in await house.store.cut_from(tx, replay)]
            is_deleted = await BinStore().find(tx, "replay", replay) is not None
        assert (cuts, is_deleted) == ((["Pumps"], False) if first == "cut" else ([], True))
    finally:
        await database.close()


async def test_both_databases_keep_a_bin(database: Database, tmp_path: Path) -> None:
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
    house = await open_house(database, tmp_path)
    replay = await house.ready_replay()
    store = BinStore()
    async with database.write() as tx:
        before = await house.store.replay(tx, replay)
        await store.put_in(tx, "replay", replay, by="a", now=START, due=START + DAY_MS, was_told=True)
    async with database.read() as tx:
        assert await store.due(tx, UtcMs(START + DAY_MS - 1), 5) == []
        [one] = await store.due(tx, UtcMs(START + DAY_MS), 5)
        assert await store.is_deleted(tx, "broadcast", SESSION) == "replay"
        assert await store.is_deleted(tx, "microcourse", replay) is None
        assert await TermsStore().owed(tx, START) == []
        assert await store.gone(tx, 0, "", 5) == []
        with pytest.raises(NotFound):
            await house.store.replay(tx, replay)
    async with database.write() as tx:
        await store.take_out(tx, one, START)
        assert await house.store.replay(tx, replay) == before
    ids = [f"r{n}" for n in range(5)]
    await fill(house, "s2", ids[:3], START + 1)
    await fill(house, "s3", ids[3:], START + 1)
    for lessons, expected in ((None, ids[::-1]), (["s3", "s1"], ["r4", "r3"]), ([], [])):
        found: list[str] = []
        place: Place | None = None
        for _ in range(3):
            async with database.read() as tx:
                page = await store.listed(tx, "org", replays_of=lessons, behind=place, limit=2)
            found += [each.id for each in page]
            place = Place(page[-1].changed_utc_ms, page[-1].medium, page[-1].id) if page else place
        assert found == expected
