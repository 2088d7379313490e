"""`derived/signals/<version>/result.json`: what a worker heard and saw in a replay, for the editor.

It can be made again from `hls/` at any time. Times are milliseconds of the replay.
"""

from typing import Literal

import msgspec

MOST_BUCKETS = 4_000
"""A waveform of a screen's width needs no more."""

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
