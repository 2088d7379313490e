"""Puts signals over several lessons together, of what is kept of each.

A lesson that is over is counted once, and again when anything changed that its count depends on. Nothing
counts in the background: a request counts those that are missing for at most `COUNTING_S`, and says how many
are left. Of a lesson that was counted before, what was counted then stands until that.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.answering import READ, Asked, Member, grade, read_answers
from analytics.attendance.rates import lesson_share
from analytics.attendance.report import AttendanceReport, AttendanceReports
from analytics.attendance.rule import Rule
from analytics.attendance.tables import rules
from analytics.attendance.verdict import is_attended, stayed
from analytics.lesson_signals import (
    NOBODY,
    Counted,
    HeldLesson,
    LessonMarks,
    SignalOver,
    basis_of,
    seen_by_department,
    signals_over,
)
from analytics.lesson_tables import lesson_signals
from analytics.periods import bounds_of
from analytics.session_report import is_active
from analytics.signals import SignalLimits
from analytics.store import AnalyticsStore
from analytics.tables import view_media, view_periods
from analytics.view_sums import ALL, NO_DEPARTMENT
from lectern.db.one_of import one_of
from lectern.db.upsert import put
from lectern.edge.downloads import made
from lectern.kernel.access import Permission, Principal

COUNTING_S = 2.0
_DECODER = msgspec.msgpack.Decoder(dict[str, LessonMarks])


class Lessons(Protocol):
    """Knows which lessons were held, and which are behind a series."""

    async def in_period(self, org_id: str, from_utc_ms: int, to_utc_ms: int) -> Sequence[HeldLesson]:
        """Return the lessons that began from one moment to another, both included, in order."""

    async def of_series(self, org_id: str, series_id: str) -> tuple[str, Sequence[HeldLesson]]:
        """Return a series' title, and the lessons that its media were recorded in, in order.

        Raises `NotFound` (`series_not_found`).
        """


@dataclass(frozen=True, slots=True)
class SignalsOfLessons:
    """Signals over `lessons` of them. `about` is the period, or the series' title.

    `uncounted` lessons are not in it yet, or as they were counted before: ask again.
    """

    about: str
    lessons: int
    uncounted: int
    signals: tuple[SignalOver, ...]


def marks_of(
    report: AttendanceReport,
    polls: Sequence[Asked],
    members: Mapping[str, Member],
    completed_from: float,
) -> dict[str, LessonMarks]:
    """Return what a lesson comes to, by department; guests, and people without one, are in `NO_DEPARTMENT`.

    So are answers to anonymous polls, which are nobody's.
    """
    found: dict[str, LessonMarks] = {}
    department_of: dict[str, str] = {}
    rule = report.rule

    def note(department: str, marks: LessonMarks) -> None:
        found[department] = found.get(department, NOBODY).plus(marks)

    for line in report.lines:
        row, evidence = line.row, line.evidence
        department = (line.card.department_id if line.card else None) or NO_DEPARTMENT
        department_of |= {id_: department for id_ in (row.person, row.participant) if id_}
        started, there = evidence.present_ms + evidence.replay_ms > 0, evidence.present_ms > 0
        note(
            department,
            LessonMarks(
                expected=row.expected,
                begun=row.expected and started,
                attended=row.expected and is_attended(rule, evidence),
                there=there,
                stayed=there and stayed(rule, evidence),
                active=there and is_active(row),
                started=started,
                completed=started and lesson_share(rule, evidence) >= completed_from,
            ),
        )
    scored = [asked for asked in polls if asked.scored]
    named = [asked for asked in scored if not asked.anonymous]
    for department, ids in _by_department(members, department_of).items():
        sums = grade(named, ids)
        note(department, LessonMarks(answered=sums.answered, right=sums.right))
    for counted in (asked.counted or {} for asked in scored if asked.anonymous):
        right, answered = int(counted.get("right", 0)), int(counted.get("ballots", 0))
        note(NO_DEPARTMENT, LessonMarks(answered=answered, right=right))
    return {department: each for department, each in found.items() if each != NOBODY}


def _by_department(members: Mapping[str, Member], department_of: Mapping[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for member in members.values():
        department = department_of.get(member.person or "", department_of.get(member.id, NO_DEPARTMENT))
        found.setdefault(department, set()).add(member.id)
    return found


class SignalStore:
    """What was counted of lessons for signals, in SQL. Every method works inside the caller's transaction."""

    async def counted(
        self, tx: AsyncConnection, org_id: str, session_ids: Sequence[str]
    ) -> dict[str, tuple[str, dict[str, LessonMarks]]]:
        """Return what was counted, and what it stood on, by session."""
        c = lesson_signals.c
        query = select(c.session_id, c.basis, c.marks)
        query = query.where(c.org_id == org_id, one_of(c.session_id, session_ids))
        return {row.session_id: (row.basis, _DECODER.decode(row.marks)) for row in await tx.execute(query)}

    async def keep(
        self, tx: AsyncConnection, org_id: str, session_id: str, basis: str, marks: Mapping[str, LessonMarks]
    ) -> None:
        """Keep what a lesson came to."""
        row = {"session_id": session_id, "org_id": org_id, "basis": basis}
        await put(tx, lesson_signals, row | {"marks": msgspec.msgpack.encode(marks)})

    async def rules(self, tx: AsyncConnection, scopes: Sequence[str]) -> dict[str, Rule]:
        """Return the rules that were set for many sessions and an organisation."""
        query = select(rules.c.scope, rules.c.rule).where(one_of(rules.c.scope, scopes))
        return {row.scope: msgspec.convert(row.rule, Rule) for row in await tx.execute(query)}

    async def watched(
        self, tx: AsyncConnection, org_id: str, session_ids: Sequence[str]
    ) -> dict[str, tuple[int, int]]:
        """Return viewers and what they covered (ms) of the replays of sessions, all versions added up."""
        m, p = view_media.c, view_periods.c
        query = (
            select(m.session_id, func.sum(p.viewers), func.sum(p.covered_ms))
            .join(view_periods, p.medium_key == m.key)
            .where(
                m.org_id == org_id, m.medium == "replay", p.period == ALL, one_of(m.session_id, session_ids)
            )
            .group_by(m.session_id)
        )
        return {row[0]: (int(row[1]), int(row[2])) for row in await tx.execute(query)}


@dataclass(frozen=True, slots=True)
class LessonSignals:
    """Computes them; `departments` names those of an organisation by id, `mono_s` never goes back."""

    attending: AttendanceReports
    lessons: Lessons
    departments: Callable[[str], Awaitable[Mapping[str, str]]]
    zone: Callable[[], Awaitable[str]]
    mono_s: Callable[[], float]
    limits: SignalLimits = field(default_factory=SignalLimits)
    store: SignalStore = field(default_factory=SignalStore)
    timeline: AnalyticsStore = field(default_factory=AnalyticsStore)

    async def of_period(self, who: Principal, period: str) -> SignalsOfLessons:
        """Return the signals over the lessons that began in a month, a quarter or a year.

        Raises:
            Forbidden: `who` may not read attendance and viewing.
        """
        _insist(who)
        begins, ends = bounds_of(period, await self.zone())
        return await self._over(who, period, await self.lessons.in_period(who.org_id, begins, ends - 1))

    async def of_series(self, who: Principal, series_id: str) -> SignalsOfLessons:
        """Return the signals over the lessons that a series was made of.

        Raises:
            Forbidden: `who` may not read attendance and viewing. NotFound: there is no such series.
        """
        _insist(who)
        title, lessons = await self.lessons.of_series(who.org_id, series_id)
        return await self._over(who, title, lessons)

    async def _over(self, who: Principal, about: str, lessons: Sequence[HeldLesson]) -> SignalsOfLessons:
        counted, left = await self._counted(who.org_id, [each for each in lessons if each.is_over])
        names = await self.departments(who.org_id)
        seen = counted if who.sees_everybody else seen_by_department(counted, who.departments)
        signals = await made(lambda: signals_over(seen, names, self.limits))
        return SignalsOfLessons(about, len(counted), left, signals)

    async def _counted(self, org_id: str, lessons: Sequence[HeldLesson]) -> tuple[list[Counted], int]:
        """Return lessons with what they came to, counting those that lack it, and how many are left."""
        ids = [lesson.id for lesson in lessons]
        async with self.attending.database.read() as tx:
            bases = await self._bases(tx, org_id, lessons)
            known = await self.store.counted(tx, org_id, ids)
        stale = [id_ for id_ in ids if id_ not in known]
        stale += [id_ for id_ in ids if id_ in known and known[id_][0] != bases[id_]]
        marks = {id_: each for id_, (_, each) in known.items()}
        until, left = self.mono_s() + COUNTING_S, 0
        for id_ in stale:
            if self.mono_s() >= until:
                left += 1
                continue
            found = await self._count(org_id, id_, bases[id_])
            if found is not None:
                marks[id_] = found
        return [Counted(lesson, marks[lesson.id]) for lesson in lessons if lesson.id in marks], left

    async def _bases(self, tx: AsyncConnection, org_id: str, lessons: Sequence[HeldLesson]) -> dict[str, str]:
        ids = [lesson.id for lesson in lessons]
        heads = await self.attending.cases.heads(tx, org_id, ids)
        own = await self.store.rules(tx, [*ids, org_id])
        watched = await self.store.watched(tx, org_id, ids)
        standard = own.get(org_id, self.attending.standard)
        return {
            lesson.id: basis_of(
                seq=heads.get(lesson.id, 0),
                expected=lesson.expected,
                rule=replace(own.get(lesson.id, standard), planned_minutes=lesson.planned_minutes),
                watched=watched.get(lesson.id, (0, 0)),
                completed_from=self.attending.completed_from,
            )
            for lesson in lessons
        }

    async def _count(self, org_id: str, session_id: str, basis: str) -> dict[str, LessonMarks] | None:
        """Count a lesson and keep it; None of one that is not over."""
        report = await self.attending.everybody(session_id)
        if not report.course.over:
            return None
        async with self.attending.database.read() as tx:
            happened = await self.timeline.happenings(tx, session_id, READ)

        def marks() -> dict[str, LessonMarks]:
            polls, members = read_answers(happened)
            return marks_of(report, polls, members, self.attending.completed_from)

        found: dict[str, LessonMarks] = await made(marks)
        async with self.attending.database.write() as tx:
            await self.store.keep(tx, org_id, session_id, basis, found)
        return found


def _insist(who: Principal) -> None:
    for needed in (Permission.ATTENDANCE_READ, Permission.VIEWS_READ):
        who.require(needed)
