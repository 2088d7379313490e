"""Check-in rounds that are planned, forced, extended, withdrawn; make-ups and corrections; draws."""

from random import Random
from typing import Any

import pytest

from catalogue.marks import Moment, remembered
from interactions.checkin import commands as checkin
from interactions.checkin.commands import MAKE_UP_HOURS
from interactions.checkin.events import CheckinCorrected
from interactions.checkin.idea import CHECKIN
from interactions.lottery.commands import DrawLots
from interactions.lottery.events import LotteryDrawn
from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import SessionRole
from lectern.manifest.clock_map import ClockMap
from lectern.timeline.event import NewEvent, ParticipantRemoved
from lectern.timeline.idea import Call
from tests.class_proof import FIRST_UTC_MS, Proof
from tests.interactions.lesson import end, live_lesson, refused, wait

HOUR_S = 3_600


def opened(proof: Proof, **data: object) -> str:
    """Open a round of a minute, late after half of it."""
    given = {"seconds": 60, "late_after_seconds": 30} | data
    id_ = proof.command("p", "checkin_open", **given)["id"]
    assert isinstance(id_, str)
    return id_


def seen(proof: Proof, who: str, id_: str) -> dict[str, Any]:
    """Return a round as somebody's client holds it."""
    entity: dict[str, Any] = proof.clients[who].entities[f"checkin/{id_}"]
    return entity


def mine(proof: Proof, who: str, id_: str) -> tuple[str | None, str | None]:
    """Return somebody's own status and request."""
    entity = proof.clients[who].entities[f"my/checkin/{id_}"]
    return entity["status"], entity["request"]


def time_passes(proof: Proof, seconds: float) -> None:
    """Let time pass, and append what it brings."""
    wait(proof, seconds)
    events, _ = checkin.due(proof.state, proof.now)
    proof.append(*events)


def test_a_planned_round_is_the_secret_of_staff_until_it_begins_by_itself() -> None:
    proof = live_lesson()
    id_ = opened(proof, in_seconds=120, forced=True, message="Still here?")
    assert checkin.due(proof.state, proof.now) == ((), FIRST_UTC_MS + 120_000)
    plan = proof.clients["h"].entities[f"checkin_plan/{id_}"]
    assert (plan["starts_utc_ms"], plan["forced"]) == (FIRST_UTC_MS + 120_000, True)
    assert not any(path.startswith("checkin") for who in ("l1", "s") for path in proof.clients[who].entities)
    refused(proof, "checkin_already_planned", "h", "checkin_open", seconds=60, in_seconds=5)
    time_passes(proof, 120)
    assert f"checkin_plan/{id_}" not in proof.clients["h"].entities
    round_ = seen(proof, "l1", id_)
    assert (round_["forced"], round_["message"], round_["state"]) == (True, "Still here?", "open")
    assert round_["closes_utc_ms"] == FIRST_UTC_MS + 180_000
    assert checkin.due(proof.state, proof.now) == ((), FIRST_UTC_MS + 180_000)


def test_a_random_start_is_within_its_bounds_and_nobody_can_foresee_it() -> None:
    starts = set()
    for seed in range(40):
        proof = live_lesson()
        proof.rng = Random(seed)
        answer = proof.command("p", "checkin_open", seconds=60, in_seconds=10, within_seconds=20)
        starts.add(answer["starts_utc_ms"] - FIRST_UTC_MS)
    assert all(10_000 <= start <= 30_000 for start in starts)
    assert len(starts) > 30


def test_a_plan_waits_for_the_open_round_and_can_be_dropped() -> None:
    proof = live_lesson()
    first = opened(proof, seconds=60, late_after_seconds=None)
    planned = opened(proof, in_seconds=30)
    time_passes(proof, 40)
    assert planned not in proof.state.of(CHECKIN).rounds
    time_passes(proof, 20)
    assert seen(proof, "l1", first)["state"] == "closed"
    assert seen(proof, "l1", planned)["state"] == "open"
    dropped = opened(proof, in_seconds=30)
    proof.command("h", "checkin_plan_drop", id=dropped)
    proof.command("h", "checkin_plan_drop", id=dropped)
    time_passes(proof, 100)
    assert dropped not in proof.state.of(CHECKIN).rounds


def test_the_end_of_the_lesson_drops_the_plan() -> None:
    proof = live_lesson()
    opened(proof, in_seconds=30)
    end(proof)
    assert proof.state.of(CHECKIN).plan is None
    assert checkin.due(proof.state, proof.now) == ((), None)


def test_more_time_moves_late_only_until_somebody_could_be_late() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    wait(proof, 20)
    proof.command("h", "checkin_extend", id=id_, seconds=60)
    round_ = seen(proof, "l1", id_)
    assert (round_["late_after_utc_ms"], round_["closes_utc_ms"]) == (
        FIRST_UTC_MS + 90_000,
        FIRST_UTC_MS + 120_000,
    )
    wait(proof, 80)
    proof.command("h", "checkin_extend", id=id_, seconds=60)
    assert seen(proof, "l1", id_)["late_after_utc_ms"] == FIRST_UTC_MS + 90_000
    assert proof.command("l1", "checkin_answer", id=id_) == {"status": "late"}
    refused(proof, "duration_invalid", "h", "checkin_extend", id=id_, seconds=0)
    refused(proof, "duration_invalid", "h", "checkin_extend", id=id_, seconds=24 * HOUR_S)
    wait(proof, 80)
    refused(proof, "checkin_closed", "h", "checkin_extend", id=id_, seconds=60)


def test_a_withdrawn_round_is_gone_for_the_class_and_stays_a_note_for_staff() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    proof.command("l1", "checkin_answer", id=id_)
    proof.command("h", "checkin_withdraw", id=id_)
    proof.command("h", "checkin_withdraw", id=id_)
    assert f"checkin/{id_}" not in proof.clients["l1"].entities
    assert f"checkin/{id_}" not in proof.clients["s"].entities
    assert seen(proof, "p", id_)["state"] == "withdrawn"
    refused(proof, "checkin_closed", "l2", "checkin_answer", id=id_)
    refused(proof, "checkin_withdrawn", "l2", "checkin_make_up", id=id_, reason="I was here")
    refused(proof, "checkin_withdrawn", "p", "checkin_correct", id=id_, participant="l2", status="on_time",
            reason="-")  # fmt: skip
    assert [event.type for event in proof.stored].count("checkin_answered") == 1
    moments = [Moment(event.seq, event.type, 5, event.raw) for event in proof.stored]
    left = remembered(moments, proof.clients["l1"].entities, ClockMap([])).marks
    assert [mark.kind for mark in left] == []  # the replay does not remember it either
    opened(proof)  # another can be opened at once


def test_a_make_up_is_asked_for_with_a_reason_granted_or_refused() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    refused(proof, "checkin_open", "l1", "checkin_make_up", id=id_, reason="too soon")
    proof.command("p", "checkin_close", id=id_)
    refused(proof, "text_empty", "l1", "checkin_make_up", id=id_, reason=" ")
    for who in ("l1", "l2"):
        asked = proof.command(who, "checkin_make_up", id=id_, reason="My battery died")
        assert asked == {"status": None, "request": "pending"}
    assert seen(proof, "h", id_)["requests"] == 2
    seq = proof.state.seq
    assert proof.command("l1", "checkin_make_up", id=id_, reason="again")["request"] == "pending"
    assert proof.state.seq == seq
    proof.command("h", "checkin_correct", id=id_, participant="l1", status="make_up", reason="I saw him")
    proof.command("h", "checkin_make_up_refuse", id=id_, participant="l2")
    assert mine(proof, "l1", id_) == ("make_up", None)
    assert mine(proof, "l2", id_) == (None, "refused")
    assert proof.command("l2", "checkin_make_up", id=id_, reason="please")["request"] == "refused"
    staff = seen(proof, "h", id_)
    assert (staff["came"], staff["made_up"], staff["requests"]) == (0, 1, 0)
    assert f"my/checkin/{id_}" not in proof.clients["l3"].entities


def test_a_make_up_is_possible_until_its_window_after_the_lesson_has_passed() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    end(proof)
    wait(proof, MAKE_UP_HOURS * HOUR_S)
    proof.command("l1", "checkin_make_up", id=id_, reason="On the train")
    proof.now = UtcMs(proof.now + 1)
    refused(proof, "make_up_over", "l2", "checkin_make_up", id=id_, reason="On the train")
    proof.command("h", "checkin_correct", id=id_, participant="l2", status="make_up", reason="Phoned me")
    assert mine(proof, "l2", id_) == ("make_up", None)


def test_a_correction_says_who_what_before_and_after_and_why() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    proof.command("l1", "checkin_answer", id=id_)
    proof.command("h", "checkin_correct", id=id_, participant="l1", status="absent", reason="Left at once")
    event = proof.stored[-1]
    assert isinstance(event.payload, CheckinCorrected)
    assert (event.actor, event.payload.before, event.payload.after) == ("h", "on_time", "absent")
    assert event.texts[event.payload.reason_ref] == "Left at once"
    assert mine(proof, "l1", id_)[0] == "absent"
    assert seen(proof, "h", id_)["came"] == 0
    seq = proof.state.seq
    proof.command("p", "checkin_correct", id=id_, participant="l1", status="absent", reason="same")
    assert proof.state.seq == seq
    assert proof.command("l1", "checkin_answer", id=id_) == {"status": "absent"}


def test_somebody_who_never_came_can_be_corrected_and_keeps_it_when_they_join() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    proof.command("h", "checkin_correct", id=id_, person="ann", status="make_up", reason="Sat beside Bob")
    assert seen(proof, "h", id_)["made_up"] == 1
    proof.join("l9", SessionRole.LEARNER, "ann")
    assert mine(proof, "l9", id_) == ("make_up", None)
    assert proof.command("l9", "checkin_answer", id=id_) == {"status": "make_up"}
    assert seen(proof, "h", id_)["made_up"] == 1
    refused(proof, "person_missing", "h", "checkin_correct", id=id_, status="late", reason="?")
    refused(proof, "participant_not_found", "h", "checkin_correct", id=id_, participant="nobody",
            status="late", reason="?")  # fmt: skip


def test_what_came_by_itself_wins_over_what_was_said_of_an_absent_person() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    proof.join("l9", SessionRole.LEARNER)
    proof.command("l9", "checkin_answer", id=id_)
    proof.command("h", "checkin_correct", id=id_, person="ann", status="make_up", reason="Thought so")
    proof.join("l9", SessionRole.LEARNER, "ann")  # the guest turns out to be Ann
    assert mine(proof, "l9", id_) == ("on_time", None)
    assert (seen(proof, "h", id_)["came"], seen(proof, "h", id_)["made_up"]) == (1, 0)


def test_a_clock_that_jumps_back_makes_nobody_late_and_closes_nothing() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    wait(proof, -HOUR_S)
    assert proof.command("l1", "checkin_answer", id=id_) == {"status": "on_time"}
    assert checkin.due(proof.state, proof.now) == ((), FIRST_UTC_MS + 60_000)


@pytest.mark.parametrize(("more", "code"), [
    ({"in_seconds": -1}, "start_invalid"),
    ({"within_seconds": -1}, "start_invalid"),
    ({"in_seconds": 80_000, "within_seconds": 80_000}, "start_invalid"),
])  # fmt: skip
def test_a_start_that_makes_no_sense_is_refused(more: dict[str, int], code: str) -> None:
    refused(live_lesson(), code, "p", "checkin_open", seconds=60, **more)


def test_nobody_is_drawn_twice_until_staff_reset_it() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    refused(proof, "lottery_nobody_left", "p", "lottery_draw", round=id_)
    for who in ("l1", "l2", "l3"):
        proof.command(who, "checkin_answer", id=id_)
    first = proof.command("p", "lottery_draw", round=id_, winners=2)
    assert first["left"] == 1
    draw = proof.clients["l1"].entities[f"draw/{first['id']}"]
    assert draw["among"] == 3
    drawn = [winner["name"] for winner in draw["winners"]]
    assert drawn == [winner["participant"] for winner in draw["winners"]]
    second = proof.command("h", "lottery_draw", round=id_, winners=50)
    rest = [winner["name"] for winner in proof.clients["s"].entities[f"draw/{second['id']}"]["winners"]]
    assert sorted([*drawn, *rest]) == ["l1", "l2", "l3"]
    refused(proof, "lottery_nobody_left", "p", "lottery_draw", round=id_)
    proof.command("p", "lottery_reset")
    proof.command("p", "lottery_reset")
    assert proof.command("p", "lottery_draw", round=id_, winners=3)["left"] == 0


def test_only_those_who_count_and_are_still_here_are_drawn() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    for who in ("l1", "l2", "l3"):
        proof.command(who, "checkin_answer", id=id_)
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
    proof.command("p", "checkin_correct", id=id_, participant="l2", status="absent", reason="not here")
    draw = proof.command("p", "lottery_draw", round=id_, winners=5)["id"]
    assert [w["participant"] for w in proof.clients["p"].entities[f"draw/{draw}"]["winners"]] == ["l3"]
    refused(proof, "winners_count_invalid", "p", "lottery_draw", round=id_, winners=0)
    refused(proof, "checkin_not_found", "p", "lottery_draw", round="nothing")
    refused(proof, "not_allowed", "l3", "lottery_draw", round=id_)
    proof.command("p", "checkin_withdraw", id=id_)
    refused(proof, "checkin_not_found", "p", "lottery_draw", round=id_)


def test_every_learner_is_drawn_equally_often() -> None:
    proof = live_lesson()
    id_ = opened(proof, seconds=HOUR_S)
    for who in ("l1", "l2", "l3"):
        proof.command(who, "checkin_answer", id=id_)
    won: dict[str, int] = dict.fromkeys(("l1", "l2", "l3"), 0)
    command = proof.registry.commands["lottery_draw"]

    for seed in range(900):
        call = Call(proof.actors["p"], proof.now, proof.new_id, Random(seed))
        decision = command.decide(proof.state, call, DrawLots(round=id_))
        payload = decision.events[0].payload
        assert isinstance(payload, LotteryDrawn)
        won[payload.winners[0]] += 1
    assert all(240 < times < 360 for times in won.values()), won
