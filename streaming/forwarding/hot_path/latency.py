"""How long packets stay in the process: fixed buckets, cheap enough to count every packet."""

from bisect import bisect_left
from typing import Final

LATENCY_BOUNDS_S: Final = (
    0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25,
)  # fmt: skip
"""Upper bounds, seconds; one more bucket counts what took longer. The compiled twin has the same ones."""


class Latencies:
    """Counts per bucket of LATENCY_BOUNDS_S, and the sum of all."""

    __slots__ = ("buckets", "sum_s")

    def __init__(self) -> None:
        self.buckets = [0] * (len(LATENCY_BOUNDS_S) + 1)
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.buckets[bisect_left(LATENCY_BOUNDS_S, seconds)] += 1
        self.sum_s += seconds
