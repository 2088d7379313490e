"""Minutes learned, live and in recordings, by department and month; and when people come to lessons. Pure.

Live minutes are wall time in lessons, of recordings wall time of effective watching. A lesson, and a stretch
that was watched, belong to the month in which they began, where the organisation is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analytics.chance import Share
from analytics.lesson_sums import LessonSums
from analytics.view_sums import hour_of_week, month_of


@dataclass(frozen=True, slots=True)
class Learned:
    """Time that people learned, added up."""

    live_ms: int = 0
    watched_ms: int = 0

    @property
    def whole_ms(self) -> int:
        """Both together; what somebody saw live and watched again took them both times."""
        return self.live_ms + self.watched_ms

    def plus(self, other: "Learned") -> "Learned":
        """Return the sum."""
        return Learned(self.live_ms + other.live_ms, self.watched_ms + other.watched_ms)


NONE = Learned()


def added(parts: Iterable[Learned]) -> Learned:
    """Return the sum."""
    whole = NONE
    for part in parts:
        whole = whole.plus(part)
    return whole


@dataclass(frozen=True, slots=True)
class HeldLesson:
    """What a lesson that began at this moment came to."""

    began_utc_ms: int
    sums: LessonSums


def learned_by_department(
    months: Sequence[str],
    lessons: Iterable[HeldLesson],
    watched: Mapping[str, Mapping[str, int]],
    zone: str,
) -> dict[str, tuple[Learned, ...]]:
    """Return what each department learned in each of `months`; `watched` is in ms by month and department."""
    found: dict[str, list[Learned]] = {}
    place = {month: at for at, month in enumerate(months)}

    def note(month: str, department: str, learned: Learned) -> None:
        if month in place and learned != NONE:
            row = found.setdefault(department, [NONE] * len(months))
            row[place[month]] = row[place[month]].plus(learned)

    for lesson in lessons:
        for department, presence in lesson.sums.departments.items():
            note(month_of(zone, lesson.began_utc_ms), department, Learned(live_ms=presence.present_ms))
    for month, departments in watched.items():
        for department, watched_ms in departments.items():
            note(month, department, Learned(watched_ms=watched_ms))
    return {department: tuple(row) for department, row in found.items()}


@dataclass(frozen=True, slots=True)
class Slot:
    """An hour of the week in which lessons began, from Monday 0:00 on; `took_part` are of those expected."""

    hour_of_week: int
    lessons: int
    heads: int
    took_part: Share


def slots_of(lessons: Iterable[HeldLesson], zone: str) -> tuple[Slot, ...]:
    """Return the hours in which lessons began, the best turnout first (ANA-07).

    They are put in order by the lower end of the turnout's interval: one lesson of three people, who all
    came, says less than ten lessons to which most came. Hours without a roster come last.
    """
    hours: dict[int, list[LessonSums]] = {}
    for lesson in lessons:
        hours.setdefault(hour_of_week(zone, lesson.began_utc_ms), []).append(lesson.sums)
    slots = [
        Slot(
            hour,
            len(held),
            sum(sums.whole.heads for sums in held),
            Share(sum(sums.attended for sums in held), sum(sums.expected for sums in held)),
        )
        for hour, held in hours.items()
    ]
    slots.sort(
        key=lambda slot: (slot.took_part.of == 0, -slot.took_part.interval[0], -slot.heads, slot.hour_of_week)
    )
    return tuple(slots)
