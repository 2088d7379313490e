"""Poll results over HTTP: for reading, and as files."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel, Field

from analytics.answering import Grade
from analytics.attendance.models import PersonModel, SheetQuery
from analytics.neighbours import Audit
from analytics.poll_report import PollReport, PollReports, QuestionLine, Respondent, WrittenLine
from analytics.poll_sheets import answers_table, poll_tables
from analytics.workbook import csv_file, disposition, xlsx_file
from lectern.edge.downloads import download, language_of, made
from lectern.edge.routes import Request, Route

PAGE = 100
"""Written answers of one page."""


class GradeModel(BaseModel):
    """Sums over answers; rates are null where nobody answered. Definitions: docs/data-dictionary.md."""

    answered: int
    attempts: int
    right: int
    points: float
    rate: float | None
    first_rate: float | None
    median_s: float | None
    once_wrong: int
    corrected: int


class PollQuestionModel(BaseModel):
    """One poll; `counts` is null where too few answered anonymously, `growth` where it is no later run.

    `written` is how many written answers one may read; null where none were asked for, or all are hidden.
    """

    id: str
    kind: str
    question: str
    options: list[str]
    points: list[str]
    low: int
    scored: bool
    partial: bool
    anonymous: bool
    rerun_of: str | None
    item: str | None
    opened_utc_ms: int
    right: list[int]
    counts: list[int] | None
    wrong: dict[int, int]
    growth: float | None
    written: int | None
    sums: GradeModel


class PollPersonModel(BaseModel):
    """How somebody did; a guest has a name alone."""

    participant: str
    person: PersonModel | None
    name: str | None
    sums: GradeModel


class NamedGradeModel(BaseModel):
    """How a knowledge point or department did; null is no department."""

    name: str | None
    sums: GradeModel


class PollResultsModel(BaseModel):
    """Poll results; `asked` counts the scored questions, `worst` names those most often wrong (T-04)."""

    asked: int
    questions: list[PollQuestionModel]
    people: list[PollPersonModel]
    points: list[NamedGradeModel]
    departments: list[NamedGradeModel]
    worst: list[str]


class WrittenAnswerModel(BaseModel):
    """What somebody wrote, null where it was erased; of an anonymous answer the text and nothing else."""

    text: str | None
    participant: str | None
    person: PersonModel | None
    name: str | None
    correct: bool | None


class WrittenAnswersPage(BaseModel):
    """Written answers to one question: alphabetical if anonymous, else as people first answered."""

    total: int
    items: list[WrittenAnswerModel]
    next: str | None


class WrittenAnswersQuery(BaseModel):
    """Where to read on."""

    cursor: str = Field(default="", max_length=10, pattern=r"^[0-9]*$")


@dataclass(frozen=True, slots=True)
class PollRoutes:
    """The handlers."""

    reports: PollReports
    audit: Audit

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        results = "/api/v1/sessions/{id}/poll-results"
        return [
            Route("GET", results, self.read, "How the polls were answered", PollResultsModel),
            Route(
                "GET",
                f"{results}/{{poll}}/written",
                self.written,
                "What was written in answer to a question",
                WrittenAnswersPage,
                query=WrittenAnswersQuery,
            ),
            Route("GET", f"{results}.csv", self.csv, "Every answer, as a table", query=SheetQuery),
            Route(
                "GET", f"{results}.xlsx", self.xlsx, "Questions, people, answers (Excel)", query=SheetQuery
            ),
        ]

    async def read(self, request: Request) -> PollResultsModel:
        """The results."""
        report = await self.reports.report(request.who, request.path["id"])
        return PollResultsModel(
            asked=sum(line.asked.scored and not line.asked.anonymous for line in report.questions),
            questions=[_question(line) for line in report.questions],
            people=[_person(who, sums) for who, sums in report.people],
            points=[NamedGradeModel(name=name, sums=_grade(sums)) for name, sums in report.points],
            departments=[NamedGradeModel(name=name, sums=_grade(sums)) for name, sums in report.departments],
            worst=[line.asked.id for line in report.worst],
        )

    async def written(self, request: Request) -> WrittenAnswersPage:
        """A page of written answers."""
        start = int(request.query.cursor or 0)
        session_id, poll_id = request.path["id"], request.path["poll"]
        found = await self.reports.written(request.who, session_id, poll_id, start=start, limit=PAGE)
        following = start + PAGE
        return WrittenAnswersPage(
            total=found.total,
            items=[_written(line) for line in found.lines],
            next=str(following) if following < found.total else None,
        )

    async def csv(self, request: Request) -> web.Response:
        """Every attempt."""
        report = await self._exported(request)
        lang = language_of(request, request.query.lang)
        content = await made(lambda: csv_file(answers_table(report, lang)))
        return download(content, "csv", disposition("polls", report.facts.title, ending="csv"))

    async def xlsx(self, request: Request) -> web.Response:
        """A workbook."""
        report = await self._exported(request)
        lang = language_of(request, request.query.lang)
        content = await made(lambda: xlsx_file(poll_tables(report, lang)))
        return download(content, "xlsx", disposition("polls", report.facts.title, ending="xlsx"))

    async def _exported(self, request: Request) -> PollReport:
        report = await self.reports.report(request.who, request.path["id"])
        rows = {"questions": len(report.questions), "people": len(report.people)}
        await self.audit.audit(request.who, "poll_results_exported", request.path["id"], rows)
        return report


def _grade(sums: Grade) -> GradeModel:
    return GradeModel(
        answered=sums.answered,
        attempts=sums.attempts,
        right=sums.right,
        points=round(sums.points, 4),
        rate=None if sums.rate is None else round(sums.rate, 4),
        first_rate=None if sums.first_rate is None else round(sums.first_rate, 4),
        median_s=None if sums.took_ms is None else round(sums.took_ms / 1000, 1),
        once_wrong=sums.once_wrong,
        corrected=sums.corrected,
    )


def _question(line: QuestionLine) -> PollQuestionModel:
    opened = line.asked.opened
    return PollQuestionModel(
        id=line.asked.id,
        kind=line.kind,
        question=line.question,
        options=list(line.options),
        points=list(line.points),
        low=int(opened.get("low", 1)),
        scored=line.asked.scored,
        partial=line.asked.full_marks > 0,
        anonymous=line.asked.anonymous,
        rerun_of=opened.get("rerun_of"),
        item=opened.get("item"),
        opened_utc_ms=line.asked.opened_utc_ms,
        right=list(opened.get("right") or ()),
        counts=None if line.counts is None else list(line.counts),
        wrong=dict(line.wrong),
        growth=None if line.growth is None else round(line.growth, 4),
        written=None if line.written is None else len(line.written),
        sums=_grade(line.sums),
    )


def _person(who: Respondent, sums: Grade) -> PollPersonModel:
    return PollPersonModel(participant=who.id, person=_card(who), name=who.name, sums=_grade(sums))


def _card(who: Respondent) -> PersonModel | None:
    card = who.card
    if card is None:
        return None
    return PersonModel(id=card.id, external_id=card.external_id, name=card.name, department=card.department)


def _written(line: WrittenLine) -> WrittenAnswerModel:
    by = line.by
    return WrittenAnswerModel(
        text=line.text,
        participant=by and by.id,
        person=by and _card(by),
        name=by and by.name,
        correct=line.correct,
    )
