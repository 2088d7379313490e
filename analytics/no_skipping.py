"""Media that are watched in order: how far somebody may go, and what of a report lies beyond it. Pure."""

from collections.abc import Sequence

from analytics.spans import Spans
from analytics.viewing import Played, Refusal

AHEAD_MS = 2_000
"""How far behind what was watched a stretch may begin: players do not begin to the millisecond."""


def furthest_ms(covered: Spans) -> int:
    """Return up to where a medium was watched from its beginning, holes of up to `AHEAD_MS` left aside."""
    reached = 0
    for start, end in covered:
        if start > reached + AHEAD_MS:
            break
        reached = max(reached, end)
    return reached


def in_order(played: Sequence[Played], covered: Spans) -> tuple[list[Played], list[tuple[str, Refusal]]]:
    """Part stretches into those that lead on from what was watched, and those that begin beyond it.

    One report may hold several: they are looked at in the order in which they were played.
    """
    reached = furthest_ms(covered)
    kept: list[Played] = []
    refused: list[tuple[str, Refusal]] = []
    for each in sorted(played, key=lambda one: one.started_utc_ms):
        if each.from_ms > reached + AHEAD_MS:
            refused.append((each.id, Refusal.SKIPPED_AHEAD))
            continue
        kept.append(each)
        reached = max(reached, each.to_ms)
    return kept, refused
