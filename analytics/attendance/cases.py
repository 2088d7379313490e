"""What people do about attendance: set the rule, decide, object, answer. Each in one transaction, audited."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.attendance.books import Act, Book, Books
from analytics.attendance.objections import (
    Move,
    Objection,
    State,
    checked_words,
    insist_on_objecting,
    moved,
)
from analytics.attendance.report import AttendanceLine, AttendanceReports, OwnReport
from analytics.attendance.rule import Rule
from analytics.attendance.store import CaseStore
from analytics.attendance.verdict import Decision, Verdict
from analytics.neighbours import Seats, SessionFacts
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.kernel.access import Permission, Principal, insist_on_running
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, Forbidden, NotFound, Rejected
from lectern.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class Cases:
    """Everything that changes a verdict but the lesson itself."""

    database: Database
    store: CaseStore
    reports: AttendanceReports
    seats: Seats
    trail: Trail
    books: Books
    objection_days: int
    clock: Clock = utc_ms

    async def set_rule(self, who: Principal, session_id: str, rule: Rule) -> None:
        """Set what a session asks.

        Raises:
            NotFound, Forbidden: no such session, or `who` does not run it. Rejected: a field out of range.
            Conflict: the attendance is closed (`attendance_closed`).
        """
        facts = await self.insist_on_running(who, session_id)
        await self._put_rule(who, facts.org_id, session_id, rule, facts)

    async def set_standard(self, who: Principal, rule: Rule) -> None:
        """Set what sessions of the organisation ask that have no rule of their own.

        Raises:
            Forbidden: `who` does not administer it. Rejected: a field out of range, or a planned length,
            which is each session's own.
        """
        who.require(Permission.ADMIN)
        if rule.planned_minutes is not None:
            raise Rejected(
                "rule_invalid", "Each session has a length of its own. Leave it out.", field="planned_minutes"
            )
        await self._put_rule(who, who.org_id, who.org_id, rule)

    async def standard(self, who: Principal) -> Rule:
        """Return what sessions ask that have no rule of their own."""
        who.require(Permission.ATTENDANCE_READ)
        async with self.database.read() as tx:
            rules = await self.store.rules(tx, [who.org_id])
        return rules.get(who.org_id, self.reports.standard)

    async def decide(
        self, who: Principal, session_id: str, subject: str, verdict: Verdict | None, reason: str
    ) -> None:
        """Set somebody's verdict (None: leave it to the rule again), with a reason.

        Raises:
            NotFound, Forbidden: no such session or row, or `who` does not run it.
            Rejected: no verdict that can be set, or no reason.
            Conflict: the attendance is closed (`attendance_closed`).
        """
        await self.insist_on_running(who, session_id)
        words, settable = checked_words(reason), _settable(verdict)
        before = await self._line(session_id, subject)
        async with self.database.write() as tx:
            await self._insist_on_correcting(tx, session_id)
            await self._decide(tx, who, session_id, before, verdict=settable, reason=words)

    async def object(self, who: Principal, session_id: str, text: str) -> None:
        """Object to one's own verdict.

        Raises:
            NotFound, Forbidden: no such session, or `who` was no learner in it.
            Conflict: not now. Rejected: no words.
        """
        own = await self.own(who, session_id)
        line = own.line
        words, now = checked_words(text), self.clock()
        objection = Objection(
            id=new_id(),
            session_id=session_id,
            subject=line.subject,
            state=State.OPEN,
            against=line.judgement.verdict,
            body=words,
            objected_utc_ms=now,
        )
        async with self.database.write() as tx:
            await self.store.lock_session(tx, session_id)
            earlier = await self.store.objections(tx, session_id, [line.subject])
            insist_on_objecting(
                earlier, ended_utc_ms=own.facts.ended_utc_ms, days=self.objection_days, now=now
            )
            await self.store.add_objection(tx, own.facts.org_id, objection)
            await self.trail.write(
                tx,
                who,
                "attendance_objected",
                session_id,
                {"objection": objection.id, "subject": line.subject},
            )

    async def withdraw(self, who: Principal, session_id: str, objection_id: str) -> None:
        """Take one's own objection back.

        Raises:
            NotFound: there is none of theirs. Conflict: it was settled before.
        """
        line = (await self.own(who, session_id)).line
        async with self.database.write() as tx:
            await self.store.lock_session(tx, session_id)
            objection = await self._locked(tx, session_id, objection_id)
            if objection.subject != line.subject:
                raise _no_objection()
            await self._settle(tx, who, objection, Move.WITHDRAW, answer=None)

    async def answer(
        self, who: Principal, session_id: str, objection_id: str, *, verdict: Verdict | None, text: str
    ) -> None:
        """Accept an objection (another `verdict` is set) or decline it (None), and say why.

        Raises:
            NotFound, Forbidden: no such objection, or `who` does not run the session.
            Conflict: it was settled before, or the attendance is closed (`attendance_closed`).
            Rejected: no words, or no verdict that can be set.
        """
        await self.insist_on_running(who, session_id)
        words, settable = checked_words(text), _settable(verdict)
        async with self.database.read() as tx:
            known = await self.store.objections(tx, session_id)
        subject = next((each.subject for each in known if each.id == objection_id), None)
        if subject is None:
            raise _no_objection()
        before = await self._line(session_id, subject)
        async with self.database.write() as tx:
            await self._insist_on_correcting(tx, session_id)
            objection = await self._locked(tx, session_id, objection_id)
            await self._settle(
                tx, who, objection, Move.DECLINE if settable is None else Move.ACCEPT, answer=words
            )
            if settable is not None:
                await self._decide(tx, who, session_id, before, verdict=settable, reason=words)

    async def own(self, who: Principal, session_id: str) -> OwnReport:
        """Return the attendance of whoever asks.

        Raises:
            NotFound: no such session, or not for them. Forbidden: neither expected nor there.
        """
        person, participant = await self.oneself(who, session_id)
        found = await self.reports.own(session_id, person=person, participant=participant)
        if found is None:
            raise Forbidden("not_expected", "You were not expected in this session and did not come.")
        return found

    def may_object(self, own: OwnReport) -> bool:
        """Tell whether an objection would be taken now."""
        ended = own.facts.ended_utc_ms
        try:
            insist_on_objecting(
                list(own.line.objections), ended_utc_ms=ended, days=self.objection_days, now=self.clock()
            )
        except Conflict:
            return False
        return True

    async def oneself(self, who: Principal, session_id: str) -> tuple[str | None, str | None]:
        """Return person and participant of whoever asks.

        Raises:
            NotFound: no such session, or a token of another one. Forbidden: nobody in particular.
        """
        facts = await self.reports.sessions.facts(session_id)
        grant = who.grant
        if who.org_id != facts.org_id or (grant is not None and grant.session_id != session_id):
            raise NotFound("session_not_found", "There is no such session.")
        if grant is None and who.person_id is not None:
            return who.person_id, None
        if grant is not None and grant.person_id is not None:
            return grant.person_id, None
        participant = None
        if grant is not None:
            participant = grant.participant_id or await self.seats.participant_of(grant)
        if participant is None:
            raise Forbidden("not_expected", "You were not expected in this session and did not come.")
        return None, participant

    async def insist_on_running(self, who: Principal, session_id: str) -> SessionFacts:
        """Let pass whoever runs a session: presenter, host, staff's token, administrators, keys.

        Raises:
            NotFound, Forbidden: no such session, or not theirs to judge.
        """
        facts = await self.reports.sessions.facts(session_id)
        if who.org_id != facts.org_id:
            raise NotFound("session_not_found", "There is no such session.")
        led_by = (facts.presenter_person_id, facts.host_person_id)
        insist_on_running(who, led_by, by_link_to=session_id)
        return facts

    async def book(self, session_id: str) -> Book:
        """Return whether a session's attendance may still be corrected."""
        async with self.database.read() as tx:
            return await self.books.book(tx, session_id)

    async def _insist_on_correcting(self, tx: AsyncConnection, session_id: str) -> None:
        """Let pass what corrects an attendance that is open, or being amended. Closing waits for `tx`."""
        await self.store.lock_session(tx, session_id)
        (await self.books.book(tx, session_id)).after(Act.CORRECT)

    async def _put_rule(
        self, who: Principal, org_id: str, scope: str, rule: Rule, session: SessionFacts | None = None
    ) -> None:
        if rule.problem is not None:
            raise Rejected("rule_invalid", "This rule has a number that cannot be.", field=rule.problem)
        async with self.database.write() as tx:
            before = (await self.store.rules(tx, [scope])).get(scope)
            if session is not None:
                await self._insist_on_correcting(tx, scope)
                # A lesson's length is one: what calendars say and what the share is of.
                await self.reports.sessions.set_length(tx, scope, rule.planned_minutes)
                before = before and replace(before, planned_minutes=session.planned_minutes)
            kept = replace(rule, planned_minutes=None)
            await self.store.put_rule(tx, org_id, scope, kept, by=who.subject_id, now=self.clock())
            details = {"before": None if before is None else asdict(before), "after": asdict(rule)}
            await self.trail.write(tx, who, "attendance_rule_set", scope, details)

    async def _line(self, session_id: str, subject: str) -> AttendanceLine:
        for person, participant in ((subject, None), (None, subject)):
            found = await self.reports.own(session_id, person=person, participant=participant)
            if found is not None:
                return found.line
        raise NotFound("row_not_found", "Nobody of this id has a row in this session.")

    async def _decide(
        self,
        tx: AsyncConnection,
        who: Principal,
        session_id: str,
        before: AttendanceLine,
        *,
        verdict: Verdict | None,
        reason: str,
    ) -> None:
        decision = Decision(new_id(), verdict, who.subject_id, self.clock())
        await self.store.add_decision(
            tx, who.org_id, session_id, subject=before.subject, decision=decision, reason=reason
        )
        details = {
            "subject": before.subject,
            "before": before.judgement.verdict,
            "after": before.judgement.computed if verdict is None else verdict,
            "decision": decision.id,
        }
        await self.trail.write(tx, who, "attendance_decided", session_id, details)

    async def _settle(
        self, tx: AsyncConnection, who: Principal, objection: Objection, move: Move, *, answer: str | None
    ) -> None:
        state = moved(objection, move)
        await self.store.settle(tx, objection.id, state, answer=answer, by=who.subject_id, now=self.clock())
        details = {"objection": objection.id, "subject": objection.subject}
        await self.trail.write(tx, who, f"attendance_objection_{state}", objection.session_id, details)

    async def _locked(self, tx: AsyncConnection, session_id: str, objection_id: str) -> Objection:
        found = await self.store.lock_objection(tx, session_id, objection_id)
        if found is None:
            raise _no_objection()
        return found


def deciders(lines: Sequence[AttendanceLine]) -> set[str]:
    """Return the ids of everybody who decided or answered something in these lines."""
    decided = {decision.by for line in lines for decision, _ in line.history}
    return decided | {o.answered_by for line in lines for o in line.objections if o.answered_by}


def _settable(verdict: Verdict | None) -> Verdict | None:
    if verdict is Verdict.OPEN:
        raise Rejected("verdict_unsettable", "A verdict is present, partly, absent or excused.")
    return verdict


def _no_objection() -> NotFound:
    return NotFound("objection_not_found", "There is no such objection.")
