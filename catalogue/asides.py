"""What a presenter said aside: stretches of a lesson that are not for its replay. Pure.

The media plane lets one recording end where an aside begins, and another begin where it ends; so the
replay's clock stands still meanwhile, like between any two recordings.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from lectern.manifest.clock_map import ClockMap

BEGAN, ENDED = "aside_began", "aside_ended"
"""`interactions.aside.events`."""
_OVER = "session_ended"
TURN_MS = 1_000
"""So long one recording may take to end where an aside begins; more of it in a replay is a failure."""
READ = (BEGAN, ENDED)
Stretch = tuple[int, int]
"""From, to (not included), in milliseconds of the session."""


class Moment(Protocol):
    """A timeline event, as far as it is needed here."""

    @property
    def type(self) -> str:
        """Its type."""

    @property
    def session_ms(self) -> int:
        """When it happened."""


def asides(happened: Iterable[Moment]) -> list[Stretch]:
    """Return the asides of a lesson in their order; one that goes on counts up to the last event."""
    found: list[Stretch] = []
    since_ms: int | None = None
    last_ms = 0
    for event in happened:
        last_ms = event.session_ms
        if event.type == BEGAN and since_ms is None:
            since_ms = event.session_ms
        elif event.type in {ENDED, _OVER} and since_ms is not None:
            found.append((since_ms, event.session_ms))
            since_ms = None
    if since_ms is not None:
        found.append((since_ms, last_ms))
    return found


def is_aside(stretches: Iterable[Stretch], session_ms: int) -> bool:
    """Whether a moment lies in one of them."""
    return any(from_ms <= session_ms < to_ms for from_ms, to_ms in stretches)


def parted(stretch: Stretch, stretches: Sequence[Stretch]) -> tuple[list[Stretch], list[Stretch]]:
    """Return what of `stretch` was said aside, and the rest of it."""
    said: list[Stretch] = []
    rest: list[Stretch] = []
    position_ms, end_ms = stretch
    for began_ms, ended_ms in stretches:
        from_ms, to_ms = max(began_ms, position_ms), min(ended_ms, end_ms)
        if from_ms >= to_ms:
            continue
        if from_ms > position_ms:
            rest.append((position_ms, from_ms))
        said.append((from_ms, to_ms))
        position_ms = to_ms
    if position_ms < end_ms:
        rest.append((position_ms, end_ms))
    return said, rest


def still_in_replay(stretches: Iterable[Stretch], clock: ClockMap) -> list[Stretch]:
    """Return where a replay holds what was said aside, in milliseconds of the replay.

    A media process that could not be reached went on recording. Whoever runs the lesson has to look there.
    """
    found = []
    for began_ms, ended_ms in stretches:
        for piece in clock.pieces:
            from_ms = max(began_ms, piece.session_ms)
            to_ms = min(ended_ms, piece.session_ms + piece.duration_ms)
            if to_ms - from_ms >= TURN_MS:
                media_ms = piece.media_ms - piece.session_ms
                found.append((from_ms + media_ms, to_ms + media_ms))
    return sorted(found)
