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
    best: tuple[int, str, int] | None = None
    shown: tuple[Place, dict[str, list[tuple[int, int]]]] | None = None
    for bound, hoped in sorted(_lines_with(words, places.lines)):
        if best is not None and bound > best and missing.isdisjoint(hoped):
            continue  # it can neither be better than what is there, nor have what is missing
        _, sign, index = bound
        place = msgspec.json.decode(places.texts[index], type=Place)
        hits = spans(words, place.text)
        missing -= set(hits)
        rank = (-len(hits), sign, index)
        if hits and (best is None or rank < best):
            best, shown = rank, (place, hits)
    if missing or shown is None:
        return None
    place, hits = shown
    return _shortened(place, sorted({span for each in hits.values() for span in each}))


def _lines_with(words: Sequence[str], lines: str) -> list[tuple[tuple[int, str, int], tuple[str, ...]]]:
    """Return the lines that have some of `words` somewhere, with those; as good as they can be at best.

    That is: how many words less than none, the sign of the field, and which line it is.
    """
    found: dict[int, tuple[str, tuple[str, ...]]] = {}
    for word in words:
        line, counted, at = 0, 0, lines.find(word)
        while at >= 0:
            line += lines.count("\n", counted, at)
            counted = at
            sign = lines[lines.rfind("\n", 0, at) + 1]
            found[line] = (sign, (*found.get(line, (sign, ()))[1], word))
            end = lines.find("\n", at)
            at = -1 if end < 0 else lines.find(word, end)
    return [((-len(hoped), sign, line), hoped) for line, (sign, hoped) in found.items()]


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
