"""What the page on one connection said of itself: in view, only heard, or neither. Pure.

A page says when that changed; the server has put the moment inside the connection before it was stored, so
nobody was attentive while they were not there. What was never reported is neither attention nor absence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from analytics.spans import NOTHING, Spans

AWAY: Final = "away"


@dataclass(slots=True)
class PageState:
    """The changes on one connection, in order: from when on which state held."""

    is_heard: bool = True
    """Whether what the page says counts at all."""
    changes: list[tuple[int, str]] = field(default_factory=list)

    def take_in(self, changes: Iterable[Sequence[Any]]) -> None:
        """Add reported changes; one that lies before those that are known holds from the last of them on."""
        if not self.is_heard:
            return
        for utc_ms, state in changes:
            last_ms = self.changes[-1][0] if self.changes else int(utc_ms)
            self.changes.append((max(int(utc_ms), last_ms), str(state)))

    def away(self, since_ms: int, until_ms: int) -> Spans:
        """Return when the page was hidden and silent, within a stay."""
        return tuple(
            span for state, span in self._pieces(since_ms, until_ms) if state == AWAY and span[0] < span[1]
        )

    def reported(self, since_ms: int, until_ms: int) -> Spans:
        """Return the time of a stay of which the page said anything."""
        if not self.changes:
            return NOTHING
        start = max(since_ms, self.changes[0][0])
        return ((start, until_ms),) if start < until_ms else NOTHING

    def _pieces(self, since_ms: int, until_ms: int) -> Iterable[tuple[str, tuple[int, int]]]:
        for (start, state), (end, _) in pairwise([*self.changes, (until_ms, "")]):
            yield state, (max(start, since_ms), min(end, until_ms))
