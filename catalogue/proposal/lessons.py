"""A replay as lessons, with the reasons of their ends, titles and scores; and what could not be met. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from catalogue.proposal.cutting import FULL_WEIGHT, LONGEST_MS, SHORTEST_MS, Stretch, cut, length_costs
from catalogue.proposal.ground import CLOSED, Ground, Happening, Reason, survey
from lectern.manifest.signals import Signals

_TITLED = ("chapter", "poll", "question")
"""Whose words name a lesson, the best first."""
_CHAPTER_SLACK_MS = 5_000
"""A chapter that was set so long before the cut names what follows it."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A proposed lesson. `score` (0..1) says how well its ends and its length are founded."""

    start_ms: int
    end_ms: int
    title: str
    score: float
    start_reasons: tuple[Reason, ...]
    end_reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the editor should know about a stretch of the proposal."""

    code: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for a replay."""

    lessons: list[Lesson]
    notes: list[Note]


def propose(signals: Signals, happened: Sequence[Happening]) -> Proposal:
    """Return the proposal for a replay: the same input, the same lessons."""
    ground = survey(signals, happened)
    stretches = cut(signals.duration_ms, ground.places, ground.idle)
    weights = {place.at_ms: place.weight for place in ground.places}
    lessons = [
        _lesson(stretch, ground, weights, happened, signals.duration_ms)
        for stretch in stretches
        if stretch.is_lesson
    ]
    notes = [Note(lack, 0, signals.duration_ms) for lack in signals.lacks]
    for stretch in stretches:
        if not stretch.is_lesson:
            notes.append(Note(ground.idle_codes[stretch.start_ms], stretch.start_ms, stretch.end_ms))
        else:
            notes += _unmet(stretch, ground, happened, alone=len(lessons) == 1)
    return Proposal(lessons, notes)


def _lesson(
    stretch: Stretch,
    ground: Ground,
    weights: dict[int, int],
    happened: Sequence[Happening],
    duration_ms: int,
) -> Lesson:
    start, end = stretch.start_ms, stretch.end_ms
    at_start = (Reason("replay_began", 0),) if start == 0 else ground.reasons[start]
    at_end = (Reason("replay_ended", duration_ms),) if end == duration_ms else ground.reasons[end]
    founded = sum(weights.get(at, FULL_WEIGHT) for at in (start, end)) / (2 * FULL_WEIGHT)
    length_cost = int(length_costs(np.array([end - start], np.int64))[0])
    score = round(founded * (1 - min(1.0, length_cost / FULL_WEIGHT)), 3)
    return Lesson(start, end, _title(start, end, happened), score, at_start, at_end)


def _title(start: int, end: int, happened: Sequence[Happening]) -> str:
    """The words of the first chapter in the lesson, else of its first poll, else of its first question."""

    def is_inside(each: Happening) -> bool:
        slack = _CHAPTER_SLACK_MS if each.kind == "chapter" else 0
        return start - slack <= each.from_ms < end - slack

    inside = [h for h in happened if h.title and h.kind in _TITLED and is_inside(h)]
    inside.sort(key=lambda h: (_TITLED.index(h.kind), h.from_ms, h.ref))
    return inside[0].title if inside else ""


def _unmet(stretch: Stretch, ground: Ground, happened: Sequence[Happening], *, alone: bool) -> Iterator[Note]:
    """Why a lesson is shorter or longer than lessons should be."""
    start, end = stretch.start_ms, stretch.end_ms
    if end - start < SHORTEST_MS and not alone:
        yield Note("too_short", start, end)
    if end - start <= LONGEST_MS:
        return
    within = [start, *(p.at_ms for p in ground.places if start < p.at_ms < end), end]
    from_ms, to_ms = max(pairwise(within), key=lambda pair: pair[1] - pair[0])
    if to_ms - from_ms <= SHORTEST_MS:
        yield Note("too_long", start, end)
        return
    for each in happened:
        if each.kind in CLOSED and min(to_ms, each.to_ms) - max(from_ms, each.from_ms) > SHORTEST_MS:
            yield Note(f"{each.kind}_kept_whole", each.from_ms, each.to_ms)
            return
    yield Note("no_pause", from_ms, to_ms)
