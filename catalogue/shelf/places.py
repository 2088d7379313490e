"""Where in a medium somebody's words stand, and what of it is shown to them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
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
_SIGNS: Mapping[Field, str] = {field: chr(0xE000 + at) for at, field in enumerate(_ORDER)}
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


@dataclass(frozen=True, slots=True)
class Kept:
    """The places of a medium as the index keeps them: `texts` as JSON each, `lines` folded, one line each.

    A lesson has thousands of places: to find one of them none is folded, and few are decoded.
    """

    texts: Sequence[msgspec.Raw]
    lines: str


def folded_lines(places: Iterable[Place]) -> str:
    """Return places folded, a line each; a line begins with a sign of its field that no search has."""
    return "\n".join(_SIGNS[place.field] + " ".join(folded(place.text).split("\n")) for place in places)


def kept(places: Sequence[Place]) -> Kept:
    """Return places as they are kept."""
    return Kept([msgspec.Raw(msgspec.json.encode(place)) for place in places], folded_lines(places))


def found(words: Sequence[str], places: Kept) -> Found | None:
    """Return the place with most of `words`; None if one of them stands nowhere.

    Of several, the one that says most about the medium: its title first, what is said in it last.
    """
    missing = set(words)
    best = 0
    shown: tuple[Place, dict[str, list[tuple[int, int]]]] | None = None
    for _, index in sorted(_lines_with(words, places.lines)):
        place = msgspec.json.decode(places.texts[index], type=Place)
        hits = spans(words, place.text)
        missing -= set(hits)
        if len(hits) > best:
            best, shown = len(hits), (place, hits)
        if best == len(words):
            break
    if missing or shown is None:
        return None
    place, hits = shown
    return _shortened(place, sorted({span for each in hits.values() for span in each}))


def _lines_with(words: Sequence[str], lines: str) -> set[tuple[str, int]]:
    """Return the lines that have one of `words` somewhere: the sign of their field, and which they are."""
    candidates: set[tuple[str, int]] = set()
    for word in words:
        line, counted, at = 0, 0, lines.find(word)
        while at >= 0:
            line += lines.count("\n", counted, at)
            counted = at
            candidates.add((lines[lines.rfind("\n", 0, at) + 1], line))
            end = lines.find("\n", at)
            at = -1 if end < 0 else lines.find(word, end)
    return candidates


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
