"""Chapters: where the parts of a replay begin, and where these are in a microcourse. Pure.

By default they follow from what happened in class: a group phase, a poll, a question, a check-in begins one.
Times are milliseconds of the medium they belong to.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from catalogue.marks import Mark
from lectern.kernel.errors import Rejected

CARD_MS: Final = 3_000
"""How long the title card of a microcourse is seen; `mediaworker.media_job.INTRO_MS`."""
PICTURES_PER_S: Final = 30
"""Every range is rounded to whole pictures; `mediaworker.cutting.FPS`."""
MOST_CHAPTERS: Final = 100
LONGEST_CHAPTER_TITLE: Final = 120
_MOST_DERIVED: Final = 30
_CLOSEST_MS: Final = 60_000
_LAST_MS: Final = 10_000
"""So long before the end, none begins by itself."""
_SNAP_MS: Final = 5_000
"""What goes on at the beginning of a range is named there, unless another chapter begins so soon."""
_RANK: Mapping[str, int] = {"breakout": 0, "poll": 1, "question": 2, "checkin": 3}


class Chapter(msgspec.Struct, frozen=True):
    """A part of a medium, from `at_ms` to the next one.

    `kind` is what it follows from: `start`, that of a mark, or `own` of one that an editor set. The title of
    a mark may be empty (a group phase has none): its kind is the title then, in the reader's language.
    """

    at_ms: int
    title: str
    kind: str = "own"


def derived(marks: Iterable[Mark], duration_ms: int, title: str) -> tuple[Chapter, ...]:
    """Return the chapters that follow from what happened in class; none if there would be but one.

    They are at least a minute apart, further in a long lesson: of what lies closer, group phases count most,
    then polls, questions, check-ins. The first one has the `title` of the lesson.
    """
    apart_ms = max(_CLOSEST_MS, duration_ms // _MOST_DERIVED)
    taken = [Chapter(0, _shortened(title), "start")]
    candidates = [m for m in marks if m.kind in _RANK and m.at_ms < duration_ms - _LAST_MS]
    for mark in sorted(candidates, key=lambda mark: (_RANK[mark.kind], mark.at_ms)):
        if all(abs(mark.at_ms - chapter.at_ms) >= apart_ms for chapter in taken):
            taken.append(Chapter(mark.at_ms, _shortened(mark.title), mark.kind))
    return tuple(sorted(taken, key=lambda chapter: chapter.at_ms)) if len(taken) > 1 else ()


def with_chapter(
    chapters: Iterable[Chapter], at_ms: int, title: str, duration_ms: int
) -> tuple[Chapter, ...]:
    """Return the chapters with one more, or with another title for the one that begins there.

    Raises:
        Rejected: it has no title, a too long one, is outside the replay, or there are too many.
    """
    words = " ".join(title.split())
    if not words:
        raise Rejected("title_empty", "Give it a title.")
    if len(words) > LONGEST_CHAPTER_TITLE:
        raise Rejected("title_too_long", "This title is too long.", limit=LONGEST_CHAPTER_TITLE)
    if not 0 <= at_ms < duration_ms:
        raise Rejected("range_outside", "This moment is outside the replay.", duration_ms=duration_ms)
    kept = [chapter for chapter in chapters if chapter.at_ms != at_ms]
    if len(kept) >= MOST_CHAPTERS:
        raise Rejected("chapters_too_many", "There are too many chapters.", limit=MOST_CHAPTERS)
    return tuple(sorted([*kept, Chapter(at_ms, words)], key=lambda chapter: chapter.at_ms))


def without_chapter(chapters: Iterable[Chapter], at_ms: int) -> tuple[Chapter, ...]:
    """Return the chapters without the one that begins at `at_ms`, if there is one."""
    return tuple(chapter for chapter in chapters if chapter.at_ms != at_ms)


def placed(
    chapters: Sequence[Chapter], ranges: Iterable[tuple[int, int]], card_ms: int = CARD_MS
) -> tuple[Chapter, ...]:
    """Return where chapters of a replay (in order) begin in a microcourse of `ranges`, behind its title card.

    At the beginning of a range, the chapter that goes on there is named. The first begins with the medium.
    None if there would be but one.
    """
    starts = [chapter.at_ms for chapter in chapters]
    found: list[Chapter] = []
    shown = 0
    for start, end in ranges:
        first = bisect_right(starts, start) - 1
        soon = any(start < at <= start + _SNAP_MS and at < end for at in starts)
        inside = [chapter for chapter in chapters if start < chapter.at_ms < end]
        if first >= 0 and not soon:
            inside.insert(0, msgspec.structs.replace(chapters[first], at_ms=start))
        before_ms = card_ms + shown * 1000 // PICTURES_PER_S
        for chapter in inside:
            same = bool(found) and (found[-1].title, found[-1].kind) == (chapter.title, chapter.kind)
            if not same:
                found.append(msgspec.structs.replace(chapter, at_ms=before_ms + chapter.at_ms - start))
        shown += round(end * PICTURES_PER_S / 1000) - round(start * PICTURES_PER_S / 1000)
    if len(found) < 2:
        return ()
    return (msgspec.structs.replace(found[0], at_ms=0), *found[1:])


def _shortened(title: str) -> str:
    words = " ".join(title.split())
    return words if len(words) <= LONGEST_CHAPTER_TITLE else words[: LONGEST_CHAPTER_TITLE - 1] + "…"
