"""The kinds of time, and the one place that reads a wall clock."""

import time
from collections.abc import Callable
from typing import NewType

UtcMs = NewType("UtcMs", int)
"""Milliseconds since the Unix epoch, by the server's clock."""

SessionMs = NewType("SessionMs", int)
"""Milliseconds since a session was first started; never decreases, over restarts; 0 before the start."""

Clock = Callable[[], UtcMs]
"""What a shell passes where code needs to know the time; tests pass their own."""


def utc_ms() -> UtcMs:
    """Read the server's wall clock."""
    return UtcMs(time.time_ns() // 1_000_000)
