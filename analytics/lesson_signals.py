"""Signals over several lessons (EVA-15): of a month, a quarter, a year, or a series. Pure.

What a lesson comes to for signals is kept by department (`LessonMarks`); lessons are added up as numbers of
people, never as means of shares. A person counts in every lesson. Beside each signal stand the lessons that
pull it down: whose own share is below the same limit, and not by chance.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import msgspec

from analytics.attendance.rule import Rule
from analytics.chance import Share
from analytics.signals import Shares, Signal, SignalFound, SignalLimits, signals_of

_COUNTED_SO = 1
"""Goes up when the same lesson would be counted in another way: then all are counted again."""


class LessonMarks(msgspec.Struct, array_like=True, frozen=True):
    """What signals are made of, of some people in one lesson or in several.

    Of those `expected`: who came at all, live or later (`begun`), and who took part for the rule's least
    minutes (`attended`). Of those `there` live: who `stayed` for as long as the rule asks, who was `active`.
    Of those who `started`, live or later: who `completed` it. `right` of `answered` are answers to polls.
    """

    expected: int = 0
    begun: int = 0
    attended: int = 0
    there: int = 0
    stayed: int = 0
    active: int = 0
    started: int = 0
    completed: int = 0
    answered: int = 0
    right: int = 0

    def plus(self, other: "LessonMarks") -> "LessonMarks":
        """Return both together."""
        mine, others = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        return LessonMarks(*(one + two for one, two in zip(mine, others, strict=True)))


NOBODY = LessonMarks()


def together(parts: Iterable[LessonMarks]) -> LessonMarks:
    """Return the sum."""
    whole = NOBODY
    for part in parts:
        whole = whole.plus(part)
    return whole


def basis_of(*, seq: int, expected: int, rule: Rule, watched: Sequence[int], completed_from: float) -> str:
    """Return what a lesson's count stands on, as one word: with another one it is to be counted again.

    `seq` is the last event of its timeline, `expected` the length of its roster (changing it is an event),
    `rule` the one that holds with the planned length, `watched` what all viewers of its replay come to.
    """
    parts = (_COUNTED_SO, seq, expected, asdict(rule), watched, completed_from)
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class HeldLesson:
    """A lesson that began at `began_utc_ms` where `zone` is; `led_by` its presenter and host.

    `expected` is the length of its roster, `planned_minutes` how long it was to last, if anybody said.
    """

    id: str
    title: str
    zone: str
    began_utc_ms: int
    is_over: bool
    planned_minutes: int | None = None
    expected: int = 0
    led_by: tuple[str | None, str | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Counted:
    """A lesson with what it came to, by department."""

    lesson: HeldLesson
    departments: Mapping[str, LessonMarks]


@dataclass(frozen=True, slots=True)
class Pulling:
    """A lesson that pulls a signal down; `other` is the second department's share, where two are compared."""

    lesson: HeldLesson
    share: Share
    other: Share | None = None


@dataclass(frozen=True, slots=True)
class SignalOver:
    """A signal over several lessons, and those that pull it down, the worst first."""

    found: SignalFound
    pulling: tuple[Pulling, ...]


def signals_over(
    lessons: Sequence[Counted], names: Mapping[str, str], limits: SignalLimits
) -> tuple[SignalOver, ...]:
    """Return all signals over `lessons`, in the order of the action table; `names` are those of departments.

    Departments that do not exist any more are in the whole, and compared with none.
    """
    by_department: dict[str, LessonMarks] = {}
    for each in lessons:
        for department, marks in each.departments.items():
            by_department[department] = by_department.get(department, NOBODY).plus(marks)
    whole = signals_of(_shares(by_department, names), limits)
    parts = [(each.lesson, _by_signal(_shares(each.departments, names), limits)) for each in lessons]
    return tuple(SignalOver(found, _pulling(found, parts)) for found in whole)


def seen_by_department(lessons: Iterable[Counted], departments: Collection[str]) -> list[Counted]:
    """Return lessons as somebody sees them who sees these departments alone."""
    return [
        Counted(each.lesson, {id_: marks for id_, marks in each.departments.items() if id_ in departments})
        for each in lessons
    ]


def _shares(departments: Mapping[str, LessonMarks], names: Mapping[str, str]) -> Shares:
    whole = together(departments.values())
    return Shares(
        activation=Share(whole.begun, whole.expected),
        learning_time=Share(whole.stayed, whole.there),
        target=Share(whole.completed, whole.started),
        activity=Share(whole.active, whole.there),
        passed=Share(whole.right, whole.answered),
        participation=Share(whole.attended, whole.expected),
        departments={
            names[id_]: Share(marks.completed, marks.started)
            for id_, marks in departments.items()
            if id_ in names and marks.started
        },
    )


@dataclass(frozen=True, slots=True)
class _Part:
    signals: Mapping[Signal, SignalFound]
    departments: Mapping[str, Share]


def _by_signal(shares: Shares, limits: SignalLimits) -> _Part:
    return _Part({each.signal: each for each in signals_of(shares, limits)}, shares.departments)


def _pulling(whole: SignalFound, parts: Sequence[tuple[HeldLesson, _Part]]) -> tuple[Pulling, ...]:
    found: list[Pulling] = []
    for lesson, part in parts:
        if whole.limit is not None:
            share = part.signals[whole.signal].share
            if share.of and share.is_below(whole.limit):
                found.append(Pulling(lesson, share))
        elif whole.apart is not None:
            low, high = (part.departments.get(name) for name in whole.apart)
            if low is not None and high is not None and low.interval[1] < high.interval[0]:
                found.append(Pulling(lesson, low, high))
    found.sort(key=lambda each: (each.share.interval[1], -each.share.of, each.lesson.began_utc_ms))
    return tuple(found)
