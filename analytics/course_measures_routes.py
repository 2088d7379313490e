"""Course measures over HTTP (EVA-13, EVA-14)."""

from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, Field

from analytics.course_measures import Grouping, Measures
from analytics.course_measures_report import CourseMeasures, Line, MeasureReports, Wanted
from analytics.course_measures_sheets import measures_table
from analytics.minutes import minutes
from analytics.neighbours import Audit
from analytics.view_routes import PeriodFileQuery, PeriodQuery
from analytics.workbook import csv_file, disposition, xlsx_file
from lectern.edge.downloads import Lang, download, language_of, made
from lectern.edge.routes import Request, Route

PAGE = 100


class MeasuresModel(BaseModel):
    """Sums of a period; null: there is no such measure here."""

    viewers: int
    sittings: int
    minutes: float
    completion: float | None
    stars: list[int]
    ratings: int
    rating: float | None
    comments: int
    favourites: int
    shares: int
    forward: float | None
    exam_right: int | None
    exam_answers: int | None


class MeasuredModel(BaseModel):
    """A medium, a lesson or a series of `media`; `title` is null of what was deleted."""

    kind: Literal["replay", "microcourse", "session", "series"]
    id: str
    session_id: str | None
    title: str | None
    media: int
    measures: MeasuresModel


class MeasuredPage(BaseModel):
    """A page of the table, the most used first; `whole` is of all its media, `people` watched any of all.

    `uncounted` exams of this page are still being counted: ask again.
    """

    period: str
    rows: int
    people: int
    whole: MeasuresModel
    items: list[MeasuredModel]
    uncounted: int
    next: str | None


class MeasuresFileQuery(PeriodFileQuery):
    """What the table is about, and the language of the file."""

    by: Grouping = "medium"
    category: str | None = Field(default=None, max_length=64)
    department: str | None = Field(default=None, max_length=64)


class MeasuresQuery(PeriodQuery):
    """What the table is about: a period, `by` medium, lesson or series; of a category, of a department."""

    by: Grouping = "medium"
    category: str | None = Field(default=None, max_length=64)
    department: str | None = Field(default=None, max_length=64)
    cursor: str = Field(default="", max_length=10, pattern=r"^[0-9]*$")


@dataclass(frozen=True, slots=True)
class MeasureRoutes:
    """The handlers."""

    reports: MeasureReports
    audit: Audit

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        path = "/api/v1/course-measures"
        return [
            Route("GET", path, self.read, "Course measures", MeasuredPage, query=MeasuresQuery),
            Route("GET", f"{path}.csv", self.csv, "Course measures (table)", query=MeasuresFileQuery),
            Route("GET", f"{path}.xlsx", self.xlsx, "Course measures (Excel)", query=MeasuresFileQuery),
        ]

    async def read(self, request: Request) -> MeasuredPage:
        """A page of the table."""
        query: MeasuresQuery = request.query
        start = int(query.cursor or 0)
        found = await self.reports.of(request.who, _wanted(query), start=start, limit=PAGE)
        following = start + PAGE
        return MeasuredPage(
            period=query.period,
            rows=found.rows,
            people=found.people,
            whole=_measures(found.whole),
            items=[_line(each) for each in found.lines],
            uncounted=found.uncounted,
            next=str(following) if following < found.rows else None,
        )

    async def csv(self, request: Request) -> web.Response:
        """The whole table."""
        found, lang = await self._exported(request)
        content = await made(lambda: csv_file(measures_table(found, lang)))
        return download(content, "csv", disposition("measures", found.wanted.period, ending="csv"))

    async def xlsx(self, request: Request) -> web.Response:
        """The whole table, as a workbook."""
        found, lang = await self._exported(request)
        content = await made(lambda: xlsx_file([measures_table(found, lang)]))
        return download(content, "xlsx", disposition("measures", found.wanted.period, ending="xlsx"))

    async def _exported(self, request: Request) -> tuple[CourseMeasures, Lang]:
        query: MeasuresFileQuery = request.query
        found = await self.reports.of(request.who, _wanted(query))
        rows = {"period": query.period, "by": query.by, "rows": found.rows}
        await self.audit.audit(request.who, "view_statistics_exported", request.who.org_id, rows)
        return found, language_of(request, query.lang)


def _wanted(query: MeasuresQuery | MeasuresFileQuery) -> Wanted:
    return Wanted(query.period, query.by, query.category or None, query.department or None)


def _line(line: Line) -> MeasuredModel:
    row = line.row
    return MeasuredModel(
        kind=row.kind,
        id=row.id,
        session_id=row.session_id,
        title=line.title,
        media=row.media,
        measures=_measures(row.measures),
    )


def _measures(found: Measures) -> MeasuresModel:
    return MeasuresModel(
        viewers=found.viewers,
        sittings=found.sittings,
        minutes=minutes(found.effort_ms),
        completion=_rounded(found.completion),
        stars=list(found.stars),
        ratings=found.ratings,
        rating=_rounded(found.rating),
        comments=found.comments,
        favourites=found.favourites,
        shares=found.shares,
        forward=_rounded(found.forward),
        exam_right=None if found.exam is None else found.exam.hits,
        exam_answers=None if found.exam is None else found.exam.of,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
