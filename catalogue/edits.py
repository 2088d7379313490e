"""Edit lists: which stretches of a replay a microcourse shows, in which order, and how that changes. Pure.

The replay is never touched. An edit list is up to `MOST_RANGES` ranges of it, each at least a second long. No
moment of the replay is in two of them (so every moment has at most one place in the microcourse); two may
touch. Their order is the order in which they are shown, which need not be that of the replay. `chapters` at
moments that are in no range are kept, and not shown.

An operation takes a list and gives the changed one. Times are whole milliseconds of the replay.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import StrictBool, StrictInt, StringConstraints

from catalogue.chapters import Chapter, with_chapter, without_chapter
from lectern.kernel.errors import Rejected

MOST_RANGES: Final = 100
SHORTEST_MS: Final = 1_000
LONGEST_TITLE: Final = 200
_END_SLACK_MS: Final = 1_000
"""A player's idea of a replay's length may exceed ours by a frame or an audio packet."""

Range = tuple[int, int]
Arrangement = Literal["inset", "side_by_side", "slides"]
Title = Annotated[str, StringConstraints(max_length=1_000)]


class EditList(msgspec.Struct, frozen=True):
    """A microcourse in the making; `chapters` is None while it takes those of the replay.

    The chapters of a whole replay are kept in the same way: as a list without ranges.
    """

    ranges: tuple[Range, ...] = ()
    title: str = ""
    subtitle: str = ""
    arrangement: Arrangement = "inset"
    chapters: tuple[Chapter, ...] | None = None
    branded: bool = True
    """Whether it comes in a look, with its intro and outro."""
    look: str = ""
    """Which one; empty: whose it is by itself (`catalogue.brand.choosing`)."""

    @property
    def length_ms(self) -> int:
        """How long its ranges are together, without cards."""
        return sum(end - start for start, end in self.ranges)


@dataclass(frozen=True, slots=True)
class Source:
    """The replay that is edited; `chapters` are those that it has by itself."""

    duration_ms: int
    chapters: tuple[Chapter, ...] = ()
    whole: bool = False
    """Whether the chapters of the replay itself are edited: there are no ranges then."""


@dataclass(frozen=True, slots=True)
class Trim:
    """Move the ends of a range."""

    index: StrictInt
    start_ms: StrictInt
    end_ms: StrictInt
    kind: Literal["trim"] = "trim"


@dataclass(frozen=True, slots=True)
class Add:
    """Show another range, before the range `at`; at the end if there is none."""

    start_ms: StrictInt
    end_ms: StrictInt
    at: StrictInt | None = None
    kind: Literal["add"] = "add"


@dataclass(frozen=True, slots=True)
class Remove:
    """Leave a range out; the last one stays."""

    index: StrictInt
    kind: Literal["remove"] = "remove"


@dataclass(frozen=True, slots=True)
class CutOut:
    """Leave out a stretch of the replay. What is then left of a range and shorter than a second goes too."""

    start_ms: StrictInt
    end_ms: StrictInt
    kind: Literal["cut_out"] = "cut_out"


@dataclass(frozen=True, slots=True)
class Split:
    """Make two touching ranges of one."""

    index: StrictInt
    at_ms: StrictInt
    kind: Literal["split"] = "split"


@dataclass(frozen=True, slots=True)
class Join:
    """Make one range of `index` and the next, which must begin later: what was cut out between comes back."""

    index: StrictInt
    kind: Literal["join"] = "join"


@dataclass(frozen=True, slots=True)
class Move:
    """Show the range `index` as number `to`."""

    index: StrictInt
    to: StrictInt
    kind: Literal["move"] = "move"


@dataclass(frozen=True, slots=True)
class Name:
    """Set title and subtitle of the title card."""

    title: Title
    subtitle: Title = ""
    kind: Literal["name"] = "name"


@dataclass(frozen=True, slots=True)
class Arrange:
    """Set where the camera is while there is a screen as well."""

    arrangement: Arrangement
    kind: Literal["arrange"] = "arrange"


@dataclass(frozen=True, slots=True)
class Brand:
    """Set whether the microcourse comes in a look, with its intro and outro, and in which; see `EditList`."""

    branded: StrictBool
    look: Annotated[str, StringConstraints(max_length=64)] = ""
    kind: Literal["brand"] = "brand"


@dataclass(frozen=True, slots=True)
class SetChapter:
    """Begin a chapter, or rename the one that begins there; `moved_from_ms` is where it began before."""

    at_ms: StrictInt
    title: Title
    moved_from_ms: StrictInt | None = None
    kind: Literal["set_chapter"] = "set_chapter"


@dataclass(frozen=True, slots=True)
class DropChapter:
    """Let a chapter be part of the one before."""

    at_ms: StrictInt
    kind: Literal["drop_chapter"] = "drop_chapter"


@dataclass(frozen=True, slots=True)
class DeriveChapters:
    """Go back to the chapters that follow from what happened in class."""

    kind: Literal["derive_chapters"] = "derive_chapters"


@dataclass(frozen=True, slots=True)
class Restore:
    """Go back to what an earlier revision held; not of the list alone, so `changed` does not know it."""

    revision: StrictInt
    kind: Literal["restore"] = "restore"


Operation = (
    Trim | Add | Remove | CutOut | Split | Join | Move | Name | Arrange | Brand
    | SetChapter | DropChapter | DeriveChapters
)  # fmt: skip


def changed(edit: EditList, operation: Operation, source: Source) -> EditList:
    """Return the list after an operation.

    Raises:
        Rejected: there is no such range, or the list would break a rule; the code says which.
    """
    if source.whole and not isinstance(operation, SetChapter | DropChapter | DeriveChapters):
        raise Rejected("edit_not_here", "Only chapters can be changed here.")
    return checked(_CHANGES[type(operation)](edit, operation, source), source)


def checked(edit: EditList, source: Source) -> EditList:
    """Return the list with its ends inside the replay.

    Raises:
        Rejected: it breaks a rule; the code says which.
    """
    if source.whole:
        return edit
    if not edit.ranges:
        raise Rejected("edit_empty", "Nothing would be left. Keep at least one part.")
    if len(edit.ranges) > MOST_RANGES:
        raise Rejected("edit_too_many_ranges", "More parts cannot be joined.", limit=MOST_RANGES)
    ranges = tuple(_inside(start, end, source.duration_ms) for start, end in edit.ranges)
    in_order = sorted(ranges)
    for (_, before_ends), (begins, _) in pairwise(in_order):
        if begins < before_ends:
            raise Rejected("ranges_overlap", "Two parts would show the same moment.", at_ms=begins)
    return msgspec.structs.replace(edit, ranges=ranges)


def _inside(start: int, end: int, duration_ms: int) -> Range:
    if start < 0 or end > duration_ms + _END_SLACK_MS:
        raise Rejected("range_outside", "This range is outside the replay.", duration_ms=duration_ms)
    end = min(end, duration_ms)
    if end - start < SHORTEST_MS:
        raise Rejected("range_too_short", "Mark at least one second.", shortest_ms=SHORTEST_MS)
    return start, end


def _at(edit: EditList, index: int) -> Range:
    if not 0 <= index < len(edit.ranges):
        raise Rejected("range_missing", "This part is not there any more.", index=index)
    return edit.ranges[index]


def _spliced(edit: EditList, first: int, count: int, *ranges: Range) -> EditList:
    """Put `ranges` in the place of `count` ranges from `first` on."""
    kept = (*edit.ranges[:first], *ranges, *edit.ranges[first + count :])
    return msgspec.structs.replace(edit, ranges=kept)


def _trim(edit: EditList, asked: Trim, source: Source) -> EditList:
    _at(edit, asked.index)
    return _spliced(edit, asked.index, 1, (asked.start_ms, asked.end_ms))


def _add(edit: EditList, asked: Add, source: Source) -> EditList:
    at = len(edit.ranges) if asked.at is None else asked.at
    if not 0 <= at <= len(edit.ranges):
        raise Rejected("range_missing", "This part is not there any more.", index=at)
    return _spliced(edit, at, 0, (asked.start_ms, asked.end_ms))


def _remove(edit: EditList, asked: Remove, source: Source) -> EditList:
    _at(edit, asked.index)
    return _spliced(edit, asked.index, 1)


def _cut_out(edit: EditList, asked: CutOut, source: Source) -> EditList:
    if asked.end_ms <= asked.start_ms:
        raise Rejected("range_too_short", "Mark at least one second.", shortest_ms=SHORTEST_MS)
    left: list[Range] = []
    for start, end in edit.ranges:
        before, behind = (start, min(end, asked.start_ms)), (max(start, asked.end_ms), end)
        if before[1] == end or behind[0] == start:
            left.append((start, end))
        else:
            left += [piece for piece in (before, behind) if piece[1] - piece[0] >= SHORTEST_MS]
    return msgspec.structs.replace(edit, ranges=tuple(left))


def _split(edit: EditList, asked: Split, source: Source) -> EditList:
    start, end = _at(edit, asked.index)
    return _spliced(edit, asked.index, 1, (start, asked.at_ms), (asked.at_ms, end))


def _join(edit: EditList, asked: Join, source: Source) -> EditList:
    (start, end), (next_start, next_end) = _at(edit, asked.index), _at(edit, asked.index + 1)
    if next_start < end:
        raise Rejected("ranges_out_of_order", "Only a part and a later one can become one.")
    return _spliced(edit, asked.index, 2, (start, next_end))


def _move(edit: EditList, asked: Move, source: Source) -> EditList:
    moved, _ = _at(edit, asked.index), _at(edit, asked.to)
    return _spliced(_spliced(edit, asked.index, 1), asked.to, 0, moved)


def _name(edit: EditList, asked: Name, source: Source) -> EditList:
    title, subtitle = (" ".join(words.split()) for words in (asked.title, asked.subtitle))
    if max(len(title), len(subtitle)) > LONGEST_TITLE:
        raise Rejected("title_too_long", "This title is too long.", limit=LONGEST_TITLE)
    return msgspec.structs.replace(edit, title=title, subtitle=subtitle)


def _arrange(edit: EditList, asked: Arrange, source: Source) -> EditList:
    return msgspec.structs.replace(edit, arrangement=asked.arrangement)


def _brand(edit: EditList, asked: Brand, source: Source) -> EditList:
    return msgspec.structs.replace(edit, branded=asked.branded, look=asked.look if asked.branded else "")


def _own_chapters(edit: EditList, source: Source) -> Sequence[Chapter]:
    """Return the chapters to begin with: its own, or those of the replay that it shows."""
    if edit.chapters is not None:
        return edit.chapters
    if source.whole:
        return source.chapters
    return [c for c in source.chapters if any(start <= c.at_ms < end for start, end in edit.ranges)]


def _set_chapter(edit: EditList, asked: SetChapter, source: Source) -> EditList:
    chapters = _own_chapters(edit, source)
    if asked.moved_from_ms is not None:
        chapters = without_chapter(chapters, asked.moved_from_ms)
    chapters = with_chapter(chapters, asked.at_ms, asked.title, source.duration_ms)
    return msgspec.structs.replace(edit, chapters=tuple(chapters))


def _drop_chapter(edit: EditList, asked: DropChapter, source: Source) -> EditList:
    chapters = without_chapter(_own_chapters(edit, source), asked.at_ms)
    return msgspec.structs.replace(edit, chapters=tuple(chapters))


def _derive_chapters(edit: EditList, asked: DeriveChapters, source: Source) -> EditList:
    return msgspec.structs.replace(edit, chapters=None)


_CHANGES: Mapping[type, Callable[[EditList, Any, Source], EditList]] = {
    Trim: _trim,
    Add: _add,
    Remove: _remove,
    CutOut: _cut_out,
    Split: _split,
    Join: _join,
    Move: _move,
    Name: _name,
    Arrange: _arrange,
    Brand: _brand,
    SetChapter: _set_chapter,
    DropChapter: _drop_chapter,
    DeriveChapters: _derive_chapters,
}
