"""Course measures (EVA-13, EVA-14): what media, lessons and series come to in a period. Pure.

Definitions: docs/data-dictionary.md, "Course measures". A measure that does not exist is None, never 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analytics.chance import Share
from analytics.neighbours import MediumKind, MediumResponse, SeriesFacts

Grouping = Literal["medium", "session", "series"]
NO_STARS = (0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Measures:
    """Sums. In what has several media, somebody counts once in each of them.

    `exam` is right answers of answers to the lesson's polls; None where there are none.
    """

    viewers: int = 0
    sittings: int = 0
    effort_ms: int = 0
    reached_80: int = 0
    stars: tuple[int, ...] = NO_STARS
    comments: int = 0
    favourites: int = 0
    shares: int = 0
    exam: Share | None = None

    def plus(self, other: "Measures") -> "Measures":
        """Return both together, without an exam: that belongs to a lesson."""
        return Measures(
            self.viewers + other.viewers,
            self.sittings + other.sittings,
            self.effort_ms + other.effort_ms,
            self.reached_80 + other.reached_80,
            tuple(one + two for one, two in zip(self.stars, other.stars, strict=True)),
            self.comments + other.comments,
            self.favourites + other.favourites,
            self.shares + other.shares,
        )

    @property
    def completion(self) -> float | None:
        """Viewers who covered 80 % ÷ viewers."""
        return self.reached_80 / self.viewers if self.viewers else None

    @property
    def ratings(self) -> int:
        """How many gave stars."""
        return sum(self.stars)

    @property
    def rating(self) -> float | None:
        """The mean of stars, 1 to 5."""
        given = sum(at * times for at, times in enumerate(self.stars, start=1))
        return given / self.ratings if self.ratings else None

    @property
    def forward(self) -> float | None:
        """Shares ÷ viewers (转发率)."""
        return self.shares / self.viewers if self.viewers else None


@dataclass(frozen=True, slots=True)
class MediumMeasures:
    """What one medium comes to, all versions together."""

    medium: MediumKind
    id: str
    session_id: str
    measures: Measures


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a medium, a lesson or a series; `media` of them were used."""

    kind: Literal["replay", "microcourse", "session", "series"]
    id: str
    session_id: str | None
    media: int
    measures: Measures


def answered_with(measures: Measures, response: MediumResponse) -> Measures:
    """Return measures with what viewers answered."""
    return Measures(
        measures.viewers,
        measures.sittings,
        measures.effort_ms,
        measures.reached_80,
        tuple(response.stars),
        response.comments,
        response.favourites,
        response.shares,
        measures.exam,
    )


def rows_of(
    media: Iterable[MediumMeasures],
    by: Grouping,
    *,
    series: Mapping[str, SeriesFacts],
    responses: Mapping[tuple[str, str], MediumResponse],
) -> list[Row]:
    """Return the table's lines, the most used first; series have favourites and shares of their own, too."""
    known = list(media)
    if by == "medium":
        found = [Row(each.medium, each.id, each.session_id, 1, each.measures) for each in known]
    elif by == "session":
        lessons: dict[str, list[Measures]] = {}
        for each in known:
            lessons.setdefault(each.session_id, []).append(each.measures)
        found = [Row("session", id_, id_, len(parts), total(parts)) for id_, parts in lessons.items()]
    else:
        found = _of_series({(each.medium, each.id): each.measures for each in known}, series, responses)
    return sorted(found, key=_order)


def _of_series(
    media: Mapping[tuple[str, str], Measures],
    series: Mapping[str, SeriesFacts],
    responses: Mapping[tuple[str, str], MediumResponse],
) -> list[Row]:
    found = []
    for id_, facts in series.items():
        parts = [media[key] for key in facts.media if key in media]
        own = responses.get(("series", id_))
        if own is not None:
            whole = Measures(favourites=own.favourites, shares=own.shares)
            found.append(Row("series", id_, None, len(parts), total([*parts, whole])))
        elif parts:
            found.append(Row("series", id_, None, len(parts), total(parts)))
    return found


def total(parts: Sequence[Measures]) -> Measures:
    """Return the sum."""
    whole = Measures()
    for part in parts:
        whole = whole.plus(part)
    return whole


def _order(row: Row) -> tuple[int, int, int, str]:
    measures = row.measures
    return (-measures.viewers, -measures.effort_ms, -measures.ratings, row.id)
