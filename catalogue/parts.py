"""The parts of a replay that a microcourse shows, in its own time; intros, cards and outros show none."""

from collections.abc import Iterable
from dataclasses import dataclass

from catalogue.chapters import PICTURES_PER_S


@dataclass(frozen=True, slots=True)
class ShownPart:
    """From `at_ms` on, a microcourse shows `duration_ms` of its replay from `replay_ms` on."""

    at_ms: int
    replay_ms: int
    duration_ms: int


def parts_of(ranges: Iterable[tuple[int, int]], lead_ms: int) -> tuple[ShownPart, ...]:
    """Return the parts that ranges of a replay become, one behind the other after `lead_ms` of something
    else; each is rounded to whole pictures, as it is cut.
    """
    found: list[ShownPart] = []
    shown = 0
    for start, end in ranges:
        pictures = round(end * PICTURES_PER_S / 1000) - round(start * PICTURES_PER_S / 1000)
        at_ms = lead_ms + shown * 1000 // PICTURES_PER_S
        shown += pictures
        found.append(ShownPart(at_ms, start, lead_ms + shown * 1000 // PICTURES_PER_S - at_ms))
    return tuple(part for part in found if part.duration_ms > 0)
