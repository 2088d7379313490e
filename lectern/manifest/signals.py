"""`derived/signals/<version>/result.json`: what a worker heard and saw in a replay, for the editor.

It can be made again from `hls/` at any time. Times are milliseconds of the replay.
"""

from itertools import pairwise
from typing import Literal

import msgspec

MOST_BUCKETS = 4_000
"""A waveform of a screen's width needs no more."""

MOST_MS = 7 * 24 * 3_600_000
MOST_BYTES = 8 << 20
"""Three days of talk with a pause every four seconds are a quarter of it."""

Lack = Literal["no_sound", "sound_ends_early", "no_screen", "screen_ends_early", "screen_unreadable"]
"""Why something is missing in signals: nobody spoke or sent sound, nobody shared a screen, one of them is
shorter than the replay, or the screen has no picture to begin with (no keyframe)."""


class Signals(msgspec.Struct, frozen=True):
    """What can be heard and seen.

    `peaks`: the loudest sample of each stretch of `bucket_ms`, 0..255 of full scale. `utterances`: `[from,
    to]` where somebody speaks, or anything else sounds, without a break; in order, never touching. `scenes`:
    `[at, share]` where the screen's picture changes, and which share of it (0..1), in order.
    """

    duration_ms: int
    bucket_ms: int
    peaks: tuple[int, ...]
    utterances: tuple[tuple[int, int], ...]
    scenes: tuple[tuple[int, float], ...]
    lacks: tuple[Lack, ...] = ()
    version: int = 1


def checked(content: bytes) -> Signals:
    """Return signals that somebody else wrote, if an editor can live with them.

    Raises:
        ValueError: they are no signals, or such as no replay can have.
    """
    if len(content) > MOST_BYTES:
        raise ValueError("too long")
    signals = msgspec.json.decode(content, type=Signals)
    if not 0 <= signals.duration_ms <= MOST_MS or signals.bucket_ms < 0 or len(signals.peaks) > MOST_BUCKETS:
        raise ValueError("a replay is not like this")
    if any(not 0 <= peak <= 255 for peak in signals.peaks):
        raise ValueError("a peak is no share of full scale")
    ends = [moment for stretch in signals.utterances for moment in stretch]
    at = [moment for moment, _ in signals.scenes]
    for moments in (ends, at):
        within = not moments or (moments[0] >= 0 and moments[-1] <= signals.duration_ms)
        if not within or any(later <= earlier for earlier, later in pairwise(moments)):
            raise ValueError("moments are out of order, or outside the replay")
    if any(not 0 <= share <= 1 for _, share in signals.scenes):
        raise ValueError("a share is not between 0 and 1")
    return signals
