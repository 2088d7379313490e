"""Reads a packaged replay as a player would, through its playlists, with PyAV."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from tests.media_pattern import read_counter

_AS_IT_IS = {"m3u8_hold_counters": "2"}
"""A playlist that was not closed is read to its end; by default ffmpeg asks a thousand times for more of
it, inside of one call that no time-out of a test can interrupt."""


@dataclass(frozen=True)
class Heard:
    """Mono samples; the first one is at `start_s`."""

    start_s: float
    samples: npt.NDArray[np.float32]


def read_pictures(playlist: Path) -> list[tuple[float, int | None]]:
    """(seconds, counter or None for a still) of every decoded frame."""
    out: list[tuple[float, int | None]] = []
    with av.open(str(playlist), options=_AS_IT_IS) as container:
        for frame in container.decode(video=0):
            assert frame.time is not None
            out.append((frame.time, read_counter(frame)))
    return out


def read_sound(playlist: Path) -> Heard:
    """Everything of the first sound track; frames must follow each other without a gap."""
    parts: list[npt.NDArray[np.float32]] = []
    start_s: float | None = None
    heard = 0
    with av.open(str(playlist), options=_AS_IT_IS) as container:
        for frame in container.decode(audio=0):
            assert frame.time is not None
            if start_s is None:
                start_s = frame.time
            assert abs(frame.time - start_s - heard / frame.sample_rate) < 0.002
            parts.append(frame.to_ndarray().mean(axis=0).astype(np.float32))
            heard += frame.samples
    return Heard(start_s or 0.0, np.concatenate(parts))


def playlist_seconds(playlist: Path) -> float:
    """Sum of its segments' durations."""
    lines = playlist.read_text().splitlines()
    return sum(float(line[8:].rstrip(",")) for line in lines if line.startswith("#EXTINF:"))
