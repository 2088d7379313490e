"""Which pictures are made, which are copied: the plan of a medium, piece by piece (pure).

Everything stands on one grid of 30 pictures a second. Every rendition begins a group of pictures at every
60th picture of a composed replay and has none that refers beyond its group, so between two such pictures the
encoded ones can be copied; only what lies outside is encoded again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mediaworker.media_job import INTRO_MS

FPS = 30
GROUP = 60
PART = 150 * GROUP
"""Pictures that are composed at once (five minutes): what a killed worker loses at most."""
CARD = INTRO_MS * FPS // 1000


@dataclass(frozen=True, slots=True)
class Range:
    """The pictures `first` to `last` (exclusive) of the replay."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many pictures these are."""
        return self.last - self.first

    @property
    def start_s(self) -> float:
        """When the first picture is seen."""
        return self.first / FPS

    @property
    def length_s(self) -> float:
        """How long they are seen."""
        return self.count / FPS


@dataclass(frozen=True, slots=True)
class Piece:
    """`intro` and `outro` are cards; `compose`, `edge` and `upload` are encoded; `copy`, and what stands
    `before` and `behind`, is taken as it is."""

    kind: Literal["before", "intro", "outro", "behind", "compose", "edge", "copy", "upload"]
    range: Range


def on_grid(ranges_ms: Sequence[tuple[int, int]]) -> list[Range]:
    """The pictures of ranges in milliseconds."""
    return [Range(round(start * FPS / 1000), round(end * FPS / 1000)) for start, end in ranges_ms]


def composed(range_: Range) -> list[Piece]:
    """The pieces that make a range from the recording. Composing a whole replay cuts at full groups."""
    starts = range(range_.first, range_.last, PART)
    return [Piece("compose", Range(at, min(at + PART, range_.last))) for at in starts]


def cut(range_: Range) -> list[Piece]:
    """The pieces that make a range from a replay that has been composed."""
    first_group = -(-range_.first // GROUP) * GROUP
    last_group = range_.last // GROUP * GROUP
    if first_group >= last_group:
        return [Piece("edge", range_)]
    parts = (
        Piece("edge", Range(range_.first, first_group)),
        Piece("copy", Range(first_group, last_group)),
        Piece("edge", Range(last_group, range_.last)),
    )
    return [piece for piece in parts if piece.range.count]


def plan(
    ranges: Sequence[Range],
    *,
    from_composed: bool,
    intro: bool,
    outro: bool,
    before: int = 0,
    behind: int = 0,
) -> list[Piece]:
    """All pieces of a medium, in order; `before` and `behind` are the pictures of clips."""
    card = Range(0, CARD)
    between = [piece for one in ranges for piece in (cut(one) if from_composed else composed(one))]
    return [
        *([Piece("before", Range(0, before))] if before else []),
        *([Piece("intro", card)] if intro else []),
        *between,
        *([Piece("outro", card)] if outro else []),
        *([Piece("behind", Range(0, behind))] if behind else []),
    ]
