"""Which media did best in a month (T-03), which to retire or to make more of (T-10). Pure.

The monthly top is by the mean of three places (percentiles among the media of the month that enough people
watched): how many opened it, how many of them completed it, how many of its lesson's learners handed in
feedback. Who misses a measure has the mean of the others. Formulas: docs/data-dictionary.md, "Rankings".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analytics.chance import Share, percentiles
from analytics.neighbours import Reaction
from analytics.view_reports import PeriodLine

MOST = 20


class Advice(StrEnum):
    """What T-10 says of a medium. `too_few`: not enough people to say anything."""

    TOO_FEW = "too_few"
    RETIRE = "retire"
    WATCH = "watch"
    KEEP = "keep"
    PROMISING = "promising"
    PROMOTE = "promote"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where weak and strong begin, and how many people it takes to be judged."""

    weak_below: float = 0.6
    promote_from: float = 0.9
    fewest: int = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """One medium of a period. `click`, `completion`, `feedback`, `positive`: the shares with their numbers.

    `places` are the percentiles of the first three; `score` is their mean, None where too few watched.
    """

    line: PeriodLine
    click: Share
    completion: Share
    feedback: Share
    positive: Share
    advice: Advice
    places: tuple[float | None, float | None, float | None] = (None, None, None)
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The lists of a period; `ranked` of its media had enough viewers to be compared."""

    period: str
    media: int
    people: int
    ranked: int
    limits: Bounds
    top: tuple[Standing, ...]
    retire: tuple[Standing, ...]
    promote: tuple[Standing, ...]


def advice_of(completion: Share, positive: Share, limits: Bounds) -> Advice:
    """Return what to do with a medium: completion counts first, and only what is not chance is certain."""
    if completion.of < limits.fewest:
        return Advice.TOO_FEW
    if completion.is_below(limits.weak_below):
        return Advice.RETIRE
    if completion.rate is not None and completion.rate < limits.weak_below:
        return Advice.WATCH
    if positive.of >= limits.fewest and positive.is_above(limits.promote_from):
        return Advice.PROMOTE
    if positive.of >= limits.fewest and (positive.rate or 0) > limits.promote_from:
        return Advice.PROMISING
    return Advice.KEEP


def ranking_of(
    period: str,
    people: int,
    lines: Sequence[PeriodLine],
    reaction: Callable[[str], Reaction],
    limits: Bounds,
) -> Ranking:
    """Return the lists; `people` watched anything in the period, `reaction` is by session."""
    all_ = [_standing(line, people, reaction(line.medium.session_id), limits) for line in lines]
    rivals = [each for each in all_ if each.advice is not Advice.TOO_FEW]
    placed = zip(
        rivals,
        percentiles([each.click.rate for each in rivals]),
        percentiles([each.completion.rate for each in rivals]),
        percentiles([each.feedback.rate for each in rivals]),
        strict=True,
    )
    ranked = [_placed(each, (click, done, back)) for each, click, done, back in placed]
    ranked.sort(key=lambda each: (-(each.score or 0), -each.click.hits, each.line.medium.key))
    weak = [each for each in ranked if each.advice in {Advice.RETIRE, Advice.WATCH}]
    strong = [each for each in ranked if each.advice in {Advice.PROMOTE, Advice.PROMISING}]
    weak.sort(key=lambda each: (each.advice is not Advice.RETIRE, each.completion.rate or 0))
    strong.sort(key=lambda each: (each.advice is not Advice.PROMOTE, -(each.positive.rate or 0)))
    return Ranking(
        period, len(all_), people, len(ranked), limits, tuple(ranked[:MOST]), tuple(weak), tuple(strong)
    )


def _standing(line: PeriodLine, people: int, reaction: Reaction, limits: Bounds) -> Standing:
    sums = line.sums
    completion = Share(sums.reached_80, sums.viewers)
    positive = Share(reaction.positive, reaction.graded)
    return Standing(
        line,
        click=Share(sums.viewers, max(people, sums.viewers)),
        completion=completion,
        feedback=Share(min(reaction.forms, reaction.attendees), reaction.attendees),
        positive=positive,
        advice=advice_of(completion, positive, limits),
    )


def _placed(standing: Standing, places: tuple[float | None, float | None, float | None]) -> Standing:
    known = [place for place in places if place is not None]
    return Standing(
        standing.line,
        standing.click,
        standing.completion,
        standing.feedback,
        standing.positive,
        standing.advice,
        places,
        sum(known) / len(known) if known else None,
    )
