"""What a page may claim of itself, and what of it is believed. Pure.

A page says how long ago something changed, never when: clocks of telephones are wrong, and a moment that the
server places itself lies inside the connection that carries it.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

MOST_CHANGES = 12
MOST_AGO_MS = 3_600_000

State = Literal["watching", "listening", "away"]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Since `ago_ms` the page has been in this state."""

    to: State
    ago_ms: Annotated[int, msgspec.Meta(ge=0, le=MOST_AGO_MS)]


class PageStateMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`page_state`: what changed since the last report, the oldest first."""

    changes: Annotated[tuple[Change, ...], msgspec.Meta(min_length=1, max_length=MOST_CHANGES)]


def placed(changes: Sequence[Change], *, since: int, now: int) -> tuple[tuple[int, str], ...]:
    """Return the changes with their moments (UTC): none before `since`, after `now` or before another.

    `since` is when the connection opened, or when it reported last: a page cannot claim attention for time
    in which it was not there, nor rewrite what it has said.
    """
    found: list[tuple[int, str]] = []
    earliest = min(since, now)
    for change in changes:
        earliest = max(earliest, min(now, now - change.ago_ms))
        found.append((earliest, change.to))
    return tuple(found)
