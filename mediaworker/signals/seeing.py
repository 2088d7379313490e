"""Where the picture of a screen changes, from small grey copies of it. Pure.

Two looks: first at key pictures alone (one each two seconds, cheap), then at all pictures between two that
differ, which says when. A stretch in which everything moves (a film, an animation) counts where it begins and
where it ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 64, 36
"""How small the copies are: a line of text is one cell high."""
LEAST_SHARE = 0.025
"""What changes less is a pointer, or the codec."""
_CELL_CHANGE = 10
_MOTION = 4
"""So many key pictures in a row that differ are motion."""
_APART_MS = 400

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Seen:
    """A small copy of what was seen from `at_ms` on."""

    at_ms: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class Change:
    """The pictures at `from_ms` and at `to_ms` differ in this share of their cells."""

    from_ms: int
    to_ms: int
    share: float


def share_changed(one: Picture, other: Picture) -> float:
    """Return which share of the cells differs visibly, 0..1."""
    apart = np.abs(one.astype(np.int16) - other.astype(np.int16)) > _CELL_CHANGE
    return float(apart.mean())


def changes_of(seen: Sequence[Seen]) -> list[Change]:
    """Return where neighbours differ; of motion its beginning and its end."""
    found: list[Change] = []
    run: list[Change] = []
    for one, other in pairwise(seen):
        share = share_changed(one.picture, other.picture)
        if share >= LEAST_SHARE:
            run.append(Change(one.at_ms, other.at_ms, share))
        else:
            found += _without_motion(run)
            run = []
    return found + _without_motion(run)


def _without_motion(run: list[Change]) -> list[Change]:
    return run if len(run) < _MOTION else [run[0], run[-1]]


def moment_of(change: Change, within: Sequence[Seen]) -> int:
    """Return when a change was seen, from the pictures between; its end if there are none."""
    best_ms, most = change.to_ms, 0.0
    inside = [each for each in within if change.from_ms <= each.at_ms <= change.to_ms]
    for one, other in pairwise(inside):
        share = share_changed(one.picture, other.picture)
        if share > most:
            best_ms, most = other.at_ms, share
    return best_ms


def scenes_of(changes: Sequence[Change], moments: Sequence[int]) -> list[tuple[int, float]]:
    """Return changes at their moments, in order; of those that follow at once the stronger one."""
    scenes: list[tuple[int, float]] = []
    for at_ms, share in sorted(zip(moments, (round(c.share, 3) for c in changes), strict=True)):
        if scenes and at_ms - scenes[-1][0] < _APART_MS:
            if share > scenes[-1][1]:
                scenes[-1] = (at_ms, share)
        else:
            scenes.append((at_ms, share))
    return scenes
