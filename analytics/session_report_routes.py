"""The report of one lesson over HTTP."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from pydantic import BaseModel

from analytics.closing.press import Tell
from analytics.closing.telling import HEADERS, streamed
from analytics.lesson_coverage_routes import LessonSumsModel
from analytics.neighbours import Audit
from analytics.paper.papers import Papers
from analytics.ranking_routes import ShareModel, share_model
from analytics.session_report import SessionReport
from analytics.session_report_sheets import report_table, signals_table
from analytics.session_reports import SessionReports
from analytics.signals import Level, Signal, SignalFound
from analytics.view_routes import FileQuery
from analytics.workbook import csv_file, disposition, xlsx_file
from lectern.edge.downloads import download, language_of, made
from lectern.edge.routes import Request, Route


class AttendingModel(BaseModel):
    """Who came: `learners` were there live, `active` of them did anything in the class."""

    expected: int
    rounds: int
    learners: int
    minutes_each: float
    lesson_minutes: float
    sign_in: ShareModel
    took_part: ShareModel
    activity: ShareModel


class VolumeModel(BaseModel):
    """How much learners took part; `whole` is the sum, `per_learner` for each who was there."""

    messages: int
    questions: int
    anonymous: int
    answered: int
    upvotes: int
    reactions: int
    polls: int
    answers: int
    hands: int
    whole: int
    per_learner: float


class ReactionModel(BaseModel):
    """What they say of it: means by dimension on five points, the net promoter score from -100 to 100."""

    means: dict[str, float]
    recommendation: float | None
    feedback: ShareModel
    positive: ShareModel


class WatchingModel(BaseModel):
    """What was watched of the replay."""

    viewers: int
    minutes: float
    completed: int


class SignalModel(BaseModel):
    """A signal (EVA-15) with its figure; `own`: the limit is the product's, the requirements name none.

    `apart`: the departments with the lowest and the highest share, where departments are compared; `share` is
    the first one's, `other` the second one's.
    """

    signal: Signal
    level: Level
    share: ShareModel
    limit: float | None
    own: bool
    apart: list[str] | None
    other: ShareModel | None


class SessionReportModel(BaseModel):
    """A lesson in figures. `reaction` is layer 1 of the review, all else layer 2."""

    title: str
    starts_utc_ms: int
    zone: str
    attending: AttendingModel
    reaction: ReactionModel
    answers_right: ShareModel
    completion: ShareModel
    volume: VolumeModel
    together: LessonSumsModel | None
    watching: WatchingModel | None
    signals: list[SignalModel]


class PaperQuery(FileQuery):
    """With `progress`, the answer tells how far it is: JSON lines `{"done", "of"}`, then `{"bytes", "name"}`
    and the file, or `{"error"}`.
    """

    progress: bool = False


@dataclass(frozen=True, slots=True)
class SessionReportRoutes:
    """The handlers."""

    reports: SessionReports
    audit: Audit
    papers: Papers

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        path = "/api/v1/sessions/{id}/report"
        return [
            Route("GET", path, self.read, "A lesson on one page", SessionReportModel),
            Route("GET", f"{path}.csv", self.csv, "The same (table)", query=FileQuery),
            Route("GET", f"{path}.xlsx", self.xlsx, "The same (Excel)", query=FileQuery),
            Route("GET", f"{path}.pdf", self.pdf, "The same as a signed PDF", query=PaperQuery),
        ]

    async def read(self, request: Request) -> SessionReportModel:
        """Return the report."""
        return _model(await self.reports.of(request.who, request.path["id"]))

    async def csv(self, request: Request) -> web.Response:
        """Every figure, as a table."""
        found, lang = await self._exported(request), language_of(request, request.query.lang)
        content = await made(lambda: csv_file(report_table(found, lang)))
        return download(content, "csv", disposition("report", found.title, ending="csv"))

    async def xlsx(self, request: Request) -> web.Response:
        """Every figure, as a workbook."""
        found, lang = await self._exported(request), language_of(request, request.query.lang)
        content = await made(lambda: xlsx_file([report_table(found, lang), signals_table(found, lang)]))
        return download(content, "xlsx", disposition("report", found.title, ending="xlsx"))

    async def pdf(self, request: Request) -> web.StreamResponse:
        """The report on paper; with `progress`, the answer tells how far it is."""
        query: PaperQuery = request.query
        lang = language_of(request, query.lang)

        async def make(tell: Tell) -> tuple[str, bytes]:
            session_id = request.path["id"]
            found, content = await self.papers.make(request.who, session_id, lang, tell)
            await self._note(request, found)
            return found.title, content

        if query.progress:

            async def named(tell: Tell) -> tuple[str, bytes]:
                title, content = await make(tell)
                return unquote(disposition("report", title, ending="pdf").rpartition("''")[2]), content

            return await streamed(request, named)
        title, content = await make(lambda _done, _of: None)
        headers = {"Content-Disposition": disposition("report", title, ending="pdf"), **HEADERS}
        return web.Response(body=content, content_type="application/pdf", headers=headers)

    async def _exported(self, request: Request) -> SessionReport:
        found = await self.reports.of(request.who, request.path["id"])
        await self._note(request, found)
        return found

    async def _note(self, request: Request, found: SessionReport) -> None:
        rows = {"rows": found.attending.learners}
        await self.audit.audit(request.who, "session_report_exported", request.path["id"], rows)


def _model(found: SessionReport) -> SessionReportModel:
    attending, volume, together, watching = found.attending, found.volume, found.together, found.watching
    return SessionReportModel(
        title=found.title,
        starts_utc_ms=found.starts_utc_ms,
        zone=found.zone,
        attending=AttendingModel(
            expected=attending.expected,
            rounds=attending.rounds,
            learners=attending.learners,
            minutes_each=attending.minutes_each,
            lesson_minutes=attending.lesson_minutes,
            sign_in=share_model(attending.sign_in),
            took_part=share_model(attending.took_part),
            activity=share_model(attending.activity),
        ),
        reaction=ReactionModel(
            means={name: round(mean, 2) for name, mean in found.reaction.means.items()},
            recommendation=found.reaction.recommendation,
            feedback=share_model(found.feedback_rate),
            positive=share_model(found.positive_rate),
        ),
        answers_right=share_model(found.answers_right),
        completion=share_model(found.completion),
        volume=VolumeModel(
            messages=volume.messages,
            questions=volume.questions,
            anonymous=volume.anonymous,
            answered=volume.answered,
            upvotes=volume.upvotes,
            reactions=volume.reactions,
            polls=volume.polls,
            answers=volume.answers,
            hands=volume.hands,
            whole=volume.whole,
            per_learner=round(found.per_learner, 2),
        ),
        together=None
        if together is None
        else LessonSumsModel(
            live_only=together.live_only,
            replay_only=together.replay_only,
            both=together.both,
            completed=together.completed,
            completed_by_replay=together.completed_by_replay,
            mean=round(together.mean, 4),
        ),
        watching=None
        if watching is None
        else WatchingModel(viewers=watching.viewers, minutes=watching.minutes, completed=watching.completed),
        signals=[SignalModel(**signal_fields(each)) for each in found.signals],
    )


def signal_fields(found: SignalFound) -> dict[str, Any]:
    """Return the fields of `SignalModel`."""
    return {
        "signal": found.signal,
        "level": found.level,
        "share": share_model(found.share),
        "limit": found.limit,
        "own": found.own,
        "apart": None if found.apart is None else list(found.apart),
        "other": None if found.other is None else share_model(found.other),
    }
