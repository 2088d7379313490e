"""Growth over days and sessions over HTTP."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from aiohttp import web
from pydantic import BaseModel, Field

from analytics.attendance.models import PersonModel
from analytics.course import Measures
from analytics.course_report import CourseReport, CourseReports, Learner
from analytics.course_sheets import growth_table, growth_tables
from analytics.neighbours import Audit
from analytics.sheet_words import Lang
from analytics.workbook import csv_file, disposition, xlsx_file
from lectern.edge.downloads import download, language_of, made
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


class GrowthFileQuery(GrowthQuery):
    """The same, with the language of the file; without, the browser's."""

    lang: Lang | None = None


@dataclass(frozen=True, slots=True)
class CourseRoutes:
    """The handlers."""

    reports: CourseReports
    audit: Audit

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        growth = "/api/v1/poll-growth"
        return [
            Route("GET", growth, self.read, "Growth of answers", GrowthModel, query=GrowthQuery),
            Route("GET", f"{growth}.csv", self.csv, "Growth, as a table", query=GrowthFileQuery),
            Route("GET", f"{growth}.xlsx", self.xlsx, "Growth (Excel)", query=GrowthFileQuery),
        ]

    async def read(self, request: Request) -> GrowthModel:
        """The growth."""
        report = await self._report(request)
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

    async def csv(self, request: Request) -> web.Response:
        """Every row, in one table."""
        report = await self._exported(request)
        lang = language_of(request, request.query.lang)
        content = await made(lambda: csv_file(growth_table(report, lang)))
        return download(content, "csv", self._name(request, "csv"))

    async def xlsx(self, request: Request) -> web.Response:
        """A workbook."""
        report = await self._exported(request)
        lang = language_of(request, request.query.lang)
        content = await made(lambda: xlsx_file(growth_tables(report, lang)))
        return download(content, "xlsx", self._name(request, "xlsx"))

    async def _report(self, request: Request) -> CourseReport:
        query: GrowthQuery = request.query
        if not 0 <= query.to_utc_ms - query.from_utc_ms <= LONGEST_MS:
            raise Rejected("period_invalid", "Choose a time of at most 400 days.", days=400)
        return await self.reports.report(request.who, query.q.strip(), query.from_utc_ms, query.to_utc_ms)

    async def _exported(self, request: Request) -> CourseReport:
        report = await self._report(request)
        query: GrowthQuery = request.query
        rows = {"sessions": report.sessions, "people": len(report.people), "q": query.q.strip()}
        await self.audit.audit(request.who, "poll_growth_exported", request.who.org_id, rows)
        return report

    def _name(self, request: Request, ending: str) -> str:
        query: GrowthQuery = request.query
        ends = [
            f"{datetime.fromtimestamp(at / 1000, UTC):%Y%m%d}" for at in (query.from_utc_ms, query.to_utc_ms)
        ]
        return disposition("growth", *filter(None, [query.q.strip()]), *ends, ending=ending)


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
