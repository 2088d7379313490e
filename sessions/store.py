"""Sessions in SQL: the only file here that speaks it. Every method works inside the caller's transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, distinct, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.one_of import one_of
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import SessionEnded, SessionStarted, TimelineEvent
from lectern.timeline.store import Head
from sessions import tables as t
from sessions.lesson.idea import LessonState


@dataclass(frozen=True, slots=True)
class Session:
    """A session's row. `planned_minutes` is how long it shall last, for calendars and attendance alike."""

    id: str
    org_id: str
    title: str
    state: LessonState
    starts_utc_ms: int
    zone: str
    presenter_person_id: str | None
    host_person_id: str | None
    guests_allowed: bool
    auto_start: bool
    first_started_utc_ms: int | None
    ended_utc_ms: int | None
    created_utc_ms: int
    planned_minutes: int | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether it was called off: it is over and was never live."""
        return self.state is LessonState.ENDED and self.first_started_utc_ms is None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many learners were expected, came, and are here now."""

    expected: int = 0
    attended: int = 0
    online: int = 0


@dataclass(frozen=True, slots=True)
class Participant:
    """A person, a guest or a screen inside one session. `subject` is the person's or the guest's id.

    `came`: was connected while the lesson was live. Who only asked a question days before did not come.
    """

    id: str
    session_id: str
    kind: str
    subject: str
    role: str
    came: bool


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection as persisted."""

    id: str
    session_id: str
    participant_id: str
    opened_utc_ms: int
    last_seen_utc_ms: int


class SessionStore:
    """Reads and writes sessions, rosters, participants and open connections."""

    async def create(self, tx: AsyncConnection, session: Session) -> None:
        """Insert a session."""
        await tx.execute(
            insert(t.sessions).values({field: getattr(session, field) for field in Session.__slots__})
        )

    async def get(self, tx: AsyncConnection, session_id: str) -> Session | None:
        """Return one session."""
        query = select(t.sessions).where(t.sessions.c.id == session_id)
        row = (await tx.execute(query)).one_or_none()
        return None if row is None else _session(row)

    async def page(
        self,
        tx: AsyncConnection,
        org_id: str,
        *,
        state: str | None,
        q: str,
        before: tuple[int, str] | None,
        person_id: str | None,
        limit: int,
        since_utc_ms: int | None = None,
    ) -> Sequence[Session]:
        """Return sessions, latest start first; with `person_id` only those that concern this person."""
        s = t.sessions.c
        where = [s.org_id == org_id]
        if state:
            where.append(s.state == state)
        if q:
            where.append(s.title.ilike(f"%{q.replace('%', '').replace('_', '')}%"))
        if before:
            where.append((s.starts_utc_ms < before[0]) | and_(s.starts_utc_ms == before[0], s.id < before[1]))
        if person_id is not None:
            rostered = select(t.roster_entries.c.session_id).where(t.roster_entries.c.person_id == person_id)
            where.append(
                s.id.in_(rostered) | (s.presenter_person_id == person_id) | (s.host_person_id == person_id)
            )
        if since_utc_ms is not None:
            where.append(s.starts_utc_ms >= since_utc_ms)
        query = select(t.sessions).where(*where).order_by(s.starts_utc_ms.desc(), s.id.desc()).limit(limit)
        return [_session(row) for row in await tx.execute(query)]

    async def held(
        self,
        tx: AsyncConnection,
        org_id: str,
        q: str,
        from_utc_ms: int,
        to_utc_ms: int,
        *,
        run_by: str | None = None,
    ) -> list[Session]:
        """Return the sessions that began in this time and have `q` in their title, in order.

        With `run_by`, only those which this person presents or hosts.
        """
        s = t.sessions.c
        query = (
            select(t.sessions)
            .where(s.org_id == org_id, s.first_started_utc_ms.between(from_utc_ms, to_utc_ms))
            .where(s.title.icontains(q, autoescape=True))
            .order_by(s.first_started_utc_ms, s.id)
        )
        if run_by is not None:
            query = query.where(_runs(run_by))
        return [_session(row) for row in await tx.execute(query)]

    async def titles(self, tx: AsyncConnection, session_ids: Collection[str]) -> dict[str, str]:
        """Return what sessions are called, by id."""
        s = t.sessions.c
        query = select(s.id, s.title).where(one_of(s.id, session_ids))
        return {row.id: row.title for row in await tx.execute(query)}

    async def run_by(self, tx: AsyncConnection, org_id: str, person_id: str) -> list[str]:
        """Return the ids of the sessions that somebody presents or hosts."""
        s = t.sessions.c
        query = select(s.id).where(s.org_id == org_id, _runs(person_id))
        return list((await tx.execute(query)).scalars())

    async def learners_who_came(self, tx: AsyncConnection, session_id: str) -> set[str]:
        """Return the learners (participants) who were connected while the lesson was live."""
        p = t.participants.c
        query = select(p.id).where(p.session_id == session_id, p.role == "learner", p.came)
        return set((await tx.execute(query)).scalars())

    async def how_many_came(self, tx: AsyncConnection, session_ids: Collection[str]) -> dict[str, int]:
        """Return how many learners were connected while each lesson was live; none is left out."""
        p = t.participants.c
        mine = (one_of(p.session_id, session_ids), p.role == "learner", p.came)
        query = select(p.session_id, func.count()).where(*mine).group_by(p.session_id)
        return {row[0]: row[1] for row in await tx.execute(query)}

    async def update(self, tx: AsyncConnection, session_id: str, **values: Any) -> None:
        """Change columns of a session."""
        await tx.execute(update(t.sessions).where(t.sessions.c.id == session_id).values(**values))

    async def in_state(self, tx: AsyncConnection, state: LessonState) -> Sequence[Session]:
        """Return all sessions in one state."""
        rows = await tx.execute(select(t.sessions).where(t.sessions.c.state == state))
        return [_session(row) for row in rows]

    async def counts(self, tx: AsyncConnection, session_ids: Collection[str]) -> dict[str, Counts]:
        """Count expected, attended and present people of each session.

        With a roster, those of it who came are counted: guests would make a rate of more than all. Without
        one, every learner. Present are the learners who are connected, however often; no screens, no staff.
        """

        async def count(column: Any, session: Any, where: Any = None) -> dict[str, int]:
            query = select(session, func.count(distinct(column))).where(one_of(session, session_ids))
            if where is not None:
                query = query.where(where)
            return {row[0]: int(row[1]) for row in await tx.execute(query.group_by(session))}

        r, p, c = t.roster_entries.c, t.participants.c, t.connections.c
        expected = await count(r.person_id, r.session_id)
        came = await count(p.id, p.session_id, (p.role == "learner") & p.came)
        on_roster = exists().where(r.session_id == p.session_id, r.person_id == p.subject)
        of_roster = await count(p.subject, p.session_id, (p.role == "learner") & p.came & on_roster)
        is_learner = exists().where(p.id == c.participant_id, p.role == "learner")
        online = await count(c.participant_id, c.session_id, is_learner)
        return {
            id_: Counts(
                expected.get(id_, 0),
                (of_roster if expected.get(id_) else came).get(id_, 0),
                online.get(id_, 0),
            )
            for id_ in session_ids
        }

    async def roster(self, tx: AsyncConnection, session_id: str) -> set[str]:
        """Return the person ids of those who should come."""
        query = select(t.roster_entries.c.person_id).where(t.roster_entries.c.session_id == session_id)
        return set((await tx.execute(query)).scalars())

    async def add_to_roster(
        self, tx: AsyncConnection, session: Session, person_ids: Collection[str], now: UtcMs
    ) -> list[str]:
        """Expect these people; return those who are new."""
        new = sorted(set(person_ids) - await self.roster(tx, session.id))
        if new:
            rows = [
                {"session_id": session.id, "person_id": p, "org_id": session.org_id, "added_utc_ms": now}
                for p in new
            ]
            await tx.execute(insert(t.roster_entries), rows)
        return new

    async def take_off_roster(self, tx: AsyncConnection, session_id: str, person_id: str) -> bool:
        """Expect somebody no more; tell whether they were expected."""
        r = t.roster_entries.c
        mine = (r.session_id == session_id, r.person_id == person_id)
        return (await tx.execute(delete(t.roster_entries).where(*mine))).rowcount > 0

    async def participant(
        self, tx: AsyncConnection, session_id: str, kind: str, subject: str
    ) -> Participant | None:
        """Return the participant of a person, guest or screen."""
        p = t.participants.c
        query = select(t.participants).where(p.session_id == session_id, p.kind == kind, p.subject == subject)
        row = (await tx.execute(query)).one_or_none()
        if row is None:
            return None
        return Participant(row.id, row.session_id, row.kind, row.subject, row.role, row.came)

    async def subject_of(self, tx: AsyncConnection, participant_id: str) -> str | None:
        """Return the person (or guest) behind a participant."""
        query = select(t.participants.c.subject).where(t.participants.c.id == participant_id)
        subject: str | None = (await tx.execute(query)).scalar_one_or_none()
        return subject

    async def persons_among(self, tx: AsyncConnection, participants: Collection[str]) -> set[str]:
        """Return the persons behind participants; guests and screens are none."""
        if not participants:
            return set()
        p = t.participants.c
        query = select(p.subject).where(one_of(p.id, participants), p.kind == "person")
        return set((await tx.execute(query)).scalars())

    async def came(self, tx: AsyncConnection, session_id: str) -> set[str]:
        """Return the persons who were there while the lesson was live."""
        p = t.participants.c
        query = select(p.subject).where(p.session_id == session_id, p.kind == "person", p.came)
        return set((await tx.execute(query)).scalars())

    async def put_participant(self, tx: AsyncConnection, org_id: str, participant: Participant) -> None:
        """Insert a participant, or give the known one its role, and note whether they came."""
        found = await tx.execute(
            update(t.participants)
            .where(t.participants.c.id == participant.id)
            .values(role=participant.role, came=participant.came)
        )
        if found.rowcount == 0:
            await tx.execute(
                insert(t.participants).values(
                    id=participant.id,
                    org_id=org_id,
                    session_id=participant.session_id,
                    kind=participant.kind,
                    subject=participant.subject,
                    role=participant.role,
                    came=participant.came,
                )
            )

    async def seats_of(self, tx: AsyncConnection, org_id: str, person_id: str) -> list[str]:
        """Return as which participants a person came, in all sessions of an organisation."""
        p = t.participants.c
        query = select(p.id).where(p.org_id == org_id, p.kind == "person", p.subject == person_id)
        return list((await tx.execute(query.order_by(p.id))).scalars())

    async def participants_of(
        self, tx: AsyncConnection, session_id: str, subjects: Collection[str]
    ) -> list[Participant]:
        """Return the participants of these persons, guests and screens."""
        p = t.participants.c
        query = select(t.participants).where(p.session_id == session_id, one_of(p.subject, subjects))
        return [
            Participant(row.id, row.session_id, row.kind, row.subject, row.role, row.came)
            for row in await tx.execute(query)
        ]

    async def add_participants(
        self, tx: AsyncConnection, org_id: str, participants: Collection[Participant]
    ) -> None:
        """Insert participants who were not there before."""
        if participants:
            rows = [
                {"org_id": org_id} | {name: getattr(participant, name) for name in Participant.__slots__}
                for participant in participants
            ]
            await tx.execute(insert(t.participants), rows)

    async def open_connections(
        self, tx: AsyncConnection, org_id: str, connections: Collection[Connection]
    ) -> None:
        """Remember that connections are open."""
        if connections:
            rows = [
                {"org_id": org_id} | {name: getattr(connection, name) for name in Connection.__slots__}
                for connection in connections
            ]
            await tx.execute(insert(t.connections), rows)

    async def open_connections_of(self, tx: AsyncConnection, ids: Collection[str]) -> list[Connection]:
        """Return those of these connections that are open."""
        query = select(t.connections).where(one_of(t.connections.c.id, ids))
        return [_connection(row) for row in await tx.execute(query)]

    async def close_connections(self, tx: AsyncConnection, ids: Collection[str]) -> None:
        """Forget open connections."""
        if ids:
            await tx.execute(delete(t.connections).where(one_of(t.connections.c.id, ids)))

    async def seen(self, tx: AsyncConnection, connection_ids: Collection[str], now: UtcMs) -> None:
        """Persist that these connections are alive."""
        alive = one_of(t.connections.c.id, connection_ids)
        await tx.execute(update(t.connections).where(alive).values(last_seen_utc_ms=now))

    async def silent_connections(self, tx: AsyncConnection, before: int) -> list[Connection]:
        """Return open connections last seen before `before`."""
        query = select(t.connections).where(t.connections.c.last_seen_utc_ms < before)
        return [_connection(row) for row in await tx.execute(query)]


class LessonFollower:
    """Keeps the sessions' rows in step with their timelines."""

    async def follow(self, tx: AsyncConnection, head: Head, events: Sequence[TimelineEvent]) -> None:
        """See `lectern.timeline.engine.Follower`."""
        for event in events:
            values: dict[str, Any] = {}
            if isinstance(event.payload, SessionStarted):
                await self._admit_waiting(tx, head.session_id)
                values = {
                    "state": LessonState.LIVE,
                    "first_started_utc_ms": head.first_started_utc_ms or event.utc_ms,
                }
            elif isinstance(event.payload, SessionEnded):
                values = {"state": LessonState.ENDED, "ended_utc_ms": event.utc_ms}
            if values:
                await tx.execute(
                    update(t.sessions).where(t.sessions.c.id == head.session_id).values(**values)
                )

    async def _admit_waiting(self, tx: AsyncConnection, session_id: str) -> None:
        """Who waits when the lesson begins has come."""
        p, c = t.participants.c, t.connections.c
        waiting = select(c.participant_id).where(c.session_id == session_id)
        await tx.execute(
            update(t.participants).where(p.session_id == session_id, p.id.in_(waiting)).values(came=True)
        )


def _runs(person_id: str) -> ColumnElement[bool]:
    """Whether somebody presents or hosts a session."""
    return (t.sessions.c.presenter_person_id == person_id) | (t.sessions.c.host_person_id == person_id)


def _session(row: Any) -> Session:
    values = {field: getattr(row, field) for field in Session.__slots__}
    return Session(**values | {"state": LessonState(row.state)})


def _connection(row: Any) -> Connection:
    return Connection(**{field: getattr(row, field) for field in Connection.__slots__})
