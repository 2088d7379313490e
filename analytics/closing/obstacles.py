"""What stands in the way of closing an attendance. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from analytics.closing.neighbours import Lesson, MakeUps
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict


class Obstacle(StrEnum):
    """Why to wait; whoever closes may go over all but the first, and the record says so."""

    NOT_OVER = "not_over"
    OBJECTIONS_OPEN = "objections_open"
    MAKE_UPS_WAITING = "make_ups_waiting"
    MAKE_UPS_POSSIBLE = "make_ups_possible"


@dataclass(frozen=True, slots=True)
class InTheWay:
    """An obstacle with its number: how many are open, or until when (UTC ms)."""

    obstacle: Obstacle
    number: int = 0


def in_the_way(lesson: Lesson, make_ups: MakeUps, objections: int, now: UtcMs) -> list[InTheWay]:
    """Return everything that is unsettled, the most serious first."""
    if not lesson.over:
        return [InTheWay(Obstacle.NOT_OVER)]
    found = []
    if objections > 0:
        found.append(InTheWay(Obstacle.OBJECTIONS_OPEN, objections))
    if make_ups.waiting > 0:
        found.append(InTheWay(Obstacle.MAKE_UPS_WAITING, make_ups.waiting))
    if make_ups.until_utc_ms is not None and now < make_ups.until_utc_ms:
        found.append(InTheWay(Obstacle.MAKE_UPS_POSSIBLE, make_ups.until_utc_ms))
    return found


def insist_on_closing(found: Collection[InTheWay], accepted: Collection[str]) -> None:
    """Let pass what nothing stands in the way of but what was accepted by name.

    Raises:
        Conflict: the lesson is not over (`lesson_not_over`), or something is open (`closing_unconfirmed`).
    """
    if any(one.obstacle is Obstacle.NOT_OVER for one in found):
        raise Conflict(
            "lesson_not_over", "The lesson is not over yet. End it first, then close its attendance."
        )
    open_ = [one for one in found if one.obstacle not in accepted]
    if open_:
        raise Conflict(
            "closing_unconfirmed",
            "Some things are still open. Settle them first, or confirm each of them.",
            obstacles=[one.obstacle.value for one in open_],
        )
