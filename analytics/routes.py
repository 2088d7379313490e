"""The HTTP routes of attendance and viewing."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from analytics.attendance.models import PersonModel
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
            Route(
                "GET", f"{session}/incidents", self.incidents, "Whose connection was in trouble",
                IncidentsModel,
            ),
            Route("POST", views, self.take_in, "Report played intervals", ViewsTaken, body=ViewsReport),
            Route("GET", f"{views}/{{medium}}/{{id}}", self.viewing, "How it was watched", ViewingModel),
        ]  # fmt: skip

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
