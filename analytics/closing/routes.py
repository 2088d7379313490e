"""Closing attendance over HTTP: how it stands, closing it, and the files of what was closed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, Field

from analytics.attendance.models import SheetQuery
from analytics.closing.obstacles import Obstacle
from analytics.closing.press import Form
from analytics.closing.service import LONGEST_REASON, Closings, Standing
from analytics.closing.store import Edition
from analytics.workbook import disposition
from lectern.edge.routes import Request, Route
from lectern.kernel.errors import NotFound

_TYPES: dict[Form, tuple[str, str | None]] = {
    "jsonl": ("application/jsonl", "utf-8"),
    "csv": ("text/csv", "utf-8"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", None),
    "pdf": ("application/pdf", None),
}
_SUMMARIES: dict[Form, str] = {
    "jsonl": "The closed record itself",
    "csv": "The closed record as a table",
    "xlsx": "The closed record (Excel)",
    "pdf": "The closed record as a signed PDF",
}


class ObstacleModel(BaseModel):
    """What is unsettled: how many (`count`), or until when it can still change (`until_utc_ms`)."""

    code: Obstacle
    count: int | None
    until_utc_ms: int | None


class EditionModel(BaseModel):
    """A closed record. `head` stands for all of it; `accepted` was unsettled when it was closed."""

    edition: int
    head: str
    previous_head: str | None
    fingerprint: str
    people: int
    closed_utc_ms: int
    closed_by: str
    closed_by_name: str | None
    accepted: list[str]


class StandingModel(BaseModel):
    """How the attendance of a session stands.

    `changed`: so many people's rows would be different now. `reason`: why the newest edition was made, null
    for none. `intact` false: the newest record is not what was once closed.
    """

    obstacles: list[ObstacleModel]
    editions: list[EditionModel]
    reason: str | None
    changed: int
    intact: bool


class ClosingBody(BaseModel):
    """Close on top of edition `after` (0: for the first time), over the obstacles in `accept`."""

    after: int = Field(ge=0, le=10_000)
    accept: list[Literal["objections_open", "make_ups_waiting", "make_ups_possible"]] = Field(
        default_factory=list, max_length=8
    )
    reason: str = Field("", max_length=LONGEST_REASON * 2)


@dataclass(frozen=True, slots=True)
class ClosingRoutes:
    """The handlers."""

    closings: Closings

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        record = "/api/v1/sessions/{id}/attendance-record"
        return [
            Route("GET", record, self.standing, "How closed an attendance is", StandingModel),
            Route("POST", record, self.close, "Close the attendance", EditionModel, ClosingBody, status=201),
            *(
                Route("GET", f"{record}/{{edition}}.{form}", self._file(form), summary, query=SheetQuery)
                for form, summary in _SUMMARIES.items()
            ),
        ]

    async def standing(self, request: Request) -> StandingModel:
        """How it stands."""
        found: Standing = await self.closings.standing(request.who, request.path["id"])
        return StandingModel(
            obstacles=[
                ObstacleModel(
                    code=one.obstacle,
                    count=one.number if one.obstacle in _COUNTED else None,
                    until_utc_ms=one.number if one.obstacle is Obstacle.MAKE_UPS_POSSIBLE else None,
                )
                for one in found.open
            ],
            editions=[_edition(edition, found.names.get(edition.closed_by)) for edition in found.editions],
            reason=found.reason,
            changed=found.changed,
            intact=found.intact,
        )

    async def close(self, request: Request) -> EditionModel:
        """Close it."""
        body: ClosingBody = request.body
        edition = await self.closings.close(
            request.who, request.path["id"], after=body.after, accepted=body.accept, reason=body.reason
        )
        return _edition(edition, None)

    def _file(self, form: Form) -> "_FileHandler":
        return _FileHandler(self.closings, form)


@dataclass(frozen=True, slots=True)
class _FileHandler:
    closings: Closings
    form: Form

    async def __call__(self, request: Request) -> web.Response:
        number = request.path["edition"]
        if not (number.isascii() and number.isdigit() and len(number) < 6):
            raise NotFound("record_not_found", "This attendance was not closed so often.")
        chinese = request.http.headers.get("Accept-Language", "").lower().startswith("zh")
        asked: SheetQuery = request.query
        lang = asked.lang or ("zh-CN" if chinese else "en")
        lesson, content = await self.closings.export(
            request.who, request.path["id"], int(number), self.form, lang
        )
        day = datetime.fromtimestamp(lesson.starts_utc_ms / 1000, UTC).date().isoformat()
        content_type, charset = _TYPES[self.form]
        headers = {
            "Content-Disposition": disposition(
                "attendance-record", day, number, lesson.title, ending=self.form
            ),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=content, content_type=content_type, charset=charset, headers=headers)


_COUNTED = frozenset({Obstacle.OBJECTIONS_OPEN, Obstacle.MAKE_UPS_WAITING})


def _edition(edition: Edition, name: str | None) -> EditionModel:
    return EditionModel(
        edition=edition.edition,
        head=edition.head,
        previous_head=edition.previous_head,
        fingerprint=edition.fingerprint,
        people=edition.people,
        closed_utc_ms=edition.closed_utc_ms,
        closed_by=edition.closed_by,
        closed_by_name=name,
        accepted=list(edition.accepted),
    )
