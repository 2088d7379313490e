"""Signals over several lessons (EVA-15): of a month, a quarter, a year, or a series. Pure.

What a lesson comes to for signals is kept by department (`LessonMarks`); lessons are added up as numbers of
people, never as means of shares. A person counts in every lesson. Beside each signal stand the lessons that
pull it down: whose own share is below the same limit, and not by chance.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import msgspec

from analytics.attendance.rule import Rule
from analytics.chance import Share
from analytics.signals import Shares, Signal, SignalFound, SignalLimits, signals_of

_COUNTED_SO = 1
"""Goes up when the same lesson would be counted in another way: then all are counted again."""


class LessonMarks(msgspec.Struct, array_like=True, frozen=True, gc=False):
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
    """Return the sum. A year has tens of thousands of them: columns are added up, not pairs."""
    columns = zip(*map(msgspec.structs.astuple, parts), strict=True)
    return LessonMarks(*map(sum, columns))


def basis_of(*, seq: int, expected: int, rule: Rule, watched: Sequence[int], completed_from: float) -> str:
    """Return what a lesson's count stands on, as one word: with another one it is to be counted again.

    `seq` is the last event of its timeline, `expected` the length of its roster (changing it is an event),
    `rule` the one that holds with the planned length, `watched` what all viewers of its replay come to.
    """
    parts = (_COUNTED_SO, seq, expected, rule, watched, completed_from)
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


_OF: Mapping[Signal, Callable[[LessonMarks], tuple[int, int]]] = {
    Signal.ACTIVATION: attrgetter("begun", "expected"),
    Signal.LEARNING_TIME: attrgetter("stayed", "there"),
    Signal.TARGET: attrgetter("completed", "started"),
    Signal.ACTIVITY: attrgetter("active", "there"),
    Signal.PASSED: attrgetter("right", "answered"),
    Signal.ABSENCE: attrgetter("attended", "expected"),
}
"""What the share of every signal is made of, but of the one that compares departments."""


def signals_over(
    lessons: Sequence[Counted], names: Mapping[str, str], limits: SignalLimits
) -> tuple[SignalOver, ...]:
    """Return all signals over `lessons`, in the order of the action table; `names` are those of departments.

    Departments that do not exist any more are in the whole, and compared with none.
    """
    by_department: dict[str, list[LessonMarks]] = {}
    for each in lessons:
        for department, marks in each.departments.items():
            by_department.setdefault(department, []).append(marks)
    sums = {department: together(parts) for department, parts in by_department.items()}
    wholes = [together(each.departments.values()) for each in lessons]
    return tuple(
        SignalOver(found, _worst_first(_pulling(found, lessons, wholes, names)))
        for found in signals_of(_shares(sums, names), limits)
    )


def seen_by_department(lessons: Iterable[Counted], departments: Collection[str]) -> list[Counted]:
    """Return lessons as somebody sees them who sees these departments alone."""
    return [
        Counted(each.lesson, {id_: marks for id_, marks in each.departments.items() if id_ in departments})
        for each in lessons
    ]


def _shares(departments: Mapping[str, LessonMarks], names: Mapping[str, str]) -> Shares:
    whole = together(departments.values())
    share = {signal: Share(*of(whole)) for signal, of in _OF.items()}
    return Shares(
        activation=share[Signal.ACTIVATION],
        learning_time=share[Signal.LEARNING_TIME],
        target=share[Signal.TARGET],
        activity=share[Signal.ACTIVITY],
        passed=share[Signal.PASSED],
        participation=share[Signal.ABSENCE],
        departments={
            names[id_]: Share(marks.completed, marks.started)
            for id_, marks in departments.items()
            if id_ in names and marks.started
        },
    )


def _pulling(
    found: SignalFound,
    lessons: Sequence[Counted],
    wholes: Sequence[LessonMarks],
    names: Mapping[str, str],
) -> Iterable[Pulling]:
    """Find the lessons that pull a signal down. Of each only the share is looked at that the signal is about,
    and intervals are worked out only of those that are low at all: most are not."""
    if found.limit is not None:
        return _below(found.limit, zip(lessons, map(_OF[found.signal], wholes), strict=True))
    if found.apart is not None:
        low, high = found.apart
        ids = {name: id_ for id_, name in names.items()}
        return _apart(ids[low], ids[high], lessons)
    return ()


def _below(limit: float, lessons: Iterable[tuple[Counted, tuple[int, int]]]) -> Iterable[Pulling]:
    for each, (hits, of) in lessons:
        if hits < limit * of:
            share = Share(hits, of)
            if share.is_below(limit):
                yield Pulling(each.lesson, share)


def _apart(low_id: str, high_id: str, lessons: Iterable[Counted]) -> Iterable[Pulling]:
    for each in lessons:
        low, high = each.departments.get(low_id, NOBODY), each.departments.get(high_id, NOBODY)
        if low.completed * high.started < high.completed * low.started:
            share, other = Share(low.completed, low.started), Share(high.completed, high.started)
            if share.interval[1] < other.interval[0]:
                yield Pulling(each.lesson, share, other)


def _worst_first(pulling: Iterable[Pulling]) -> tuple[Pulling, ...]:
    return tuple(
        sorted(pulling, key=lambda each: (each.share.interval[1], -each.share.of, each.lesson.began_utc_ms))
    )
