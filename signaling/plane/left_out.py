"""What of learners on stage is not recorded: decided before the lesson, kept by recording none. Pure."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from signaling.plane.situation import Situation


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What whoever is no staff sends live, and no recorder gets: neither replay nor broadcast can hold it."""

    pictures: bool = False
    sound: bool = False

    def holds(self, source: str) -> bool:
        """Whether this source (mic, camera, screen) of a learner is left out."""
        return self.sound if source == "mic" else self.pictures


EVERYTHING = LeftOut(pictures=True, sound=True)
"""Of a lesson of which it is not known: nothing of learners is recorded until it is."""

LeftOutOf = Callable[[str], Awaitable[LeftOut]]
"""Answers what a live session leaves out. It stays so while the session is live."""


def may_record(participant: str, source: str, situation: Situation, left_out: LeftOut) -> bool:
    """Tell whether the recorder may have a source of somebody; staff are always recorded."""
    return participant in situation.staff or not left_out.holds(source)


async def nothing_left_out(session_id: str) -> LeftOut:
    """See `LeftOutOf`: of an installation that never leaves anything out."""
    return LeftOut()
