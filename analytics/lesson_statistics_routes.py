"""Statistics of the house over HTTP: a month, a quarter or a year beside the one before."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel

from analytics.learned import Learned
from analytics.lesson_statistics import HouseStatistics, LessonFigures, Statistics
from analytics.lesson_statistics_sheets import learned_table, statistics_tables
from analytics.minutes import minutes
from analytics.neighbours import Audit
from analytics.ranking_routes import ShareModel, share_model
from analytics.view_reports import PeriodReport
from analytics.view_routes import PeriodFileQuery, PeriodQuery, SumsModel, sums_model
from analytics.workbook import csv_file, disposition, xlsx_file
from lectern.edge.downloads import download, language_of, made
from lectern.edge.routes import Request, Route


class LessonFiguresModel(BaseModel):
    """Lessons that are over. `people` came to any, `heads` counts them in every lesson.

    `live_minutes` is how long lessons were live, `minutes` how long people were there, all added up.
    """

    lessons: int
    people: int
    heads: int
    live_minutes: float
    minutes: float
    expected: int
    attended: int
    completed: int


class RecordingsModel(BaseModel):
    """What was watched of replays and microcourses, by how many people."""

    media: int
    people: int
    sums: SumsModel


class LearnedModel(BaseModel):
    """Minutes learned: in lessons, and watched of recordings with the page in front and the sound on."""

    live: float
    watched: float


class DepartmentModel(BaseModel):
    """A department; null: guests, and people without one. `learned` is by month, `learned_whole` in all."""

    name: str | None
    heads: int
    minutes: float
    completed: int
    viewers: int
    learned: list[LearnedModel]
    learned_whole: LearnedModel


class SlotModel(BaseModel):
    """An hour of the week (from Monday 0:00 on) in which lessons began; `took_part` are of those expected."""

    hour_of_week: int
    lessons: int
    heads: int
    took_part: ShareModel


class StatisticsModel(BaseModel):
    """A period and the one before. `uncounted` lessons are not in it yet: ask again.

    `months` are those of the period; `slots` begin with the hour of the best turnout.
    """

    period: str
    before: str | None
    uncounted: int
    lessons: LessonFiguresModel
    lessons_before: LessonFiguresModel
    viewing: RecordingsModel
    viewing_before: RecordingsModel | None
    departments: list[DepartmentModel]
    months: list[str]
    slots: list[SlotModel]


@dataclass(frozen=True, slots=True)
class StatisticsRoutes:
    """The handlers."""

    statistics: HouseStatistics
    audit: Audit

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        path = "/api/v1/statistics"
        return [
            Route("GET", path, self.read, "Lessons and viewing", StatisticsModel, query=PeriodQuery),
            Route("GET", f"{path}.csv", self.csv, "By department (table)", query=PeriodFileQuery),
            Route("GET", f"{path}.xlsx", self.xlsx, "Statistics (Excel)", query=PeriodFileQuery),
            Route(
                "GET", f"{path}/learned.csv", self.learned_csv, "Minutes learned (table)",
                query=PeriodFileQuery,
            ),
            Route(
                "GET", f"{path}/learned.xlsx", self.learned_xlsx, "Minutes learned (Excel)",
                query=PeriodFileQuery,
            ),
        ]  # fmt: skip

    async def read(self, request: Request) -> StatisticsModel:
        """A month, a quarter or a year."""
        found = await self.statistics.of(request.who, request.query.period)
        return StatisticsModel(
            period=found.period,
            before=found.before,
            uncounted=found.uncounted,
            lessons=_lessons(found.lessons),
            lessons_before=_lessons(found.lessons_before),
            viewing=_viewing(found.viewing),
            viewing_before=_viewing(found.viewing_before) if found.viewing_before else None,
            departments=[
                DepartmentModel(
                    name=line.name,
                    heads=line.presence.heads,
                    minutes=minutes(line.presence.present_ms),
                    completed=line.presence.completed,
                    viewers=line.viewers,
                    learned=[_learned(each) for each in line.learned],
                    learned_whole=_learned(line.whole),
                )
                for line in found.departments
            ],
            months=list(found.months),
            slots=[
                SlotModel(
                    hour_of_week=slot.hour_of_week,
                    lessons=slot.lessons,
                    heads=slot.heads,
                    took_part=share_model(slot.took_part),
                )
                for slot in found.slots
            ],
        )

    async def csv(self, request: Request) -> web.Response:
        """Departments, as a table."""
        found, lang = await self._exported(request), language_of(request, request.query.lang)
        content = await made(lambda: csv_file(statistics_tables(found, lang)[1]))
        return download(content, "csv", disposition("departments", found.period, ending="csv"))

    async def xlsx(self, request: Request) -> web.Response:
        """Figures beside those of the period before, and departments."""
        found, lang = await self._exported(request), language_of(request, request.query.lang)
        content = await made(lambda: xlsx_file(statistics_tables(found, lang)))
        return download(content, "xlsx", disposition("statistics", found.period, ending="xlsx"))

    async def learned_csv(self, request: Request) -> web.Response:
        """Minutes learned by department and month, as a table."""
        found, lang = await self._exported(request), language_of(request, request.query.lang)
        content = await made(lambda: csv_file(learned_table(found, lang)))
        return download(content, "csv", disposition("learned", found.period, ending="csv"))

    async def learned_xlsx(self, request: Request) -> web.Response:
        """Minutes learned by department and month, as a workbook."""
        found, lang = await self._exported(request), language_of(request, request.query.lang)
        content = await made(lambda: xlsx_file([learned_table(found, lang)]))
        return download(content, "xlsx", disposition("learned", found.period, ending="xlsx"))

    async def _exported(self, request: Request) -> Statistics:
        found = await self.statistics.of(request.who, request.query.period)
        rows = {"period": found.period, "departments": len(found.departments)}
        await self.audit.audit(request.who, "view_statistics_exported", request.who.org_id, rows)
        return found


def _learned(found: Learned) -> LearnedModel:
    return LearnedModel(live=minutes(found.live_ms), watched=minutes(found.watched_ms))


def _lessons(found: LessonFigures) -> LessonFiguresModel:
    return LessonFiguresModel(
        lessons=found.lessons,
        people=found.people,
        heads=found.presence.heads,
        live_minutes=minutes(found.live_ms),
        minutes=minutes(found.presence.present_ms),
        expected=found.expected,
        attended=found.attended,
        completed=found.presence.completed,
    )


def _viewing(found: PeriodReport) -> RecordingsModel:
    return RecordingsModel(media=found.media, people=found.people, sums=sums_model(found.sums))
