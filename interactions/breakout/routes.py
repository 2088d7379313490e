"""The HTTP route of group activity: what each group did, for whoever reads the session's attendance."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal, Protocol, TypeAlias

from aiohttp import web
from pydantic import BaseModel

from interactions.breakout.activity import GroupActivity, group_activity
from interactions.notes import store as notes
from lectern.edge.downloads import language_of
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import Forbidden, NotFound
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import ParticipantJoined, TimelineEvent

Lang = Literal["zh-CN", "en"]
Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its headings."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


class GroupMemberModel(BaseModel):
    """One person in a group; `name` is null where it was erased."""

    participant: str
    name: str | None
    minutes: float
    mic_minutes: float
    messages: int
    answers: int
    notes_chars: int


class GroupModel(BaseModel):
    """One group of one breakout; `closed_utc_ms` is null while it works, `result` where none was written."""

    id: str
    name: str | None
    opened_utc_ms: int
    closed_utc_ms: int | None
    members: list[GroupMemberModel]
    calls: int
    visits: int
    result: str | None
    notes: str | None
    points: int | None
    place: int | None


class GroupsModel(BaseModel):
    """All groups that a session had, in order."""

    groups: list[GroupModel]


class GroupSheetQuery(BaseModel):
    """Of the exports: in which language the headings are; else what the browser asks for."""

    lang: Lang | None = None


class Files(Protocol):
    """Turns a table into a file for download, and writes down who took it out of the house."""

    async def csv(self, who: Principal, session_id: str, sheet: Sheet) -> web.Response:
        """Return the table as CSV."""

    async def xlsx(self, who: Principal, session_id: str, sheet: Sheet) -> web.Response:
        """Return the table as a workbook."""


class GroupRoutes:
    """`GET /api/v1/sessions/{id}/groups`, also as a table."""

    def __init__(self, engine: TimelineEngine, files: Files) -> None:
        self._engine = engine
        self._files = files

    def routes(self) -> list[Route]:
        """Return the routes to register."""
        path = "/api/v1/sessions/{id}/groups"
        refusals = (403, 404)
        return [
            Route("GET", path, self.groups, "What breakout groups did", GroupsModel, errors=refusals),
            Route(
                "GET",
                f"{path}.csv",
                self.csv,
                "What breakout groups did, as a table",
                query=GroupSheetQuery,
                errors=refusals,
            ),
            Route(
                "GET",
                f"{path}.xlsx",
                self.xlsx,
                "What breakout groups did (Excel)",
                query=GroupSheetQuery,
                errors=refusals,
            ),
        ]

    async def csv(self, request: Request) -> web.Response:
        """Return a line for each member of each group."""
        sheet = sheet_of(await self.groups(request), language_of(request, request.query.lang))
        return await self._files.csv(request.who, request.path["id"], sheet)

    async def xlsx(self, request: Request) -> web.Response:
        """Return a line for each member of each group."""
        sheet = sheet_of(await self.groups(request), language_of(request, request.query.lang))
        return await self._files.xlsx(request.who, request.path["id"], sheet)

    async def groups(self, request: Request) -> GroupsModel:
        """Return time, messages and result per group: to staff, and to whoever may see all attendance."""
        session_id = request.path["id"]
        async with self._engine.database.read() as tx:
            head = await self._engine.store.head(tx, session_id)
            _insist(request.who, head.org_id, session_id)
            events = await self._engine.store.read(tx, session_id, 0)
            open_notes = await notes.chars(tx, session_id)
        texts = {ref: text for event in events for ref, text in event.texts.items()}
        names = _names(events, texts)
        found = group_activity(events, self._engine.clock(), open_notes)
        return GroupsModel(groups=[_model(group, names, texts) for group in found])


def _insist(who: Principal, org_id: str, session_id: str) -> None:
    if who.org_id != org_id:
        raise NotFound("session_not_found", "There is no such session.")
    if who.grant is None:
        who.require(Permission.ATTENDANCE_READ)
        if who.sees_everybody:
            return
    elif who.is_staff_by_link(session_id):
        return
    raise Forbidden("not_allowed", "You are not allowed to do this. Ask an administrator.")


def _names(events: Iterable[TimelineEvent], texts: dict[str, str]) -> dict[str, str | None]:
    return {
        event.payload.participant: texts.get(event.payload.name_ref)
        for event in events
        if isinstance(event.payload, ParticipantJoined)
    }


def _model(group: GroupActivity, names: dict[str, str | None], texts: dict[str, str]) -> GroupModel:
    return GroupModel(
        id=group.id,
        name=texts.get(group.name_ref),
        opened_utc_ms=group.opened_utc_ms,
        closed_utc_ms=group.closed_utc_ms,
        members=[
            GroupMemberModel(
                participant=member.participant,
                name=names.get(member.participant),
                minutes=round(member.present_ms / 60_000, 2),
                mic_minutes=round(member.mic_ms / 60_000, 2),
                messages=member.messages,
                answers=member.answers,
                notes_chars=member.chars,
            )
            for member in group.members.values()
        ],
        calls=group.calls,
        visits=group.visits,
        result=None if group.report_ref is None else texts.get(group.report_ref),
        notes=None if group.notes_ref is None else texts.get(group.notes_ref),
        points=group.points,
        place=group.place,
    )


HEADINGS: Mapping[Lang, tuple[str, ...]] = MappingProxyType(
    {
        "en": (
            "Group",
            "Began (UTC)",
            "Ended (UTC)",
            "Name",
            "Minutes present",
            "Minutes with microphone on",
            "Messages",
            "Polls answered",
            "Characters in the notes",
            "Result",
            "Notes",
            "Points of the group",
            "Place",
        ),
        "zh-CN": (
            "小组",
            "开始(UTC)",
            "结束(UTC)",
            "姓名",
            "在组分钟",
            "开麦分钟",
            "发言数",
            "答题数",
            "笔记字数",
            "成果",
            "笔记",
            "小组积分",
            "名次",
        ),
    }
)


def sheet_of(groups: GroupsModel, lang: Lang) -> Sheet:
    """Return a line for each member of each group; a group that nobody was in has one as well."""
    rows: list[tuple[Cell, ...]] = []
    for group in groups.groups:
        head = (group.name, _utc(group.opened_utc_ms), _utc(group.closed_utc_ms))
        tail = (group.result, group.notes, group.points, group.place)
        rows += [
            (*head, one.name, one.minutes, one.mic_minutes, one.messages, one.answers, one.notes_chars, *tail)
            for one in group.members
        ] or [(*head, None, 0, 0, 0, 0, 0, *tail)]
    return Sheet("groups", HEADINGS[lang], rows)


def _utc(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
