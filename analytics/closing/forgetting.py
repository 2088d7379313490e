"""Forgetting somebody: what attendance says of them in words, everywhere it does; the chains still hold.

Erased are names, numbers and departments in closed records; why staff decided about them, what they objected
and were answered; why they asked for make-ups and were corrected; why versions were made that changed their
row; of a guest, the name under which they came. Verdicts, times and counts stay, under a pseudonymous id,
and no later version names them again; what is kept of them beside the timeline, for what they have to watch,
goes (`LiveStore.forget`). What they watched stays too, under a new id that nothing else knows
(`ViewStore.forget`); an attendance that is not closed yet no longer knows what they saw of the replay. So do
the stars that they gave and what they passed on, without their words.

What they wrote *as staff* about others belongs to those others, and goes only if that is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analytics.attendance.report import AttendanceReports
from analytics.attendance.store import CaseStore
from analytics.closing.neighbours import Remembers, Timelines
from analytics.closing.store import ClosingStore
from analytics.lesson_statistics import LessonStore
from analytics.live.store import LiveStore
from analytics.store import AnalyticsStore
from analytics.view_store import ViewStore
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, NotFound
from lectern.kernel.ids import new_id


@dataclass(slots=True)
class Forgetting:
    """What an operator can have erased; each call may be repeated, and then finds nothing."""

    database: Database
    reports: AttendanceReports
    cases: CaseStore
    timelines: Timelines
    trail: Trail
    closings: ClosingStore = field(default_factory=ClosingStore)
    events: AnalyticsStore = field(default_factory=AnalyticsStore)
    views: ViewStore = field(default_factory=ViewStore)
    lessons: LessonStore = field(default_factory=LessonStore)
    live: LiveStore = field(default_factory=LiveStore)
    clock: Clock = utc_ms
    others: Sequence[Remembers] = ()

    async def person(self, who: Principal, person_id: str, *, written_too: bool = False) -> int:
        """Forget a person in all lessons; with `written_too` also what they wrote as staff about others.

        Returns how many names, texts and records of viewing were erased or made nobody's.

        Raises:
            Forbidden: `who` is no administrator.
        """
        who.require(Permission.ADMIN)
        seats = await self.timelines.seats_of(who.org_id, person_id)
        return await self._forget(
            who, [person_id, *seats], written_by=[person_id, *seats] if written_too else []
        )

    async def guest(self, who: Principal, session_id: str, name: str) -> int:
        """Forget a guest of a lesson, by the name under which they came, or by their id.

        Returns how many names, texts and records of viewing were erased or made nobody's.

        Raises:
            Forbidden: `who` is no administrator. NotFound: nobody of that name came as a guest.
            Conflict: several did (`guest_ambiguous`); the ids are in the message.
        """
        who.require(Permission.ADMIN)
        report = await self.reports.everybody(session_id)
        if report.facts.org_id != who.org_id:
            raise NotFound("session_not_found", "There is no such session.")
        guests = [line for line in report.lines if line.row.kind == "guest"]
        found = [line for line in guests if name in (line.name, line.subject)]
        if not found:
            raise NotFound("guest_unknown", "No guest of this name came to this session.")
        if len(found) > 1:
            ids = ", ".join(line.subject for line in found)
            raise Conflict("guest_ambiguous", f"Several guests have this name. Give one of these ids: {ids}")
        [subject] = [line.subject for line in found]
        async with self.database.read() as tx:
            names = await self.events.names_of(tx, session_id, subject)
        erased = await self.timelines.erase(session_id, names)
        return erased + await self._forget(who, [subject])

    async def _forget(
        self, who: Principal, subjects: list[str], *, written_by: list[str] | None = None
    ) -> int:
        org_id, erased = who.org_id, 0
        async with self.database.write() as tx:
            sessions = await self.cases.sessions_about(tx, org_id, subjects)
            sessions |= await self.closings.sessions_about(tx, org_id, subjects)
            for session_id in sorted(sessions):  # whoever closes waits, and then knows who was forgotten
                await self.cases.lock_session(tx, session_id)
            await self.closings.erase_amending(tx, org_id, sessions, subjects)
            erased += await self.cases.erase_words(tx, org_id, subjects)
            for subject in subjects:
                await self.closings.remember_forgotten(tx, org_id, subject, self.clock())
                erased += await self.closings.forget_reasons(tx, org_id, subject)
                erased += await self.closings.forget(tx, org_id, subject)
                pseudonym = new_id()
                erased += await self.views.forget(tx, org_id, subject, pseudonym)
                await self.lessons.forget(tx, org_id, subject, pseudonym)
                await self.live.forget(tx, org_id, subject)
                for other in self.others:
                    erased += await other.forget(tx, org_id, subject, pseudonym)
            for by in written_by or ():
                count, labels = await self.cases.erase_written(tx, org_id, by)
                erased += count + await self.closings.forget_labels(tx, org_id, labels)
            words = await self.events.words_about(tx, org_id, subjects, written_by=written_by or ())
            details = {"erased": erased, "written_too": bool(written_by)}
            await self.trail.write(tx, who, "attendance_identity_erased", subjects[0], details)
        for session_id, refs in words.items():
            erased += await self.timelines.erase(session_id, refs)
        return erased
