"""When it is decided how much of a recording counts. Pure.

All of it, once nobody writes it any more and all of it has come. Whoever records on a machine that is silent
is not waited for for ever: when the lesson has gone on elsewhere, or has ended, what has come counts.
"""

from dataclasses import dataclass
from typing import Final

SILENT_S: Final = 15.0
"""So long the machine of a recording may bring nothing, while the bucket answers, before what has come
counts."""


@dataclass(frozen=True, slots=True)
class Come:
    """What has come of a recording: the first `bytes` of its manifest. `is_over`: that is all of it."""

    bytes: int
    is_over: bool


class Silence:
    """How long nothing has come of one recording. `news` is asked each time that somebody looked in vain or
    not; times in monotonic seconds."""

    def __init__(self) -> None:
        self._bytes = -1
        self._seen_s = 0.0
        self._since_s = 0.0

    def news(self, come: Come, now: float, *, goes_on: bool) -> float:
        """Return for how long nothing has come. `goes_on`: nobody waits for an end of this recording yet.

        Time in which nobody looked (the bucket was away) counts for little: at most a second from one look to
        the next.
        """
        if goes_on or come.bytes != self._bytes:
            self._bytes, self._since_s = come.bytes, 0.0
        else:
            self._since_s += min(max(now - self._seen_s, 0.0), 1.0)
        self._seen_s = now
        return self._since_s


def counted(come: Come, silent_s: float, *, goes_on: bool) -> int | None:
    """Return how many bytes of a recording's manifest count for good; None: that is still open.

    `goes_on`: it is the newest one of a lesson that is not over.
    """
    if come.is_over or (not goes_on and silent_s >= SILENT_S):
        return come.bytes
    return None
