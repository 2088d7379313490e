"""Closing attendance over HTTP: how it stands, closing it, and the files of what was closed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import unquote

from aiohttp import web
from pydantic import BaseModel, Field

from analytics.attendance.books import Phase
from analytics.attendance.models import SheetQuery
from analytics.closing.neighbours import Lesson
from analytics.closing.obstacles import Obstacle
from analytics.closing.press import Form, Tell
from analytics.closing.service import LONGEST_REASON, Closings, Standing
from analytics.closing.store import Edition
from analytics.closing.telling import HEADERS, streamed
from analytics.workbook import disposition
from lectern.edge.routes import Request, Route
from lectern.kernel.errors import NotFound

MOST_CHANGES = 200
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


class AmendmentModel(BaseModel):
    """An amendment that is going on; `reason` is null once it was erased."""

    begun_by: str
    begun_by_name: str | None
    begun_utc_ms: int
    reason: str | None


class ChangeModel(BaseModel):
    """How a row differs from the closed record. `was` and `now` are verdicts, null where there is no row.

    `what`: verdict, decision, objection, checkin, roster, presence, activity, words, added, removed. `by`:
    names of those who changed it, ids where they have none; empty where the house itself learned more.
    """

    subject: str
    name: str | None
    was: str | None
    now: str | None
    what: list[str]
    by: list[str]


class StandingModel(BaseModel):
    """How the attendance of a session stands.

    `changed`: so many people's rows are different from the newest record; `changes` are the first of them.
    `reason`: why the newest edition was made, null for none. `intact` false: the newest record is not what
    was once closed.
    """

    phase: Phase
    obstacles: list[ObstacleModel]
    editions: list[EditionModel]
    amendment: AmendmentModel | None
    reason: str | None
    changed: int
    changes: list[ChangeModel]
    intact: bool


class AmendmentBody(BaseModel):
    """Amend edition `after`, and why."""

    after: int = Field(ge=1, le=10_000)
    reason: str = Field(max_length=LONGEST_REASON * 2)


class RecordQuery(SheetQuery):
    """With `progress`, the answer tells how far it is: JSON lines `{"done", "of"}`, then `{"bytes", "name"}`
    and the file, or `{"error"}`.
    """

    progress: bool = False


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
            Route("POST", f"{record}/amendment", self.amend, "Begin an amendment", body=AmendmentBody),
            Route("DELETE", f"{record}/amendment", self.drop, "Give an amendment up"),
            *(
                Route("GET", f"{record}/{{edition}}.{form}", self._file(form), summary, query=RecordQuery)
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
            phase=found.book.phase,
            editions=[_edition(edition, found.names.get(edition.closed_by)) for edition in found.editions],
            amendment=_amendment(found),
            reason=found.reason,
            changed=len(found.changes),
            changes=[
                ChangeModel(
                    subject=change.subject,
                    name=found.people.get(change.subject),
                    was=change.was,
                    now=change.now,
                    what=list(change.what),
                    by=[found.names.get(by, by) for by in change.by],
                )
                for change in found.changes[:MOST_CHANGES]
            ],
            intact=found.intact,
        )

    async def amend(self, request: Request) -> None:
        """Begin to correct what was closed."""
        body: AmendmentBody = request.body
        await self.closings.amend(request.who, request.path["id"], after=body.after, reason=body.reason)

    async def drop(self, request: Request) -> None:
        """Leave it as it was closed."""
        await self.closings.drop_amendment(request.who, request.path["id"])

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

    async def __call__(self, request: Request) -> web.StreamResponse:
        number = request.path["edition"]
        if not (number.isascii() and number.isdigit() and len(number) < 6):
            raise NotFound("record_not_found", "This attendance was not closed so often.")
        chinese = request.http.headers.get("Accept-Language", "").lower().startswith("zh")
        asked: RecordQuery = request.query
        lang = asked.lang or ("zh-CN" if chinese else "en")
        if asked.progress:

            async def make(tell: Tell) -> tuple[str, bytes]:
                lesson, content = await self.closings.export(
                    request.who, request.path["id"], int(number), self.form, lang, tell=tell
                )
                return unquote(self._name(lesson, number).rpartition("''")[2]), content

            return await streamed(request, make)
        lesson, content = await self.closings.export(
            request.who, request.path["id"], int(number), self.form, lang
        )
        content_type, charset = _TYPES[self.form]
        headers = {"Content-Disposition": self._name(lesson, number), **HEADERS}
        return web.Response(body=content, content_type=content_type, charset=charset, headers=headers)

    def _name(self, lesson: Lesson, number: str) -> str:
        day = datetime.fromtimestamp(lesson.starts_utc_ms / 1000, UTC).date().isoformat()
        return disposition("attendance-record", day, number, lesson.title, ending=self.form)


_COUNTED = frozenset({Obstacle.OBJECTIONS_OPEN, Obstacle.MAKE_UPS_WAITING})


def _amendment(found: Standing) -> AmendmentModel | None:
    one = found.amendment
    if one is None:
        return None
    return AmendmentModel(
        begun_by=one.begun_by,
        begun_by_name=found.names.get(one.begun_by),
        begun_utc_ms=one.begun_utc_ms,
        reason=one.reason,
    )


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
