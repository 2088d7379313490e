"""How a lesson was attended as a whole (requirements.md 2.2): every rate with its denominator. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from analytics.attendance.rule import Rule
from analytics.attendance.verdict import Evidence, Verdict, base_ms, is_attended


@dataclass(frozen=True, slots=True)
class SignIns:
    """Who of the roster checked in. `made_up` are those who did so only afterwards; shown apart."""

    rounds: int
    expected: int
    signed_in: int
    made_up: int

    @property
    def rate(self) -> float | None:
        """Sign-in rate (签到率): on time or late, and made up, of those expected; None without a round."""
        if self.rounds == 0 or self.expected == 0:
            return None
        return (self.signed_in + self.made_up) / self.expected

    def is_weak(self, threshold: float) -> bool:
        """Tell whether the course's owner should look at it (T-02)."""
        return self.rate is not None and self.rate < threshold


@dataclass(frozen=True, slots=True)
class Rates:
    """The lesson in numbers.

    `attended` of the roster were there for the rule's least minutes (参训); `started` are all learners who
    came, live or by replay, and `completed` those of them who saw the threshold's share of the lesson (完课).
    """

    sign_ins: SignIns
    attended: int
    started: int
    completed: int


def sign_ins_of(rounds: int, expected: Iterable[Evidence]) -> SignIns:
    """Count the sign-ins of the people on the roster."""
    people = list(expected)
    live = sum(each.on_time + each.late > 0 for each in people)
    made_up = sum(each.on_time + each.late == 0 and each.made_up > 0 for each in people)
    return SignIns(rounds, len(people), live, made_up)


def rates_of(
    rule: Rule, rounds: int, people: Iterable[tuple[bool, Evidence]], *, completed_from: float
) -> Rates:
    """Return the rates; each of `people` is on the roster or not, with their evidence."""
    known = list(people)
    expected = [evidence for is_expected, evidence in known if is_expected]
    started = [evidence for _, evidence in known if evidence.present_ms + evidence.replay_ms > 0]
    return Rates(
        sign_ins_of(rounds, expected),
        sum(is_attended(rule, evidence) for evidence in expected),
        len(started),
        sum(lesson_share(rule, evidence) >= completed_from for evidence in started),
    )


def tally(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """Count verdicts; every verdict has a number."""
    counts = dict.fromkeys((verdict.value for verdict in Verdict), 0)
    for verdict in verdicts:
        counts[verdict.value] += 1
    return counts


def lesson_share(rule: Rule, evidence: Evidence) -> float:
    """Return the share of the lesson that somebody saw, live and by replay together."""
    base = base_ms(rule, evidence.lesson_ms)
    there = evidence.present_ms - (0 if rule.away_counts else evidence.away_ms)
    return min(1.0, (there + evidence.replay_ms) / base) if base > 0 else 0.0
