"""Sound against picture, and gaps, in recordings over a bad network: virtual time, everything else real.

A lesson of two minutes with 5 % loss and two reconnects for each of three seeds
(`tests.recording.lossy_lesson`): the figures are the same on every machine.
"""

import tempfile
from pathlib import Path
from statistics import median

from loadtests.figures import Figure
from tests.recording.lossy_lesson import Seen, hold

SEEDS = (1, 2, 3)
SECONDS = 120.0
LOSS = 0.05
JOINED_S = 0.5
"""The presenter's first sound arrives a moment after the recording begins."""


def sync_figures() -> list[Figure]:
    """Hold the lessons and measure their replays."""
    seen = [_held(seed) for seed in SEEDS]
    offsets = [abs(offset) for one in seen for offset in one.offsets_ms]
    lost = sum(one.sound_packets_lost for one in seen) * 20
    told = sum(gap.missing_ms for one in seen for gap in one.gaps("mic"))
    untold = sum(
        len(one.untold("camera")) + sum(start > JOINED_S for start, _ in one.untold("mic")) for one in seen
    )
    return [
        Figure("5 % loss, two reconnects: sound against picture, worst beep", max(offsets), "ms", 40),
        Figure("5 % loss, two reconnects: sound against picture, median", median(offsets), "ms"),
        Figure("beeps compared", len(offsets), ""),
        Figure("stretches without picture or sound that no gap tells of", untold, "", 0),
        Figure("stretches without picture or sound", sum(len(s.jumps) + len(s.silences) for s in seen), ""),
        Figure("sound told as missing ÷ lost on the network", told / lost, "×"),
        Figure("picture told as missing, a lesson", sum(map(_missing_picture_s, seen)) / len(seen), "s"),
    ]


def _held(seed: int) -> Seen:
    with tempfile.TemporaryDirectory() as folder:
        return hold(Path(folder), seed=seed, seconds=SECONDS, loss=LOSS)


def _missing_picture_s(seen: Seen) -> float:
    return sum(gap.missing_ms for gap in seen.gaps("camera")) / 1000
