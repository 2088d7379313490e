"""The attendance of a session with verdicts: everything that is known, put together when it is asked for.

The register of a session is kept between requests and takes in only what is new; what it says is the same as
if it had been folded from the first event (a test says so).
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, ParamSpec, TypeVar

import msgspec
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.access import insist_on_report, sees
from analytics.attendance.evidence import caught_up, evidence_of
from analytics.attendance.happening import Happening
from analytics.attendance.objections import Objection, State
from analytics.attendance.rates import Rates, SignIns, rates_of, sign_ins_of
from analytics.attendance.register import Attendance, Course, Register
from analytics.attendance.rule import Rule
from analytics.attendance.store import CaseStore
from analytics.attendance.verdict import Decision, Evidence, Judgement, judge
from analytics.neighbours import People, PersonCard, Recordings, SessionFacts, Sessions
from analytics.spans import NOTHING, Spans, union
from analytics.store import AnalyticsStore
from lectern.db.engine import Database
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.manifest.clock_map import ClockMap

P = ParamSpec("P")
T = TypeVar("T")
PAGE = 2_000
"""Events read and folded at a time: what was read of them is gone before the next ones come."""
RuleOf = Literal["session", "organisation", "installation"]
"""Whose rule it is that holds."""
MOST_KEPT = 16
"""Registers that are kept; one of two thousand people takes about 8 MB."""


class AttendanceLine(msgspec.Struct, frozen=True, gc=False):
    """A row of the attendance report with the names that belong to it.

    `caught` is live time that they saw again in the replay, UTC; `replay_ms` how long they effectively
    watched of it, wherever. `history` holds what staff decided, the newest last, with the reasons that were
    not erased.
    """

    row: Attendance
    card: PersonCard | None
    name: str | None
    replay_ms: int
    evidence: Evidence
    judgement: Judgement
    caught: Spans = NOTHING
    screens: tuple[str, ...] = ()
    """Names of the screens in front of which they sat."""
    history: tuple[tuple[Decision, str | None], ...] = ()
    objections: tuple[Objection, ...] = ()

    @property
    def subject(self) -> str:
        """Under which id decisions and objections are kept: the person, or the guest's participant."""
        return self.row.person or self.row.participant or ""

    @property
    def has_open_objection(self) -> bool:
        """Whether staff owes an answer."""
        return any(objection.state is State.OPEN for objection in self.objections)


@dataclass(frozen=True, slots=True)
class Site:
    """A screen: how many of the visible rows scanned its code, and how many more the host counted."""

    participant: str
    name: str
    scanned: int
    extra: int


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed in to a lesson, and whether it is over: until then those who are missing may still come."""

    counted: SignIns
    is_over: bool


@dataclass(frozen=True, slots=True)
class AttendanceReport:
    """The attendance of a session as one reader may see it; `expected` counts the roster's people in it."""

    facts: SessionFacts
    rule: Rule
    rule_of: RuleOf
    course: Course
    rates: Rates
    expected: int
    sites: tuple[Site, ...]
    lines: tuple[AttendanceLine, ...]
    seq: int = 0
    """The last event that it knows."""

    @property
    def rounds(self) -> tuple[str, ...]:
        """The check-in rounds that count, in order."""
        return self.course.rounds


def without_words(report: AttendanceReport) -> AttendanceReport:
    """Return a report for readers who judge nobody: why somebody was excused is not theirs to know."""
    return replace(
        report, lines=tuple(structs.replace(line, history=(), objections=()) for line in report.lines)
    )


@dataclass(frozen=True, slots=True)
class OwnReport:
    """What one learner may see of a session's attendance: their own line."""

    facts: SessionFacts
    rule: Rule
    course: Course
    line: AttendanceLine


_Inputs = tuple[Any, ...]


class _Lines:
    """The lines of a session's last report: one is made anew only if something that it is made of is another.

    Two reports at once, in two threads, may both make a line: it is the same.
    """

    def __init__(self) -> None:
        self._made: tuple[_Inputs, dict[str, tuple[Attendance, _Inputs, AttendanceLine]]] = ((), {})

    def drawn(self, desk: "_Desk", rows: Iterable[Attendance]) -> list[AttendanceLine]:
        """Return the lines of rows; those of a lesson that is over are kept: while it runs, all change."""
        shared, made = self._made
        if shared != desk.shared:
            shared, made = desk.shared, {}
        self._made = (shared, made) if desk.course.over else ((), {})
        return [_line(made, desk, row) for row in rows]


def _line(
    made: dict[str, tuple[Attendance, _Inputs, AttendanceLine]], desk: "_Desk", row: Attendance
) -> AttendanceLine:
    key, inputs = row.person or row.participant or "", desk.inputs(row)
    known = made.get(key)
    if known is None or known[0] is not row or known[1] != inputs:
        known = made[key] = row, inputs, desk.line(row)
    return known[2]


@dataclass(slots=True)
class _Kept:
    """A register, and the last event that it has taken in; whoever holds the lock may change both."""

    register: Register = field(default_factory=Register)
    seq: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    drawn: "tuple[Sequence[str], _Drawn] | None" = None
    """What was drawn last of a lesson that is over, and for which roster: it stays until there is news."""
    lines: _Lines = field(default_factory=_Lines)

    def fold(self, happenings: Sequence[Happening], last: int) -> None:
        """Take in a page of events, the last of which has the number `last`."""
        for happening in happenings:
            self.register.take_in(happening)
        self.seq = last

    def draw(self, roster: Sequence[str], now: int) -> "_Drawn":
        """Return what reports are made of, apart from what may go on changing."""
        register = self.register
        known = self.drawn
        if known is not None and known[1].seq == self.seq and known[0] == roster:
            return known[1]
        drawn = _Drawn(
            register.rows(roster, now),
            register.course(now),
            dict(register.screens),
            dict(register.heads),
            self.seq,
            self.lines,
        )
        # Once it is over, only an event can change a row; a connection that is still open would grow.
        still = drawn.course.over and not register.part.since and all(row.is_over for row in drawn.rows)
        self.drawn = (list(roster), drawn) if still else None
        return drawn


@dataclass(frozen=True, slots=True)
class _Drawn:
    rows: list[Attendance]
    course: Course
    screens: dict[str, str]
    heads: dict[str, int]
    seq: int
    lines: _Lines


@dataclass(frozen=True, slots=True)
class _Case:
    """What people did about a lesson's attendance, and what they watched afterwards, by subject."""

    rule: Rule
    rule_of: RuleOf
    watched: Mapping[str, tuple[Spans, int]]
    clock: ClockMap | None
    history: Mapping[str, list[tuple[Decision, str | None]]]
    objections: Mapping[str, list[Objection]]


@dataclass(frozen=True, slots=True)
class AttendanceReports:
    """Computes attendance. `standard` is the rule of who has set none; `completed_from` a share, 0..1."""

    database: Database
    store: AnalyticsStore
    cases: CaseStore
    people: People
    sessions: Sessions
    recordings: Recordings
    standard: Rule
    completed_from: float = 0.8
    clock: Clock = utc_ms
    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)

    async def visible(self, who: Principal, session_id: str) -> AttendanceReport:
        """Return who attended a session, those rows that `who` may see.

        Raises:
            NotFound, Forbidden: no such session, or not for `who`.
        """
        facts = await self.sessions.facts(session_id)
        insist_on_report(who, Permission.ATTENDANCE_READ, facts.org_id, session_id)
        return await self._report(facts, session_id, who)

    async def everybody(self, session_id: str) -> AttendanceReport:
        """Return all rows of a session, whoever asks: for what the house itself does with them.

        Raises:
            NotFound: no such session.
        """
        return await self._report(await self.sessions.facts(session_id), session_id, None)

    async def own(self, session_id: str, *, person: str | None, participant: str | None) -> OwnReport | None:
        """Return what one learner may see: their own line. None if they were neither expected nor there.

        Raises:
            NotFound: no such session.
        """
        facts = await self.sessions.facts(session_id)
        expected = person is not None and await self.sessions.expects(session_id, person)
        async with self.database.read() as tx:
            async with self._caught_up(tx, session_id) as kept:
                now = self.clock()
                row = kept.register.row_of(person, participant, expected=expected, now=now)
                course, screens = kept.register.course(now), dict(kept.register.screens)
            if row is None:
                return None
            subjects = [subject for subject in (row.participant, row.person) if subject]
            case = await self._case(tx, facts, session_id, subjects)
            shown = [screens[screen] for screen in row.screens if screen in screens]
            words = await self.store.words(tx, session_id, [*shown, *filter(None, [row.name_ref])])
        cards = await self.people.cards(facts.org_id, [row.person] if row.person else [])
        return OwnReport(facts, case.rule, course, _Desk(case, course, cards, words, screens).line(row))

    async def names(self, org_id: str, person_ids: Collection[str]) -> dict[str, str]:
        """Return the names of people, by id."""
        cards = await self.people.cards(org_id, person_ids)
        return {id_: card.name for id_, card in cards.items()}

    async def sign_ins(self, org_id: str, sessions: Collection[str]) -> dict[str, "Signed"]:
        """Return the sign-ins of sessions of one organisation; each is counted again only after news."""
        async with self.database.read() as tx:
            heads = await self.cases.heads(tx, org_id, sessions)
            known = await self.cases.sign_ins(tx, list(heads))
        found: dict[str, Signed] = {}
        for session_id, seq in heads.items():
            counted_to, counted = known.get(session_id, (-1, SignIns(0, 0, 0, 0)))
            # What is kept was counted when the lesson was over, and there is no news since.
            is_kept = counted_to >= seq
            found[session_id] = (
                Signed(counted, True) if is_kept else await self._count(org_id, session_id, seq)
            )
        return found

    async def _count(self, org_id: str, session_id: str, seq: int) -> "Signed":
        roster = await self.sessions.expected(session_id)
        async with self.database.read() as tx:
            drawn = await self._drawn(tx, session_id, roster, self.clock())
        expected = [row for row in drawn.rows if row.expected]
        evidences = [evidence_of(row, drawn.course, NOTHING, self.standard) for row in expected]
        counted = sign_ins_of(len(drawn.course.rounds), evidences)
        if drawn.course.over:  # while it runs, every event would write
            async with self.database.write() as tx:
                await self.cases.put_sign_ins(tx, org_id, session_id, seq, counted)
        return Signed(counted, drawn.course.over)

    async def _report(self, facts: SessionFacts, session_id: str, who: Principal | None) -> AttendanceReport:
        roster = await self.sessions.expected(session_id)
        async with self.database.read() as tx:
            drawn = await self._drawn(tx, session_id, roster, self.clock())
            case = await self._case(tx, facts, session_id, None)
        rows, course, screens = drawn.rows, drawn.course, drawn.screens
        cards = await self.people.cards(facts.org_id, [row.person for row in rows if row.person])
        nameless = [row.name_ref for row in rows if row.name_ref and row.person not in cards]
        async with self.database.read() as tx:
            words = await self.store.words(tx, session_id, [*nameless, *screens.values()])
        desk = _Desk(case, course, cards, words, screens)
        shown = [row for row in rows if who is None or sees(who, cards.get(row.person or ""))]
        lines = await asyncio.to_thread(
            lambda: sorted(drawn.lines.drawn(desk, shown), key=_by_department_and_name)
        )
        evidences = ((line.row.expected, line.evidence) for line in lines)
        return AttendanceReport(
            facts,
            case.rule,
            case.rule_of,
            course,
            rates_of(case.rule, len(course.rounds), evidences, completed_from=self.completed_from),
            sum(line.row.expected for line in lines),
            tuple(
                Site(
                    screen,
                    words.get(ref, ""),
                    sum(screen in line.row.screens for line in lines),
                    drawn.heads.get(screen, 0),
                )
                for screen, ref in screens.items()
            ),
            tuple(lines),
            drawn.seq,
        )

    async def has_news(self, tx: AsyncConnection, session_id: str, seq: int) -> bool:
        """Tell whether attendance has more to read than a report of event `seq` knew."""
        _, page = await self.store.news(tx, session_id, seq, 1)
        return bool(page)

    async def _case(
        self, tx: AsyncConnection, facts: SessionFacts, session_id: str, subjects: Collection[str] | None
    ) -> _Case:
        """Return what people did about it, of all or of these subjects."""
        rules = await self.cases.rules(tx, [session_id, facts.org_id])
        scope: RuleOf = "installation"
        if session_id in rules:
            scope = "session"
        elif facts.org_id in rules:
            scope = "organisation"
        watched = await self.store.watched_replay(tx, session_id, subjects)
        objections: dict[str, list[Objection]] = {}
        for objection in await self.cases.objections(tx, session_id, subjects):
            objections.setdefault(objection.subject, []).append(objection)
        rule = rules.get(session_id) or rules.get(facts.org_id) or self.standard
        return _Case(
            replace(rule, planned_minutes=facts.planned_minutes),
            scope,
            watched,
            await self.recordings.clock(tx, session_id) if watched else None,
            await self.cases.decisions(tx, session_id, subjects),
            objections,
        )

    async def _drawn(self, tx: AsyncConnection, session_id: str, roster: Sequence[str], now: int) -> _Drawn:
        async with self._caught_up(tx, session_id) as kept:
            return await in_thread(kept.draw, roster, now)

    @asynccontextmanager
    async def _caught_up(self, tx: AsyncConnection, session_id: str) -> AsyncIterator[_Kept]:
        """Hold a session's register with all that has happened; only what is new is read.

        Threads do the work, the loop goes on. Whoever is cancelled leaves the register to nobody.
        """
        kept = self._kept.setdefault(session_id, _Kept())
        self._kept.move_to_end(session_id)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        async with kept.lock:
            try:
                while True:
                    last, page = await self.store.news(tx, session_id, kept.seq, PAGE)
                    if page:
                        await in_thread(kept.fold, page, last)
                    if len(page) < PAGE:
                        break
                yield kept
            except BaseException:
                # A thread may still be at it: whoever comes next begins a register of their own.
                self._kept.pop(session_id, None)
                raise


async def in_thread(work: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Run `work` beside the loop; if we are cancelled it runs to its end, for nobody."""
    loop = asyncio.get_running_loop()
    return await asyncio.shield(loop.run_in_executor(None, lambda: work(*arguments, **options)))


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every line of one report is put together from."""

    case: _Case
    course: Course
    cards: Mapping[str, PersonCard]
    words: Mapping[str, str]
    screens: Mapping[str, str]

    @property
    def shared(self) -> _Inputs:
        """What all lines are made of, to be compared."""
        return self.case.rule, self.case.clock, self.course

    def inputs(self, row: Attendance) -> _Inputs:
        """Return all that a line is made of besides its row and what is shared, to be compared."""
        case = self.case
        found: list[Any] = [self.cards.get(row.person) if row.person else self.words.get(row.name_ref or "")]
        found += [self.words.get(self.screens.get(screen, "")) for screen in row.screens]
        for subject in (row.participant, row.person):
            if subject:
                found += (case.watched.get(subject), case.history.get(subject), case.objections.get(subject))
        return tuple(found)

    def line(self, row: Attendance) -> AttendanceLine:
        card = self.cards.get(row.person) if row.person else None
        subjects = [subject for subject in (row.participant, row.person) if subject]
        case = self.case
        watched = [case.watched[subject] for subject in subjects if subject in case.watched]
        covered = union(*(spans for spans, _ in watched))
        caught = caught_up(covered, case.clock, self.course) if covered else NOTHING
        evidence = evidence_of(row, self.course, caught, case.rule)
        history = [entry for subject in subjects for entry in case.history.get(subject, ())]
        history.sort(key=lambda entry: entry[0].utc_ms)
        return AttendanceLine(
            row,
            card,
            card.name if card else self.words.get(row.name_ref or ""),
            sum(effort_ms for _, effort_ms in watched),
            evidence,
            judge(case.rule, evidence, history[-1][0] if history else None),
            caught,
            tuple(self.words.get(self.screens.get(screen, ""), "") for screen in row.screens),
            tuple(history),
            tuple(o for subject in subjects for o in case.objections.get(subject, ())),
        )


def _by_department_and_name(line: AttendanceLine) -> tuple[bool, str, str]:
    """People by department and name, then guests by name."""
    department = line.card.department if line.card else None
    return line.card is None, department or "", line.name or ""
