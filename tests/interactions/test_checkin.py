"""Check-in: on time, late, too late."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.checkin import commands as checkin
from interactions.checkin.idea import CHECKIN
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantRemoved, RosterChanged
from tests.class_proof import FIRST_UTC_MS, Proof
from tests.interactions.lesson import end, live_lesson, refused, wait


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
    proof.append(NewEvent(payload=RosterChanged(expected=30)))
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
    proof.append(NewEvent(payload=RosterChanged(expected=1)))
    assert proof.clients["p"].entities[f"checkin/{id_}"]["expected"] == 2
    assert len(proof.state.of(CHECKIN).learners) == 4


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


_COMING = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from([SessionRole.LEARNER, SessionRole.HOST]),
    st.sampled_from([None, "ann", "bob"]),
)


@given(st.lists(_COMING | st.sampled_from(["a", "b", "c"]), max_size=8))
def test_the_people_of_the_house_among_the_learners_are_kept_right(
    happened: list[tuple[str, SessionRole, str | None] | str],
) -> None:
    proof = live_lesson()
    for one in happened:
        if isinstance(one, str):
            proof.append(NewEvent(payload=ParticipantRemoved(participant=one), actor="p"))
        else:
            proof.join(*one)
    checkins = proof.state.of(CHECKIN)
    assert checkins.own_learners == checkins.learners & checkins.persons
