"""Compares cuts with a script's true boundaries; and other ways to cut, for comparison. Pure."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, fields

from catalogue.proposal.cutting import SHORTEST_MS, TARGET_MS
from catalogue.proposal.ground import Happening
from catalogue.proposal.lessons import Proposal
from lectern.manifest.signals import Signals
from loadtests.cuts.script import Script

WITHIN_MS = 3_000


@dataclass(frozen=True, slots=True)
class Judged:
    """Counts of one or more lessons: `hit` of `boundaries` have a cut near, `good` of `cuts` a boundary."""

    boundaries: int = 0
    hit: int = 0
    cuts: int = 0
    good: int = 0
    in_utterance: int = 0
    in_closed: int = 0

    def __add__(self, other: "Judged") -> "Judged":
        return Judged(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def judged(script: Script, cuts: Sequence[int]) -> Judged:
    """Return how well these cuts of a lesson are, against what the script says, not what was heard."""

    def near(moments: Sequence[int], at: int) -> bool:
        return any(abs(moment - at) <= WITHIN_MS for moment in moments)

    closed = [h for h in script.happened if h.kind != "question"]
    return Judged(
        len(script.boundaries),
        sum(near(cuts, at) for at in script.boundaries),
        len(cuts),
        sum(near(script.boundaries, at) for at in cuts),
        sum(any(u.from_ms < at < u.to_ms for u in script.utterances) for at in cuts),
        sum(any(h.from_ms < at < h.to_ms for h in closed) for at in cuts),
    )


def happened_in(script: Script) -> list[Happening]:
    """What the class did, as the catalogue reads it from a timeline."""
    return [
        Happening(each.kind, each.from_ms, each.to_ms, f"{each.kind}-{number}", each.title)
        for number, each in enumerate(script.happened)
    ]


def cuts_of(proposal: Proposal, duration_ms: int) -> list[int]:
    """Where lessons begin or end within a replay."""
    edges = {at for lesson in proposal.lessons for at in (lesson.start_ms, lesson.end_ms)}
    return sorted(edges - {0, duration_ms})


def every_seven_minutes(signals: Signals) -> list[int]:
    """Each cut in the pause that is nearest to seven minutes after the last."""
    middles = [
        (end + begin) // 2
        for (_, end), (begin, _) in zip(signals.utterances, signals.utterances[1:], strict=False)
    ]
    cuts: list[int] = []
    at = TARGET_MS
    while middles and at < signals.duration_ms - SHORTEST_MS:
        nearest = min(middles, key=lambda middle: abs(middle - at))
        cuts.append(nearest)
        at = max(at, nearest) + TARGET_MS
    return cuts


def longest_pauses(signals: Signals) -> list[int]:
    """The longest pauses first, five minutes apart from all that were taken before."""
    pauses = [
        (begin - end, (begin + end) // 2)
        for (_, end), (begin, _) in zip(signals.utterances, signals.utterances[1:], strict=False)
    ]
    return _apart(sorted(pauses, reverse=True), signals.duration_ms)


def largest_changes(signals: Signals) -> list[int]:
    """The largest changes of the picture first, moved into the nearest pause, five minutes apart."""
    ends = [end for _, end in signals.utterances]
    begins = [begin for begin, _ in signals.utterances]
    moved: list[tuple[float, int]] = []
    for at, share in signals.scenes:
        place = bisect.bisect_right(begins, at) - 1
        if place < 0 or place + 1 >= len(begins):
            continue
        pauses = [(ends[i] + begins[i + 1]) // 2 for i in (place - 1, place) if i >= 0]
        moved.append((share, min(pauses, key=lambda pause: abs(pause - at))))
    return _apart(sorted(moved, reverse=True), signals.duration_ms)


def _apart(ranked: Sequence[tuple[float, int]], duration_ms: int) -> list[int]:
    cuts: list[int] = []
    for _, at in ranked:
        if all(abs(at - other) >= SHORTEST_MS for other in (0, duration_ms, *cuts)):
            bisect.insort(cuts, at)
    return cuts
