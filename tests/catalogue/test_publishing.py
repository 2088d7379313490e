"""Replays that are held until somebody decides: what learners get, what opens, who decides, what follows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.publishing import (
    TAIL_MS,
    UNDECIDED,
    Decision,
    ReplayRules,
    at_end,
    at_start,
    decided,
    in_force,
)
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.catalogue.conftest import SESSION, House
from tests.catalogue.test_series import begun

RULES = f"/api/v1/sessions/{SESSION}/replay-rules"
PUBLICATION = f"/api/v1/sessions/{SESSION}/replay-publication"
ABOUT_LEARNERS = ("learners_unseen", "learners_unheard", "learners_unnamed")
RULE_NAMES = ("by_decision", *ABOUT_LEARNERS)
LATER_MS = 4_000
"""So long after a decision no address opens any more."""


async def held_replay(house: House) -> str:
    """Hold a lesson whose replay is decided upon, and return the path of that."""
    assert (await house.call("PUT", RULES, json={"by_decision": True}))[0] == 200
    return f"/api/v1/replays/{await house.ready_replay()}"


async def test_a_held_replay_is_for_those_who_work_on_it(house: House) -> None:
    path = await held_replay(house)
    for who in ("learner", "guest", "roster_only"):
        status, refusal = await house.call("GET", path, who)
        assert (status, refusal["error"]["code"]) == (409, "replay_held"), who
    [listed] = (await house.call("GET", "/api/v1/replays", "learner"))[1]["items"]
    assert (listed["held"], listed["program_url"], listed["videos"]) == (True, None, [])
    assert listed["download"]["url"] is None
    _, mine = await house.call("GET", path)
    assert mine["held"]
    assert (await house.raw("GET", mine["program_url"], None)).status == 200
    replay_id = path.rsplit("/", 1)[1]
    captions = f"/api/v1/captions/replay/{replay_id}/en"
    vtt = b"WEBVTT\n\n00:01.000 --> 00:02.000\nsecret\n"
    sent = await house.raw("PUT", captions, "presenter", data=vtt, headers={"Content-Type": "text/vtt"})
    assert sent.status == 200
    assert (await house.raw("GET", captions, "presenter")).status == 200
    assert (await house.raw("GET", captions, "learner")).status == 409
    series = await begun(house, ("replay", replay_id))
    assert (await house.call("GET", f"/api/v1/series/{series['id']}", "learner"))[1]["items"] == []


async def test_it_is_published_and_taken_back_with_every_address(house: House) -> None:
    path = await held_replay(house)
    _, decided_upon = await house.call("PUT", PUBLICATION, "guest_host", json={"published": True})
    assert not decided_upon["held"]
    _, shown = await house.call("GET", path, "learner")
    assert not shown["held"]
    urls = [shown["program_url"], *(video["url"] for video in shown["videos"])]
    assert [(await house.raw("GET", url, None)).status for url in urls] == [200, 200]
    _, back = await house.call("PUT", PUBLICATION, "admin", json={"published": False})
    assert (back["held"], back["decided_by_name"]) == (True, "Admin")
    house.now = UtcMs(house.now + LATER_MS)
    for url in urls:
        status, refusal = await house.call("GET", url, None)
        assert (status, refusal["error"]["code"]) == (409, "replay_held")
    assert (await house.call("GET", path, "learner"))[0] == 409
    await house.call("PUT", PUBLICATION, "admin", json={"published": False})
    replay_id = path.rsplit("/", 1)[1]
    assert house.told == [("replay_shown", [replay_id]), ("replay_held", [replay_id])]
    acts = [act for act in house.audit_log if act[1].startswith("replay_")]
    assert acts == [
        ("presenter", "replay_rules_set"),
        ("g1", "replay_published"),
        ("admin", "replay_held"),
    ], "what changes nothing leaves no entry"


async def test_the_broadcast_of_a_held_lesson_ends_with_it(house: House) -> None:
    assert (await house.call("PUT", RULES, json={"by_decision": True}))[0] == 200
    await house.lesson.at(0, SessionStarted())
    await house.broadcast()
    _, live = await house.call("GET", f"/api/v1/sessions/{SESSION}/broadcast", "learner")
    _, work = await house.call("GET", f"/api/v1/sessions/{SESSION}/broadcast", "presenter")
    await house.lesson.at(600, SessionEnded())
    end = house.now = UtcMs(house.lesson.now)
    assert (await house.raw("GET", live["program_url"], None)).status == 200, "they are some seconds behind"
    house.now = UtcMs(end + TAIL_MS)
    assert (await house.raw("GET", live["program_url"], None)).status == 409
    assert (await house.raw("GET", work["program_url"], None)).status == 200
    assert (await house.call("GET", f"/api/v1/sessions/{SESSION}/broadcast", "learner"))[0] == 409


async def test_no_microcourse_is_published_from_it(house: House) -> None:
    path = await held_replay(house)
    cut = {"title": "Exit", "start_ms": 0, "end_ms": 60_000}
    _, made = await house.call("POST", path + "/microcourses", json=cut)
    await house.work("microcourse", {"duration_ms": 63_000})
    one = f"/api/v1/microcourses/{made['id']}"
    status, refusal = await house.call("POST", one + "/publish", "admin")
    assert (status, refusal["error"]["code"]) == (409, "replay_held")
    await house.call("PUT", PUBLICATION, json={"published": True})
    await house.publish(made["id"])
    _, back = await house.call("PUT", PUBLICATION, json={"published": False})
    assert back["microcourses"] == 1, "what was published of it stays, and that is said"
    assert (await house.call("GET", one, "learner"))[0] == 200


async def test_the_organisation_sets_the_default_for_what_is_to_come(house: House) -> None:
    first = f"/api/v1/replays/{await house.ready_replay()}"
    body = {"by_decision": True}
    assert (await house.call("PUT", "/api/v1/replay-rules", json=body))[0] == 403
    of_org = dict.fromkeys(RULE_NAMES, False) | body
    assert (await house.call("PUT", "/api/v1/replay-rules", "admin", json=body)) == (200, of_org)
    assert (await house.call("GET", "/api/v1/replay-rules")) == (200, of_org)
    _, found = await house.call("GET", RULES)
    assert (found["own"]["by_decision"], found["in_force"]) == (None, of_org)
    assert (found["over"], found["held"]) == (True, False)
    assert (await house.call("GET", first, "learner"))[0] == 200, "what was decided stays decided"
    await house.lesson.at(700, SessionStarted())
    status, refusal = await house.call("PUT", PUBLICATION, json={"published": True})
    assert (status, refusal["error"]["code"]) == (409, "lesson_not_over")
    await house.lesson.at(800, SessionEnded())
    assert (await house.call("GET", RULES))[1]["held"], "it went on, and is decided upon once more"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("learner", 403),
        ("manager", 403),
        ("stranger", 404),
        ("guest", 403),
        ("other_guest", 403),
        ("other", 403),
    ],
)
async def test_who_does_not_run_the_lesson_does_not_decide(house: House, who: str, status: int) -> None:
    await house.ready_replay()
    for method, path, body in (
        ("GET", RULES, None),
        ("PUT", RULES, {"by_decision": True}),
        ("PUT", PUBLICATION, {"published": False}),
    ):
        assert (await house.call(method, path, who, json=body))[0] == status
    assert house.audit_log == []


BOOL = st.none() | st.booleans()
WHEN = st.integers(0, 10)
DECISIONS = st.builds(Decision, st.booleans(), st.none() | st.just("somebody"), st.none() | WHEN)


RULES_OF = st.builds(ReplayRules, **dict.fromkeys(RULE_NAMES, BOOL))


@given(RULES_OF, RULES_OF, RULES_OF)
def test_what_is_about_learners_is_fixed_when_the_lesson_begins(
    own: ReplayRules, of_org: ReplayRules, later: ReplayRules
) -> None:
    fixed = at_start(own, of_org)
    assert fixed.about_learners == in_force(own, of_org).about_learners
    assert in_force(fixed, later).about_learners == fixed.about_learners
    assert fixed.by_decision is own.by_decision
    assert at_start(fixed, later) == fixed


async def test_a_running_lesson_goes_on_recording_what_it_recorded(house: House) -> None:
    asked = {"learners_unseen": True}
    assert (await house.call("PUT", "/api/v1/replay-rules", "admin", json=asked))[0] == 200
    await house.lesson.at(0, SessionStarted())
    assert (await house.call("PUT", "/api/v1/replay-rules", "admin", json={}))[0] == 200
    _, found = await house.call("GET", RULES)
    assert [found["in_force"][name] for name in ABOUT_LEARNERS] == [True, False, False]
    wanted = found["own"] | {"by_decision": True}
    assert (await house.call("PUT", RULES, json=wanted))[0] == 200
    for is_over in (False, True):  # learners came on these terms
        if is_over:
            await house.lesson.at(600, SessionEnded())
        status, refusal = await house.call("PUT", RULES, json=wanted | {"learners_unseen": False})
        assert (status, refusal["error"]["code"]) == (409, "lesson_running")
        assert (await house.call("PUT", RULES, json={"by_decision": True}))[0] == 200
        _, found = await house.call("GET", RULES)
        assert [found["in_force"][name] for name in ABOUT_LEARNERS] == [True, False, False]


@given(BOOL, BOOL)
def test_a_lesson_asks_before_its_organisation(own: bool | None, of_org: bool | None) -> None:
    rules = in_force(ReplayRules(by_decision=own), ReplayRules(by_decision=of_org))
    assert rules.by_decision is (bool(of_org) if own is None else own)


@given(st.booleans(), DECISIONS, WHEN)
def test_the_end_of_a_lesson_publishes_nothing_that_is_held(
    by_decision: bool, before: Decision, now: int
) -> None:
    after = at_end(ReplayRules(by_decision=by_decision), before, UtcMs(now))
    assert after.held is (by_decision or before.held)
    assert at_end(ReplayRules(by_decision=by_decision), after, UtcMs(now + 1)) == after


def test_nothing_is_decided_upon_before_there_is_something() -> None:
    with pytest.raises(Conflict, match="lesson_not_over"):
        decided(None, held=True, by="p", now=UtcMs(0))
    assert not UNDECIDED.held


async def test_many_players_ask_the_database_once_in_a_while(house: House, monkeypatch: Any) -> None:
    replay_id = await house.ready_replay()
    _, shown = await house.call("GET", f"/api/v1/replays/{replay_id}", "learner")
    reads = 0
    read = house.database.read

    def counted() -> Any:
        nonlocal reads
        reads += 1
        return read()

    monkeypatch.setattr(type(house.database), "read", lambda _: counted())
    for _ in range(20):
        assert (await house.raw("GET", shown["program_url"], None)).status == 200
    assert reads == 1
