"""Reads the clock that `drawn_clock.js` draws out of decoded frames: of a recording, a replay, a download."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy.typing as npt

COLUMNS, ROWS = 8, 5
_DRAWN_SHARE = 0.75
_CHECK = {0x5A: "camera", 0xA5: "screen"}
_WRAP = 1 << 32


def read_clock(luma: npt.NDArray[Any], near_ms: int) -> tuple[str, int] | None:
    """Return source and wall clock (ms) of a picture; None if it shows no clock, or an unclear one.

    `near_ms` is any moment within three weeks of the drawing: the picture holds 32 bits only.
    """
    height, width = luma.shape
    word = 0
    for index in range(COLUMNS * ROWS):
        row, column = divmod(index, COLUMNS)
        y = int((row + 0.5) * height * _DRAWN_SHARE / ROWS)
        x = int((column + 0.5) * width / COLUMNS)
        dy, dx = max(1, height // 45), max(1, width // 53)
        level = float(luma[y - dy : y + dy, x - dx : x + dx].mean())
        if 105 < level < 150:
            return None
        word = word << 1 | (level >= 128)
    value, found = word >> 8, word & 0xFF
    source = _CHECK.get(found ^ _mixed(value))
    if source is None:
        return None
    ms = near_ms // _WRAP * _WRAP + value
    return source, min((ms - _WRAP, ms, ms + _WRAP), key=lambda candidate: abs(candidate - near_ms))


def _mixed(value: int) -> int:
    parts = [value >> shift & 0xFF for shift in (24, 16, 8, 0)]
    return (parts[0] ^ parts[1] * 3 ^ parts[2] * 5 ^ parts[3] * 7) & 0xFF


def clocks_in(medium: Path, near_ms: int) -> Iterator[tuple[float, int]]:
    """Yield (seconds in the medium, wall clock in ms) of every picture that shows a clock."""
    with av.open(str(medium)) as container:
        for frame in container.decode(video=0):
            assert frame.time is not None
            luma = frame.reformat(format="gray").to_ndarray()
            seen = read_clock(luma, near_ms)
            if seen is not None:
                yield frame.time, seen[1]
