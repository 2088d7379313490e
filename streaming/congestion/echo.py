"""How long the queue before a subscriber is, asked for when we want to know it.

A STUN binding request is answered at once by every ICE agent (RFC 8445 section 7.3); what it takes beyond the
shortest round trip lately, it waited. One that is not back yet waits at least as long as it is overdue.
"""

from collections import deque
from typing import Final

MAX_OUTSTANDING: Final = 32
LOST_AFTER_S: Final = 5.0
BASE_S: Final = 60.0
BASE_STEP_S: Final = 5.0
FRESH_S: Final = 1.0
STEADY_S: Final = 2.5
"""A round trip that does not change for so long while the sender holds back is the way, not a queue."""
STEADY_WITHIN_S: Final = 0.03
STEADY_ECHOES: Final = 8


class Echoes:
    """Say what was asked under which key (a transaction id), and give answers to `receive`."""

    __slots__ = ("_asked", "_base", "_queue_at", "_queue_s", "_recent", "is_answered", "round_trip_s")

    def __init__(self) -> None:
        self.is_answered = False
        self.round_trip_s: float | None = None
        self._asked: dict[bytes, float] = {}
        self._base: deque[tuple[float, float]] = deque()
        self._recent: deque[tuple[float, float]] = deque()
        self._queue_s = 0.0
        self._queue_at = float("-inf")

    def ask(self, key: bytes, now: float) -> None:
        """A question goes out."""
        self._asked[key] = now
        while len(self._asked) > MAX_OUTSTANDING:
            del self._asked[next(iter(self._asked))]

    def receive(self, key: bytes, now: float) -> tuple[float, float] | None:
        """The answer came: how long its question waited, and when it was asked; None when not awaited."""
        asked_at = self._asked.pop(key, None)
        if asked_at is None or now - asked_at > LOST_AFTER_S:
            return None
        for earlier in [k for k, at in self._asked.items() if at < asked_at]:
            del self._asked[earlier]  # overtaken: lost
        self.is_answered = True
        self.round_trip_s = now - asked_at
        self.note_round_trip(self.round_trip_s, now)
        self._recent.append((now, self.round_trip_s))
        self._learn_longer_way(now)
        self._queue_s, self._queue_at = self.round_trip_s - self.shortest_s(now), now
        return self._queue_s, asked_at

    def _learn_longer_way(self, now: float) -> None:
        """A phone that changed its network has another shortest trip at once."""
        while self._recent[0][0] < now - STEADY_S:
            self._recent.popleft()
        trips = [trip for _, trip in self._recent]
        if len(trips) >= STEADY_ECHOES and max(trips) - min(trips) < STEADY_WITHIN_S:
            self._base.clear()
            self._base.append((now, min(trips)))

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
