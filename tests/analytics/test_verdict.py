"""Verdicts: cases that people argue about, laws that hold for any evidence, and the page's own example."""

import re
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from msgspec.structs import replace as altered

from analytics.attendance.rates import SignIns, rates_of, tally
from analytics.attendance.rule import Rule
from analytics.attendance.verdict import (
    RANK,
    REASONS,
    WEIGHTS,
    Decision,
    Evidence,
    Reason,
    Verdict,
    compute,
    confidence,
    judge,
    shares,
)
from analytics.minutes import minutes as to_minutes

MINUTE = 60_000
RULE = Rule(present_percent=80, planned_minutes=60, tolerance_minutes=0, least_minutes=5, checkins=2)
FULL = Evidence(lesson_ms=60 * MINUTE, over=True, present_ms=60 * MINUTE, rounds=3, on_time=3)
PAGE = (Path(__file__).parents[2] / "docs" / "attendance.md").read_text(encoding="utf-8")


def verdict(rule: Rule = RULE, **evidence: Any) -> Verdict:
    return compute(rule, altered(FULL, **evidence))


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ({}, "present"),
        ({"present_ms": 48 * MINUTE}, "present"),
        ({"present_ms": 48 * MINUTE - 600}, "partly"),
        ({"on_time": 2}, "present"),
        ({"on_time": 1, "late": 1}, "present"),
        ({"on_time": 1}, "partly"),
        ({"on_time": 1, "made_up": 1}, "present"),
        ({"rounds": 1, "on_time": 1}, "present"),
        ({"rounds": 0, "on_time": 0}, "present"),
        ({"present_ms": 0, "on_time": 3}, "partly"),
        ({"present_ms": 4 * MINUTE, "on_time": 0}, "absent"),
        ({"present_ms": 5 * MINUTE, "on_time": 0}, "partly"),
        ({"present_ms": 0, "on_time": 0}, "absent"),
        ({"away_ms": 13 * MINUTE}, "partly"),
        ({"over": False}, "open"),
        # It ended early, or ran over: nobody owes more than there was, or than the plan.
        ({"lesson_ms": 40 * MINUTE, "present_ms": 32 * MINUTE}, "present"),
        ({"lesson_ms": 90 * MINUTE, "present_ms": 48 * MINUTE}, "present"),
    ],
)
def test_the_rule(evidence: dict[str, Any], expected: str) -> None:
    assert verdict(**evidence) == expected


def test_what_staff_can_choose() -> None:
    short: dict[str, Any] = {"present_ms": 47 * MINUTE}
    assert verdict(replace(RULE, tolerance_minutes=1), **short) is Verdict.PRESENT
    away: dict[str, Any] = {"away_ms": 30 * MINUTE}
    assert verdict(replace(RULE, away_counts=True), **away) is Verdict.PRESENT
    made_up: dict[str, Any] = {"on_time": 1, "made_up": 2}
    assert verdict(replace(RULE, make_up_counts=False), **made_up) is Verdict.PARTLY
    replay: dict[str, Any] = {"present_ms": 10 * MINUTE, "replay_ms": 50 * MINUTE}
    assert verdict(**replay) is Verdict.PARTLY
    assert verdict(replace(RULE, replay_counts=True), **replay) is Verdict.PRESENT
    assert verdict(replace(RULE, planned_minutes=None), lesson_ms=90 * MINUTE) is Verdict.PARTLY


def test_who_left_no_trace_is_absent_whatever_the_rule_asks() -> None:
    nothing = Rule(present_percent=0, least_minutes=0, checkins=0)
    assert verdict(nothing, present_ms=0, rounds=0, on_time=0) is Verdict.ABSENT
    assert verdict(nothing, present_ms=600, rounds=0, on_time=0) is Verdict.PRESENT


def test_staff_decides_over_the_rule_and_may_take_it_back() -> None:
    excused = judge(RULE, altered(FULL, present_ms=0, on_time=0), Decision("d", Verdict.EXCUSED, "hr", 5))
    assert (excused.verdict, excused.computed, excused.confidence) == ("excused", "absent", 1.0)
    assert excused.reasons[0] == Reason("excused", {})
    back = judge(RULE, FULL, Decision("d", None, "hr", 5))
    assert (back.verdict, back.decision) == ("present", None)


def test_reasons_say_why_with_numbers() -> None:
    evidence = altered(FULL, present_ms=40 * MINUTE, away_ms=6_000, on_time=1, made_up=1, answers=2, polls=3)
    found = {reason.code: reason.numbers for reason in judge(RULE, evidence).reasons}
    assert list(found) == [
        "time_short", "away_left_out", "checkins_enough", "make_up_counted", "answered",
    ]  # fmt: skip
    assert found["time_short"] == {
        "minutes": 39.9, "needed": 48.0, "of": 60.0, "percent": 80, "tolerance": 0,
    }  # fmt: skip
    assert found["checkins_enough"] == {"counted": 2, "needed": 2, "rounds": 3}


minutes = st.integers(0, 90 * MINUTE)
counts = st.integers(0, 6)
rules = st.builds(
    Rule,
    present_percent=st.integers(0, 100),
    planned_minutes=st.none() | st.integers(1, 90),
    tolerance_minutes=st.integers(0, 10),
    least_minutes=st.integers(0, 20),
    checkins=st.integers(0, 4),
    make_up_counts=st.booleans(),
    replay_counts=st.booleans(),
    away_counts=st.booleans(),
)


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """What a lesson can leave behind: parts of presence fit into it, marks into the rounds."""
    lesson = draw(minutes)
    present = draw(st.integers(0, lesson))
    away = draw(st.integers(0, present))
    rounds = draw(counts)
    on_time = draw(st.integers(0, rounds))
    late = draw(st.integers(0, rounds - on_time))
    polls = draw(counts)
    return Evidence(
        lesson_ms=lesson,
        over=True,
        present_ms=present,
        away_ms=away,
        attentive_ms=draw(st.integers(0, present - away)),
        replay_ms=draw(st.integers(0, lesson - present)),
        rounds=rounds,
        on_time=on_time,
        late=late,
        made_up=draw(st.integers(0, rounds - on_time - late)),
        polls=polls,
        answers=draw(st.integers(0, polls)),
        words=draw(counts),
        stage_ms=draw(minutes),
    )


def believed(rule: Rule, evidence: Evidence) -> float:
    return confidence(rule, evidence, Verdict.PRESENT)


@given(rules, evidences(), st.integers(1, 20 * MINUTE), st.integers(1, 3))
def test_more_of_any_evidence_never_hurts(rule: Rule, evidence: Evidence, more_ms: int, more: int) -> None:
    better = [
        altered(evidence, **{name: getattr(evidence, name) + more_ms})
        for name in ("present_ms", "attentive_ms", "replay_ms", "stage_ms")
    ]
    better += [altered(evidence, **{name: getattr(evidence, name) + more}) for name in ("answers", "words")]
    better += [
        altered(evidence, **{name: getattr(evidence, name) + 1}) for name in ("on_time", "late", "made_up")
    ]
    better.append(altered(evidence, away_ms=max(0, evidence.away_ms - more_ms)))
    if evidence.made_up:
        better.append(altered(evidence, made_up=evidence.made_up - 1, on_time=evidence.on_time + 1))
    for improved in better:
        assert RANK[compute(rule, improved)] >= RANK[compute(rule, evidence)]
        assert believed(rule, improved) >= believed(rule, evidence)


@given(rules, evidences())
def test_confidence_is_a_share_and_doubt_its_opposite(rule: Rule, evidence: Evidence) -> None:
    found = judge(rule, evidence)
    assert 0 <= found.confidence <= 1
    sure = believed(rule, evidence)
    expected = round(1 - sure, 2) if found.computed is Verdict.ABSENT else sure
    assert found.confidence == expected
    assert {reason.code for reason in found.reasons} <= REASONS
    assert all(0 <= share <= 1 for share in shares(rule, evidence).values())


@given(rules, evidences())
def test_the_export_is_enough_to_compute_it_again(rule: Rule, evidence: Evidence) -> None:
    """Rounding every time to hundredths of a minute, as exports do, changes nothing."""
    rounded: dict[str, Any] = {
        name: round(to_minutes(value) * MINUTE) if name.endswith("_ms") else value
        for name, value in structs.asdict(evidence).items()
    }
    assert judge(rule, Evidence(**rounded)) == judge(rule, evidence)


def test_nothing_at_all_is_absence_for_sure_and_everything_is_no_proof() -> None:
    none = altered(FULL, present_ms=0, on_time=0)
    assert judge(RULE, none).confidence == 1
    most = altered(
        FULL, attentive_ms=60 * MINUTE, polls=2, answers=2, words=9, stage_ms=MINUTE, replay_ms=60 * MINUTE
    )
    assert believed(replace(RULE, replay_counts=True), most) == 0.98
    assert believed(RULE, altered(FULL, on_time=0)) == 0.5


def test_the_example_of_the_page_comes_out_as_it_says() -> None:
    section = PAGE.split("## An example\n")[1].split("\n## ")[0]
    told = {
        name: float(value) for name, value in re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", section, re.MULTILINE)
    }
    rule = Rule(
        present_percent=int(told["percent"]),
        planned_minutes=int(told["planned"]),
        tolerance_minutes=int(told["tolerance"]),
        checkins=int(told["checkins"]),
    )
    evidence = Evidence(
        lesson_ms=round(told["lesson"] * MINUTE),
        over=True,
        present_ms=round(told["present"] * MINUTE),
        away_ms=round(told["away"] * MINUTE),
        attentive_ms=round(told["attentive"] * MINUTE),
        rounds=int(told["rounds"]),
        on_time=int(told["on_time"]),
        late=int(told["late"]),
        made_up=int(told["made_up"]),
        polls=int(told["polls"]),
        answers=int(told["answers"]),
        words=int(told["words"]),
        stage_ms=round(told["stage"] * MINUTE),
    )
    found = judge(rule, evidence)
    assert found.verdict == re.findall(r"verdict is \*\*(\w+)\*\*", section)[0]
    assert found.confidence == float(re.findall(r"confidence is \*\*([\d.]+)\*\*", section)[0])
    by_hand = {
        name: float(x) for name, x in re.findall(r"^\| (\w+) \| [^|]+ \| ([\d.]+) \|", section, re.MULTILINE)
    }
    assert by_hand == {name: round(x, 3) for name, x in shares(rule, evidence).items()}
    assert found.confidence == round(1 - prod(1 - WEIGHTS[name] * x for name, x in by_hand.items()), 2)


def test_the_page_names_every_reason_and_weight() -> None:
    assert set(re.findall(r"^\| `(\w+)` \| [A-Z]", PAGE, re.MULTILINE)) == REASONS
    assert {
        name: float(weight) for name, weight in re.findall(r"^\| (\w+) \| (0\.\d) \| ", PAGE, re.MULTILINE)
    } == WEIGHTS


def test_rates_have_their_denominators() -> None:
    half = altered(FULL, present_ms=30 * MINUTE, on_time=0, made_up=1)
    never = altered(FULL, present_ms=0, on_time=0)
    walk_in = altered(FULL, on_time=1)
    people = [(True, FULL), (True, half), (True, never), (True, never), (False, walk_in)]
    rates = rates_of(RULE, 3, people, completed_from=0.8)
    assert rates.sign_ins == SignIns(rounds=3, expected=4, signed_in=1, made_up=1)
    assert (rates.attended, rates.started, rates.completed) == (2, 3, 2)
    assert rates.sign_ins.rate == 0.5
    assert not rates.sign_ins.is_weak(0.5)
    assert rates.sign_ins.is_weak(0.51)
    assert SignIns(0, 4, 0, 0).rate is None
    assert not SignIns(3, 0, 0, 0).is_weak(0.5)
    assert tally([Verdict.PRESENT, Verdict.OPEN]) == {
        "present": 1, "partly": 0, "absent": 0, "excused": 0, "open": 1,
    }  # fmt: skip
