"""Replays: from going live to ready, as people and guests see them."""

import pytest

from catalogue.publishing import TAIL_MS
from catalogue.work import COMPOSE
from lectern.jobs.job import JobFailed
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.catalogue.conftest import SESSION, House
from tests.lesson import START, QuestionDismissed, QuestionPublished

UNTROUBLED = {"estimate_s": None, "reason_code": None}


async def test_a_replay_appears_when_the_lesson_goes_live(house: House) -> None:
    status, _ = await house.call("GET", "/api/v1/replays/nothing")
    assert status == 404
    await house.lesson.at(5, SessionStarted())
    status, replay = await house.call("GET", f"/api/v1/replays/{await house.replay_id()}", "learner")
    assert status == 200
    assert (replay["state"], replay["duration_ms"], replay["videos"]) == ("live", 0, [])
    assert (replay["program_url"], replay["audio_url"], replay["marks"]) == (None, None, [])
    assert replay["download"] == {"state": "none", "progress": 0.0, "url": None} | UNTROUBLED
    assert replay["title"] == f"Lesson {SESSION}: 安全/生产"


async def test_it_is_ready_at_the_first_look_after_the_playlists_closed(house: House) -> None:
    await house.teach()
    replay_id = await house.replay_id()
    _, replay = await house.call("GET", f"/api/v1/replays/{replay_id}")
    assert replay["state"] == "live"
    await house.pack()
    _, replay = await house.call("GET", f"/api/v1/replays/{replay_id}")
    assert (replay["state"], replay["duration_ms"], replay["version"]) == ("ready", 590_000, 1)
    assert [video["source"] for video in replay["videos"]] == ["camera"]
    playlist = await house.raw("GET", replay["videos"][0]["url"], None)
    assert (playlist.status, playlist.headers["Cache-Control"]) == (200, "private, no-cache")
    program = await house.raw("GET", replay["program_url"], None)
    assert b"EXT-X-ENDLIST" in await program.read()


async def test_nothing_is_ready_while_the_lesson_goes_on(house: House) -> None:
    await house.lesson.at(0, SessionStarted())
    await house.pack()
    assert not await house.keeper.refresh(SESSION)
    assert not await house.keeper.refresh("unknown")


async def test_a_damaged_file_of_the_packager_makes_nothing_ready(house: House) -> None:
    await house.teach()
    await house.files.put(f"sessions/{SESSION}/hls/replay.json", b'{"duration_ms": ')
    assert not await house.keeper.refresh(SESSION)
    await house.keeper.give_up(SESSION)
    _, replay = await house.call("GET", f"/api/v1/replays/{await house.replay_id()}")
    assert replay["state"] == "failed"
    await house.pack()
    assert await house.keeper.refresh(SESSION)


async def test_marks_carry_the_class_as_it_ended(house: House) -> None:
    await house.lesson.at(0, SessionStarted())
    await house.lesson.at(20, QuestionPublished(id="q1"), QuestionPublished(id="q2"))
    await house.lesson.at(30, QuestionDismissed(id="q2"))
    await house.teach()
    await house.pack()
    _, replay = await house.call("GET", f"/api/v1/replays/{await house.replay_id()}", "guest")
    assert replay["marks"] == [
        {
            "at_ms": 10_000,
            "end_ms": None,
            "kind": "question",
            "id": "q1",
            "title": "text of q1",
            "data": {"id": "q1", "text": "text of q1"},
        },
        {
            "at_ms": 60_000,
            "end_ms": None,
            "kind": "poll",
            "id": "p1",
            "title": "Which one?",
            "data": {"id": "p1", "question": "Which one?", "voters": 2},
        },
    ]


async def test_the_download_follows_its_job(house: House) -> None:
    path = f"/api/v1/replays/{await house.ready_replay()}"
    _, replay = await house.call("GET", path)
    assert replay["download"] == {"state": "queued", "progress": 0.0, "url": None} | UNTROUBLED
    await house.files.put(f"sessions/{SESSION}/download/1/video.mp4", b"mp4")
    job = await house.work("compose", {})
    assert job.args["session_id"] == SESSION
    _, replay = await house.call("GET", path)
    assert (replay["download"]["state"], replay["download"]["progress"]) == ("done", 1.0)
    file = await house.raw("GET", replay["download"]["url"], None)
    assert await file.read() == b"mp4"
    assert file.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''Lesson%20s1")
    assert "/" not in file.headers["Content-Disposition"].partition("''")[2]


async def test_the_ladder_comes_with_the_finished_replay(house: House) -> None:
    path = f"/api/v1/replays/{await house.ready_replay()}"
    _, replay = await house.call("GET", path)
    assert replay["ladder"] is None
    await house.files.put(f"sessions/{SESSION}/download/1/pictures.m3u8", b"#EXTM3U")
    await house.files.put(f"sessions/{SESSION}/download/1/tiles.vtt", b"WEBVTT")
    await house.work("compose", {"duration_ms": 1, "ladder": True})
    _, replay = await house.call("GET", path)
    for name, content in (("pictures_url", b"#EXTM3U"), ("tiles_url", b"WEBVTT")):
        file = await house.raw("GET", replay["ladder"][name], None)
        assert await file.read() == content
        assert "Content-Disposition" not in file.headers


async def test_a_download_of_an_earlier_release_has_no_ladder(house: House) -> None:
    path = f"/api/v1/replays/{await house.ready_replay()}"
    await house.work("compose", {"duration_ms": 1})
    _, replay = await house.call("GET", path)
    assert (replay["download"]["state"], replay["ladder"]) == ("done", None)


async def test_the_download_can_fail_without_hurting_the_replay(house: House) -> None:
    path = f"/api/v1/replays/{await house.ready_replay()}"
    await house.work("compose", JobFailed("source_unreadable", "Broken."))
    _, replay = await house.call("GET", path)
    assert (replay["state"], replay["download"]["state"], replay["download"]["url"]) == (
        "ready",
        "failed",
        None,
    )


async def test_refreshing_twice_makes_one_download(house: House) -> None:
    await house.ready_replay()
    assert await house.keeper.refresh(SESSION)
    await house.work("compose", {})
    async with house.database.write() as tx:
        assert (await house.jobs.claim(tx, ["compose"], "w", house.now)).job is None


async def test_a_lesson_that_goes_on_has_a_new_version_of_its_replay(house: House) -> None:
    replay_id = await house.ready_replay()
    await house.lesson.at(700, SessionStarted())
    _, replay = await house.call("GET", f"/api/v1/replays/{replay_id}")
    assert (replay["state"], replay["program_url"]) == ("live", None)
    await house.lesson.at(800, SessionEnded())
    assert await house.keeper.refresh(SESSION)
    _, replay = await house.call("GET", f"/api/v1/replays/{replay_id}")
    assert (replay["state"], replay["version"]) == ("ready", 2)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("presenter", 200),
        ("learner", 200),
        ("guest", 200),
        ("roster_only", 200),
        ("off_roster", 404),
        ("other_guest", 404),
        ("stranger", 404),
        ("key", 404),
        (None, 401),
    ],
)
async def test_who_may_watch(house: House, who: str | None, status: int) -> None:
    replay_id = await house.ready_replay()
    assert (await house.call("GET", f"/api/v1/replays/{replay_id}", who))[0] == status


async def test_lists_show_what_one_may_watch(house: House) -> None:
    await house.ready_replay()
    for who, count in (("learner", 1), ("guest", 1), ("other_guest", 0), ("stranger", 0)):
        status, page = await house.call("GET", "/api/v1/replays", who)
        assert (status, len(page["items"]), page["next"]) == (200, count, None)
    assert (await house.call("GET", "/api/v1/replays", "key"))[0] == 403
    for words, count in (("安全", 1), ("LESSON", 1), ("%", 0), ("_", 0), ("other", 0)):
        _, page = await house.call("GET", "/api/v1/replays", params={"q": words})
        assert len(page["items"]) == count


async def test_the_broadcast_is_there_once_the_playlist_is(house: House) -> None:
    path = f"/api/v1/sessions/{SESSION}/broadcast"
    assert (await house.call("GET", path, "guest"))[0] == 404
    await house.lesson.at(0, SessionStarted())
    status, body = await house.call("GET", path, "guest")
    assert (status, body["error"]["code"]) == (409, "broadcast_not_ready")
    await house.broadcast()
    status, broadcast = await house.call("GET", path, "guest")
    assert broadcast["audio_url"].endswith("/audio/live.m3u8")
    assert (status, [video["source"] for video in broadcast["videos"]]) == (200, ["camera"])
    playlist = await house.raw("GET", broadcast["program_url"], None)
    assert (playlist.status, playlist.headers["Cache-Control"]) == (200, "no-store")
    assert (await house.call("GET", path, "other_guest"))[0] == 404


async def test_what_is_over_is_no_broadcast_any_more(house: House) -> None:
    """What opens a broadcast opens what is said aside in it, too."""
    path = f"/api/v1/sessions/{SESSION}/broadcast"
    await house.ready_replay()
    await house.broadcast()
    house.now = UtcMs(START + 600_000 + TAIL_MS - 1)
    assert (await house.call("GET", path, "learner"))[0] == 200
    house.now = UtcMs(house.now + 1)
    for who in ("learner", "presenter", "guest"):
        status, refusal = await house.call("GET", path, who)
        assert (status, refusal["error"]["code"]) == (409, "broadcast_over"), who


async def test_a_lesson_that_goes_on_can_be_looked_back_at(house: House) -> None:
    path = f"/api/v1/sessions/{SESSION}/broadcast"
    await house.lesson.at(0, SessionStarted())
    await house.broadcast()
    assert (await house.call("GET", path, "guest"))[1]["past"] is None
    await house.so_far(("camera", "audio"))
    _, broadcast = await house.call("GET", path, "guest")
    past = broadcast["past"]
    assert (past["media_ms"], past["page_ms"]) == (1_500_000, 600_000)
    assert [video["source"] for video in past["videos"]] == ["camera"]
    for url in (past["audio_url"], past["videos"][0]["url"]):
        page = await house.raw("GET", url.replace("{page}", "000002"), None)
        assert (page.status, page.headers["Cache-Control"]) == (200, "no-store")
    described = broadcast["audio_url"].replace("audio/live.m3u8", "so-far.json")
    assert (await house.raw("GET", described, None)).status == 404  # words of the server, not for players


async def test_addresses_run_out(house: House) -> None:
    _, replay = await house.call("GET", f"/api/v1/replays/{await house.ready_replay()}")
    house.now = UtcMs(START + 12 * 3_600_000)
    assert (await house.raw("GET", replay["program_url"], None)).status == 401


async def test_the_row_is_written_with_the_event_or_not_at_all(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> str:
        raise LookupError

    monkeypatch.setattr(house, "session_title", fail)
    with pytest.raises(LookupError):
        await house.lesson.at(0, SessionStarted())
    async with house.database.read() as tx:
        assert await house.store.replay_of(tx, SESSION) is None
    assert (await house.lesson.engine.current(SESSION)).state.seq == 0


@pytest.mark.parametrize(("hold", "state"), [(False, "failed"), (True, "held")])
async def test_who_gave_the_lesson_reads_why_its_video_failed_and_tries_again(
    house: House, state: str, *, hold: bool
) -> None:
    replay = await house.ready_replay()
    path = f"/api/v1/replays/{replay}"
    assert (await house.call("POST", f"{path}/retry"))[1]["error"]["code"] == "nothing_failed"
    await house.work(COMPOSE, JobFailed("disk_full", "No space.", hold=hold))
    _, mine = await house.call("GET", path)
    assert (mine["download"]["state"], mine["download"]["reason_code"]) == (state, "disk_full")
    _, theirs = await house.call("GET", path, "learner")
    assert (theirs["download"]["state"], theirs["download"]["reason_code"]) == (state, None)
    for who, status in (("learner", 403), ("guest", 403), ("stranger", 404), (None, 401)):
        assert (await house.call("POST", f"{path}/retry", who))[0] == status
    status, again = await house.call("POST", f"{path}/retry")
    assert (status, again["download"]["state"], again["download"]["reason_code"]) == (200, "queued", None)
    assert house.audit_log[-1] == ("presenter", "media_job_resumed")
    await house.work(COMPOSE, {"duration_ms": 590_000, "ladder": True})
    assert (await house.call("GET", path))[1]["download"]["url"] is not None


async def test_what_an_administrator_holds_stays_held(house: House) -> None:
    replay = await house.ready_replay()
    async with house.database.write() as tx:
        job_id = (await house.store.replay(tx, replay)).download_job_id
        assert job_id is not None
        await house.jobs.hold(tx, job_id, house.now)
    refused = (await house.call("POST", f"/api/v1/replays/{replay}/retry"))[1]
    assert refused["error"]["code"] == "nothing_failed"
