"""Growth over days and sessions over HTTP."""

from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, Field

from analytics.attendance.models import PersonModel
from analytics.course import Measures
from analytics.course_report import CourseReports, Learner
from lectern.edge.routes import Request, Route
from lectern.kernel.errors import Rejected

LONGEST_MS = 400 * 86_400_000


class MeasuresModel(BaseModel):
    """The five measures (EVA-06). Definitions: docs/data-dictionary.md, "Growth"."""

    answers: int
    right: int
    points: float
    rate: float | None
    slope: float | None
    last_day: float
    once_wrong: int
    corrected: int


class DayModel(BaseModel):
    """One day."""

    day: date
    answers: int
    right: int
    points: float


class LearnerMeasures(BaseModel):
    """A person's or guest's measures."""

    id: str
    person: PersonModel | None
    name: str | None
    sums: MeasuresModel


class NamedMeasures(BaseModel):
    """The measures of a knowledge point or department; null is no department."""

    name: str | None
    sums: MeasuresModel


class GrowthModel(BaseModel):
    """Growth over the sessions that were asked for."""

    sessions: int
    days: list[DayModel]
    whole: MeasuresModel
    people: list[LearnerMeasures]
    departments: list[NamedMeasures]
    points: list[NamedMeasures]


class GrowthQuery(BaseModel):
    """Sessions that began in this time and whose title contains `q`."""

    from_utc_ms: int = Field(ge=0)
    to_utc_ms: int = Field(ge=0)
    q: str = Field("", max_length=200)


@dataclass(frozen=True, slots=True)
class CourseRoutes:
    """The handlers."""

    reports: CourseReports

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        return [
            Route(
                "GET", "/api/v1/poll-growth", self.read, "Growth of answers", GrowthModel, query=GrowthQuery
            )
        ]

    async def read(self, request: Request) -> GrowthModel:
        """The growth."""
        query: GrowthQuery = request.query
        if not 0 <= query.to_utc_ms - query.from_utc_ms <= LONGEST_MS:
            raise Rejected("period_invalid", "Choose a time of at most 400 days.", days=400)
        report = await self.reports.report(request.who, query.q.strip(), query.from_utc_ms, query.to_utc_ms)
        return GrowthModel(
            sessions=report.sessions,
            days=[
                DayModel(day=day.day, answers=day.answers, right=day.right, points=round(day.points, 4))
                for day in report.days
            ],
            whole=_measures(report.whole),
            people=[_learner(learner, sums) for learner, sums in report.people],
            departments=[NamedMeasures(name=name, sums=_measures(sums)) for name, sums in report.departments],
            points=[NamedMeasures(name=name, sums=_measures(sums)) for name, sums in report.points],
        )


def _measures(sums: Measures) -> MeasuresModel:
    return MeasuresModel(
        answers=sums.answers,
        right=sums.right,
        points=round(sums.points, 4),
        rate=None if sums.rate is None else round(sums.rate, 4),
        slope=None if sums.slope is None else round(sums.slope, 3),
        last_day=round(sums.last_day, 4),
        once_wrong=sums.once_wrong,
        corrected=sums.corrected,
    )


def _learner(learner: Learner, sums: Measures) -> LearnerMeasures:
    card = learner.card
    person = card and PersonModel(
        id=card.id, external_id=card.external_id, name=card.name, department=card.department
    )
    return LearnerMeasures(id=learner.id, person=person, name=learner.name, sums=_measures(sums))
