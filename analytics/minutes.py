"""Minutes as reports write them: hundredths, halves up, so that what is written is what is judged. Pure."""

MINUTE_MS = 60_000
WHOLE = 100
"""Hundredths in a minute."""
_HUNDREDTH_MS = MINUTE_MS // WHOLE


def hundredths(duration_ms: int) -> int:
    """Return hundredths of a minute."""
    return (duration_ms + _HUNDREDTH_MS // 2) // _HUNDREDTH_MS


def minutes(duration_ms: int) -> float:
    """Return minutes with two decimals, so that a second still shows."""
    return hundredths(duration_ms) / WHOLE
