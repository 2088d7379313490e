"""The HTTP routes of viewing: taking in what players report, and the figures that come of it."""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated

import msgspec
from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, Field

from analytics.attendance.models import PersonModel
from analytics.minutes import minutes
from analytics.neighbours import Audit, MediumKind, PersonCard, PlayedKind
from analytics.play_record import Device, PlayRecord, device_of
from analytics.view_intake import ViewIntake
from analytics.view_reports import MOST_IN_FILE, PeriodLine, PeriodReport, ViewerLine, ViewReports
from analytics.view_sheets import period_table, viewers_table
from analytics.view_sums import CELLS_PER_DEVICE, Sums
from analytics.viewing import OLDEST_MS, REACHED, Played
from analytics.workbook import Table, csv_file, disposition, xlsx_file
from lectern.edge.downloads import Lang, download, language_of, made
from lectern.edge.routes import Request, Route
from lectern.kernel.errors import NotFound, ProtocolViolation

_MOST_INTERVALS = 500
_CREDENTIAL_LASTS_S = 60.0
"""The addresses of a medium's files outlive a lost right by hours; a report about them may, by a minute."""
WEAK_COMPLETION = 0.6
_Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:\-]+$")]
_Millis = Annotated[int, Field(ge=-(2**53), le=2**53)]
_PERIOD = r"^[0-9]{4}(-(0[1-9]|1[0-2])|-Q[1-4])?$"
DEVICES = {Device.PC: "pc", Device.PHONE: "phone", Device.IN_APP: "in_app", Device.TV: "tv"}


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
    captions: bool = False


class ViewsReport(BaseModel):
    """What a player reports; it stood at `position_ms` `position_age_ms` ago.

    `sent_utc_ms` is the moment of sending by the clock of `started_utc_ms`, which need not be right then.

    `id` of what a group recorded: that of the lesson's replay, and behind it that of the group.
    """

    medium: PlayedKind
    id: _Id
    version: int = Field(ge=0, le=2**31 - 1)
    player: _Id
    intervals: list[PlayedModel] = Field(max_length=_MOST_INTERVALS)
    position_ms: _Millis | None = None
    position_age_ms: int = Field(default=0, ge=0, le=OLDEST_MS)
    sent_utc_ms: _Millis | None = None


class RefusedModel(BaseModel):
    """An interval that does not count, and why."""

    id: str
    code: str


class ViewsTaken(BaseModel):
    """How many intervals count (repeated ones among them), and which do not. None needs to be sent again.

    `furthest_ms` is as far as the viewer may go in a medium that is watched in order; null: anywhere.
    """

    accepted: int
    refused: list[RefusedModel]
    furthest_ms: int | None = None


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


class SumsModel(BaseModel):
    """Sums over viewers; `hours` holds by device the seconds of each hour of the week, from Monday 0:00 on.

    `minutes` are of effective watching, `minutes_played` of the medium, with what was played again.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    sittings: int
    minutes: float
    minutes_played: float
    hours: dict[str, list[int]]
    classes: ClassesModel = Field(serialization_alias="class")


class FiguresModel(BaseModel):
    """A medium, second by second: viewers, playing again, and how many got at least so far."""

    duration_ms: int
    version: int
    sums: SumsModel
    heat: list[int]
    rewatch: list[int]
    staying: list[int]


class StretchModel(BaseModel):
    """Something played without a break."""

    from_ms: int
    to_ms: int
    started_utc_ms: int
    wall_ms: int
    speed: float
    visible: bool
    audible: bool
    captions: bool
    device: str
    player: str


class PlaysModel(BaseModel):
    """All that one viewer played; `subject` names them in every answer of the interface."""

    subject: str
    person: PersonModel
    stretches: list[StretchModel]


class PlaysPage(BaseModel):
    """A page of viewers; `next` asks for the page after it."""

    items: list[PlaysModel]
    next: str | None


class MediumModel(BaseModel):
    """How one medium was watched in a period; `weak` is what too few completed."""

    model_config = ConfigDict(serialize_by_alias=True)

    medium: MediumKind
    id: str
    version: int
    session_id: str
    title: str | None
    duration_ms: int
    sittings: int
    minutes: float
    completion: float
    weak: bool
    classes: ClassesModel = Field(serialization_alias="class")


class PeriodModel(BaseModel):
    """A month, a quarter or a year: `people` watched any of `media`."""

    period: str
    media: int
    people: int
    sums: SumsModel
    items: list[MediumModel]
    next: str | None


class CursorQuery(BaseModel):
    """Where a page begins: the `next` of the page before it."""

    cursor: str = Field("", max_length=200)


class PeriodQuery(CursorQuery):
    """A month like 2026-11, a quarter like 2026-Q4, or a year."""

    period: str = Field(pattern=_PERIOD)


class FileQuery(BaseModel):
    """The language of a file; without, the browser's."""

    lang: Lang | None = None


class PeriodFileQuery(BaseModel):
    """The same, with the language of the file; without, the browser's."""

    period: str = Field(pattern=_PERIOD)
    lang: Lang | None = None


@dataclass(frozen=True, slots=True)
class ViewRoutes:
    """The handlers."""

    intake: ViewIntake
    reports: ViewReports
    audit: Audit
    completed_from: float = REACHED
    weak_below: float = WEAK_COMPLETION

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        views = "/api/v1/views"
        medium, statistics = f"{views}/{{medium}}/{{id}}", "/api/v1/view-statistics"
        return [
            Route(
                "POST", views, self.take_in, "Report played intervals", ViewsTaken, body=ViewsReport,
                credential_lasts_s=_CREDENTIAL_LASTS_S,
            ),
            Route("GET", medium, self.viewing, "How it was watched, by whom", ViewingModel),
            Route(
                "GET", f"{medium}/viewers.csv", self.viewers_csv, "Who watched (table)", query=FileQuery
            ),
            Route(
                "GET", f"{medium}/viewers.xlsx", self.viewers_xlsx, "Who watched (Excel)", query=FileQuery
            ),
            Route("GET", f"{medium}/figures", self.figures, "How it was watched, by second", FiguresModel),
            Route(
                "GET", f"{medium}/plays", self.plays, "Everything that was played", PlaysPage,
                query=CursorQuery,
            ),
            Route("GET", statistics, self.period, "What was watched", PeriodModel, query=PeriodQuery),
            Route("GET", f"{statistics}.csv", self.csv, "What was watched (table)", query=PeriodFileQuery),
            Route("GET", f"{statistics}.xlsx", self.xlsx, "What was watched (Excel)", query=PeriodFileQuery),
        ]  # fmt: skip

    async def take_in(self, request: Request) -> ViewsTaken:
        """Take in what a player reports."""
        report: ViewsReport = request.body
        told = await self.intake.take_in(
            request.who,
            report.medium,
            report.id,
            version=report.version,
            player=report.player,
            reported=[_played(interval) for interval in report.intervals],
            position_ms=report.position_ms,
            position_age_ms=report.position_age_ms,
            device=device_of(request.http.headers.get(hdrs.USER_AGENT, "")),
            sent_utc_ms=report.sent_utc_ms,
        )
        return ViewsTaken(
            accepted=told.accepted,
            refused=[RefusedModel(id=id_, code=code) for id_, code in told.refused],
            furthest_ms=told.furthest_ms,
        )

    async def viewing(self, request: Request) -> ViewingModel:
        """Everybody's watching of one medium."""
        report = await self.reports.viewing(request.who, *played_of(request))
        classes = report.classes
        return ViewingModel(
            duration_ms=report.duration_ms,
            people=[_viewer(line, self.completed_from) for line in report.lines],
            heat=list(report.heat),
            classes=ClassesModel(
                bounce=classes.bounce,
                reached_80=classes.reached_80,
                full=classes.full,
                viewers=classes.viewers,
            ),
        )

    async def viewers_csv(self, request: Request) -> web.Response:
        """Who watched, as a table."""
        table = await self._viewers(request)
        return download(await made(lambda: csv_file(table)), "csv", disposition("viewers", ending="csv"))

    async def viewers_xlsx(self, request: Request) -> web.Response:
        """Who watched, as a workbook."""
        table = await self._viewers(request)
        return download(await made(lambda: xlsx_file([table])), "xlsx", disposition("viewers", ending="xlsx"))

    async def _viewers(self, request: Request) -> Table:
        query: FileQuery = request.query
        kind, medium_id = played_of(request)
        report = await self.reports.viewing(request.who, kind, medium_id)
        details = {"medium": kind, "rows": len(report.lines)}
        await self.audit.audit(request.who, "viewers_exported", medium_id, details)
        return viewers_table(report, language_of(request, query.lang), self.completed_from)

    async def figures(self, request: Request) -> FiguresModel:
        """One medium's curves."""
        found = await self.reports.figures(request.who, *played_of(request))
        return FiguresModel(
            duration_ms=found.duration_ms,
            version=found.version,
            sums=sums_model(found.sums),
            heat=list(found.curves.heat),
            rewatch=list(found.curves.rewatch),
            staying=list(found.curves.staying),
        )

    async def plays(self, request: Request) -> PlaysPage:
        """Raw stretches, a page of viewers at a time."""
        query: CursorQuery = request.query
        lines, following = await self.reports.plays(request.who, *played_of(request), query.cursor)
        return PlaysPage(
            items=[plays_model(line.subject, line.card, line.name, line.record) for line in lines],
            next=following,
        )

    async def period(self, request: Request) -> PeriodModel:
        """A month, a quarter or a year."""
        query: PeriodQuery = request.query
        report = await self.reports.period(request.who, query.period, after=_after(query.cursor))
        return PeriodModel(
            period=report.period,
            media=report.media,
            people=report.people,
            sums=sums_model(report.sums),
            items=[self._line(line) for line in report.lines],
            next=None if report.after is None else _cursor(report.after),
        )

    async def csv(self, request: Request) -> web.Response:
        """A period's media as a table."""
        report, lang = await self._exported(request)
        content = await made(lambda: csv_file(period_table(report, lang, self.weak_below)))
        return download(content, "csv", disposition("views", report.period, ending="csv"))

    async def xlsx(self, request: Request) -> web.Response:
        """A period's media as a workbook."""
        report, lang = await self._exported(request)
        content = await made(lambda: xlsx_file([period_table(report, lang, self.weak_below)]))
        return download(content, "xlsx", disposition("views", report.period, ending="xlsx"))

    async def _exported(self, request: Request) -> tuple[PeriodReport, Lang]:
        query: PeriodFileQuery = request.query
        report = await self.reports.period(request.who, query.period, limit=MOST_IN_FILE)
        rows = {"period": query.period, "media": len(report.lines)}
        await self.audit.audit(request.who, "view_statistics_exported", request.who.org_id, rows)
        return report, language_of(request, query.lang)

    def _line(self, line: PeriodLine) -> MediumModel:
        medium = line.medium
        return MediumModel(
            medium=medium.named.listed,
            id=medium.named.medium_id,
            version=medium.named.version,
            session_id=medium.session_id,
            title=line.title,
            duration_ms=medium.terms.duration_ms,
            sittings=line.sums.sittings,
            minutes=minutes(line.sums.effort_ms),
            completion=round(line.completion, 4),
            weak=line.completion < self.weak_below,
            classes=_classes(line.sums),
        )


def medium_of(request: Request) -> tuple[MediumKind, str]:
    """Return which medium a path names.

    Raises:
        NotFound: there is no such kind (`medium_unknown`).
    """
    name, medium_id = request.path["medium"], request.path["id"]
    if name == "replay":
        return "replay", medium_id
    if name == "microcourse":
        return "microcourse", medium_id
    raise NotFound("medium_unknown", "There is no such kind of medium.")


def played_of(request: Request) -> tuple[PlayedKind, str]:
    """Return which medium a path names, what a group recorded among them.

    Raises:
        NotFound: there is no such kind (`medium_unknown`).
    """
    if request.path["medium"] == "group_recording":
        return "group_recording", request.path["id"]
    return medium_of(request)


def _played(model: PlayedModel) -> Played:
    return Played(
        model.id,
        model.from_ms,
        model.to_ms,
        model.started_utc_ms,
        model.wall_ms,
        model.speed,
        model.visible,
        model.audible,
        model.captions,
    )


def _after(cursor: str) -> tuple[int, int] | None:
    if not cursor:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=tuple[int, int])
    except (binascii.Error, ValueError):
        raise ProtocolViolation("query_invalid", "This cursor is not one of ours.") from None


def _cursor(after: tuple[int, int]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(after)).decode()


def sums_model(sums: Sums) -> SumsModel:
    """Return sums as they go out."""
    hours = {name: [0] * CELLS_PER_DEVICE for name in DEVICES.values()}
    for cell, value_ms in sums.hours.items():
        hours[DEVICES[Device(cell // CELLS_PER_DEVICE)]][cell % CELLS_PER_DEVICE] = round(value_ms / 1_000)
    return SumsModel(
        sittings=sums.sittings,
        minutes=minutes(sums.effort_ms),
        minutes_played=minutes(sums.played_ms),
        hours=hours,
        classes=_classes(sums),
    )


def _classes(sums: Sums) -> ClassesModel:
    return ClassesModel(bounce=sums.bounce, reached_80=sums.reached_80, full=sums.full, viewers=sums.viewers)


def _viewer(line: ViewerLine, completed_from: float) -> ViewerModel:
    return ViewerModel(
        person=_person(line.card, line.name),
        coverage=round(line.coverage, 4),
        completed=line.coverage >= completed_from,
        minutes=minutes(line.effort_ms),
        last_utc_ms=line.record.last_utc_ms,
    )


def plays_model(subject: str, card: PersonCard | None, name: str | None, record: PlayRecord) -> PlaysModel:
    """Return what one viewer played, stretch by stretch."""
    return PlaysModel(
        subject=subject,
        person=_person(card, name),
        stretches=[
            StretchModel(
                from_ms=each.from_ms,
                to_ms=each.to_ms,
                started_utc_ms=record.base_utc_ms + each.after_ms,
                wall_ms=each.wall_ms,
                speed=each.speed,
                visible=each.is_visible,
                audible=each.is_audible,
                captions=each.has_captions,
                device=DEVICES[Device(sitting.device)],
                player=sitting.tag.hex(),
            )
            for sitting in record.sittings
            for each in sitting.stretches
        ],
    )


def _person(card: PersonCard | None, name: str | None) -> PersonModel:
    if card is None:
        return PersonModel(id=None, external_id=None, name=name, department=None)
    return PersonModel(id=card.id, external_id=card.external_id, name=card.name, department=card.department)
