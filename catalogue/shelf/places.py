"""Where in a medium somebody's words stand, and what of it is shown to them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from catalogue.shelf.folding import folded, spans

Field = Literal["title", "tag", "category", "series", "presenter", "description", "chapter", "caption"]

ABOUT: frozenset[Field] = frozenset({"tag", "category", "series", "presenter", "description"})
"""What counts more than what is said inside, and less than the title."""
_ORDER: Sequence[Field] = (
    "title",
    "tag",
    "category",
    "series",
    "presenter",
    "chapter",
    "description",
    "caption",
)
_BEFORE, _AFTER = 24, 96
MOST_PLACES = 6_000


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A text of a medium; `at_ms` where it is said or shown, None where it is about all of it."""

    field: Field
    text: str
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The best place, shortened; `marks` are [from, to) of `text`."""

    field: Field
    text: str
    at_ms: int | None
    marks: tuple[tuple[int, int], ...]


def found(words: Sequence[str], places: Sequence[Place]) -> Found | None:
    """Return the place with most of `words`; None if one of them stands nowhere.

    Of several, the one that says most about the medium: its title first, what is said in it last.
    """
    missing = set(words)
    best: tuple[int, int, int] | None = None
    shown: tuple[Place, dict[str, list[tuple[int, int]]]] | None = None
    for index, place in enumerate(places):
        text = folded(place.text)
        if not any(word in text for word in words):
            continue
        hits = spans(words, place.text)
        if not hits:
            continue
        missing -= set(hits)
        rank = (-len(hits), _ORDER.index(place.field), index)
        if best is None or rank < best:
            best, shown = rank, (place, hits)
    if missing or shown is None:
        return None
    place, hits = shown
    return _shortened(place, sorted({span for each in hits.values() for span in each}))


def _shortened(place: Place, marks: Sequence[tuple[int, int]]) -> Found:
    begin = max(0, marks[0][0] - _BEFORE)
    end = min(len(place.text), max(marks[0][1], marks[0][0] + _AFTER))
    head, tail = "…" if begin else "", "…" if end < len(place.text) else ""
    shift = len(head) - begin
    inside = tuple((start + shift, stop + shift) for start, stop in marks if stop <= end)
    return Found(place.field, head + place.text[begin:end] + tail, place.at_ms, _joined(inside))


def _joined(marks: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for start, stop in marks:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return tuple(joined)
