"""The form: what is asked, what can be answered, and what the counts come to. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from interactions.wording import wording_or_none
from lectern.kernel.errors import Rejected

TEXT_CHARS = 2_000
CONTACT_CHARS = 200

RECOMMEND = "recommend"
FORMS = "forms"
"""Counts whole forms, under grade 0: what batches are measured in."""
GRADES: Mapping[str, range] = MappingProxyType(
    {"teacher": range(1, 6), "course": range(1, 6), "organisation": range(1, 6), RECOMMEND: range(11)}
)
"""The graded questions (EVA-01, EVA-02): three dimensions on five points, and the NPS question."""
PROMOTERS, DETRACTORS = range(9, 11), range(7)


@dataclass(frozen=True, slots=True)
class Answer:
    """One form, checked: grades of the questions that were answered, a text, and contact details."""

    grades: Mapping[str, int]
    text: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """How one question was graded. `counts` begin with the lowest grade; hidden (None) where too few did."""

    question: str
    answered: int
    counts: tuple[int, ...] | None
    mean: float | None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The net promoter score and its parts: `score` = 100 · (promoters − detractors) / answered."""

    answered: int
    promoters: int
    passives: int
    detractors: int
    score: float


def checked(grades: Mapping[str, int | None], text: str | None, contact: str | None) -> Answer:
    """Return what was filled in.

    Raises:
        Rejected: nothing was (`feedback_empty`), a grade is off its scale (`grade_invalid`), or a text is too
            long (`text_too_long`).
    """
    given = {question: grade for question, grade in grades.items() if grade is not None}
    for question, grade in given.items():
        if question not in GRADES or grade not in GRADES[question]:
            raise Rejected("grade_invalid", "This grade is not on the scale.", question=question)
    answer = Answer(
        given,
        wording_or_none(text, TEXT_CHARS, "text"),
        wording_or_none(contact, CONTACT_CHARS, "contact"),
    )
    if not answer.grades and answer.text is None and answer.contact is None:
        raise Rejected("feedback_empty", "Answer at least one of the questions.")
    return answer


def figures(counts: Mapping[tuple[str, int], int], fewest: int) -> list[Figure]:
    """Return every question's figure; of fewer than `fewest` grades nothing but their number is told."""
    return [_figure(question, scale, counts, fewest) for question, scale in GRADES.items()]


def recommendation(figure: Figure) -> Recommendation | None:
    """Return the net promoter score of the question for it; None where it is hidden."""
    if figure.counts is None or figure.answered == 0:
        return None
    promoters, detractors = (_sum(figure.counts, part) for part in (PROMOTERS, DETRACTORS))
    return Recommendation(
        answered=figure.answered,
        promoters=promoters,
        passives=figure.answered - promoters - detractors,
        detractors=detractors,
        score=100 * (promoters - detractors) / figure.answered,
    )


def _figure(question: str, scale: range, counts: Mapping[tuple[str, int], int], fewest: int) -> Figure:
    each = tuple(counts.get((question, grade), 0) for grade in scale)
    answered = sum(each)
    if answered < fewest:
        return Figure(question, answered, None, None)
    total = sum(grade * count for grade, count in zip(scale, each, strict=True))
    return Figure(question, answered, each, total / answered)


def _sum(counts: tuple[int, ...], grades: Iterable[int]) -> int:
    return sum(counts[grade] for grade in grades)
