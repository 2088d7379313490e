"""What a lesson that is over comes to for statistics: people, minutes and completion, by department. Pure."""

from collections.abc import Iterable

import msgspec


class Presence(msgspec.Struct, array_like=True, frozen=True):
    """Who was in lessons: heads (a person counts in every lesson), wall time there, and who completed it.

    `completed` saw the threshold's share of their lesson, live and by replay together.
    """

    heads: int = 0
    present_ms: int = 0
    completed: int = 0

    def plus(self, other: "Presence") -> "Presence":
        """Return both together."""
        return Presence(
            self.heads + other.heads, self.present_ms + other.present_ms, self.completed + other.completed
        )


NOBODY = Presence()


class LessonSums(msgspec.Struct, array_like=True, frozen=True):
    """One lesson: how long it was live, how many were expected and of them came, and who was there."""

    lesson_ms: int = 0
    expected: int = 0
    attended: int = 0
    departments: dict[str, Presence] = {}

    @property
    def whole(self) -> Presence:
        """All departments together."""
        return together(self.departments.values())


def together(parts: Iterable[Presence]) -> Presence:
    """Return the sum."""
    whole = NOBODY
    for part in parts:
        whole = whole.plus(part)
    return whole


def by_department(lessons: Iterable[LessonSums]) -> dict[str, Presence]:
    """Return what lessons come to in each department."""
    found: dict[str, Presence] = {}
    for lesson in lessons:
        for department, presence in lesson.departments.items():
            found[department] = found.get(department, NOBODY).plus(presence)
    return found
