"""A series: media in an order, how far somebody has come in it, and where they go on. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from catalogue.media import MediumKind
from lectern.kernel.errors import Rejected

MOST_ITEMS = 200
_LONGEST_TITLE = 200
_LONGEST_DESCRIPTION = 2_000


class Key(NamedTuple):
    """Which medium."""

    medium: MediumKind
    id: str


@dataclass(frozen=True, slots=True)
class Series:
    """What belongs together; learners see it while it is `shown`."""

    id: str
    org_id: str
    title: str
    description: str
    shown: bool
    version: int
    created_by: str
    created_utc_ms: int
    updated_utc_ms: int


@dataclass(frozen=True, slots=True)
class Seen:
    """How much of a medium somebody watched: of the version of which they watched most (0 to 1)."""

    coverage: float
    version: int
    last_utc_ms: int


def next_item(items: Sequence[Key], seen: Mapping[Key, Seen], completed_from: float) -> Key | None:
    """Return where somebody goes on: what they were in the middle of, last; else what comes next; None: done.

    What comes next is the first unfinished item behind the last finished one; what was skipped before comes
    after that.
    """
    done = [key for key in items if key in seen and seen[key].coverage >= completed_from]
    open_items = [key for key in items if key not in set(done)]
    begun = [key for key in open_items if key in seen and seen[key].coverage > 0]
    if begun:
        return max(begun, key=lambda key: seen[key].last_utc_ms)
    last_done = max((items.index(key) for key in done), default=-1)
    behind = [key for key in items[last_done + 1 :] if key in set(open_items)]
    return next(iter([*behind, *open_items]), None)


def checked_series(title: str, description: str, items: Sequence[Key]) -> tuple[str, str, tuple[Key, ...]]:
    """Return what a series is to be, in the form in which it is kept.

    Raises:
        Rejected: no title or a too long one, a too long description, too many items, or one of them twice.
    """
    words = " ".join(title.split())
    if not words:
        raise Rejected("title_empty", "Give the series a title.")
    if len(words) > _LONGEST_TITLE:
        raise Rejected("title_too_long", "This title is too long.", limit=_LONGEST_TITLE)
    if len(description) > _LONGEST_DESCRIPTION:
        raise Rejected("description_too_long", "This description is too long.", limit=_LONGEST_DESCRIPTION)
    if len(items) > MOST_ITEMS:
        raise Rejected("series_too_long", "A series has at most 200 items.", limit=MOST_ITEMS)
    if len(set(items)) < len(items):
        raise Rejected("series_item_twice", "Something stands in this series twice.")
    return words, description.strip(), tuple(items)
