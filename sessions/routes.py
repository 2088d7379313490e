"""Sessions over HTTP."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic import BaseModel, Field

from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal, insist_on_running
from lectern.kernel.errors import Forbidden, NotFound, ProtocolViolation
from lectern.kernel.roles import OrgRole
from lectern.timeline.engine import TimelineEngine
from sessions.people import PersonFacts
from sessions.service import Sessions
from sessions.store import Counts, Session

MAX_ROSTER_BYTES = 10 * 1024 * 1024
TIMELINE_PAGE = 1_000
LATEST_UTC_MS = 253_402_300_799_999
LONGEST_MINUTES = 72 * 60
"""The end of the year 9999: later moments cannot be written as a date."""
ReplayIds = Callable[[Principal, Sequence[str]], Awaitable[dict[str, str]]]
"""Returns replay ids by session id; the catalogue answers."""


class Named(BaseModel):
    """A person, by name."""

    id: str
    name: str


class SessionModel(BaseModel):
    """A session with its numbers."""

    id: str
    title: str
    state: str
    cancelled: bool
    starts_utc_ms: int
    zone: str
    planned_minutes: int | None
    presenter: Named | None
    host: Named | None
    guests_allowed: bool
    first_started_utc_ms: int | None
    ended_utc_ms: int | None
    expected: int
    attended: int
    online: int
    replay_id: str | None
    join_url: str


class SessionPage(BaseModel):
    """A page of sessions, latest first."""

    items: list[SessionModel]
    next: str | None


class SessionQuery(BaseModel):
    """Which sessions."""

    state: str | None = None
    q: str = Field("", max_length=100)
    cursor: str = ""
    limit: int = Field(50, ge=1, le=200)


class NewSession(BaseModel):
    """A session to plan; without a start it starts when somebody presses *Go live*."""

    title: str = Field(min_length=1, max_length=300)
    starts_utc_ms: int | None = Field(None, ge=0, le=LATEST_UTC_MS)
    zone: str | None = Field(None, max_length=64)
    planned_minutes: int | None = Field(None, ge=1, le=LONGEST_MINUTES)
    guests_allowed: bool = False
    host_person_id: str | None = None
    auto_start: bool = False


class SessionPatch(BaseModel):
    """What to change; an empty `host_person_id` takes the host away."""

    title: str | None = Field(None, min_length=1, max_length=300)
    starts_utc_ms: int | None = Field(None, ge=0, le=LATEST_UTC_MS)
    zone: str | None = Field(None, max_length=64)
    planned_minutes: int | None = Field(None, ge=1, le=LONGEST_MINUTES)
    guests_allowed: bool | None = None
    host_person_id: str | None = None


class Consent(BaseModel):
    """What people accept before they come in."""

    version: str
    text: dict[str, str]


class Lobby(BaseModel):
    """What anybody with the link may know."""

    id: str
    title: str
    state: str
    cancelled: bool
    starts_utc_ms: int
    zone: str
    presenter_name: str | None
    guests_allowed: bool
    consent: Consent
    org_name: str


class RosterPerson(BaseModel):
    """Somebody who should come."""

    id: str
    external_id: str
    name: str
    department: str | None


class Roster(BaseModel):
    """Everybody who should come."""

    items: list[RosterPerson]


class RosterReason(BaseModel):
    """Why the roster changes; needed once the lesson is over."""

    reason: str = Field("", max_length=4_000)


class RosterAddition(RosterReason):
    """Whom to expect as well: the number from HR."""

    external_id: str = Field(min_length=1, max_length=120)


class RosterLineError(BaseModel):
    """What is wrong with a line."""

    line: int
    code: str
    message: str


class RosterImport(BaseModel):
    """What a roster import did."""

    added: int
    updated: int
    unchanged: int
    errors: list[RosterLineError]


class TimelineQuery(BaseModel):
    """Which part of the timeline."""

    after: int = Field(0, ge=0, lt=2**63)


class TimelineEventModel(BaseModel):
    """An event, complete but for names and free text."""

    seq: int
    type: str
    version: int
    utc_ms: int
    session_ms: int
    actor: str | None
    payload: dict[str, Any]


class TimelinePage(BaseModel):
    """A page of events; `next` is the `after` of the following one."""

    items: list[TimelineEventModel]
    next: int | None


class SessionRoutes:
    """The handlers."""

    def __init__(
        self,
        sessions: Sessions,
        engine: TimelineEngine,
        *,
        public_url: str,
        org_name: Callable[[], Awaitable[str]],
        org_zone: Callable[[], Awaitable[str]],
        consent: Consent,
        replay_ids: ReplayIds,
    ) -> None:
        self._sessions = sessions
        self._engine = engine
        self._public_url = public_url
        self._org_name = org_name
        self._org_zone = org_zone
        self._consent = consent
        self._replay_ids = replay_ids

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        api = "/api/v1/sessions"
        one = f"{api}/{{id}}"
        return [
            Route("GET", api, self.list_sessions, "List sessions", SessionPage, query=SessionQuery),
            Route("POST", api, self.create, "Plan a session", SessionModel, NewSession, status=201),
            Route("GET", one, self.get, "One session", SessionModel),
            Route("PATCH", one, self.patch, "Change a session's plan", SessionModel, SessionPatch),
            Route("POST", f"{one}/start", self.start, "Start a session"),
            Route("POST", f"{one}/end", self.end, "End a session"),
            Route("POST", f"{one}/cancel", self.cancel, "Call a session off before it begins"),
            Route("GET", f"{one}/lobby", self.lobby, "What the waiting page shows", Lobby, public=True),
            Route("GET", f"{one}/roster", self.roster, "Who should come", Roster),
            Route(
                "POST",
                f"{one}/roster",
                self.import_roster,
                "Import a roster (CSV)",
                RosterImport,
                bytes,
                max_bytes=MAX_ROSTER_BYTES,
                content_type="text/csv",
            ),
            Route(
                "POST", f"{one}/roster/people", self.expect, "Expect somebody", RosterPerson, RosterAddition
            ),
            Route(
                "DELETE",
                f"{one}/roster/{{person}}",
                self.unexpect,
                "Take somebody off the roster",
                body=RosterReason,
            ),
            Route("GET", f"{one}/timeline", self.timeline, "Raw events", TimelinePage, query=TimelineQuery),
        ]

    async def list_sessions(self, request: Request) -> SessionPage:
        """List all sessions, or for somebody who only watches, their own."""
        who: Principal = request.who
        who.require(Permission.SESSIONS_READ)
        if who.grant is not None:
            raise Forbidden("not_allowed", "A link to one session does not list the others. Please sign in.")
        own = None if who.sees_everybody or OrgRole.LINE_MANAGER in who.roles else who.person_id
        limit = request.query.limit
        async with self._sessions.database.read() as tx:
            found = await self._sessions.store.page(
                tx,
                who.org_id,
                state=request.query.state,
                q=request.query.q,
                before=_cursor(request.query.cursor),
                person_id=own,
                limit=limit,
            )
        last = found[-1] if len(found) == limit else None
        return SessionPage(
            items=await self._models(who, found),
            next=f"{last.starts_utc_ms}.{last.id}" if last else None,
        )

    async def create(self, request: Request) -> SessionModel:
        """Plan a session; the signed-in presenter presents it."""
        who: Principal = request.who
        who.require(Permission.SESSIONS_WRITE)
        new: NewSession = request.body
        session = await self._sessions.create(
            org_id=who.org_id,
            title=new.title,
            starts_utc_ms=new.starts_utc_ms,
            zone=new.zone or await self._org_zone(),
            presenter_person_id=who.person_id,
            host_person_id=new.host_person_id,
            guests_allowed=new.guests_allowed,
            auto_start=new.auto_start,
            planned_minutes=new.planned_minutes,
        )
        return (await self._models(request.who, [session]))[0]

    async def get(self, request: Request) -> SessionModel:
        """One session."""
        session = await self._visible(request)
        return (await self._models(request.who, [session]))[0]

    async def patch(self, request: Request) -> SessionModel:
        """Change the plan."""
        session = await self._writable(request)
        change: SessionPatch = request.body
        changed = await self._sessions.replan(
            session,
            title=change.title,
            starts_utc_ms=change.starts_utc_ms,
            zone=change.zone,
            guests_allowed=change.guests_allowed,
            host_person_id=change.host_person_id,
            planned_minutes=change.planned_minutes,
            by=request.who.subject_id,
        )
        return (await self._models(request.who, [changed]))[0]

    async def start(self, request: Request) -> None:
        """Go live."""
        await self._sessions.start((await self._writable(request)).id)

    async def end(self, request: Request) -> None:
        """End for everybody."""
        await self._sessions.end((await self._writable(request)).id)

    async def cancel(self, request: Request) -> None:
        """Call it off; whoever was invited is told."""
        await self._sessions.cancel((await self._writable(request)).id)

    async def lobby(self, request: Request) -> Lobby:
        """What the waiting page shows."""
        session = await self._sessions.get(request.path["id"])
        presenter = (await self._people([session])).get(session.presenter_person_id or "")
        return Lobby(
            id=session.id,
            title=session.title,
            state=session.state,
            cancelled=session.is_cancelled,
            starts_utc_ms=session.starts_utc_ms,
            zone=session.zone,
            presenter_name=presenter.name if presenter else None,
            guests_allowed=session.guests_allowed,
            consent=self._consent,
            org_name=await self._org_name(),
        )

    async def roster(self, request: Request) -> Roster:
        """Who should come."""
        request.who.require(Permission.PEOPLE_READ)
        session = await self._visible(request)
        async with self._sessions.database.read() as tx:
            ids = await self._sessions.store.roster(tx, session.id)
        people = await self._sessions.people.by_id(ids)
        shown = [p for p in people.values() if request.who.sees_department(p.department_id)]
        return Roster(
            items=[
                RosterPerson(id=p.id, external_id=p.external_id, name=p.name, department=p.department)
                for p in sorted(shown, key=lambda p: p.external_id)
            ]
        )

    async def import_roster(self, request: Request) -> RosterImport:
        """Put the people of a CSV file on the roster."""
        session = await self._writable(request)
        report = await self._sessions.import_roster(session, request.body, by=request.who.subject_id)
        return RosterImport.model_validate(report, from_attributes=True)

    async def expect(self, request: Request) -> RosterPerson:
        """Put one person on the roster; somebody who is on it already stays."""
        session = await self._writable(request)
        wanted: RosterAddition = request.body
        external_id = wanted.external_id.strip()
        found = await self._sessions.people.by_external_id(session.org_id, [external_id])
        if external_id not in found:
            raise NotFound("person_unknown", "Nobody has this employee number.")
        person = found[external_id]
        who = request.who.subject_id
        await self._sessions.expect(session, [person.id], by=who, reason=wanted.reason)
        return RosterPerson(
            id=person.id, external_id=person.external_id, name=person.name, department=person.department
        )

    async def unexpect(self, request: Request) -> None:
        """Take one person off the roster."""
        session = await self._writable(request)
        by, reason = request.who.subject_id, request.body.reason
        await self._sessions.unexpect(session, request.path["person"], by=by, reason=reason)

    async def timeline(self, request: Request) -> TimelinePage:
        """Raw events."""
        request.who.require(Permission.TIMELINE_READ)
        session = await self._visible(request)
        async with self._engine.database.read() as tx:
            events = await self._engine.store.read(tx, session.id, request.query.after, TIMELINE_PAGE)
        items = [
            TimelineEventModel(
                seq=e.seq,
                type=e.type,
                version=e.version,
                utc_ms=e.utc_ms,
                session_ms=e.session_ms,
                actor=e.actor,
                payload=e.raw,
            )
            for e in events
        ]
        return TimelinePage(items=items, next=items[-1].seq if len(items) == TIMELINE_PAGE else None)

    async def _visible(self, request: Request) -> Session:
        """The session of the path, if this principal may know of it."""
        who: Principal = request.who
        who.require(Permission.SESSIONS_READ)
        session = await self._sessions.get(request.path["id"], who.org_id)
        if who.sees_everybody or OrgRole.LINE_MANAGER in who.roles:
            return session
        if who.grant is not None:
            if who.grant.session_id == session.id:
                return session
            raise NotFound("session_not_found", "There is no such session.")
        if who.person_id in (session.presenter_person_id, session.host_person_id):
            return session
        async with self._sessions.database.read() as tx:
            if who.person_id in await self._sessions.store.roster(tx, session.id):
                return session
        raise NotFound("session_not_found", "There is no such session.")

    async def _writable(self, request: Request) -> Session:
        """The session of the path, if this principal runs it (or administers, or integrates)."""
        who: Principal = request.who
        session = await self._sessions.get(request.path["id"], who.org_id)
        insist_on_running(who, (session.presenter_person_id, session.host_person_id))
        return session

    async def _people(self, found: Sequence[Session]) -> dict[str, PersonFacts]:
        ids = {p for s in found for p in (s.presenter_person_id, s.host_person_id) if p}
        return await self._sessions.people.by_id(ids)

    async def _models(self, who: Principal, found: Sequence[Session]) -> list[SessionModel]:
        people = await self._people(found)
        ids = [s.id for s in found]
        async with self._sessions.database.read() as tx:
            counts = await self._sessions.store.counts(tx, ids)
        replays = await self._replay_ids(who, ids)

        def named(person_id: str | None) -> Named | None:
            person = people.get(person_id or "")
            return Named(id=person.id, name=person.name) if person else None

        def model(s: Session) -> SessionModel:
            n = counts.get(s.id, Counts())
            return SessionModel(
                id=s.id,
                title=s.title,
                state=s.state,
                cancelled=s.is_cancelled,
                starts_utc_ms=s.starts_utc_ms,
                zone=s.zone,
                planned_minutes=s.planned_minutes,
                presenter=named(s.presenter_person_id),
                host=named(s.host_person_id),
                guests_allowed=s.guests_allowed,
                first_started_utc_ms=s.first_started_utc_ms,
                ended_utc_ms=s.ended_utc_ms,
                expected=n.expected,
                attended=n.attended,
                online=n.online,
                replay_id=replays.get(s.id),
                join_url=f"{self._public_url}/room/{s.id}",
            )

        return [model(s) for s in found]


def _cursor(text: str) -> tuple[int, str] | None:
    if not text:
        return None
    starts, _, id_ = text.partition(".")
    if re.fullmatch(r"[0-9]{1,15}", starts) is None:
        raise ProtocolViolation("cursor_invalid", "This cursor is not one of ours.")
    return int(starts), id_
