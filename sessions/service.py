"""What can be done with sessions outside the class: plan, change, expect people."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.engine import Database
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import Conflict, NotFound, Rejected
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from lectern.kernel.sheet import LineError, read_sheet
from lectern.timeline.engine import Change, TimelineEngine
from lectern.timeline.event import (
    CANCELLED,
    NewEvent,
    ParticipantRemoved,
    RosterChanged,
    SessionEnded,
    SessionStarted,
)
from sessions import links
from sessions.lesson.idea import LESSON, LessonState, SessionPlanned
from sessions.links import Link
from sessions.people import People, PersonFacts
from sessions.presence.idea import PRESENCE
from sessions.store import Session, SessionStore

ROSTER_COLUMNS = {"external_id": ["employee id", "employee number", "工号", "员工编号"], "name": ["姓名"]}

LONGEST_REASON = 2_000

Relieved = Callable[[AsyncConnection, str, str, UtcMs], Awaitable[None]]
"""Told, in the transaction, that in this session this person (or guest) is staff no longer."""
NoteEnded = Callable[[AsyncConnection, Link], Awaitable[None]]
InsistOpen = Callable[[AsyncConnection, str], Awaitable[None]]
"""Refuses, in the transaction, what would change the attendance of a session whose attendance is closed."""


async def nothing_is_closed(_tx: AsyncConnection, _session_id: str) -> None:
    """See `InsistOpen`; where nobody closes attendance."""


class Audit(Protocol):
    """Writes who did what to a session into the audit log, in the transaction in which it is done."""

    async def __call__(
        self,
        tx: AsyncConnection,
        *,
        org_id: str,
        actor: str,
        action: str,
        target: str,
        now: UtcMs,
        details: Mapping[str, Any],
    ) -> None:
        """Write it. Raising undoes the act."""


@dataclass(frozen=True, slots=True)
class RosterReport:
    """What a roster import did."""

    added: int
    updated: int
    unchanged: int
    errors: list[LineError]


class Sessions:
    """Plans sessions and keeps their rosters."""

    def __init__(
        self,
        database: Database,
        engine: TimelineEngine,
        people: People,
        clock: Clock = utc_ms,
        *,
        audit: Audit,
        relieved: Sequence[Relieved] = (),
        insist_open: InsistOpen = nothing_is_closed,
    ) -> None:
        self.database = database
        self.store = SessionStore()
        self.people = people
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._relieved = relieved
        self._insist_open = insist_open

    async def get(self, session_id: str, org_id: str | None = None) -> Session:
        """Return a session.

        Raises:
            NotFound: there is none, or it belongs to another organisation.
        """
        async with self.database.read() as tx:
            session = await self.store.get(tx, session_id)
        if session is None or org_id not in (None, session.org_id):
            raise NotFound("session_not_found", "There is no such session.")
        return session

    async def live_ids(self) -> list[str]:
        """Return the ids of all sessions that are live."""
        async with self.database.read() as tx:
            return [s.id for s in await self.store.in_state(tx, LessonState.LIVE)]

    async def create(
        self,
        *,
        org_id: str,
        title: str,
        starts_utc_ms: int | None,
        zone: str,
        presenter_person_id: str | None,
        host_person_id: str | None,
        guests_allowed: bool,
        auto_start: bool = False,
        planned_minutes: int | None = None,
    ) -> Session:
        """Plan a session; its timeline begins with the plan.

        Raises:
            Rejected: unknown zone, or a host who may not host.
        """
        check_zone(zone)
        now = self._clock()
        wanted = {p for p in (presenter_person_id, host_person_id) if p}
        people = await self.people.by_id(wanted)
        if wanted - people.keys():
            raise Rejected("person_not_found", "The presenter or the host does not exist.")
        if host_person_id and not people[host_person_id].may_host:
            raise Rejected("not_a_host", "This person may not host sessions.")
        session = Session(
            id=new_id(),
            org_id=org_id,
            title=title,
            state=LessonState.SCHEDULED,
            starts_utc_ms=now if starts_utc_ms is None else starts_utc_ms,
            zone=zone,
            presenter_person_id=presenter_person_id,
            host_person_id=host_person_id,
            guests_allowed=guests_allowed,
            auto_start=auto_start,
            first_started_utc_ms=None,
            ended_utc_ms=None,
            created_utc_ms=now,
            planned_minutes=planned_minutes,
        )
        async with self.database.write() as tx:
            await self.store.create(tx, session)
            await self._engine.store.create(tx, session.id, org_id)
            planned = _planned(session, people.get(presenter_person_id or ""))
            await self._engine.begin(tx, session.id, [planned], now)
        return session

    async def replan(
        self,
        session: Session,
        *,
        title: str | None,
        starts_utc_ms: int | None,
        zone: str | None,
        guests_allowed: bool | None,
        host_person_id: str | None,
        planned_minutes: int | None = None,
        by: str,
    ) -> Session:
        """Change the plan; None leaves a field as it is, "" takes the host away. `by` whom, for the audit.

        Raises:
            Conflict: it is over.
            Rejected: unknown zone, or a host who may not host.
        """
        if session.state is LessonState.ENDED:
            raise Conflict("session_over", "This session is over; its plan can no longer change.")
        changed = replace(
            session,
            title=session.title if title is None else title,
            starts_utc_ms=session.starts_utc_ms if starts_utc_ms is None else starts_utc_ms,
            zone=session.zone if zone is None else zone,
            guests_allowed=session.guests_allowed if guests_allowed is None else guests_allowed,
            host_person_id=session.host_person_id if host_person_id is None else host_person_id or None,
            planned_minutes=session.planned_minutes if planned_minutes is None else planned_minutes,
        )
        check_zone(changed.zone)
        people = await self.people.by_id(
            {p for p in (changed.presenter_person_id, changed.host_person_id) if p}
        )
        host = people.get(changed.host_person_id or "")
        is_new = changed.host_person_id not in (None, session.host_person_id)
        if is_new and host is None:
            raise Rejected("person_not_found", "The host does not exist.")
        if is_new and host is not None and not host.may_host:
            raise Rejected("not_a_host", "This person may not host sessions.")
        async with self._engine.change(session.id) as change:
            await self.store.update(
                change.tx,
                session.id,
                title=changed.title,
                starts_utc_ms=changed.starts_utc_ms,
                zone=changed.zone,
                guests_allowed=changed.guests_allowed,
                host_person_id=changed.host_person_id,
                planned_minutes=changed.planned_minutes,
            )
            change.append(_planned(changed, people.get(changed.presenter_person_id or "")))
            before, host_id = session.host_person_id, changed.host_person_id
            if before != host_id:
                await self._note(change, by, "host_named", {"before": before, "after": host_id})
            if before is not None and before not in (host_id, changed.presenter_person_id):
                await self._relieve(change, before, host_id or changed.presenter_person_id or "", by)
        return changed

    async def _note(self, change: Change, by: str, action: str, details: Mapping[str, Any]) -> None:
        head = change.head
        await self._audit(
            change.tx,
            org_id=head.org_id,
            actor=by,
            action=action,
            target=head.session_id,
            now=change.now,
            details=details,
        )

    async def _relieve(self, change: Change, person_id: str, heir: str, by: str) -> None:
        """Make a learner of somebody who is host no longer, wherever they are connected.

        What they made for staff ends with them: links, and (through `relieved`) what others keep. Links that
        they gave to learners and screens stay good, and are the `heir`'s to look after from now on.
        """
        participants = change.state.of(PRESENCE).participants
        ended = await links.end_of(change.tx, change.head.session_id, person_id, change.now)
        for link in ended:
            await self._shut_out(change, link)
            details = {"link": link.id, "role": link.role.value, "person": link.person_id}
            await self._note(change, by, "join_token_ended", details)
        passed = await links.pass_on(change.tx, change.head.session_id, person_id, heir)
        if passed:
            passing: dict[str, Any] = {"count": passed, "before": person_id, "after": heir or None}
            await self._note(change, by, "join_tokens_passed_on", passing)
        await self._tell(change, person_id)
        for present in participants.values():
            joined = present.joined
            if joined.person != person_id or joined.role != SessionRole.HOST or present.removed:
                continue
            change.append(NewEvent(payload=msgspec.structs.replace(joined, role=SessionRole.LEARNER.value)))
            await self._lower(change, joined.kind, person_id)

    async def _lower(self, change: Change, kind: str, subject: str) -> None:
        known = await self.store.participant(change.tx, change.head.session_id, kind, subject)
        if known is not None:
            lowered = replace(known, role=SessionRole.LEARNER)
            await self.store.put_participant(change.tx, change.head.org_id, lowered)

    async def _shut_out(self, change: Change, link: Link) -> None:
        """Take from those who came by a link what it gave: guests go, people are learners again."""
        await self._tell(change, link.person_id or link.id)  # a guest of a link has its id
        for present in change.state.of(PRESENCE).participants.values():
            joined = present.joined
            if joined.link != link.id or present.removed:
                continue
            if joined.person is None:
                change.append(NewEvent(payload=ParticipantRemoved(participant=joined.participant)))
            elif present.standing.is_staff():
                lowered = msgspec.structs.replace(joined, role=SessionRole.LEARNER.value, link=None)
                change.append(NewEvent(payload=lowered))
                await self._lower(change, joined.kind, joined.person)

    async def _tell(self, change: Change, subject: str) -> None:
        for relieved in self._relieved:
            await relieved(change.tx, change.head.session_id, subject, change.now)

    async def end_link(self, session: Session, link_id: str, note: NoteEnded) -> None:
        """Take a link back: it opens nothing from now on. `note` writes it down in the same transaction.

        Raises:
            NotFound: there is no such link (any more) (`link_not_found`).
        """
        async with self._engine.change(session.id) as change:
            link = await links.end(change.tx, session.id, link_id, change.now)
            if link is None:
                raise NotFound("link_not_found", "There is no such link, or it was taken back already.")
            if link.person_id not in (session.presenter_person_id, session.host_person_id) or (
                link.person_id is None
            ):
                await self._shut_out(change, link)
            await note(change.tx, link)

    async def start(self, session_id: str) -> None:
        """Start a session from outside the class (auto-start, API); a live one stays as it is.

        Raises:
            Conflict: it is over.
        """
        async with self._engine.change(session_id) as change:
            state = change.state.of(LESSON).state
            if state is LessonState.ENDED:
                raise Conflict("session_over", "This session is over and cannot be started again.")
            if state is LessonState.SCHEDULED:
                change.append(NewEvent(payload=SessionStarted()))

    async def end(self, session_id: str) -> None:
        """End a session from outside the class; an ended one stays as it is.

        Raises:
            Conflict: it was never live.
        """
        async with self._engine.change(session_id) as change:
            state = change.state.of(LESSON).state
            if state is LessonState.SCHEDULED:
                raise Conflict("session_not_live", "This session has not been started.")
            if state is LessonState.LIVE:
                change.append(NewEvent(payload=SessionEnded()))

    async def cancel(self, session_id: str) -> None:
        """Call a session off that was never live: it ends without having begun. Again changes nothing.

        Raises:
            Conflict: it is live, or was (`session_began`).
        """
        async with self._engine.change(session_id) as change:
            lesson = change.state.of(LESSON)
            if lesson.first_started_utc_ms is not None:
                raise Conflict("session_began", "This session has begun. End it instead of cancelling it.")
            if lesson.state is LessonState.SCHEDULED:
                change.append(NewEvent(payload=SessionEnded(reason=CANCELLED)))

    async def expect(
        self, session: Session, person_ids: Sequence[str], *, by: str | None = None, reason: str = ""
    ) -> int:
        """Put people on the roster; return how many are new. `by` whom, for the audit (None: nobody).

        Raises:
            Rejected, Conflict: somebody does it after the lesson, see `unexpect`.
        """
        async with self._engine.change(session.id) as change:
            ref, texts = await self._why(change, by, reason)
            added = await self.store.add_to_roster(change.tx, session, person_ids, change.now)
            if added:
                await self._roster_changed(change, texts, by=by, reason_ref=ref)
        return len(added)

    async def unexpect(self, session: Session, person_id: str, *, by: str, reason: str = "") -> None:
        """Take somebody off the roster; once the lesson is over, with a reason. What they did there stays.

        Raises:
            NotFound: they are not on it (`not_on_roster`).
            Rejected: the lesson is over and no reason is given, or a too long one.
            Conflict: the attendance is closed (`attendance_closed`).
        """
        async with self._engine.change(session.id) as change:
            ref, texts = await self._why(change, by, reason)
            if not await self.store.take_off_roster(change.tx, session.id, person_id):
                raise NotFound("not_on_roster", "This person is not on the session's list (any more).")
            await self._roster_changed(change, texts, by=by, reason_ref=ref)

    async def _why(self, change: Change, by: str | None, reason: str) -> tuple[str | None, dict[str, str]]:
        """Return the reference of a reason and its words. After the lesson there must be one."""
        words = "".join(c for c in reason.encode("utf-8", "ignore").decode() if c >= " " or c == "\n").strip()
        if by is not None and change.state.of(LESSON).state is LessonState.ENDED:
            if not words:
                raise Rejected("reason_missing", "The lesson is over. Please write why the list changes.")
            await self._insist_open(change.tx, change.head.session_id)
        if len(words) > LONGEST_REASON:
            raise Rejected("reason_too_long", f"A reason has at most {LONGEST_REASON} characters.")
        ref = new_id() if words else None
        return ref, {} if ref is None else {ref: words}

    async def _roster_changed(self, change: Change, texts: dict[str, str], **how: Any) -> None:
        """Say by whom the roster differs from what the timeline knows; earlier releases gave no names."""
        now, known = (
            await self.store.roster(change.tx, change.head.session_id),
            change.state.of(PRESENCE).roster,
        )
        added, removed = tuple(sorted(now - known)), tuple(sorted(known - now))
        payload = RosterChanged(expected=len(now), added=added, removed=removed, **how)
        change.append(NewEvent(payload=payload, texts=texts))

    async def import_roster(self, session: Session, data: bytes, *, by: str | None = None) -> RosterReport:
        """Put the people of a CSV file on the roster. Good lines are kept even if others are wrong.

        Raises:
            Rejected: the file as a whole cannot be read.
            Conflict: somebody does it after the lesson (`session_over`).
        """
        if by is not None and session.state is LessonState.ENDED:
            raise Conflict("session_over", "The lesson is over. Add people one by one, each with a reason.")
        lines, errors = await asyncio.to_thread(read_roster, data)
        known = await self.people.by_external_id(session.org_id, list(lines))
        for external_id, line in lines.items():
            if external_id not in known:
                message = f"Nobody has the employee number {external_id[:80]}. Import the staff list first."
                errors.append(LineError(line, "person_unknown", message))
        added = await self.expect(session, [p.id for p in known.values()], by=by)
        errors.sort(key=lambda error: error.line)
        return RosterReport(added, 0, len(known) - added, errors)


def read_roster(data: bytes) -> tuple[dict[str, int], list[LineError]]:
    """Read a roster: the lines of employee numbers, and what is wrong with the others. Pure.

    Raises:
        Rejected: the file as a whole cannot be read.
    """
    errors: list[LineError] = []
    lines: dict[str, int] = {}
    for row in read_sheet(data, ROSTER_COLUMNS, ["external_id"]):
        external_id = row.cells.get("external_id", "")
        if not external_id:
            errors.append(LineError(row.line, "cell_empty", "The employee number is missing."))
        elif external_id in lines:
            message = f"The employee number {external_id[:80]} was already on line {lines[external_id]}."
            errors.append(LineError(row.line, "duplicate_person", message))
        else:
            lines[external_id] = row.line
    return lines, errors


def check_zone(zone: str) -> None:
    """Insist on an IANA time zone.

    Raises:
        Rejected: there is no such zone (`zone_unknown`).
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Rejected("zone_unknown", "This time zone does not exist. Example: Asia/Shanghai.") from None


def _planned(session: Session, presenter: PersonFacts | None) -> NewEvent:
    ref = new_id() if presenter else None
    plan = SessionPlanned(
        session=session.id,
        title=session.title,
        starts_utc_ms=session.starts_utc_ms,
        zone=session.zone,
        presenter_ref=ref,
        host=None if session.host_person_id == session.presenter_person_id else session.host_person_id,
        planned_minutes=session.planned_minutes,
    )
    return NewEvent(payload=plan, texts={ref: presenter.name} if ref and presenter else {})
