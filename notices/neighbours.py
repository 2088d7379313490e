"""What notices need to know of people and lessons; their packages answer, in `lectern.app`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from notices.kinds import LessonFacts


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person as far as mail is concerned; inactive ones have left the company."""

    name: str
    email: str | None
    active: bool = True
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class PlannedLesson:
    """A lesson as it is planned now. `sequence` of its facts is 0: `notices` counts the plans itself."""

    org_id: str
    facts: LessonFacts
    state: str
    presenter_person_id: str | None
    host_person_id: str | None


class People(Protocol):
    """Looks people up."""

    async def recipients(self, org_id: str, person_ids: Collection[str]) -> Mapping[str, Recipient]:
        """Return people by id; unknown ids are left out."""

    async def found(self, org_id: str, text: str) -> Sequence[str]:
        """Return the ids of people whose name or number contains `text`."""


class Lessons(Protocol):
    """Looks lessons up, and says who has to do what there."""

    async def planned(self, session_id: str) -> PlannedLesson | None:
        """Return a lesson."""

    async def of_person(self, org_id: str, person_id: str, since_utc_ms: int) -> Sequence[PlannedLesson]:
        """Return the lessons that somebody attends or gives, from `since_utc_ms` on."""

    async def expected(self, session_id: str) -> Sequence[str]:
        """Return who should come."""

    async def present(self, session_id: str) -> Collection[str]:
        """Return the persons who are in the room now."""

    async def undone(self, session_id: str) -> Mapping[str, tuple[str, ...]]:
        """Return who of those expected has what left to do after the lesson (codes: `LessonFacts`)."""

    async def watchers(self, session_id: str) -> Sequence[str]:
        """Return who is to know that the replay was published, if it still is: not who did that.

        Who gave the lesson; who should have come, if they may watch it now.
        """

    async def askers(self, session_id: str, question_id: str) -> Sequence[str]:
        """Return the persons who asked a question, or one that was merged into it."""
