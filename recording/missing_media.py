"""What a replay lacks, from what its recordings say (pure).

A recorder tells of every lost frame; people want to know of stretches. What one sender lacks for one reason
within `NEAR_MS` is one stretch, and if there are still too many, `NEAR_MS` grows.
"""

from collections import defaultdict
from collections.abc import Iterable

from lectern.manifest import ReplayGap

NEAR_MS = 5_000
MOST = 500
"""A replay names at most so many stretches."""


def stretches(gaps: Iterable[ReplayGap]) -> tuple[ReplayGap, ...]:
    """Join neighbours of the same kind; in order of their beginning. Nothing that is missing is left out."""
    found = sorted(gaps, key=lambda gap: gap.from_ms)
    near_ms = NEAR_MS
    joined = _joined(found, near_ms)
    while len(joined) > MOST and near_ms < joined[-1].to_ms:
        near_ms *= 2
        joined = _joined(found, near_ms)
    return tuple(joined)


def _joined(gaps: list[ReplayGap], near_ms: int) -> list[ReplayGap]:
    last: dict[tuple[str, str, str], list[ReplayGap]] = defaultdict(list)
    for gap in gaps:
        kind = last[gap.source, gap.participant, gap.why]
        if kind and gap.from_ms - kind[-1].to_ms <= near_ms:
            before = kind[-1]
            kind[-1] = ReplayGap(
                from_ms=before.from_ms,
                to_ms=max(before.to_ms, gap.to_ms),
                missing_ms=before.missing_ms + gap.missing_ms,
                source=gap.source,
                participant=gap.participant,
                why=gap.why,
            )
        else:
            kind.append(gap)
    return sorted((gap for kind in last.values() for gap in kind), key=lambda gap: gap.from_ms)
