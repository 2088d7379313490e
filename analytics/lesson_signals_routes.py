"""Signals over several lessons over HTTP: of a month, a quarter, a year, or a series."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel

from analytics.lesson_signals import Pulling, SignalOver
from analytics.lesson_signals_report import LessonSignals, SignalsOfLessons
from analytics.lesson_signals_sheets import pulling_table, signals_table
from analytics.neighbours import Audit
from analytics.ranking_routes import ShareModel, share_model
from analytics.session_report_routes import SignalModel, signal_fields
from analytics.view_routes import FileQuery, PeriodFileQuery, PeriodQuery
from analytics.workbook import csv_file, disposition, xlsx_file
from lectern.edge.downloads import download, language_of, made
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal, runs

MOST_PULLING = 10


class PullingLessonModel(BaseModel):
    """A lesson that pulls a signal down. `other`: the second department's share, where two are compared.

    `report`: the asking person may read its report.
    """

    session_id: str
    title: str
    zone: str
    began_utc_ms: int
    share: ShareModel
    other: ShareModel | None
    report: bool


class SignalOverModel(SignalModel):
    """A signal over several lessons: `below` of them pull it down, the worst of these are `lessons`."""

    below: int
    lessons: list[PullingLessonModel]


class SignalsOfLessonsModel(BaseModel):
    """Signals over `lessons` of them; `about` is the period, or the series' title.

    `uncounted` lessons are not in it yet, or as they were counted before: ask again.
    """

    about: str
    lessons: int
    uncounted: int
    signals: list[SignalOverModel]


@dataclass(frozen=True, slots=True)
class LessonSignalsRoutes:
    """The handlers. A line manager gets the figures of own people alone."""

    signals: LessonSignals
    audit: Audit

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        period, series = "/api/v1/statistics/signals", "/api/v1/series/{id}/signals"
        model, query = SignalsOfLessonsModel, PeriodQuery
        return [
            Route("GET", period, self.read, "Signals of a period", model, query=query),
            Route("GET", f"{period}.csv", self.csv, "The same (table)", query=PeriodFileQuery),
            Route("GET", f"{period}.xlsx", self.xlsx, "The same (Excel)", query=PeriodFileQuery),
            Route("GET", series, self.read, "Signals of a series' lessons", model),
            Route("GET", f"{series}.csv", self.csv, "The same (table)", query=FileQuery),
            Route("GET", f"{series}.xlsx", self.xlsx, "The same (Excel)", query=FileQuery),
        ]

    async def read(self, request: Request) -> SignalsOfLessonsModel:
        """Signals, and which lessons pull each down."""
        found = await self._found(request)
        return SignalsOfLessonsModel(
            about=found.about,
            lessons=found.lessons,
            uncounted=found.uncounted,
            signals=[_signal(request.who, each) for each in found.signals],
        )

    async def csv(self, request: Request) -> web.Response:
        """Signals, as a table."""
        found, lang = await self._exported(request), language_of(request, request.query.lang)
        content = await made(lambda: csv_file(signals_table(found, lang)))
        return download(content, "csv", disposition("signals", found.about, ending="csv"))

    async def xlsx(self, request: Request) -> web.Response:
        """Signals, and every lesson that pulls one down."""
        found, lang = await self._exported(request), language_of(request, request.query.lang)
        content = await made(lambda: xlsx_file([signals_table(found, lang), pulling_table(found, lang)]))
        return download(content, "xlsx", disposition("signals", found.about, ending="xlsx"))

    async def _exported(self, request: Request) -> SignalsOfLessons:
        found = await self._found(request)
        about = request.path.get("id", request.who.org_id)
        rows = {"lessons": found.lessons}
        await self.audit.audit(request.who, "view_statistics_exported", about, rows)
        return found

    async def _found(self, request: Request) -> SignalsOfLessons:
        series_id = request.path.get("id")
        if series_id is not None:
            return await self.signals.of_series(request.who, series_id)
        return await self.signals.of_period(request.who, request.query.period)


def _signal(who: Principal, over: SignalOver) -> SignalOverModel:
    return SignalOverModel(
        **signal_fields(over.found),
        below=len(over.pulling),
        lessons=[_pulling(who, each) for each in over.pulling[:MOST_PULLING]],
    )


def _pulling(who: Principal, pulling: Pulling) -> PullingLessonModel:
    lesson = pulling.lesson
    return PullingLessonModel(
        session_id=lesson.id,
        title=lesson.title,
        zone=lesson.zone,
        began_utc_ms=lesson.began_utc_ms,
        share=share_model(pulling.share),
        other=None if pulling.other is None else share_model(pulling.other),
        report=who.allows(Permission.VIEWS_READ) and runs(who, lesson.led_by),
    )
