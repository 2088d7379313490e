"""The cheapest way to cut a replay into lessons at given places. Pure, exact, deterministic.

The cost of a cutting is the sum of what its lessons' lengths cost and of what its cuts cost. A lesson costs
nothing at seven minutes, 120 at five and at ten, and rises faster beyond. A cut costs 600 less its weight.
A stretch that is left out costs as the cheaper one of its two ends alone, and at an end of the replay
nothing. A lesson longer than twenty minutes is allowed only where there is no place within it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TARGET_MS = 7 * 60_000
SHORTEST_MS, LONGEST_MS = 5 * 60_000, 10 * 60_000
UNHEARD_OF_MS = 20 * 60_000
FULL_WEIGHT = 1000
CUT_COST = 600
EDGE_COST = 120
_SHORT_COST, _LONG_COST = 100, 60
"""What the square of every minute outside the range adds."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to cut; `weight` (0..1000) is what speaks for it."""

    at_ms: int
    weight: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A lesson, or what is left out between lessons."""

    start_ms: int
    end_ms: int
    is_lesson: bool


def length_costs(lengths_ms: Numbers) -> Numbers:
    """Return what lessons of these lengths cost; whole numbers, so that sums are exact."""
    under = np.maximum(0, TARGET_MS - lengths_ms)
    over = np.maximum(0, lengths_ms - TARGET_MS)
    short = np.maximum(0, SHORTEST_MS - lengths_ms)
    long = np.maximum(0, lengths_ms - LONGEST_MS)
    minute = 60_000**2
    costs: Numbers = (
        EDGE_COST * under**2 // (TARGET_MS - SHORTEST_MS) ** 2
        + EDGE_COST * over**2 // (LONGEST_MS - TARGET_MS) ** 2
        + _SHORT_COST * short**2 // minute
        + _LONG_COST * long**2 // minute
    )
    return costs


def cut(duration_ms: int, places: Sequence[Place], idle: Mapping[int, int]) -> list[Stretch]:
    """Return the stretches of the cheapest cutting, from 0 to `duration_ms`.

    `places` rise strictly and lie within the replay. `idle` maps where a stretch that may be left out begins
    to where it ends; both are places, or ends of the replay. Of equally cheap ways the one whose last cut
    that differs comes earlier.
    """
    if duration_ms <= 0:
        return []
    times = np.array([0, *(place.at_ms for place in places), duration_ms], np.int64)
    costs = [0, *(CUT_COST - place.weight for place in places), 0]
    index_of = {int(at): index for index, at in enumerate(times)}
    left_out = {index_of[end]: index_of[begin] for begin, end in idle.items()}
    best = np.zeros(len(times), np.int64)
    came_from = [0] * len(times)
    is_lesson = [True] * len(times)
    first = np.minimum(np.searchsorted(times, times - UNHEARD_OF_MS), np.arange(len(times)) - 1)
    for j in range(1, len(times)):
        i0 = int(first[j])
        ways = best[i0:j] + length_costs(times[j] - times[i0:j])
        nearest = int(np.argmin(ways))
        cheapest, came_from[j] = int(ways[nearest]), i0 + nearest
        begin = left_out.get(j)
        if begin is not None:
            at_an_end = begin == 0 or j == len(times) - 1
            refund = costs[begin] + costs[j] if at_an_end else max(costs[begin], costs[j])
            if (int(best[begin]) - refund, begin) <= (cheapest, came_from[j]):
                cheapest, came_from[j], is_lesson[j] = int(best[begin]) - refund, begin, False
        best[j] = cheapest + costs[j]
    found: list[Stretch] = []
    j = len(times) - 1
    while j > 0:
        i = came_from[j]
        found.append(Stretch(int(times[i]), int(times[j]), is_lesson[j]))
        j = i
    return found[::-1]
