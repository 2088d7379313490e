"""One address from which the peer passed a check: when it spoke, in which rhythm, and whether it hears us.

A check, or media, says that somebody with the peer's keys can send from there, or can forge that source. That
somebody *receives* there is shown by an answer to a question whose number could not be guessed (RFC 7675).
"""

from typing import Final

BEAT_S: Final = 0.2
"""What comes closer together is one beat of the rhythm."""
ENOUGH_BEATS: Final = 8
"""Before that, a rhythm is not known."""
WINDOW_S: Final = 30.0
"""The longest pause of this window and the one before counts."""
PAUSES: Final = 4.0
"""Who was silent for so many times its longest pause is gone, though it never answers anybody."""
NEVER: Final = float("-inf")


class ProvenAddress:
    """See the module. Times in monotonic seconds; `unanswered` counts questions since the last answer.

    `has_agreed`: whether it was ever shown that the peer receives there.
    """

    __slots__ = (
        "_beat_at",
        "_beats",
        "_pause",
        "_pause_before",
        "_window_at",
        "agreed_at",
        "asked_at",
        "has_agreed",
        "heard_at",
        "unanswered",
    )

    def __init__(self, now: float) -> None:
        self.heard_at = now
        self.asked_at = NEVER
        self.agreed_at = NEVER
        self.has_agreed = False
        self.unanswered = 0
        self._beat_at = now
        self._beats = 0
        self._pause = 0.0
        self._pause_before = 0.0
        self._window_at = now

    def heard(self, now: float) -> None:
        """Something authentic came from there."""
        self.heard_at = now
        pause = now - self._beat_at
        if pause < BEAT_S:
            return
        self._beat_at = now
        self._beats += 1
        self._pause = max(self._pause, pause)
        if now - self._window_at >= WINDOW_S:
            self._window_at, self._pause_before, self._pause = now, self._pause, 0.0

    def agree(self, now: float) -> None:
        """It is shown that the peer receives there."""
        self.agreed_at = now
        self.has_agreed = True
        self.unanswered = 0

    def patience_s(self, shortest_s: float, longest_s: float) -> float:
        """For how long it may be silent, going by its own rhythm."""
        if self._beats < ENOUGH_BEATS:
            return longest_s
        return min(longest_s, max(shortest_s, PAUSES * max(self._pause, self._pause_before)))
