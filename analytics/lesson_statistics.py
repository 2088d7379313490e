"""Statistics of the house: lessons and viewing of a month, a quarter or a year, beside the period before.

Lessons that are over are counted once, and again after news; a request counts those that are missing for at
most `COUNTING_S`, and says how many are left.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.attendance.report import AttendanceReport, AttendanceReports
from analytics.attendance.verdict import base_ms, is_attended
from analytics.learned import NONE, HeldLesson, Learned, Slot, added, learned_by_department, slots_of
from analytics.lesson_sums import (
    NOBODY,
    LessonSums,
    Presence,
    by_department,
    together,
)
from analytics.lesson_tables import lesson_people, lesson_sums
from analytics.neighbours import Courses, Held
from analytics.periods import bounds_of, months_in, period_before
from analytics.tables import view_active
from analytics.view_reports import PeriodReport, ViewReports
from analytics.view_store import added_up
from analytics.view_sums import NO_DEPARTMENT, month_of, periods_of
from lectern.db.one_of import one_of
from lectern.db.upsert import insert_new, put
from lectern.edge.downloads import made
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import Forbidden

COUNTING_S = 2.0
_DECODER = msgspec.msgpack.Decoder(LessonSums)


@dataclass(frozen=True, slots=True)
class LessonFigures:
    """Lessons of a period that are over and counted; `people` came to any of them."""

    lessons: int = 0
    people: int = 0
    live_ms: int = 0
    expected: int = 0
    attended: int = 0
    presence: Presence = NOBODY


@dataclass(frozen=True, slots=True)
class DepartmentLine:
    """A department in a period; `name` is None for guests and people without one.

    `viewers` watched any replay or microcourse; `learned` is its time in each of the months.
    """

    name: str | None
    presence: Presence
    viewers: int
    learned: tuple[Learned, ...] = ()

    @property
    def whole(self) -> Learned:
        """The time of all months."""
        return added(self.learned)


@dataclass(frozen=True, slots=True)
class Statistics:
    """A period, and the one before it. `uncounted` lessons are not in it yet: ask again.

    `months` are those of the period; `slots` the hours of the week in which its lessons began.
    """

    period: str
    before: str | None
    lessons: LessonFigures
    lessons_before: LessonFigures
    viewing: PeriodReport
    viewing_before: PeriodReport | None
    departments: tuple[DepartmentLine, ...]
    uncounted: int
    months: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """What a lesson came to, up to event `seq`; `came` are the subjects of those who were there."""

    seq: int
    month: str
    sums: LessonSums
    came: frozenset[str]


class LessonStore:
    """What was counted of lessons, in SQL. Every method works inside the caller's transaction."""

    async def counted(
        self, tx: AsyncConnection, org_id: str, session_ids: Iterable[str]
    ) -> dict[str, tuple[int, LessonSums]]:
        """Return what was counted, and up to which event, by session."""
        columns = lesson_sums.c
        wanted = one_of(columns.session_id, list(session_ids))
        rows = await tx.execute(select(lesson_sums).where(columns.org_id == org_id, wanted))
        return {row.session_id: (row.seq, _DECODER.decode(row.sums)) for row in rows}

    async def keep(
        self,
        tx: AsyncConnection,
        org_id: str,
        session_id: str,
        counted: "Counted",
    ) -> None:
        """Keep what a lesson came to, and who came in its month, quarter and year."""
        row = {"session_id": session_id, "org_id": org_id, "seq": counted.seq}
        await put(tx, lesson_sums, row | {"sums": msgspec.msgpack.encode(counted.sums)})
        people = sorted(counted.came)
        await insert_new(
            tx,
            lesson_people,
            [
                {"org_id": org_id, "period": period, "subject": subject}
                for period in periods_of(counted.month)
                for subject in people
            ],
        )

    async def people(self, tx: AsyncConnection, org_id: str, period: str) -> int:
        """Return how many people came to any lesson of a period."""
        columns = lesson_people.c
        query = select(func.count()).where(columns.org_id == org_id, columns.period == period)
        return int((await tx.execute(query)).scalar_one())

    async def viewers(self, tx: AsyncConnection, org_id: str, period: str) -> list[str]:
        """Return who watched any replay or microcourse in a period."""
        columns = view_active.c
        query = select(columns.subject).where(columns.org_id == org_id, columns.period == period)
        return list((await tx.execute(query)).scalars())

    async def forget(self, tx: AsyncConnection, org_id: str, subject: str, pseudonym: str) -> None:
        """Let nobody know any more who came; how many did stays."""
        columns = lesson_people.c
        mine = (columns.org_id == org_id, columns.subject == subject)
        await tx.execute(lesson_people.update().where(*mine).values(subject=pseudonym))


def sums_of(report: AttendanceReport, completed_from: float) -> tuple[LessonSums, frozenset[str]]:
    """Return what a lesson comes to, and which subjects were there."""
    departments: dict[str, Presence] = {}
    came: set[str] = set()
    expected = attended = 0
    for line in report.lines:
        evidence = line.evidence
        expected += line.row.expected
        attended += line.row.expected and is_attended(report.rule, evidence)
        if evidence.present_ms <= 0:
            continue
        came.add(line.subject)
        base = base_ms(report.rule, evidence.lesson_ms)
        away = 0 if report.rule.away_counts else evidence.away_ms
        share = (evidence.present_ms - away + evidence.replay_ms) / base if base > 0 else 0.0
        name = line.card.department_id if line.card else None
        presence = Presence(1, evidence.present_ms, int(share >= completed_from))
        department = name or NO_DEPARTMENT
        departments[department] = departments.get(department, NOBODY).plus(presence)
    return LessonSums(report.course.lesson_ms, expected, attended, departments), frozenset(came)


@dataclass(frozen=True, slots=True)
class HouseStatistics:
    """Puts lessons and viewing of a period together.

    `departments` names those of an organisation by id;
    `mono_s` is a clock that never goes back.
    """

    attending: AttendanceReports
    views: ViewReports
    courses: Courses
    departments: Callable[[str], Awaitable[Mapping[str, str]]]
    zone: Callable[[], Awaitable[str]]
    mono_s: Callable[[], float]
    store: LessonStore = field(default_factory=LessonStore)

    async def of(self, who: Principal, period: str) -> Statistics:
        """Return a period's figures.

        Raises:
            Forbidden: `who` may not see everybody's attendance and viewing.
        """
        who.require(Permission.ATTENDANCE_READ)
        if not who.sees_everybody:
            raise Forbidden("not_allowed", "These figures are about everybody. Ask an administrator.")
        zone, before = await self.zone(), period_before(period)
        until = self.mono_s() + COUNTING_S
        lessons, counted, uncounted = await self._lessons(who.org_id, period, zone, until)
        earlier, _, left = (
            await self._lessons(who.org_id, before, zone, until) if before else (LessonFigures(), [], 0)
        )
        viewing = await self.views.period(who, period)
        months = months_in(period)
        async with self.attending.database.read() as tx:
            tables = await self.views.store.departments(tx, who.org_id, months)

        def learned() -> dict[str, tuple[Learned, ...]]:
            watched = {month: added_up(found) for month, found in tables.items()}
            return learned_by_department(months, counted, watched, zone)

        return Statistics(
            period,
            before,
            lessons,
            earlier,
            viewing,
            await self.views.period(who, before, limit=1) if before else None,
            await self._departments(
                who.org_id, period, [lesson.sums for lesson in counted], await made(learned), len(months)
            ),
            uncounted + left,
            months,
            slots_of(counted, zone),
        )

    async def _lessons(
        self, org_id: str, period: str, zone: str, until: float
    ) -> tuple[LessonFigures, list[HeldLesson], int]:
        """Return a period's lessons; those not counted yet are, as long as there is time."""
        begins, ends = bounds_of(period, zone)
        held = await self.courses.held(org_id, "", begins, ends - 1)
        ids = [session.id for session in held]
        async with self.attending.database.read() as tx:
            heads = await self.attending.cases.heads(tx, org_id, ids)
            known = await self.store.counted(tx, org_id, ids)
        lessons: list[HeldLesson] = []
        left = 0
        for session in held:
            seq, sums = known.get(session.id, (-1, None))
            if sums is None or seq < heads.get(session.id, 0):
                if self.mono_s() >= until:
                    left += 1
                    continue
                sums = await self._count(org_id, session, zone, heads.get(session.id, 0))
            if sums is not None:
                lessons.append(HeldLesson(session.began_utc_ms, sums))
        found = [lesson.sums for lesson in lessons]
        async with self.attending.database.read() as tx:
            people = await self.store.people(tx, org_id, period)
        figures = LessonFigures(
            len(found),
            people,
            sum(each.lesson_ms for each in found),
            sum(each.expected for each in found),
            sum(each.attended for each in found),
            together(each.whole for each in found),
        )
        return figures, lessons, left

    async def _count(self, org_id: str, session: Held, zone: str, seq: int) -> LessonSums | None:
        """Count a lesson and keep it; None of one that is not over."""
        report = await self.attending.everybody(session.id)
        if not report.course.over or report.course.first_utc_ms is None:
            return None
        sums, came = sums_of(report, self.attending.completed_from)
        month = month_of(zone, report.course.first_utc_ms)
        async with self.attending.database.write() as tx:
            await self.store.keep(tx, org_id, session.id, Counted(seq, month, sums, came))
        return sums

    async def _departments(
        self,
        org_id: str,
        period: str,
        lessons: list[LessonSums],
        learned: Mapping[str, tuple[Learned, ...]],
        months: int,
    ) -> tuple[DepartmentLine, ...]:
        async with self.attending.database.read() as tx:
            viewers = await self.store.viewers(tx, org_id, period)
        cards = await self.views.people.cards(org_id, viewers)
        watched: dict[str, int] = {}
        for subject in viewers:
            card = cards.get(subject)
            department = (card.department_id if card else None) or NO_DEPARTMENT
            watched[department] = watched.get(department, 0) + 1
        present = by_department(lessons)
        names = await self.departments(org_id)
        lines = [
            DepartmentLine(
                names.get(key),
                present.get(key, NOBODY),
                watched.get(key, 0),
                learned.get(key, (NONE,) * months),
            )
            for key in {*present, *watched, *learned}
        ]
        lines.sort(key=lambda line: (line.name is None, -line.presence.heads, -line.viewers, line.name or ""))
        return tuple(lines)
