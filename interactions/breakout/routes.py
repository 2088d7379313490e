"""The HTTP route of group activity: what each group did, for whoever reads the session's attendance."""

from collections.abc import Iterable

from pydantic import BaseModel

from interactions.breakout.activity import GroupActivity, group_activity
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import Forbidden, NotFound
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import ParticipantJoined, TimelineEvent


class GroupMemberModel(BaseModel):
    """One person in a group; `name` is null where it was erased."""

    participant: str
    name: str | None
    minutes: float
    messages: int


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


class GroupsModel(BaseModel):
    """All groups that a session had, in order."""

    groups: list[GroupModel]


class GroupRoutes:
    """`GET /api/v1/sessions/{id}/groups`."""

    def __init__(self, engine: TimelineEngine) -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """Return the routes to register."""
        path = "/api/v1/sessions/{id}/groups"
        return [Route("GET", path, self.groups, "What breakout groups did", GroupsModel, errors=(403, 404))]

    async def groups(self, request: Request) -> GroupsModel:
        """Return time, messages and result per group: to staff, and to whoever may see all attendance."""
        session_id = request.path["id"]
        async with self._engine.database.read() as tx:
            head = await self._engine.store.head(tx, session_id)
            _insist(request.who, head.org_id, session_id)
            events = await self._engine.store.read(tx, session_id, 0)
        texts = {ref: text for event in events for ref, text in event.texts.items()}
        names = _names(events, texts)
        found = group_activity(events, self._engine.clock())
        return GroupsModel(groups=[_model(group, names, texts) for group in found])


def _insist(who: Principal, org_id: str, session_id: str) -> None:
    if who.org_id != org_id:
        raise NotFound("session_not_found", "There is no such session.")
    if who.grant is None:
        who.require(Permission.ATTENDANCE_READ)
        if who.sees_everybody:
            return
    elif who.grant.session_id == session_id and who.grant.role.is_staff:
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
                messages=member.messages,
            )
            for member in group.members.values()
        ],
        calls=group.calls,
        visits=group.visits,
        result=None if group.report_ref is None else texts.get(group.report_ref),
    )
