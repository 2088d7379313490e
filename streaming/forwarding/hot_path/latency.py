"""How long packets stay in the process: fixed buckets, cheap enough to count every packet."""

from bisect import bisect_left

from streaming.control.messages import LATENCY_BOUNDS_S, Histogram


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

    def histogram(self) -> Histogram:
        """As it goes over the wire."""
        return Histogram(tuple(self.buckets), self.sum_s)
