"""Whether an attendance may still be corrected: a table of phases. Pure.

Once it was closed, what staff decides is an amendment: somebody begins it with a reason, corrects what has
to be corrected, and closes it as the next version, which names every change. Learners may object and ask at
any time: that changes no verdict.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.kernel.errors import Conflict


class Phase(StrEnum):
    """How an attendance stands."""

    OPEN = "open"
    CLOSED = "closed"
    AMENDING = "amending"


class Act(StrEnum):
    """What staff does about it; `correct` stands for every decision, answer, check-in and rule."""

    CORRECT = "correct"
    CLOSE = "close"
    AMEND = "amend"
    DROP = "drop"


TRANSITIONS: Final[Mapping[Phase, Mapping[Act, Phase]]] = {
    Phase.OPEN: {Act.CORRECT: Phase.OPEN, Act.CLOSE: Phase.CLOSED},
    Phase.CLOSED: {Act.AMEND: Phase.AMENDING, Act.CLOSE: Phase.CLOSED},
    Phase.AMENDING: {Act.CORRECT: Phase.AMENDING, Act.CLOSE: Phase.CLOSED, Act.DROP: Phase.CLOSED},
}
"""Closing what is closed is an amendment begun and closed in one: of what the house itself learned since."""


@dataclass(frozen=True, slots=True)
class Book:
    """How the attendance of one session stands; `edition` is the newest version, 0 before the first."""

    phase: Phase = Phase.OPEN
    edition: int = 0

    def after(self, act: Act) -> Phase:
        """Return the phase after `act`.

        Raises:
            Conflict: not in this phase (`attendance_closed`, `attendance_not_closed`, `amendment_open`,
                `amendment_missing`).
        """
        following = TRANSITIONS[self.phase].get(act)
        if following is None:
            raise self.refusal(act)
        return following

    def refusal(self, act: Act) -> Conflict:
        """Return why `act` is not possible now, and what to do instead."""
        if act is Act.CORRECT:
            return Conflict(
                "attendance_closed",
                "This attendance is closed. Begin an amendment on the session's page first: "
                "it becomes the next version.",
                edition=self.edition,
            )
        if act is Act.DROP:
            return Conflict("amendment_missing", "Nobody is amending this attendance. Please look again.")
        if self.phase is Phase.OPEN:
            return Conflict("attendance_not_closed", "This attendance is not closed yet: simply correct it.")
        return Conflict("amendment_open", "This attendance is being amended already. Please look again.")


class Books(Protocol):
    """Knows which attendances are closed."""

    async def book(self, tx: AsyncConnection, session_id: str) -> Book:
        """Return how a session stands. Whoever changes something holds the session's lock in `tx` first."""
