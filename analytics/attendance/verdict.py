"""From evidence to a verdict, with its reasons and how sure it is. Pure; docs/attendance.md is its text.

Everything is computed from the numbers that stand in the export: minutes are rounded to hundredths first, so
that anybody with the table and the rule comes to the same verdict and the same confidence by hand.

More evidence never makes a verdict worse, and never lowers the trust in somebody's presence: tests hold both
for every kind of evidence.
"""

from collections.abc import Mapping
from enum import StrEnum
from math import prod
from typing import Final

import msgspec

from analytics.attendance.rule import Rule, needed_rounds
from analytics.minutes import MINUTE_MS, WHOLE, hundredths, minutes

FORMULA: Final = 1
"""Version of what follows; it goes up when the same evidence would lead to another result."""


class Verdict(StrEnum):
    """What somebody's attendance amounts to."""

    PRESENT = "present"
    PARTLY = "partly"
    ABSENT = "absent"
    EXCUSED = "excused"
    OPEN = "open"
    """The lesson is not over."""


RANK: Final[Mapping[Verdict, int]] = {Verdict.ABSENT: 0, Verdict.PARTLY: 1, Verdict.PRESENT: 2}

WEIGHTS: Final[Mapping[str, float]] = {
    "time": 0.5,
    "attention": 0.5,
    "checkins": 0.6,
    "answers": 0.5,
    "words": 0.5,
    "replay": 0.4,
}
"""How far each kind of evidence alone, when complete, speaks for somebody's presence (0..1)."""
ENOUGH_WORDS: Final = 3
"""So many messages, questions or minutes on stage are all that speech can prove."""
MAKE_UP_CREDIT: Final = 0.5
"""What a made-up check-in proves, beside one that was answered in the lesson."""


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """What is known of one person in one lesson. Times in ms of wall time while the lesson was live.

    `away_ms` and `attentive_ms` are parts of `present_ms`: on every device hidden and silent; on some device
    reported as seen or heard. The rest was reported by nobody. `replay_ms` is lesson time that they missed
    and watched afterwards, so it never overlaps `present_ms` minus `away_ms`.
    """

    lesson_ms: int
    over: bool
    present_ms: int = 0
    away_ms: int = 0
    attentive_ms: int = 0
    replay_ms: int = 0
    rounds: int = 0
    on_time: int = 0
    late: int = 0
    made_up: int = 0
    polls: int = 0
    answers: int = 0
    words: int = 0
    """Messages and questions."""
    stage_ms: int = 0


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why: a code of docs/attendance.md, and the numbers of its sentence (counts, or minutes)."""

    code: str
    numbers: Mapping[str, float]


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What staff decided instead of the rule; `verdict` None takes earlier decisions back.

    `by` is a person's or a key's id; the words of the reason are an erasable row of their own.
    """

    id: str
    verdict: Verdict | None
    by: str
    utc_ms: int


class Judgement(msgspec.Struct, frozen=True, gc=False):
    """A verdict and all that it stands on. `confidence` (0..1) is that of `computed`."""

    verdict: Verdict
    computed: Verdict
    confidence: float
    reasons: tuple[Reason, ...]
    counted_minutes: float
    needed_minutes: float
    base_minutes: float
    decision: Decision | None = None


def judge(rule: Rule, evidence: Evidence, decision: Decision | None = None) -> Judgement:
    """Return what `evidence` amounts to under `rule`; a decision of staff goes before it."""
    computed = compute(rule, evidence)
    decided = None if decision is None or decision.verdict is None else decision
    return Judgement(
        verdict=computed if decided is None or decided.verdict is None else decided.verdict,
        computed=computed,
        confidence=confidence(rule, evidence, computed),
        reasons=_reasons(rule, evidence, computed, decided),
        counted_minutes=_counted(rule, evidence) / WHOLE,
        needed_minutes=_needed(rule, evidence) / WHOLE,
        base_minutes=_base(rule, evidence) / WHOLE,
        decision=decided,
    )


def compute(rule: Rule, evidence: Evidence) -> Verdict:
    """Return the verdict that follows from the rule alone."""
    if not evidence.over:
        return Verdict.OPEN
    counted, rounds = _counted(rule, evidence), counted_rounds(rule, evidence)
    if counted == 0 and rounds == 0:
        return Verdict.ABSENT
    if _is_long_enough(rule, evidence) and rounds >= needed_rounds(rule, evidence.rounds):
        return Verdict.PRESENT
    if rounds > 0 or counted >= rule.least_minutes * WHOLE:
        return Verdict.PARTLY
    return Verdict.ABSENT


def confidence(rule: Rule, evidence: Evidence, computed: Verdict) -> float:
    """Return how sure a computed verdict is, 0..1 in hundredths.

    Presence is trusted by `1 - (1 - w1 x1)(1 - w2 x2)…` over the shares `x` of `trust`: independent weak
    evidences support each other, and none of them alone is proof. For `absent` it is the opposite of that.
    """
    believed = round(1 - prod(1 - WEIGHTS[kind] * share for kind, share in shares(rule, evidence).items()), 2)
    return round(1 - believed, 2) if computed is Verdict.ABSENT else believed


def shares(rule: Rule, evidence: Evidence) -> dict[str, float]:
    """Return how complete each kind of evidence is, 0..1, under the names of `WEIGHTS`."""
    base = _base(rule, evidence)
    there = hundredths(evidence.present_ms) - (0 if rule.away_counts else hundredths(evidence.away_ms))
    checked: float = evidence.on_time + evidence.late
    if rule.make_up_counts:
        checked += MAKE_UP_CREDIT * evidence.made_up
    spoken = evidence.words + minutes(evidence.stage_ms)
    return {
        "time": _share(there, base),
        "attention": _share(hundredths(evidence.attentive_ms), base),
        "checkins": _share(checked, evidence.rounds),
        "answers": _share(evidence.answers, evidence.polls),
        "words": _share(spoken, ENOUGH_WORDS),
        "replay": _share(hundredths(evidence.replay_ms), base) if rule.replay_counts else 0.0,
    }


def counted_rounds(rule: Rule, evidence: Evidence) -> int:
    """Return in how many check-in rounds somebody counts."""
    return evidence.on_time + evidence.late + (evidence.made_up if rule.make_up_counts else 0)


def base_ms(rule: Rule, lesson_ms: int) -> int:
    """Return of how much time the rule's percentage is: the shorter of plan and lesson."""
    return lesson_ms if rule.planned_minutes is None else min(lesson_ms, rule.planned_minutes * MINUTE_MS)


def is_attended(rule: Rule, evidence: Evidence) -> bool:
    """Tell whether somebody took part for the rule's least minutes (参训)."""
    return _counted(rule, evidence) >= max(1, rule.least_minutes * WHOLE)


def stayed(rule: Rule, evidence: Evidence) -> bool:
    """Tell whether somebody was there for as long as the rule asks, its tolerance taken off."""
    return _is_long_enough(rule, evidence)


def _share(part: float, whole: float) -> float:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else 0.0


def _base(rule: Rule, evidence: Evidence) -> int:
    return hundredths(base_ms(rule, evidence.lesson_ms))


def _needed(rule: Rule, evidence: Evidence) -> float:
    """Return hundredths of a minute that the rule asks for, before its tolerance."""
    return _base(rule, evidence) * rule.present_percent / 100


def _counted(rule: Rule, evidence: Evidence) -> int:
    counted = hundredths(evidence.present_ms)
    if not rule.away_counts:
        counted -= hundredths(evidence.away_ms)
    if rule.replay_counts:
        counted += hundredths(evidence.replay_ms)
    return max(0, counted)


def _is_long_enough(rule: Rule, evidence: Evidence) -> bool:
    slack = _counted(rule, evidence) + rule.tolerance_minutes * WHOLE
    return slack * 100 >= _base(rule, evidence) * rule.present_percent


REASONS: Final = frozenset(
    {
        "excused", "decided", "lesson_open", "no_trace", "time_enough", "time_short", "away_counted",
        "away_left_out", "replay_counted", "replay_left_out", "checkins_enough", "checkins_short",
        "no_rounds", "make_up_counted", "make_up_left_out", "answered", "spoke",
    }
)  # fmt: skip
"""Every code that a reason can have."""


def _reasons(
    rule: Rule, evidence: Evidence, computed: Verdict, decided: Decision | None
) -> tuple[Reason, ...]:
    counted, rounds = _counted(rule, evidence), counted_rounds(rule, evidence)
    needed = needed_rounds(rule, evidence.rounds)
    time = {
        "minutes": counted / WHOLE,
        "needed": _needed(rule, evidence) / WHOLE,
        "of": _base(rule, evidence) / WHOLE,
        "percent": rule.present_percent,
        "tolerance": rule.tolerance_minutes,
    }
    away = minutes(evidence.away_ms)
    replay = minutes(evidence.replay_ms)
    spoken = {"words": evidence.words, "stage_minutes": minutes(evidence.stage_ms)}
    enough = _is_long_enough(rule, evidence), rounds >= needed
    is_excused = decided is not None and decided.verdict is Verdict.EXCUSED
    asks_rounds = rule.checkins > 0
    found: list[tuple[bool, str, Mapping[str, float]]] = [
        (decided is not None, "excused" if is_excused else "decided", {}),
        (computed is Verdict.OPEN, "lesson_open", {}),
        (computed is Verdict.ABSENT and counted == 0 and rounds == 0, "no_trace", {}),
        (counted > 0, "time_enough" if enough[0] else "time_short", time),
        (away > 0, "away_counted" if rule.away_counts else "away_left_out", {"minutes": away}),
        (replay > 0, "replay_counted" if rule.replay_counts else "replay_left_out", {"minutes": replay}),
        (
            asks_rounds and evidence.rounds > 0,
            "checkins_enough" if enough[1] else "checkins_short",
            {"counted": rounds, "needed": needed, "rounds": evidence.rounds},
        ),
        (asks_rounds and evidence.rounds == 0, "no_rounds", {}),
        (
            evidence.made_up > 0,
            "make_up_counted" if rule.make_up_counts else "make_up_left_out",
            {"rounds": evidence.made_up},
        ),
        (evidence.answers > 0, "answered", {"answers": evidence.answers, "polls": evidence.polls}),
        (any(spoken.values()), "spoke", spoken),
    ]
    return tuple(Reason(code, numbers) for holds, code, numbers in found if holds)
