"""The sound of a scripted lesson: voices of shaped noise with the rhythm of syllables, and a room."""

import random
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from loadtests.cuts.script import Script, Utterance

RATE = 48_000
LOW = 16_000
"""Voices are made at this rate, and brought to `RATE` by interpolation."""
CHUNK_S = 30
LEVEL_DB = {"presenter": -20.0, "learner": -27.0, "film": -22.0, "waiting": -26.0}

Wave = npt.NDArray[np.float32]


def sound(script: Script) -> Iterator[Wave]:
    """The samples at `RATE`, mono, in chunks of `CHUNK_S`; the last one is shorter."""
    rng = np.random.default_rng(script.seed)
    rhythm = random.Random(script.seed)
    total = script.duration_ms * LOW // 1000
    loud = np.zeros(total, np.float32)
    for utterance in script.utterances:
        begin, end = utterance.from_ms * LOW // 1000, min(total, utterance.to_ms * LOW // 1000)
        if end > begin:
            loud[begin:end] = _loudness(utterance, rhythm)[: end - begin]
    for at_ms in script.coughs:
        begin = at_ms * LOW // 1000
        length = min(round(rhythm.uniform(0.15, 0.4) * LOW), total - begin)
        if length > 0:
            loud[begin : begin + length] += _level(-28) * np.exp(-np.arange(length) / (0.08 * LOW))
    floor = _level(script.floor_db)
    for start in range(0, total, CHUNK_S * LOW):
        envelope = loud[start : start + CHUNK_S * LOW]
        count = len(envelope)
        voice = _coloured(rng.standard_normal(count + 64).astype(np.float32))[:count]
        room = rng.standard_normal(count).astype(np.float32)
        wave = voice * envelope + room * floor
        if script.hum:
            wave += np.sin(2 * np.pi * 50 * (start + np.arange(count)) / LOW).astype(np.float32) * _level(-48)
        places = np.arange(count * RATE // LOW, dtype=np.float32) * (LOW / RATE)
        yield np.interp(places, np.arange(count), wave).astype(np.float32).clip(-1, 1)


def _loudness(utterance: Utterance, rng: random.Random) -> Wave:
    """The envelope of an utterance at `LOW`: syllables of 90 to 280 ms with dips, words with short gaps."""
    count = (utterance.to_ms - utterance.from_ms) * LOW // 1000
    level = _level(LEVEL_DB[utterance.voice] + rng.uniform(-3, 3))
    if utterance.voice in ("film", "waiting"):
        beat = 1 + 0.5 * np.sin(2 * np.pi * rng.uniform(1.5, 2.5) * np.arange(count) / LOW)
        return (level * 0.7 * beat).astype(np.float32)
    out = np.zeros(count, np.float32)
    at = 0
    while at < count:
        length = round(rng.uniform(0.09, 0.28) * LOW)
        stress = level * 10 ** (rng.uniform(-9, 3) / 20)
        end = min(count, at + length)
        out[at:end] = stress * np.sin(np.pi * (np.arange(end - at) + 0.5) / length) ** 0.6
        gap = rng.uniform(0.08, 0.2) if rng.random() < 0.25 else rng.uniform(0.0, 0.05)
        at = end + round(gap * LOW)
    last = min(count, round(0.06 * LOW))
    out[-last:] = np.maximum(out[-last:], level * 0.3)  # an utterance ends when it is said to end
    out[:last] = np.maximum(out[:last], level * 0.3)
    return out


def _coloured(white: Wave) -> Wave:
    """White noise with the slope of a voice."""
    kernel = np.array([0.25, 0.6, 0.5, 0.1, -0.2, -0.3, -0.15], np.float32)
    return np.convolve(white, kernel, "same").astype(np.float32)


def _level(db: float) -> float:
    return float(10 ** (db / 20))
