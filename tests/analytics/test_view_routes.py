"""Played intervals through the door, and the report on them."""

from typing import Any

import pytest

from tests.analytics.conftest import Office
from tests.lesson import START, Raw

VIEWS = "/api/v1/views"


def interval(id_: str, from_s: float, to_s: float, started_s: float, **change: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "from_ms": round(from_s * 1000),
        "to_ms": round(to_s * 1000),
        "started_utc_ms": START + round(started_s * 1000),
        "wall_ms": round((to_s - from_s) * 1000),
        "speed": 1.0,
        "visible": True,
        "audible": True,
    } | change


async def report(office: Office, who: str, *intervals: dict[str, Any], **change: Any) -> tuple[int, Any]:
    body = {"medium": "replay", "id": "film", "version": 2, "player": f"tab of {who}".replace(" ", "_")}
    body |= {"intervals": intervals, "position_ms": 42_000} | change
    return await office.call("POST", VIEWS, who, json=body)


async def viewing(office: Office, who: str = "admin") -> Any:
    status, found = await office.call("GET", f"{VIEWS}/replay/film", who)
    assert status == 200
    return found


async def test_what_was_played_is_what_the_report_says(office: Office) -> None:
    status, taken = await report(office, "ann", interval("a", 0, 30, 0), interval("b", 30.5, 80, 40))
    assert (status, taken) == (200, {"accepted": 2, "refused": []})
    await report(office, "bob", interval("a", 0, 5, 100))
    await report(office, "guest", interval("g", 10, 20, 50, visible=False))
    found = await viewing(office)
    assert found["duration_ms"] == 100_000
    assert found["class"] == {"bounce": 1, "reached_80": 1, "full": 0, "viewers": 3}
    assert [(p["person"]["name"], p["coverage"], p["completed"], p["minutes"]) for p in found["people"]] == [
        ("安 Ann", 0.8, True, 1.33),
        (None, 0.1, False, 0.0),
        ("Bob", 0.05, False, 0.08),
    ]
    assert found["people"][0]["person"] == {
        "id": "ann", "external_id": "E1", "name": "安 Ann", "department": "Shops",
    }  # fmt: skip
    assert found["people"][0]["last_utc_ms"] == START + 40_000 + 49_500
    assert found["heat"] == [2] * 5 + [1] * 5 + [2] * 10 + [1] * 60 + [0] * 20
    assert office.positions == {("ann", "film"): 42_000, ("bob", "film"): 42_000, ("g1", "film"): 42_000}


async def test_a_guest_is_called_what_they_called_themselves(office: Office) -> None:
    payload = {"participant": "p_guest", "person": None, "role": "learner", "kind": "guest", "name_ref": "n"}
    await office.lesson.at(0, Raw("participant_joined", payload, "p_guest", {"n": "Visitor"}))
    await report(office, "guest", interval("g", 10, 20, 50))
    [guest] = (await viewing(office))["people"]
    assert guest["person"] == {"id": None, "external_id": None, "name": "Visitor", "department": None}


async def test_repeating_a_report_changes_nothing(office: Office) -> None:
    played = interval("a", 0, 30, 0)
    for _ in range(3):
        assert await report(office, "ann", played, played) == (200, {"accepted": 1, "refused": []})
    before = await viewing(office)
    changed = interval("a", 0, 90, 0)
    await report(office, "ann", changed)
    assert await viewing(office) == before


async def test_the_same_id_of_two_people_is_two_intervals(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 30, 0))
    await report(office, "bob", interval("a", 0, 40, 0))
    assert {p["coverage"] for p in (await viewing(office))["people"]} == {0.3, 0.4}


async def test_what_cannot_be_true_is_named_and_not_counted(office: Office) -> None:
    status, taken = await report(
        office,
        "ann",
        interval("good", 0, 10, 0),
        interval("fast", 0, 100, 100, wall_ms=1_000),
        interval("future", 0, 10, 9_999),
        interval("outside", 95, 105, 300),
        interval("twice", 50, 60, 2),
        interval("speed", 0, 10, 400, speed=16),
    )
    assert (status, taken["accepted"]) == (200, 1)
    assert {refused["id"]: refused["code"] for refused in taken["refused"]} == {
        "fast": "faster_than_time",
        "future": "in_future",
        "outside": "outside_medium",
        "twice": "overlapping",
        "speed": "speed_out_of_range",
    }
    assert (await viewing(office))["people"][0]["coverage"] == 0.1


async def test_overlaps_are_seen_across_reports(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 30, 0))
    _, taken = await report(office, "ann", interval("b", 50, 80, 10))
    assert taken == {"accepted": 0, "refused": [{"id": "b", "code": "overlapping"}]}
    _, taken = await report(office, "ann", interval("b", 50, 80, 10), player="second_tab")
    assert taken["accepted"] == 1
    [ann] = (await viewing(office))["people"]
    assert (ann["coverage"], ann["minutes"]) == (0.6, 0.67)


async def test_a_viewers_record_stays_with_the_version_they_saw(office: Office) -> None:
    await report(office, "ann", interval("old", 0, 90, 0), version=1)
    await report(office, "ann", interval("new", 0, 20, 200), version=2)
    assert [p["coverage"] for p in (await viewing(office))["people"]] == [0.2]
    _, taken = await report(office, "ann", interval("later", 0, 20, 300), version=3)
    assert taken == {"accepted": 0, "refused": [{"id": "later", "code": "version_unknown"}]}


async def test_a_position_alone_is_remembered_inside_the_medium(office: Office) -> None:
    assert await report(office, "ann", position_ms=10**9) == (200, {"accepted": 0, "refused": []})
    assert office.positions == {("ann", "film"): 100_000}
    assert (await viewing(office))["people"] == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"id": "unknown"}, 404, "replay_not_found"),
        ({"medium": "song"}, 400, "body_invalid"),
        ({"intervals": [interval("x" * 65, 0, 1, 0)]}, 400, "body_invalid"),
        ({"intervals": [interval("x", 0, 1, 0, from_ms=2**60)]}, 400, "body_invalid"),
        ({"intervals": [interval(str(n), 0, 1, 0) for n in range(501)]}, 400, "body_invalid"),
        ({"position_ms": "here"}, 400, "body_invalid"),
    ],
)
async def test_bad_reports_are_refused(
    office: Office, change: dict[str, Any], status: int, code: str
) -> None:
    found, body = await report(office, "ann", **change)
    assert (found, body["error"]["code"]) == (status, code)


async def test_an_api_key_watches_nothing(office: Office) -> None:
    status, body = await report(office, "key", interval("a", 0, 1, 0))
    assert (status, body["error"]["code"]) == (403, "no_viewer")
    assert (await report(office, "stranger", interval("a", 0, 1, 0)))[0] == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [("ann", 403), ("guest", 403), ("host", 200), ("stranger", 404), ("key", 200), (None, 401)],
)
async def test_who_reads_the_report(office: Office, who: str | None, status: int) -> None:
    assert (await office.call("GET", f"{VIEWS}/replay/film", who))[0] == status
    assert (await office.call("GET", f"{VIEWS}/song/film", "admin"))[0] == 404


async def test_a_line_manager_sees_own_people_and_their_figures_alone(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 90, 0))
    await report(office, "bob", interval("a", 0, 5, 0))
    await report(office, "guest", interval("a", 0, 5, 0))
    found = await viewing(office, "manager")
    assert [p["person"]["id"] for p in found["people"]] == ["bob"]
    assert found["class"]["viewers"] == 1
    assert sum(found["heat"]) == 5
