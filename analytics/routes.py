"""The HTTP routes of attendance and viewing."""

from dataclasses import dataclass
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from analytics.attendance.report import AttendanceLine
from analytics.attendance.sheet import attendance_csv, disposition
from analytics.minutes import minutes
from analytics.neighbours import Audit, MediumKind, PersonCard
from analytics.reports import Reports, ViewerLine
from analytics.spans import length_ms
from analytics.viewing import REACHED, Played
from lectern.edge.routes import Request, Route
from lectern.kernel.errors import NotFound

_MOST_INTERVALS = 500
_Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:\-]+$")]
_Millis = Annotated[int, Field(ge=-(2**53), le=2**53)]


class PersonModel(BaseModel):
    """A person in a report; a guest has a name alone."""

    id: str | None
    external_id: str | None
    name: str | None
    department: str | None


class IntervalModel(BaseModel):
    """Presence without a break; `left_utc_ms` is null while it goes on."""

    joined_utc_ms: int
    left_utc_ms: int | None
    device: str | None


class CheckinModel(BaseModel):
    """How somebody did in a check-in round; `corrected`: staff set it (a make-up, or a correction)."""

    round: str
    status: str
    corrected: bool


class AttendanceRowModel(BaseModel):
    """One row: a person of the roster, another person, or a guest (`person` is null)."""

    participant: str | None
    person: PersonModel | None
    name: str | None
    kind: Literal["person", "guest"]
    expected: bool
    intervals: list[IntervalModel]
    minutes: float
    checkins: list[CheckinModel]
    checkin_status: str | None
    answers: int
    messages: int
    questions: int
    hands: int
    upvotes: int
    reactions: int
    stage_minutes: float
    replay_minutes: float
    source: Literal["screen"] | None
    screens: list[str]


class SiteModel(BaseModel):
    """A screen with its heads: `scanned` have rows of their own, `extra` were counted by the host."""

    participant: str
    name: str
    scanned: int
    extra: int


class AttendanceModel(BaseModel):
    """Who attended; `expected` counts the people of the roster that the reader may see."""

    expected: int
    screens: list[SiteModel]
    rows: list[AttendanceRowModel]


class IncidentModel(BaseModel):
    """A connection trouble of somebody; `until_utc_ms` is null while it lasts. Codes: docs/protocol.md.

    `ended` says what ended it if it did not get well: `left`, `removed`, `session_over`.
    """

    participant: str
    person: PersonModel | None
    name: str | None
    code: str
    from_utc_ms: int
    until_utc_ms: int | None
    ended: str | None


class IncidentsModel(BaseModel):
    """The incidents of a session, in the order in which they began."""

    incidents: list[IncidentModel]


class PlayedModel(BaseModel):
    """One stretch of continuous playing, as the player measured it."""

    id: _Id
    from_ms: _Millis
    to_ms: _Millis
    started_utc_ms: _Millis
    wall_ms: _Millis
    speed: float
    visible: bool
    audible: bool


class ViewsReport(BaseModel):
    """What a player reports; `position_ms` is where it stands now."""

    medium: MediumKind
    id: _Id
    version: int = Field(ge=0, le=2**31 - 1)
    player: _Id
    intervals: list[PlayedModel] = Field(max_length=_MOST_INTERVALS)
    position_ms: _Millis | None = None


class RefusedModel(BaseModel):
    """An interval that does not count, and why."""

    id: str
    code: str


class ViewsTaken(BaseModel):
    """How many intervals count (repeated ones among them), and which do not. None needs to be sent again."""

    accepted: int
    refused: list[RefusedModel]


class ViewerModel(BaseModel):
    """What one viewer watched; `minutes` is effective watching in wall time."""

    person: PersonModel
    coverage: float
    completed: bool
    minutes: float
    last_utc_ms: int


class ClassesModel(BaseModel):
    """How far viewers got; `full` are among `reached_80`."""

    bounce: int
    reached_80: int
    full: int
    viewers: int


class ViewingModel(BaseModel):
    """How a medium was watched; `heat` holds the viewers of every second."""

    model_config = ConfigDict(serialize_by_alias=True)

    duration_ms: int
    people: list[ViewerModel]
    heat: list[int]
    classes: ClassesModel = Field(serialization_alias="class")


class SheetQuery(BaseModel):
    """The language of a table; without it, what the browser asks for."""

    lang: Literal["zh-CN", "en"] | None = None


@dataclass(frozen=True, slots=True)
class AnalyticsDeps:
    """What the routes stand on; wired in `lectern.app`."""

    reports: Reports
    audit: Audit
    completed_from: float = REACHED


def routes(deps: AnalyticsDeps) -> list[Route]:
    """Return the routes."""
    return _AnalyticsRoutes(deps).routes()


class _AnalyticsRoutes:
    def __init__(self, deps: AnalyticsDeps) -> None:
        self._deps = deps
        self._reports = deps.reports

    def routes(self) -> list[Route]:
        session, views = "/api/v1/sessions/{id}", "/api/v1/views"
        return [
            Route("GET", f"{session}/attendance", self.attendance, "Who attended", AttendanceModel),
            Route(
                "GET", f"{session}/attendance.csv", self.attendance_csv, "Who attended, as a table",
                query=SheetQuery,
            ),
            Route(
                "GET", f"{session}/incidents", self.incidents, "Whose connection was in trouble",
                IncidentsModel,
            ),
            Route("POST", views, self.take_in, "Report played intervals", ViewsTaken, body=ViewsReport),
            Route("GET", f"{views}/{{medium}}/{{id}}", self.viewing, "How it was watched", ViewingModel),
        ]  # fmt: skip

    async def attendance(self, request: Request) -> AttendanceModel:
        report = await self._reports.attendance(request.who, request.path["id"])
        return AttendanceModel(
            expected=report.expected,
            screens=[
                SiteModel(participant=s.participant, name=s.name, scanned=s.scanned, extra=s.extra)
                for s in report.sites
            ],
            rows=[_row(line) for line in report.lines],
        )

    async def attendance_csv(self, request: Request) -> web.Response:
        session_id = request.path["id"]
        report = await self._reports.attendance(request.who, session_id)
        asked: SheetQuery = request.query
        chinese = request.http.headers.get("Accept-Language", "").lower().startswith("zh")
        content = attendance_csv(report, asked.lang or ("zh-CN" if chinese else "en"))
        await self._deps.audit.audit(
            request.who, "attendance_exported", session_id, {"rows": len(report.lines)}
        )
        headers = {
            "Content-Disposition": disposition(report),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=content, content_type="text/csv", charset="utf-8", headers=headers)

    async def incidents(self, request: Request) -> IncidentsModel:
        lines = await self._reports.incidents(request.who, request.path["id"])
        return IncidentsModel(
            incidents=[
                IncidentModel(
                    participant=line.incident.participant,
                    person=_person(line.card) if line.card else None,
                    name=line.name,
                    code=line.incident.code,
                    from_utc_ms=line.incident.from_utc_ms,
                    until_utc_ms=line.incident.until_utc_ms,
                    ended=line.incident.ended,
                )
                for line in lines
            ]
        )

    async def take_in(self, request: Request) -> ViewsTaken:
        report: ViewsReport = request.body
        accepted, refused = await self._reports.take_in(
            request.who,
            report.medium,
            report.id,
            version=report.version,
            player=report.player,
            reported=[Played(**interval.model_dump()) for interval in report.intervals],
            position_ms=report.position_ms,
        )
        return ViewsTaken(
            accepted=accepted, refused=[RefusedModel(id=id_, code=code) for id_, code in refused]
        )

    async def viewing(self, request: Request) -> ViewingModel:
        report = await self._reports.viewing(request.who, _medium(request.path["medium"]), request.path["id"])
        classes = report.classes
        return ViewingModel(
            duration_ms=report.duration_ms,
            people=[_viewer(line, self._deps.completed_from) for line in report.lines],
            heat=list(report.heat),
            classes=ClassesModel(
                bounce=classes.bounce,
                reached_80=classes.reached_80,
                full=classes.full,
                viewers=classes.viewers,
            ),
        )


def _medium(name: str) -> MediumKind:
    if name == "replay":
        return "replay"
    if name == "microcourse":
        return "microcourse"
    raise NotFound("medium_unknown", "There is no such kind of medium.")


def _row(line: AttendanceLine) -> AttendanceRowModel:
    row = line.row
    return AttendanceRowModel(
        participant=row.participant,
        person=_person(line.card) if line.card else None,
        name=line.name,
        kind=row.kind,
        expected=row.expected,
        intervals=[
            IntervalModel(joined_utc_ms=i.joined_utc_ms, left_utc_ms=i.left_utc_ms, device=i.device)
            for i in row.intervals
        ],
        minutes=minutes(row.present_ms),
        checkins=[
            CheckinModel(round=round_, status=status, corrected=round_ in row.corrected)
            for round_, status in row.checkins
        ],
        checkin_status=row.checkin_status,
        answers=row.answers,
        messages=row.messages,
        questions=row.questions,
        hands=row.hands,
        upvotes=row.upvotes,
        reactions=row.reactions,
        stage_minutes=minutes(row.stage_ms),
        replay_minutes=minutes(line.replay_ms),
        source="screen" if line.screens else None,
        screens=list(line.screens),
    )


def _viewer(line: ViewerLine, completed_from: float) -> ViewerModel:
    guest = PersonModel(id=None, external_id=None, name=line.name, department=None)
    return ViewerModel(
        person=_person(line.card) if line.card else guest,
        coverage=round(line.coverage, 4),
        completed=line.coverage >= completed_from,
        minutes=minutes(length_ms(line.watched.effort)),
        last_utc_ms=line.watched.last_utc_ms,
    )


def _person(card: PersonCard) -> PersonModel:
    return PersonModel(id=card.id, external_id=card.external_id, name=card.name, department=card.department)
