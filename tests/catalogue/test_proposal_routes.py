"""Signals and the proposal of cuts, as editors ask for them."""

import msgspec

from catalogue.work import SIGNALS
from lectern.jobs.job import JobFailed
from lectern.kernel.clock import UtcMs
from lectern.manifest.signals import Signals
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.catalogue.conftest import SESSION, House
from tests.lesson import Raw

MINUTES_20 = Signals(
    duration_ms=1_190_000,
    bucket_ms=500,
    peaks=(0, 255, 3),
    utterances=((1_000, 400_000), (406_000, 800_000), (805_000, 1_185_000)),
    scenes=((404_500, 0.9), (600_000, 0.3), (803_000, 0.8)),
)


async def put(house: House, signals: Signals = MINUTES_20, version: int = 1) -> None:
    key = f"sessions/{SESSION}/derived/signals/{version}/result.json"
    await house.files.put(key, msgspec.json.encode(signals))


async def ready(house: House) -> str:
    await house.lesson.at(0, SessionStarted())
    await house.lesson.at(1_200, SessionEnded())
    await house.pack(1_190_000)
    assert await house.keeper.refresh(SESSION)
    return f"/api/v1/replays/{await house.replay_id()}"


async def jobs_of(house: House) -> int:
    count = 0
    while True:
        async with house.database.write() as tx:
            if (await house.jobs.claim(tx, [SIGNALS], "w", house.now)).job is None:
                return count
        count += 1


async def test_it_is_made_behind_the_replay_and_drawn(house: House) -> None:
    path = await ready(house)
    for what in ("signals", "proposal"):
        status, answer = await house.call("GET", f"{path}/{what}")
        assert (status, answer["state"], answer["progress"]) == (200, "working", 0.0)
    await put(house)
    await house.work(SIGNALS, {"utterances": 3})
    status, signals = await house.call("GET", f"{path}/signals")
    assert (status, signals["state"], signals["progress"]) == (200, "ready", 1.0)
    assert (signals["bucket_ms"], signals["peaks"]) == (500, [0, 255, 3])
    assert signals["utterances"][0] == [1_000, 400_000]
    assert signals["scenes"][0] == [404_500, 0.9]
    status, proposal = await house.call("GET", f"{path}/proposal")
    assert (status, proposal["state"], proposal["notes"]) == (200, "ready", [])
    lessons = proposal["lessons"]
    assert [(one["start_ms"], one["end_ms"]) for one in lessons] == [
        (0, 404_500),
        (404_500, 803_000),
        (803_000, 1_190_000),
    ]
    assert lessons[0]["reasons"]["start"] == [
        {"code": "replay_began", "at_ms": 0, "ref": None, "length_ms": None}
    ]
    assert {"code": "scene", "at_ms": 404_500, "ref": None, "length_ms": None} in lessons[0]["reasons"]["end"]
    assert {"code": "pause", "at_ms": 400_000, "ref": None, "length_ms": 6_000} in lessons[1]["reasons"][
        "start"
    ]
    assert await jobs_of(house) == 0


async def test_what_the_class_did_moves_the_cuts_at_once(house: House) -> None:
    await house.lesson.at(0, SessionStarted())
    opened = {"id": "p1", "question_ref": "t1"}
    # 10 s of the session are not recorded: open from 397 s to 700 s of the replay.
    await house.lesson.at(407, Raw("poll_opened", opened, texts={"t1": "Which one?"}))
    await house.lesson.at(710, Raw("poll_closed", {"id": "p1", "reason": "staff"}))
    await house.lesson.at(1_200, SessionEnded())
    await house.pack(1_190_000)
    assert await house.keeper.refresh(SESSION)
    await put(house)
    await house.work(SIGNALS, {})
    _, proposal = await house.call("GET", f"/api/v1/replays/{await house.replay_id()}/proposal")
    cuts = [one["end_ms"] for one in proposal["lessons"][:-1]]
    assert cuts == [803_000]
    assert [(note["code"], note["from_ms"]) for note in proposal["notes"]] == [("poll_kept_whole", 397_000)]
    reasons = proposal["lessons"][0]["reasons"]["end"]
    assert [reason["code"] for reason in reasons] == ["pause", "scene"]


async def test_an_editors_chapter_names_a_lesson_and_is_its_reason(house: House) -> None:
    path = await ready(house)
    usual = msgspec.structs.replace(
        MINUTES_20, utterances=((1_000, 400_000), (406_000, 560_000), (560_600, 1_185_000)), scenes=()
    )
    await put(house, usual)
    await house.work(SIGNALS, {})
    _, proposal = await house.call("GET", f"{path}/proposal")
    assert [one["title"] for one in proposal["lessons"]] == ["", ""]
    chapter = {"kind": "set_chapter", "at_ms": 560_100, "title": "Practice"}
    said = {"change_id": "change-1", "from_revision": 0, "operation": chapter}
    replay_id = path.rpartition("/")[2]
    assert (await house.call("POST", f"/api/v1/edits/{replay_id}/revisions", json=said))[0] == 200
    _, proposal = await house.call("GET", f"{path}/proposal")
    [first, second] = proposal["lessons"]
    assert (first["title"], first["end_ms"], second["title"]) == ("", 560_200, "Practice")
    assert second["reasons"]["start"][0] == {
        "code": "chapter", "at_ms": 560_100, "ref": None, "length_ms": None,
    }  # fmt: skip


async def test_an_older_replay_gets_its_job_when_somebody_asks(house: House) -> None:
    path = await ready(house)
    await put(house)
    await house.work(SIGNALS, {})
    async with house.database.write() as tx:
        replay = await house.store.replay_of(tx, SESSION)
        assert replay is not None
        await house.store.change_replay(tx, replay.id, version=2)
    for _ in range(2):
        _, answer = await house.call("GET", f"{path}/signals")
        assert (answer["state"], answer["peaks"]) == ("working", [])
    await put(house, version=2)
    job = await house.work(SIGNALS, {})
    assert job.args["version"] == 2
    _, answer = await house.call("GET", f"{path}/signals")
    assert answer["state"] == "ready"
    assert await jobs_of(house) == 0


async def test_what_was_deleted_or_damaged_is_made_again(house: House) -> None:
    path = await ready(house)
    await house.work(SIGNALS, {})
    _, answer = await house.call("GET", f"{path}/proposal")
    assert (answer["state"], answer["lessons"]) == ("working", [])
    await put(house)
    await house.work(SIGNALS, {})
    _, answer = await house.call("GET", f"{path}/proposal")
    assert answer["state"] == "ready"
    await house.files.put(f"sessions/{SESSION}/derived/signals/1/result.json", b'{"duration_ms": ')
    _, answer = await house.call("GET", f"{path}/proposal")
    assert answer["state"] == "working"


async def test_a_failure_is_told(house: House) -> None:
    path = await ready(house)
    await house.work(SIGNALS, JobFailed("source_unreadable", "The recording cannot be read."))
    for what in ("signals", "proposal"):
        _, answer = await house.call("GET", f"{path}/{what}")
        assert (answer["state"], answer["reason"]) == ("failed", "The recording cannot be read.")


async def test_there_is_nothing_of_a_lesson_that_goes_on_or_is_empty(house: House) -> None:
    await house.lesson.at(0, SessionStarted())
    path = f"/api/v1/replays/{await house.replay_id()}"
    assert (await house.call("GET", f"{path}/proposal"))[1]["state"] == "none"
    await house.lesson.at(5, SessionEnded())
    await house.pack(0)
    assert await house.keeper.refresh(SESSION)
    assert (await house.call("GET", f"{path}/signals"))[1]["state"] == "none"
    assert await jobs_of(house) == 0


async def test_only_editors_ask(house: House) -> None:
    path = await ready(house)
    for what in ("signals", "proposal"):
        for who, expected in (
            ("learner", 403),
            ("guest", 403),
            ("roster_only", 403),
            ("key", 403),
            ("stranger", 404),
            (None, 401),
        ):
            status, _ = await house.call("GET", f"{path}/{what}", who)
            assert status == expected, (what, who)
        assert (await house.call("GET", f"/api/v1/replays/nothing/{what}"))[0] == 404


async def test_what_an_editor_puts_aside_is_theirs_on_every_device(house: House) -> None:
    path = f"{await ready(house)}/set-aside"
    assert await house.call("GET", path) == (200, {"starts_ms": []})
    assert (await house.call("POST", path, json={"starts_ms": [803_000]}))[1] == {"starts_ms": [803_000]}
    again = await house.call("POST", path, json={"starts_ms": [0, 803_000]})
    assert again == (200, {"starts_ms": [0, 803_000]})
    assert (await house.call("GET", path))[1] == {"starts_ms": [0, 803_000]}  # another browser
    assert (await house.call("GET", path, "host"))[1] == {"starts_ms": []}  # another editor sees it otherwise
    assert (await house.call("POST", path, "guest_host", json={"starts_ms": [9]}))[1] == {"starts_ms": [9]}
    assert await house.call("DELETE", path) == (200, {"starts_ms": []})
    assert (await house.call("GET", path, "guest_host"))[1] == {"starts_ms": [9]}
    for bad in ({"starts_ms": [-1]}, {"starts_ms": [0.5]}, {"starts_ms": list(range(201))}, {}):
        assert (await house.call("POST", path, json=bad))[0] == 400
    for method in ("GET", "POST", "DELETE"):
        body = {"starts_ms": [1]} if method == "POST" else None
        for who, status in (("learner", 403), ("stranger", 404), ("other_guest", 403)):
            assert (await house.call(method, path, who, json=body))[0] == status, (method, who)


async def test_of_what_was_put_aside_the_oldest_comes_back_first(house: House) -> None:
    path = f"{await ready(house)}/set-aside"
    await house.call("POST", path, json={"starts_ms": [900_000]})
    house.now = UtcMs(house.now + 1)
    _, kept = await house.call("POST", path, json={"starts_ms": list(range(200))})
    assert kept["starts_ms"] == list(range(200))
