"""How long the queue before a subscriber is, asked for when we want to know it.

A STUN binding request is answered at once by every ICE agent (RFC 8445 section 7.3); what it takes beyond the
shortest round trip lately, it waited. One that is not back yet waits at least as long as it is overdue.
"""

from collections import deque
from typing import Final

MAX_OUTSTANDING: Final = 16
LOST_AFTER_S: Final = 5.0
BASE_S: Final = 60.0
BASE_STEP_S: Final = 5.0
FRESH_S: Final = 1.0


class Echoes:
    """Drain: after `ask`, send a request with that number; give answers to `receive`."""

    __slots__ = ("_asked", "_base", "_number", "_queue_at", "_queue_s", "is_answered", "round_trip_s")

    def __init__(self) -> None:
        self.is_answered = False
        self.round_trip_s: float | None = None
        self._number = 0
        self._asked: dict[int, float] = {}
        self._base: deque[tuple[float, float]] = deque()
        self._queue_s = 0.0
        self._queue_at = float("-inf")

    def ask(self, now: float) -> int:
        """Begin a measurement; returns its number."""
        self._number += 1
        self._asked[self._number] = now
        while len(self._asked) > MAX_OUTSTANDING:
            del self._asked[next(iter(self._asked))]
        return self._number

    def receive(self, number: int, now: float) -> float | None:
        """The answer came: how long its request waited in queues; None when it was not awaited."""
        asked_at = self._asked.pop(number, None)
        if asked_at is None or now - asked_at > LOST_AFTER_S:
            return None
        for earlier in [n for n in self._asked if n < number]:
            del self._asked[earlier]  # overtaken: lost
        self.is_answered = True
        self.round_trip_s = now - asked_at
        self.note_round_trip(self.round_trip_s, now)
        self._queue_s, self._queue_at = self.round_trip_s - self.shortest_s(now), now
        return self._queue_s

    def note_round_trip(self, seconds: float, now: float) -> None:
        """A round trip that was measured by other means."""
        base = self._base
        while base and base[0][0] < now - BASE_S:
            base.popleft()
        if base and now - base[-1][0] < BASE_STEP_S:
            base[-1] = base[-1][0], min(base[-1][1], seconds)
        else:
            base.append((now, seconds))

    def shortest_s(self, now: float) -> float:
        """The shortest round trip within the last minute, 0 when none is known."""
        return min((trip for at, trip in self._base if at >= now - BASE_S - BASE_STEP_S), default=0.0)

    def queue_s(self, now: float) -> float | None:
        """How long the queue is as far as is known; None when nothing is."""
        if not self.is_answered:
            return None
        oldest = next(iter(self._asked.values()), now)
        overdue = now - oldest - self.shortest_s(now)
        if overdue > LOST_AFTER_S:
            return None
        known = self._queue_s if now - self._queue_at < FRESH_S else 0.0
        if overdue <= 0 and now - self._queue_at >= FRESH_S:
            return None
        return max(known, overdue)
