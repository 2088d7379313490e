"""What a publisher may send: its cap, or less when a queue builds up on its way to us.

The publisher stamps packets with their sending time (abs-send-time, 24 bits of 6.18 fixed point seconds).
Their transit against the least one lately is the queue. Only a queue that stands for a whole interval counts:
a hiccup of a scheduler or of Wi-Fi drains at once, and its interval has some packet that did not wait.
"""

from collections import deque
from typing import Final

INTERVAL_S: Final = 0.4
LONGEST_INTERVAL_S: Final = 3.0
"""An interval waits so long for its packets: on a very slow link they are few."""
STANDING_QUEUE_S: Final = 0.2
BACK_OFF: Final = 0.8
GROWTH_PER_S: Final = 0.08
HOLD_S: Final = 1.0
FLOOR_BPS: Final = 100_000
MIN_PACKETS: Final = 5
BASE_INTERVALS: Final = 40
_WRAP_S: Final = 64.0
_HALF_WRAP_S: Final = 32.0
_TICKS_PER_S: Final = 1 << 18


class UplinkEstimator:
    """Feed every packet to `receive_packet`; ask `bitrate_bps` whenever a report goes out."""

    __slots__ = (
        "_base",
        "_bytes",
        "_hold_until",
        "_interval_at",
        "_least",
        "_packets",
        "_reference",
        "cap_bps",
        "estimate_bps",
    )

    def __init__(self, cap_bps: int, now: float) -> None:
        self.cap_bps = cap_bps
        self.estimate_bps = float(cap_bps)
        self._base: deque[float] = deque(maxlen=BASE_INTERVALS)
        self._reference: float | None = None
        self._hold_until = now
        self._begin(now)

    def _begin(self, now: float) -> None:
        self._interval_at = now
        self._bytes = 0
        self._packets = 0
        self._least = float("inf")

    def receive_packet(self, abs_send_time: bytes, size_bytes: int, now: float) -> None:
        """One packet of `size_bytes` with its extension value (without one it counts for the rate alone)."""
        self._bytes += size_bytes
        if len(abs_send_time) != 3:
            return
        transit = now - int.from_bytes(abs_send_time, "big") / _TICKS_PER_S
        if self._reference is None:
            self._reference = transit
        relative = (transit - self._reference + _HALF_WRAP_S) % _WRAP_S - _HALF_WRAP_S
        self._least = min(self._least, relative)
        self._packets += 1

    def bitrate_bps(self, now: float) -> int:
        """What to tell the publisher."""
        passed = now - self._interval_at
        if passed < INTERVAL_S or (self._packets < MIN_PACKETS and passed < LONGEST_INTERVAL_S):
            return int(self.estimate_bps)
        if self._packets >= MIN_PACKETS:
            self._base.append(self._least)
        if self._packets >= MIN_PACKETS and self._least - min(self._base) > STANDING_QUEUE_S:
            received_bps = 8 * self._bytes / passed
            self.estimate_bps = max(FLOOR_BPS, min(self.estimate_bps, BACK_OFF * received_bps))
            self._hold_until = now + HOLD_S
        elif now >= self._hold_until:
            self.estimate_bps = min(self.cap_bps, self.estimate_bps * (1 + GROWTH_PER_S * min(passed, 1.0)))
        self._begin(now)
        return int(self.estimate_bps)
