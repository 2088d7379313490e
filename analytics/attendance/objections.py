"""What becomes of an objection: a table of states, and when one may be raised. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lectern.kernel.errors import Conflict, Rejected

MOST_CHARACTERS: Final = 2_000
MOST_OBJECTIONS: Final = 3
"""Of one person in one lesson: after that they have to talk to each other."""
DAY_MS: Final = 24 * 3_600_000


class State(StrEnum):
    """Where an objection stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What can be done with it: by staff, or (withdraw) by whoever raised it."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


TRANSITIONS: Final[Mapping[State, Mapping[Move, State]]] = {
    State.OPEN: {
        Move.ACCEPT: State.ACCEPTED,
        Move.DECLINE: State.DECLINED,
        Move.WITHDRAW: State.WITHDRAWN,
    },
    State.ACCEPTED: {},
    State.DECLINED: {},
    State.WITHDRAWN: {},
}


@dataclass(frozen=True, slots=True)
class Objection:
    """Somebody's objection to a verdict. `subject` is a person, or a guest's participant.

    `against` is the verdict of that moment. `body` and `answer` are None once they were erased.
    """

    id: str
    session_id: str
    subject: str
    state: State
    against: str
    body: str | None
    objected_utc_ms: int
    answer: str | None = None
    answered_by: str | None = None
    answered_utc_ms: int | None = None


def moved(objection: Objection, move: Move) -> State:
    """Return the state after `move`.

    Raises:
        Conflict: it was settled before (`objection_settled`).
    """
    following = TRANSITIONS[objection.state].get(move)
    if following is None:
        raise Conflict("objection_settled", "This objection was settled before. Please look again.")
    return following


def insist_on_objecting(earlier: list[Objection], *, ended_utc_ms: int | None, days: int, now: int) -> None:
    """Let pass who may object now: after the lesson, in time, one at once, and not for ever.

    Raises:
        Conflict: too early, too late, or one is open already.
    """
    if ended_utc_ms is None:
        raise Conflict("objection_early", "The lesson is not over yet. You can object afterwards.")
    if now > ended_utc_ms + days * DAY_MS:
        raise Conflict(
            "objection_late", "The time to object is over. Please talk to whoever ran the lesson.", days=days
        )
    if any(objection.state is State.OPEN for objection in earlier):
        raise Conflict("objection_open", "Your objection is being looked at already.")
    if len(earlier) >= MOST_OBJECTIONS:
        raise Conflict(
            "objection_limit", "You have objected several times. Please talk to whoever ran the lesson."
        )


def checked_words(text: str) -> str:
    """Return what somebody wrote, without blanks around it.

    Raises:
        Rejected: nothing is left, or too much (`reason_missing`, `reason_too_long`).
    """
    words = text.strip()
    if not words:
        raise Rejected("reason_missing", "Please say why.")
    if len(words) > MOST_CHARACTERS:
        raise Rejected("reason_too_long", "This reason is too long.", limit=MOST_CHARACTERS)
    return words
