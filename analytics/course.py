"""How answering develops over the days of a course: the five measures of EVA-06. Pure.

A course is whatever sessions somebody looks at together. Every named attempt at a question with a right
answer counts, by the day in the zone of its session. Formulas: docs/data-dictionary.md, "Growth".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from analytics.answering import Asked


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt. `question` is the same wherever the same prepared question was asked.

    `share` is how much of the point it gets, from 0 to 1.
    """

    day: date
    utc_ms: int
    who: str
    question: str
    points: tuple[str, ...]
    correct: bool
    share: float


@dataclass(frozen=True, slots=True)
class Measures:
    """The five measures. `slope` is None in a course of one day, `rate` where nobody answered.

    `right` counts attempts that are right as a whole; all else is about their `points`.
    """

    answers: int
    right: int
    points: float
    slope: float | None
    last_day: float
    once_wrong: int
    corrected: int

    @property
    def rate(self) -> float | None:
        """Points of all answers."""
        return self.points / self.answers if self.answers else None


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a course."""

    day: date
    answers: int
    right: int
    points: float


def tries_of(
    polls: Iterable[Asked],
    zone: str,
    who: Callable[[str], str | None],
    points: Callable[[Asked], tuple[str, ...]],
) -> list[Tried]:
    """Return the attempts of a session that count. `who` names a participant's person; None hides them."""
    at = ZoneInfo(zone)
    return [
        Tried(
            day=datetime.fromtimestamp(attempt.utc_ms / 1_000, at).date(),
            utc_ms=attempt.utc_ms,
            who=name,
            question=str(asked.opened.get("item") or asked.root),
            points=points(asked),
            correct=attempt.correct,
            share=float(attempt.correct) if attempt.share is None else attempt.share,
        )
        for asked in polls
        if asked.scored and not asked.anonymous
        for attempt in asked.attempts
        for name in [who(attempt.participant)]
        if name is not None and attempt.correct is not None
    ]


def days_of(tries: Sequence[Tried]) -> list[Day]:
    """Return every day from the first to the last with an answer; those without one too."""
    if not tries:
        return []
    first, last = min(t.day for t in tries), max(t.day for t in tries)
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    answers = dict.fromkeys(span, 0)
    right = dict.fromkeys(span, 0)
    points = dict.fromkeys(span, 0.0)
    for tried in tries:
        answers[tried.day] += 1
        right[tried.day] += tried.correct
        points[tried.day] += tried.share
    return [Day(day, answers[day], right[day], points[day]) for day in span]


def measured(tries: Sequence[Tried], course: Sequence[Day]) -> Measures:
    """Return the measures of some attempts (a person's, a department's) over the days of the whole course."""
    points_on = {day.day: 0.0 for day in course}
    history: dict[tuple[str, str], list[bool]] = {}
    for tried in sorted(tries, key=lambda each: each.utc_ms):
        points_on[tried.day] += tried.share
        history.setdefault((tried.who, tried.question), []).append(tried.correct)
    wrong = [each for each in history.values() if False in each]
    return Measures(
        answers=len(tries),
        right=sum(tried.correct for tried in tries),
        points=sum(points_on.values()),
        slope=slope(list(points_on.values())),
        last_day=points_on[course[-1].day] if course else 0.0,
        once_wrong=len(wrong),
        corrected=sum(True in each[each.index(False) :] for each in wrong),
    )


def slope(values: Sequence[float]) -> float | None:
    """Return by how much a value grows from one day to the next: the least-squares line; None of one day."""
    n = len(values)
    if n <= 1:
        return None
    middle, mean = (n - 1) / 2, sum(values) / n
    across = sum((x - middle) * (y - mean) for x, y in enumerate(values))
    return across / sum((x - middle) ** 2 for x in range(n))


def grouped(
    tries: Sequence[Tried], course: Sequence[Day], keys: Callable[[Tried], Iterable[str | None]]
) -> Mapping[str | None, Measures]:
    """Return the measures of each group; an attempt may belong to several (knowledge points)."""
    groups: dict[str | None, list[Tried]] = {}
    for tried in tries:
        for key in keys(tried):
            groups.setdefault(key, []).append(tried)
    return {key: measured(group, course) for key, group in groups.items()}
