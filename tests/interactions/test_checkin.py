"""Check-in: on time, late, too late."""

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interactions.checkin import commands as checkin
from interactions.checkin.events import (
    CheckinAnswered,
    CheckinClosed,
    CheckinCorrected,
    CheckinOpened,
    MakeUpRequested,
)
from interactions.checkin.idea import CHECKIN
from interactions.checkin.register import register, summed
from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantJoined, ParticipantRemoved, RosterChanged
from lectern.timeline.fold import apply
from lectern.timeline.idea import Audience, Touch
from lectern.timeline.numbering import START, number
from tests.class_proof import FIRST_UTC_MS, Proof
from tests.interactions.lesson import REGISTRY, end, live_lesson, refused, wait


def opened(proof: Proof, **data: object) -> str:
    """Open a round of a minute, late after half of it."""
    given = {"message": "Here?", "seconds": 60, "late_after_seconds": 30} | data
    id_ = proof.command("p", "checkin_open", **given)["id"]
    assert isinstance(id_, str)
    return id_


@pytest.mark.parametrize(
    ("after_s", "status"), [(0, "on_time"), (30, "on_time"), (30.001, "late"), (59.9, "late")]
)
def test_the_moment_decides_between_on_time_and_late(after_s: float, status: str) -> None:
    proof = live_lesson()
    id_ = opened(proof)
    wait(proof, after_s)
    assert proof.command("l1", "checkin_answer", id=id_) == {"status": status}
    mine = {"status": status, "utc_ms": proof.now, "request": None}
    assert proof.clients["l1"].entities[f"my/checkin/{id_}"] == mine
    assert f"my/checkin/{id_}" not in proof.clients["l2"].entities


def test_an_answer_after_the_time_is_refused_even_before_the_round_was_closed() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    wait(proof, 60)
    refused(proof, "checkin_closed", "l1", "checkin_answer", id=id_)


def test_staff_and_screens_see_counts_and_learners_are_not_even_told_of_answers() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    proof.command("l2", "checkin_answer", id=id_)
    wait(proof, 45)
    proof.command("l1", "checkin_answer", id=id_)
    staff = proof.clients["h"].entities[f"checkin/{id_}"]
    assert (staff["came"], staff["came_late"], staff["expected"]) == (2, 1, 3)
    screen = proof.clients["s"].entities[f"checkin/{id_}"]
    assert (screen["came"], screen["expected"], "came_late" in screen) == (2, 3, False)
    assert "came" not in proof.clients["l1"].entities[f"checkin/{id_}"]
    heard = [e for e in proof.clients["l3"].events if e["type"] == "checkin_answered"]
    assert heard == []
    assert all(e["actor"] is None for e in proof.clients["s"].events if e["type"] == "checkin_answered")


def test_answering_twice_returns_the_first_status() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    proof.command("l1", "checkin_answer", id=id_)
    seq = proof.state.seq
    wait(proof, 500)
    assert proof.command("l1", "checkin_answer", id=id_) == {"status": "on_time"}
    assert proof.state.seq == seq


def test_expected_counts_learners_until_the_round_closes() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    proof.join("l4", SessionRole.LEARNER)
    proof.join("s2", SessionRole.SCREEN)
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
    assert proof.clients["p"].entities[f"checkin/{id_}"]["expected"] == 3
    proof.join("l5", SessionRole.LEARNER)
    proof.command("h", "checkin_close", id=id_)
    proof.join("l6", SessionRole.LEARNER)
    assert proof.clients["p"].entities[f"checkin/{id_}"]["expected"] == 4


def test_expected_is_the_roster_and_guests_are_counted_beside_it() -> None:
    proof = live_lesson()
    named = ("ann", "bob", *(f"n{number}" for number in range(28)))
    proof.append(NewEvent(payload=RosterChanged(expected=30, added=named)))
    proof.join("ann", SessionRole.LEARNER, "ann")
    id_ = opened(proof)
    for who in ("l1", "ann"):
        proof.command(who, "checkin_answer", id=id_)
    counts = {
        key: proof.clients["p"].entities[f"checkin/{id_}"][key] for key in ("came", "others", "expected")
    }
    assert counts == {"came": 1, "others": 1, "expected": 30}
    proof.join("l1", SessionRole.LEARNER, "bob")  # the guest turns out to be Bob
    assert proof.clients["p"].entities[f"checkin/{id_}"]["came"] == 2
    assert len(proof.state.of(CHECKIN).learners) == 4


def test_employees_whom_the_roster_does_not_name_are_counted_beside_it() -> None:
    """Of ten who should come six answer, and two colleagues: four are missing, not two."""
    proof = live_lesson()
    listed = tuple(f"e{number}" for number in range(10))
    for person in (*listed[:6], "other1", "other2"):
        proof.join(f"of-{person}", SessionRole.LEARNER, person)
    proof.append(NewEvent(payload=RosterChanged(expected=10, added=listed)))
    id_ = opened(proof)
    for person in (*listed[:6], "other1", "other2"):
        proof.command(f"of-{person}", "checkin_answer", id=id_)
    assert counts_of(proof, id_) == {"came": 6, "others": 2, "expected": 10}
    proof.command("p", "checkin_close", id=id_)
    proof.append(NewEvent(payload=RosterChanged(expected=10, added=("other1",), removed=("e9",))))
    assert counts_of(proof, id_) == {"came": 7, "others": 1, "expected": 10}
    proof.append(NewEvent(payload=RosterChanged(expected=0, removed=(*listed[:9], "other1"))))
    assert counts_of(proof, id_) == {"came": 8, "others": 0, "expected": 11}  # and l1, l2, l3 were asked


def counts_of(proof: Proof, id_: str) -> dict[str, int]:
    """What the studio and the TV are told of a round, which is the same."""
    seen = [proof.clients[who].entities[f"checkin/{id_}"] for who in ("p", "s")]
    first, second = ({key: one[key] for key in ("came", "others", "expected")} for one in seen)
    assert first == second
    return first


def test_an_answer_and_somebody_who_comes_cost_as_much_in_a_great_class_as_in_a_small_one() -> None:
    """What is told of them is the round and oneself; with a roster, a walk-in changes no count at all."""
    proof = live_lesson()
    id_ = opened(proof)
    proof.append(NewEvent(payload=RosterChanged(expected=2, added=("ann", "bob"))))
    before = len(proof.clients["p"].events)
    proof.join("walk-in", SessionRole.LEARNER, "cid")
    assert proof.clients["p"].events[before:] == []
    proof.command("walk-in", "checkin_answer", id=id_)
    assert [path for path, _ in proof.clients["p"].events[-1]["put"]] == [f"checkin/{id_}"]


def test_one_round_at_a_time_and_closing_twice_changes_nothing() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    refused(proof, "checkin_already_open", "h", "checkin_open", seconds=60)
    proof.command("h", "checkin_close", id=id_)
    seq = proof.state.seq
    proof.command("h", "checkin_close", id=id_)
    assert proof.state.seq == seq
    opened(proof)


def test_time_closes_a_round_once() -> None:
    proof = live_lesson()
    assert checkin.due(proof.state, proof.now) == ((), None)
    id_ = opened(proof, late_after_seconds=None, message=" ")
    assert proof.clients["s"].entities[f"checkin/{id_}"]["message"] is None
    assert checkin.due(proof.state, proof.now) == ((), FIRST_UTC_MS + 60_000)
    wait(proof, 60)
    events, following = checkin.due(proof.state, proof.now)
    assert following is None
    proof.append(*events)
    assert proof.clients["l3"].entities[f"checkin/{id_}"]["state"] == "closed"
    assert checkin.due(proof.state, proof.now) == ((), None)


def test_the_end_of_the_lesson_closes_it() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    end(proof)
    assert proof.clients["l1"].entities[f"checkin/{id_}"]["state"] == "closed"
    assert checkin.due(proof.state, proof.now) == ((), None)


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("duration_invalid", {"seconds": 4}),
        ("duration_invalid", {"seconds": 86_401}),
        ("duration_invalid", {"seconds": 60, "late_after_seconds": 61}),
        ("duration_invalid", {"seconds": 60, "late_after_seconds": -1}),
        ("text_too_long", {"seconds": 60, "message": "x" * 501}),
    ],
)
def test_a_round_that_makes_no_sense_is_refused(code: str, data: dict[str, object]) -> None:
    refused(live_lesson(), code, "p", "checkin_open", **data)


def test_unknown_rounds_and_foreign_roles() -> None:
    proof = live_lesson()
    refused(proof, "checkin_not_found", "l1", "checkin_answer", id="nothing")
    refused(proof, "not_allowed", "p", "checkin_answer", id="nothing")
    refused(proof, "not_allowed", "s", "checkin_answer", id="nothing")
    refused(proof, "not_allowed", "l1", "checkin_open", seconds=60)


_WHO = st.sampled_from(["a", "b", "c", "d"])
_PERSON = st.sampled_from(["ann", "bob", "cid", "dan"])
_STANDING = st.sampled_from(["on_time", "late", "make_up", "absent"])
_HAPPENS = st.one_of(
    st.tuples(st.just("joins"), _WHO, st.sampled_from([SessionRole.LEARNER, SessionRole.HOST]),
              st.none() | _PERSON),
    st.tuples(st.just("removed"), _WHO),
    st.tuples(st.just("opens")),
    st.tuples(st.just("closes")),
    st.tuples(st.just("answers"), _WHO),
    st.tuples(st.just("asks"), st.none() | _WHO, _PERSON),
    st.tuples(st.just("corrected"), st.none() | _WHO, _PERSON, _STANDING),
    st.tuples(st.just("roster"), st.frozensets(_PERSON)),
)  # fmt: skip


_TWICE = [  # whom the roster names and who answered comes again as somebody else
    ("roster", frozenset({"ann"})),
    ("joins", "a", SessionRole.LEARNER, "ann"),
    ("opens",),
    ("answers", "a"),
    ("joins", "b", SessionRole.LEARNER, "ann"),
]


@example(_TWICE)
@settings(max_examples=400, deadline=None)
@given(st.lists(_HAPPENS, max_size=25))
def test_what_the_class_is_told_is_what_the_register_says(happened: list[tuple[Any, ...]]) -> None:
    """For any roster, whenever it changes, and anybody who walks in; of every round, closed or not."""
    state, roster = REGISTRY.empty(), frozenset[str]()
    position: Any = START
    now = FIRST_UTC_MS
    for number_, (what, *data) in enumerate(happened):
        now = UtcMs(now + 1_000)
        checkins = state.of(CHECKIN)
        rounds, id_ = list(checkins.rounds), f"round{number_}"
        event: NewEvent | None = None
        if what == "joins":
            who, role, person = data
            event = NewEvent(
                payload=ParticipantJoined(
                    participant=who, kind="person", role=role, person=person, name_ref=f"n{who}"
                )
            )
        elif what == "removed":
            event = NewEvent(payload=ParticipantRemoved(participant=data[0]))
        elif what == "roster":
            added, removed = sorted(data[0] - roster), sorted(roster - data[0])
            roster = data[0]
            changed = RosterChanged(expected=len(roster), added=tuple(added), removed=tuple(removed))
            event = NewEvent(payload=changed)
        elif what == "opens" and checkins.open_round is None:
            event = NewEvent(
                payload=CheckinOpened(id=id_, message_ref=None, late_after_utc_ms=now, closes_utc_ms=now)
            )
        elif what == "closes" and checkins.open_round is not None:
            event = NewEvent(payload=CheckinClosed(id=checkins.open_round.id, reason="staff"))
        elif what == "answers" and checkins.open_round is not None and data[0] in checkins.learners:
            answered = CheckinAnswered(id=checkins.open_round.id, status="on_time")
            event = NewEvent(payload=answered, actor=data[0])
        elif what == "asks" and rounds and (data[0] is None or data[0] in checkins.names):
            asked = MakeUpRequested(id=rounds[-1], participant=data[0], person=data[1], reason_ref="r")
            event = NewEvent(payload=asked)
        elif what == "corrected" and rounds and (data[0] is None or data[0] in checkins.names):
            corrected = CheckinCorrected(
                id=rounds[0], participant=data[0], person=data[1], before=None, after=data[2], reason_ref="r"
            )
            event = NewEvent(payload=corrected)
        if event is None:
            continue
        (placed,), position = number(position, [event], now)
        apply(REGISTRY, state, placed)
        for round_ in checkins.rounds.values():
            told = CHECKIN.render(checkins, Touch(f"checkin/{round_.id}"), Audience.STAFF, {})
            said = asdict(summed(register(state, round_, sorted(roster))))
            assert told is not None
            assert {key: told["came_late" if key == "late" else key] for key in said} == said
