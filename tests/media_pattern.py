"""A picture that carries a number and a sound that carries seconds, and how to read them back after any
codec.

The number (16 bits and a 4-bit check) is drawn as 20 black and white blocks in the upper half of the picture,
so that it survives scaling and strong compression. The sound is a soft 440 Hz tone with a loud 1 kHz beep of
100 ms at every full second: picture `n` belongs to second `n / fps`, so the offset between sound and picture
can be measured.
"""

from typing import Any

import av
import numpy as np
import numpy.typing as npt

COLUMNS = 10
ROWS = 2
SAMPLE_RATE = 48_000
BEEP_HZ = 1000
BEEP_S = 0.1
COUNTER_MOD = 1 << 16

Plane = npt.NDArray[np.uint8]


def _bits(value: int) -> list[int]:
    nibbles = [value >> shift & 0xF for shift in (12, 8, 4, 0)]
    check = (nibbles[0] * 3 ^ nibbles[1] * 5 ^ nibbles[2] * 7 ^ nibbles[3] * 11 ^ 0xA) & 0xF
    word = value << 4 | check
    return [word >> shift & 1 for shift in range(19, -1, -1)]


def draw_counter(luma: Plane, value: int) -> None:
    """Draw `value` (modulo 65536) into the upper half of a Y plane, in place."""
    height, width = luma.shape
    for index, bit in enumerate(_bits(value % COUNTER_MOD)):
        row, column = divmod(index, COLUMNS)
        top, bottom = height * row // 4, height * (row + 1) // 4
        left, right = width * column // COLUMNS, width * (column + 1) // COLUMNS
        luma[top:bottom, left:right] = 225 if bit else 28


def read_counter_plane(luma: npt.NDArray[Any]) -> int | None:
    """The number in a Y plane; None if there is none, or it cannot be told."""
    height, width = luma.shape
    word = 0
    for index in range(COLUMNS * ROWS):
        row, column = divmod(index, COLUMNS)
        y, x = height * (2 * row + 1) // 8, width * (2 * column + 1) // (2 * COLUMNS)
        dy, dx = max(1, height // 24), max(1, width // (COLUMNS * 6))
        level = float(luma[y - dy : y + dy, x - dx : x + dx].mean())
        if 100 < level < 150:
            return None
        word = word << 1 | (level >= 150)
    value = word >> 4
    return value if _bits(value)[16:] == [word >> shift & 1 for shift in (3, 2, 1, 0)] else None


def read_counter(frame: av.VideoFrame, box: tuple[int, int, int, int] | None = None) -> int | None:
    """The number in a decoded frame, or in its part `box` (left, top, width, height)."""
    luma = frame.reformat(format="gray").to_ndarray()
    if box is not None:
        left, top, width, height = box
        luma = luma[top : top + height, left : left + width]
    return read_counter_plane(luma)


def picture(value: int, width: int = 320, height: int = 180, *, motion: bool = True) -> av.VideoFrame:
    """A yuv420p frame with the number on top and, below it, something that moves."""
    image = np.full((height * 3 // 2, width), 128, np.uint8)
    image[:height] = 90
    if motion:
        x = value * 7 % max(1, width - 24)
        image[height * 3 // 4 : height * 3 // 4 + height // 8, x : x + 24] = 200
    draw_counter(image[:height], value)
    return av.VideoFrame.from_ndarray(image, format="yuv420p")


def sound(start_sample: int, count: int) -> npt.NDArray[np.int16]:
    """Samples of the test sound (mono, 48 kHz) from `start_sample` on."""
    at = (np.arange(count) + start_sample) / SAMPLE_RATE
    tone = 0.05 * np.sin(2 * np.pi * 440 * at)
    beep = 0.6 * np.sin(2 * np.pi * BEEP_HZ * at) * (at % 1.0 < BEEP_S)
    return np.asarray((tone + beep) * 32767, np.int16)


def sound_frame(start_sample: int, count: int = 960) -> av.AudioFrame:
    """The test sound as a mono s16 frame with `pts` in samples."""
    frame = av.AudioFrame.from_ndarray(sound(start_sample, count)[None, :], format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    frame.pts = start_sample
    return frame


def beep_onsets(samples: npt.NDArray[Any], sample_rate: int = SAMPLE_RATE) -> list[float]:
    """Seconds at which beeps start in mono samples (full scale 1.0), to about 2 ms."""
    step = sample_rate // 500
    frames = len(samples) // step
    if not frames:
        return []
    level = np.abs(samples[: frames * step]).reshape(frames, step).max(axis=1)
    loud = level > 0.25
    onsets: list[float] = []
    quiet_since = 0
    for index in range(frames):
        if loud[index]:
            if index - quiet_since > 50 or not onsets:
                onsets.append(index * step / sample_rate)
            quiet_since = index
    return onsets
