"""Whether a share says something, or chance does: intervals of shares, and places among others. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

SURE = 1.96
"""Standard deviations: an interval that holds the true share 95 times in 100."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`, with the interval in which the true share lies (Wilson's score interval, 95 %)."""

    hits: int
    of: int

    @property
    def rate(self) -> float | None:
        """The share itself; None of nobody."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Between what the true share lies; of nobody, it may be anything."""
        if self.of == 0:
            return 0.0, 1.0
        n, rate, squared = self.of, self.hits / self.of, SURE * SURE
        middle = (rate + squared / (2 * n)) / (1 + squared / n)
        reach = SURE * sqrt(rate * (1 - rate) / n + squared / (4 * n * n)) / (1 + squared / n)
        # Nobody and all are the ends themselves: rounded, "all" would be below a limit of all.
        low = max(0.0, middle - reach) if self.hits else 0.0
        return low, min(1.0, middle + reach) if self.hits < n else 1.0

    def is_below(self, limit: float) -> bool:
        """Tell whether the share is below `limit`, and not by chance."""
        return self.interval[1] < limit

    def is_above(self, limit: float) -> bool:
        """Tell whether the share is above `limit`, and not by chance."""
        return self.interval[0] > limit


def percentiles(values: Sequence[float | None]) -> list[float | None]:
    """Return the place of each value among all that are known, 0..1: those below it, and half of its equals.

    The mean of all places is always a half, however the values lie: places of different measures compare.
    """
    known = sorted(value for value in values if value is not None)
    found: list[float | None] = []
    for value in values:
        if value is None:
            found.append(None)
        else:
            low, high = bisect_left(known, value), bisect_right(known, value)
            found.append((low + high) / 2 / len(known))
    return found
