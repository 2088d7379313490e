"""A QR code as one SVG path. Pure."""

from dataclasses import dataclass
from typing import Final

import segno

QUIET_MODULES: Final = 4
"""ISO/IEC 18004 §6.3.8: as wide a margin belongs to the code."""


@dataclass(frozen=True, slots=True)
class Picture:
    """`path` fills the dark modules of a square of `size` × `size` units, margin included."""

    size: int
    path: str


def picture(text: str) -> Picture:
    """Draw `text` with error correction M, which a reflection on the glass needs."""
    matrix = segno.make(text, error="m", micro=False, boost_error=False).matrix
    parts: list[str] = []
    for y, row in enumerate(matrix, start=QUIET_MODULES):
        x = 0
        while x < len(row):
            run = x
            while run < len(row) and row[run]:
                run += 1
            if run > x:
                parts.append(f"M{x + QUIET_MODULES} {y}h{run - x}v1h-{run - x}z")
            x = run + 1
    return Picture(len(matrix) + 2 * QUIET_MODULES, "".join(parts))
