"""Breakout groups: split, and back again."""

import pytest

from interactions.breakout import commands as breakout
from interactions.breakout.idea import group_of
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantRemoved
from tests.class_proof import FIRST_UTC_MS
from tests.interactions.lesson import end, live_lesson, refused, wait, waiting_lesson

TWO = [
    {"name": "One", "task": "Think", "members": ["l1"]},
    {"name": "Two", "task": "", "members": ["l2", "l3"]},
]


def test_the_class_splits_and_comes_back() -> None:
    proof = live_lesson()
    assert proof.clients["l1"].entities["breakout"] == {"state": "none", "groups": [], "ends_utc_ms": None}
    proof.command("h", "breakout_open", groups=TWO, seconds=600)
    proof.join("l4", SessionRole.LEARNER)
    seen = proof.clients["l4"].entities["breakout"]
    assert seen["state"] == "open"
    assert seen["ends_utc_ms"] == FIRST_UTC_MS + 600_000
    assert [(g["name"], g["task"], g["members"]) for g in seen["groups"]] == [
        ("One", "Think", ["l1"]),
        ("Two", None, ["l2", "l3"]),
    ]
    assert group_of(proof.state, "l2") == group_of(proof.state, "l3") == seen["groups"][1]["id"]
    assert group_of(proof.state, "l4") is None
    proof.command("p", "breakout_close")
    assert proof.clients["l1"].entities["breakout"]["state"] == "closed"
    assert group_of(proof.state, "l2") is None
    seq = proof.state.seq
    proof.command("p", "breakout_close")
    assert proof.state.seq == seq


def test_a_second_breakout_waits_for_the_end_of_the_first() -> None:
    proof = live_lesson()
    proof.command("h", "breakout_open", groups=TWO)
    first = [g["id"] for g in proof.clients["p"].entities["breakout"]["groups"]]
    refused(proof, "breakout_already_open", "p", "breakout_open", groups=TWO)
    proof.command("h", "breakout_close")
    proof.command("h", "breakout_open", groups=TWO)
    assert not set(first) & {g["id"] for g in proof.clients["p"].entities["breakout"]["groups"]}


def test_time_ends_the_groups_once() -> None:
    proof = live_lesson()
    proof.command("p", "breakout_open", groups=TWO)
    assert breakout.due(proof.state, proof.now) == ((), None)
    proof.command("p", "breakout_close")
    proof.command("p", "breakout_open", groups=TWO, seconds=60)
    assert breakout.due(proof.state, proof.now) == ((), FIRST_UTC_MS + 60_000)
    wait(proof, 60)
    events, following = breakout.due(proof.state, proof.now)
    assert following is None
    proof.append(*events)
    assert proof.clients["s"].entities["breakout"]["state"] == "closed"
    assert breakout.due(proof.state, proof.now) == ((), None)


def test_the_end_of_the_lesson_ends_the_groups() -> None:
    proof = live_lesson()
    proof.command("p", "breakout_open", groups=TWO, seconds=60)
    end(proof)
    assert proof.clients["l1"].entities["breakout"]["state"] == "closed"
    assert breakout.due(proof.state, proof.now) == ((), None)


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("groups_count_invalid", {"groups": []}),
        ("groups_count_invalid", {"groups": [{"name": "G", "members": []}] * 51}),
        ("member_unknown", {"groups": [{"name": "G", "members": ["ghost"]}]}),
        ("member_twice", {"groups": [{"name": "G", "members": ["l1"]}, {"name": "H", "members": ["l1"]}]}),
        ("member_twice", {"groups": [{"name": "G", "members": ["l1", "l1"]}]}),
        ("duration_invalid", {"groups": TWO, "seconds": 9}),
        ("duration_invalid", {"groups": TWO, "seconds": 86_401}),
        ("text_empty", {"groups": [{"name": " ", "members": ["l1"]}]}),
        ("text_too_long", {"groups": [{"name": "G", "task": "x" * 2_001, "members": ["l1"]}]}),
        ("text_too_long", {"groups": [{"name": "G" * 101, "members": ["l1"]}]}),
    ],
)
def test_groups_that_make_no_sense_are_refused(code: str, data: dict[str, object]) -> None:
    refused(live_lesson(), code, "p", "breakout_open", **data)


def test_somebody_who_was_removed_is_in_no_new_group() -> None:
    proof = live_lesson()
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
    refused(proof, "member_unknown", "p", "breakout_open", groups=TWO)


def test_roles_and_phase() -> None:
    refused(live_lesson(), "not_allowed", "l1", "breakout_open", groups=TWO)
    refused(waiting_lesson(), "session_not_live", "p", "breakout_open", groups=TWO)
