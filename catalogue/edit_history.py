"""Undo and redo over revisions that are never deleted. Pure.

Every revision equals an earlier one or stands for itself: a change does, an undo or a redo equals what it
goes back or forward to. Revision 0 is what there was before the first change.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Step(StrEnum):
    """How a revision came to be."""

    CHANGE = "change"
    UNDO = "undo"
    REDO = "redo"


@dataclass(slots=True)
class Course:
    """Where the steps so far lead: `at` is the revision that the latest one equals."""

    at: int = 0
    latest: int = 0
    _behind: list[int] = field(default_factory=list)
    _ahead: list[int] = field(default_factory=list)

    @property
    def undo_to(self) -> int | None:
        """The revision that an undo would equal; None when there is nothing to undo."""
        return self._behind[-1] if self._behind else None

    @property
    def redo_to(self) -> int | None:
        """The revision that a redo would equal; None when nothing was undone last."""
        return self._ahead[-1] if self._ahead else None

    def take(self, step: Step) -> None:
        """Go on by one revision; an undo or redo only where there is one to go to."""
        self.latest += 1
        if step is Step.UNDO:
            self._ahead.append(self.at)
            self.at = self._behind.pop()
        elif step is Step.REDO:
            self._behind.append(self.at)
            self.at = self._ahead.pop()
        else:
            self._behind.append(self.at)
            self._ahead.clear()
            self.at = self.latest


def course(steps: Iterable[Step]) -> Course:
    """Return where the steps that made revisions 1, 2, 3, … lead."""
    found = Course()
    for step in steps:
        found.take(step)
    return found
