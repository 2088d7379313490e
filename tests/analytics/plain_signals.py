"""Signals over several lessons, worked out the long way: all signals of each lesson, one after the other.

So it was done before only what is needed was worked out; what is answered has to be the same.
"""

from collections.abc import Mapping, Sequence

from analytics.chance import Share
from analytics.lesson_signals import Counted, LessonMarks, Pulling, SignalOver
from analytics.signals import Shares, SignalFound, SignalLimits, signals_of


def plainly_over(
    lessons: Sequence[Counted], names: Mapping[str, str], limits: SignalLimits
) -> tuple[SignalOver, ...]:
    """Return what `signals_over` has to return."""
    sums: dict[str, LessonMarks] = {}
    for each in lessons:
        for department, marks in each.departments.items():
            sums[department] = sums.get(department, LessonMarks()).plus(marks)
    found = []
    for whole in signals_of(_shares(sums, names), limits):
        pulling = [one for each in lessons if (one := _pulls(whole, each, names, limits)) is not None]
        pulling.sort(key=lambda one: (one.share.interval[1], -one.share.of, one.lesson.began_utc_ms))
        found.append(SignalOver(whole, tuple(pulling)))
    return tuple(found)


def _pulls(
    whole: SignalFound, each: Counted, names: Mapping[str, str], limits: SignalLimits
) -> Pulling | None:
    shares = _shares(each.departments, names)
    if whole.limit is not None:
        alone = {found.signal: found for found in signals_of(shares, limits)}[whole.signal].share
        return Pulling(each.lesson, alone) if alone.of and alone.is_below(whole.limit) else None
    if whole.apart is None:
        return None
    low, high = (shares.departments.get(name) for name in whole.apart)
    if low is None or high is None or low.interval[1] >= high.interval[0]:
        return None
    return Pulling(each.lesson, low, high)


def _shares(departments: Mapping[str, LessonMarks], names: Mapping[str, str]) -> Shares:
    whole = LessonMarks()
    for marks in departments.values():
        whole = whole.plus(marks)
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
