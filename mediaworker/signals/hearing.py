"""Where in a recording somebody speaks, from how loud it is every 20 ms. Pure.

A fixed threshold (ffmpeg's `silencedetect`) fails in noisy rooms and with soft voices. This one follows the
room: the quietest moments of three minutes are its floor, the loudest of them the voice, and whatever stands
out from the floor by a part of that distance is heard.
"""

import numpy as np
import numpy.typing as npt

RATE = 8_000
HOP_MS = 20
HOP = RATE * HOP_MS // 1000
SILENT_DB = -100.0
DIGITAL_SILENCE_DB = -75.0
"""Below this all along, nobody sent sound."""

NOTHING_DB = -90.0
"""A microphone that is off, or does not send because nobody speaks."""

_EMPHASIS = 0.95
_WINDOW_S = 180
_GRID_S = 10
_FLOOR_SHARE, _VOICE_SHARE = 5, 95
_VOICE_DROP_DB = 18.0
"""A voice this much softer than the lesson's loudest is still one, in a stretch where nobody else speaks."""
_LEAST_DB, _MOST_DB = 5.0, 15.0
_SHARE = 0.4
_OFF_MS = 2_000
_LEAST_SENT = 50
_BRIDGE_MS = 300
"""Shorter breaks are stops within words, and breaths."""
_CLICK_MS = 100

Levels = npt.NDArray[np.float32]
Samples = npt.NDArray[np.int16]


def levels_of(samples: Samples) -> tuple[Levels, npt.NDArray[np.uint8]]:
    """Return how loud every `HOP_MS` is: its level in dB of full scale, without rumble; its peak, 0..255."""
    whole = len(samples) // HOP * HOP
    wave = samples[:whole].astype(np.float32) / 32768
    edged = wave.copy()
    edged[1:] -= _EMPHASIS * wave[:-1]
    power = (edged.reshape(-1, HOP) ** 2).mean(axis=1)
    levels = (10 * np.log10(np.maximum(power, 10 ** (SILENT_DB / 10)))).astype(np.float32)
    peaks = np.minimum(255, np.abs(wave).reshape(-1, HOP).max(axis=1, initial=0) * 256).astype(np.uint8)
    return levels, peaks


def utterances_of(levels: Levels) -> list[tuple[int, int]]:
    """Return where it is not quiet, in milliseconds, in order."""
    if np.count_nonzero(levels > DIGITAL_SILENCE_DB) < _LEAST_SENT:
        return []
    smooth = np.convolve(np.pad(levels, 1, mode="edge"), np.full(3, 1 / 3, np.float32), "valid")
    heard = smooth > _thresholds(smooth)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], heard.astype(np.int8), [0]))))
    spans = [(int(a) * HOP_MS, int(b) * HOP_MS) for a, b in edges.reshape(-1, 2)]
    joined: list[tuple[int, int]] = []
    for begin, end in spans:
        if joined and begin - joined[-1][1] < _BRIDGE_MS:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((begin, end))
    return [(begin, end) for begin, end in joined if end - begin >= _CLICK_MS]


def _sent(levels: Levels) -> npt.NDArray[np.bool_]:
    """Where sound was sent: a microphone that is off for seconds says nothing about the room.

    Shorter nothing is a microphone that sends only while somebody speaks: it is that room's floor.
    """
    sent = np.ones(len(levels), np.bool_)
    nothing = np.concatenate(([0], (levels <= NOTHING_DB).astype(np.int8), [0]))
    for begin, end in np.flatnonzero(np.diff(nothing)).reshape(-1, 2):
        if (end - begin) * HOP_MS >= _OFF_MS:
            sent[begin:end] = False
    return sent


def buckets_of(peaks: npt.NDArray[np.uint8], duration_ms: int, most: int) -> tuple[int, tuple[int, ...]]:
    """Return the length of a bucket in milliseconds, and the peak of each; at most `most` of them."""
    hops = max(1, -(-duration_ms // (HOP_MS * most)))
    count = -(-duration_ms // (HOP_MS * hops))
    padded = np.zeros(count * hops, np.uint8)
    kept = peaks[: len(padded)]
    padded[: len(kept)] = kept
    return hops * HOP_MS, tuple(padded.reshape(-1, hops).max(axis=1).tolist()) if count else ()


def _thresholds(levels: Levels) -> Levels:
    """What is louder than this is heard, for every hop."""
    per_grid, reach = _GRID_S * 1000 // HOP_MS, _WINDOW_S * 1000 // HOP_MS // 2
    places = np.arange(0, len(levels) + per_grid, per_grid)
    sent = _sent(levels)
    loudest = float(np.percentile(levels[sent], _VOICE_SHARE))
    thresholds = np.empty(len(places), np.float32)
    for index, place in enumerate(places.tolist()):
        near = slice(max(0, min(place, len(levels)) - reach), place + reach)
        around = levels[near][sent[near]]
        if len(around) < _LEAST_SENT:
            thresholds[index] = SILENT_DB + _MOST_DB
            continue
        floor, voice = np.percentile(around, (_FLOOR_SHARE, _VOICE_SHARE))
        voice = max(float(voice), loudest - _VOICE_DROP_DB)
        thresholds[index] = floor + min(_MOST_DB, max(_LEAST_DB, _SHARE * (voice - float(floor))))
    return np.interp(np.arange(len(levels)), places, thresholds).astype(np.float32)
