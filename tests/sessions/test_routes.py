"""Sessions over HTTP: what is planned, listed, expected and told at the door."""

from typing import Any

import pytest

from lectern.kernel.roles import SessionRole
from tests.installation import Installation

SESSIONS = "/api/v1/sessions"


async def test_a_session_is_planned_and_its_timeline_begins_with_the_plan(house: Installation) -> None:
    body = {"title": "Launch", "starts_utc_ms": 1_795_312_800_000, "host_person_id": house.people["host"]}
    made = await house.ask("POST", SESSIONS, by="presenter", json=body)
    assert made.status == 201
    session = made.data
    assert session["state"] == "scheduled"
    assert session["zone"] == "Asia/Shanghai"
    assert session["presenter"] == {"id": house.people["presenter"], "name": "Presenter"}
    assert session["host"]["name"] == "Host"
    assert (session["expected"], session["attended"], session["online"]) == (0, 0, 0)
    assert session["join_url"].endswith(f"/room/{session['id']}")
    page = (await house.ask("GET", f"{SESSIONS}/{session['id']}/timeline", by="admin")).data
    assert [(e["seq"], e["type"]) for e in page["items"]] == [(1, "session_planned")]
    assert "Presenter" not in str(page)  # names are no part of raw events
    assert page["next"] is None


IMPOSSIBLE: list[tuple[dict[str, Any], int, str]] = [
    ({}, 400, "body_invalid"),
    ({"title": ""}, 400, "body_invalid"),
    ({"title": "x" * 301}, 400, "body_invalid"),
    ({"title": "T", "starts_utc_ms": -1}, 400, "body_invalid"),
    ({"title": "T", "starts_utc_ms": 10**30}, 400, "body_invalid"),
    ({"title": "T", "zone": "Mars/Base"}, 422, "zone_unknown"),
    ({"title": "T", "zone": "../../etc/passwd"}, 422, "zone_unknown"),
    ({"title": "T", "host_person_id": "nobody"}, 422, "person_not_found"),
    ({"title": "T", "host_person_id": "learner"}, 422, "not_a_host"),
]


async def test_plans_that_cannot_be(house: Installation) -> None:
    for plan, status, code in IMPOSSIBLE:
        host = plan.get("host_person_id")
        body = {**plan, "host_person_id": house.people[host]} if host in house.people else plan
        answer = await house.ask("POST", SESSIONS, by="presenter", json=body)
        assert (answer.status, answer.code) == (status, code), plan


async def test_a_changed_plan_is_on_the_timeline_and_an_ended_session_keeps_its_own(
    house: Installation,
) -> None:
    session = await house.plan()
    path = f"{SESSIONS}/{session.id}"
    changed = await house.ask("PATCH", path, by="host", json={"title": "New", "guests_allowed": True})
    assert (changed.data["title"], changed.data["guests_allowed"]) == ("New", True)
    assert changed.data["starts_utc_ms"] == session.starts_utc_ms  # what is not said stays
    await house.ask("POST", f"{path}/start", by="host")
    await house.ask("POST", f"{path}/end", by="host")
    refused = await house.ask("PATCH", path, by="host", json={"title": "Newer"})
    assert (refused.status, refused.code) == (409, "session_over")
    timeline = (await house.ask("GET", f"{path}/timeline", by="admin")).data["items"]
    assert [e["type"] for e in timeline] == [
        "session_planned",
        "roster_changed",
        "session_planned",
        "session_started",
        "session_ended",
    ]


async def test_a_host_is_named_replaced_and_taken_away(house: Installation) -> None:
    path = f"{SESSIONS}/{(await house.plan(host=None)).id}"

    async def name(person: str | None, by: str = "presenter") -> Any:
        answer = await house.ask(
            "PATCH", path, by=by, json={"host_person_id": house.people.get(person or "", person)}
        )
        return answer.data["host"] if answer.status == 200 else (answer.status, answer.code)

    assert (await name("host"))["name"] == "Host"
    assert (await name(None))["name"] == "Host"  # not said: as it was
    assert (await name("other_presenter", by="host"))["id"] == house.people["other_presenter"]
    assert await name("host", by="host") == (403, "not_your_session")  # no longer the host
    assert await name("learner") == (422, "not_a_host")
    assert await name("nobody") == (422, "person_not_found")
    assert await name("") is None


async def test_live_and_over(house: Installation) -> None:
    path = f"{SESSIONS}/{(await house.plan()).id}"
    assert (await house.ask("POST", f"{path}/end", by="presenter")).code == "session_not_live"
    for _ in range(2):  # pressing twice changes nothing
        assert (await house.ask("POST", f"{path}/start", by="presenter")).status == 204
    live = (await house.ask("GET", path, by="presenter")).data
    assert (live["state"], live["first_started_utc_ms"] is None, live["ended_utc_ms"]) == (
        "live",
        False,
        None,
    )
    for _ in range(2):
        assert (await house.ask("POST", f"{path}/end", by="presenter")).status == 204
    over = (await house.ask("GET", path, by="presenter")).data
    assert over["state"] == "ended"
    assert over["ended_utc_ms"] >= over["first_started_utc_ms"]
    assert (await house.ask("POST", f"{path}/start", by="presenter")).code == "session_over"


async def test_lists_are_paged_filtered_and_only_of_what_concerns_somebody(house: Installation) -> None:
    mine = [await house.plan(), await house.plan()]
    other = await house.plan(roster=("stranger",))
    first = (await house.ask("GET", f"{SESSIONS}?limit=2", by="admin")).data
    second = (await house.ask("GET", f"{SESSIONS}?limit=2&cursor={first['next']}", by="admin")).data
    listed = [s["id"] for s in first["items"] + second["items"]]
    assert sorted(listed) == sorted([*(s.id for s in mine), other.id])
    assert second["next"] is None

    learner = (await house.ask("GET", SESSIONS, by="learner")).data["items"]
    assert {s["id"] for s in learner} == {s.id for s in mine}
    stranger = (await house.ask("GET", SESSIONS, by="stranger")).data["items"]
    assert [s["id"] for s in stranger] == [other.id]
    assert (await house.ask("GET", f"{SESSIONS}?state=live", by="admin")).data["items"] == []
    assert len((await house.ask("GET", f"{SESSIONS}?q=LAUNCH", by="admin")).data["items"]) == 3
    assert (await house.ask("GET", f"{SESSIONS}?q=nothing", by="admin")).data["items"] == []


async def test_cursors_that_are_not_ours(house: Installation) -> None:
    for cursor in ("x", ".", "--5.a", "²²¹.a", "9" * 5000, "1e9.a"):
        answer = await house.ask("GET", f"{SESSIONS}?cursor={cursor}", by="admin")
        assert (answer.status, answer.code) == (400, "cursor_invalid")


async def test_the_lobby_tells_anybody_with_the_link_just_enough(house: Installation) -> None:
    session = await house.plan(guests=True)
    lobby = (await house.ask("GET", f"{SESSIONS}/{session.id}/lobby")).data
    assert lobby.keys() == {
        "id",
        "title",
        "state",
        "cancelled",
        "starts_utc_ms",
        "zone",
        "presenter_name",
        "guests_allowed",
        "consent",
        "org_name",
    }
    assert lobby["presenter_name"] == "Presenter"
    assert lobby["consent"]["text"].keys() == {"en", "zh-CN"}
    assert (await house.ask("GET", f"{SESSIONS}/nothing/lobby")).code == "session_not_found"


ROSTER = "工号,姓名\nL1,王芳\nL3,李伟\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
async def test_a_roster_comes_in(house: Installation, encoding: str) -> None:
    session = await house.plan(roster=("learner",))
    path = f"{SESSIONS}/{session.id}/roster"
    report = (await house.ask("POST", path, by="host", data=ROSTER.encode(encoding))).data
    assert report == {"added": 1, "updated": 0, "unchanged": 1, "errors": []}
    listed = (await house.ask("GET", path, by="host")).data["items"]
    assert [p["external_id"] for p in listed] == ["L1", "L3"]
    assert (await house.ask("GET", f"{SESSIONS}/{session.id}", by="host")).data["expected"] == 2


async def test_good_roster_lines_stand_and_bad_ones_are_named(house: Installation) -> None:
    session = await house.plan(roster=())
    data = b"external_id\nL1\nL1\n\nX9\n \nL2\n"
    report = (await house.ask("POST", f"{SESSIONS}/{session.id}/roster", by="host", data=data)).data
    assert report["added"] == 2
    assert [(e["line"], e["code"]) for e in report["errors"]] == [
        (3, "duplicate_person"),
        (5, "person_unknown"),
    ]


async def test_a_line_manager_sees_only_own_people_on_a_roster(house: Installation) -> None:
    session = await house.plan(roster=("learner", "colleague", "stranger"))
    listed = (await house.ask("GET", f"{SESSIONS}/{session.id}/roster", by="manager")).data["items"]
    assert [p["external_id"] for p in listed] == ["L1"]


async def test_a_token_tells_of_its_session_only(house: Installation) -> None:
    session = await house.plan(by=None, host=None, guests=True)
    other = await house.plan(by=None, host=None, guests=True)
    token = house.token(session, SessionRole.LEARNER, guest="Guest")
    assert (await house.ask("GET", f"{SESSIONS}/{session.id}", token=token)).status == 200
    assert (await house.ask("GET", f"{SESSIONS}/{other.id}", token=token)).code == "session_not_found"
