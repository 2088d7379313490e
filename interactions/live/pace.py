"""How often an audience hears of news, and how often a client may ask. Pure: `now` is monotonic seconds."""

from dataclasses import dataclass

from lectern.kernel.errors import Overloaded


@dataclass(slots=True)
class Pace:
    """Frames with a leading edge: the first after a quiet time goes at once, the rest wait for each other.

    Over time one frame goes every `interval_s`. After a quiet time `burst` frames may go `gap_s` apart: a
    single happening is shown at once, a stream of them in batches (generic cell rate algorithm).
    """

    interval_s: float
    burst: int = 1
    gap_s: float = 0.0
    _next_s: float = float("-inf")
    _full_s: float = float("-inf")
    """When the whole burst would be there again."""

    def due_in_s(self, now: float) -> float:
        """Return how long the next frame has to wait; 0 means that it may go now."""
        return max(0.0, self._next_s - now)

    def sent(self, now: float) -> None:
        """Note that a frame went."""
        self._full_s = max(now, self._full_s) + self.interval_s
        self._next_s = max(now + self.gap_s, self._full_s - (self.burst - 1) * self.interval_s)


@dataclass(slots=True, weakref_slot=True)
class TokenBucket:
    """A client's allowance: `burst` at once, refilled with `per_s` each second."""

    burst: float
    per_s: float
    _left: float = -1.0
    _at_s: float = 0.0

    def take(self, now: float) -> None:
        """Use one token.

        Raises:
            Overloaded: there is none (`too_fast`); `retry_after_s` says when there will be.
        """
        refilled = (now - self._at_s) * self.per_s
        self._left = self.burst if self._left < 0 else min(self.burst, self._left + refilled)
        self._at_s = now
        if self._left < 1:
            wait_s = round((1 - self._left) / self.per_s, 3)
            raise Overloaded("too_fast", "Too much at once. Please wait a moment.", retry_after_s=wait_s)
        self._left -= 1
