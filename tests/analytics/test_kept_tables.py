"""What attendance keeps between requests shows nowhere: a table is as if it were drawn from nothing."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as altered
from sqlalchemy import update

from analytics.attendance.objections import Objection, State
from analytics.attendance.report import AttendanceReports
from analytics.attendance.rule import Rule
from analytics.attendance.store import CaseStore
from analytics.attendance.tables import decisions
from analytics.attendance.verdict import Decision, Verdict
from analytics.neighbours import PersonCard, SessionFacts
from analytics.store import AnalyticsStore
from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.kernel.clock import UtcMs
from lectern.kernel.ids import new_id
from lectern.manifest.clock_map import ClockMap, ClockPiece
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.analytics.test_attendance_routes import closed, opened
from tests.analytics.watched import has_watched
from tests.lesson import START, Lesson, Raw

ORG = "org"
PEOPLE = ("ann", "bob", "eve")
SEATS = {"p_ann": "ann", "p_bob": "bob", "p_guest": None, "p_host": "hal"}
"""Participants, and who they are."""
Step = tuple[str, ...]


@dataclass
class World:
    """A lesson, and what the analytics ask of others; the attendance that keeps, and one that never did."""

    database: Database
    lesson: Lesson
    roster: list[str] = field(default_factory=lambda: ["ann", "bob"])
    planned_minutes: int | None = None
    replay_clock: ClockMap | None = None
    people: dict[str, PersonCard] = field(
        default_factory=lambda: {id_: PersonCard(id_, id_, id_.title(), None, None) for id_ in PEOPLE}
    )
    names: dict[str, str] = field(default_factory=dict)
    steps: int = 0

    def reports(self) -> AttendanceReports:
        """Return reports that know of no earlier one."""
        standard = Rule(tolerance_minutes=0, least_minutes=0)
        store = AnalyticsStore()
        return AttendanceReports(
            self.database, store, CaseStore(), self, self, self, standard, clock=lambda: self.now
        )

    @property
    def now(self) -> UtcMs:
        """The time of the next step: each takes twenty seconds."""
        return UtcMs(START + self.steps * 20_000)

    async def cards(self, org_id: str, person_ids: Collection[str]) -> Mapping[str, PersonCard]:
        """See `People`."""
        return {id_: self.people[id_] for id_ in person_ids if id_ in self.people}

    async def facts(self, session_id: str) -> SessionFacts:
        """See `Sessions`."""
        return SessionFacts(ORG, "t", "UTC", START, planned_minutes=self.planned_minutes)

    async def expected(self, session_id: str) -> Sequence[str]:
        """See `Sessions`."""
        return list(self.roster)

    async def expects(self, session_id: str, person_id: str) -> bool:
        """See `Sessions`."""
        return person_id in self.roster

    async def set_length(self, tx: Any, session_id: str, minutes: int | None) -> None:
        """See `Sessions`."""
        self.planned_minutes = minutes

    async def clock(self, tx: Any, session_id: str) -> ClockMap | None:
        """See `Recordings`."""
        return self.replay_clock

    async def shown(self, tx: Any, microcourse_id: str, version: int) -> Sequence[Any]:
        """See `Recordings`."""
        return ()

    async def happens(self, *events: Any) -> None:
        """Append events now."""
        await self.lesson.at(self.steps * 20, *events)

    async def take(self, step: Step) -> None:
        """Let one thing happen."""
        self.steps += 1
        kind, arguments = step[0], step[1:]
        await getattr(self, f"_{kind}")(*arguments)

    async def _join(self, who: str, name: str) -> None:
        await self.happens(self._came(who, "learner", name), opened(who, f"c_{who}", "pc"))

    async def _staff(self, who: str) -> None:
        await self.happens(self._came(who, "host", who))

    def _came(self, who: str, role: str, name: str) -> Raw:
        """Return the event of somebody who comes in as something, under a name; the name can be erased."""
        ref = self.names[who] = new_id()
        person = SEATS.get(who)
        kind = "screen" if role == "screen" else "person" if person else "guest"
        said = {"participant": who, "person": person, "role": role, "kind": kind, "name_ref": ref}
        return Raw("participant_joined", said, who, {ref: name})

    async def _leave(self, who: str) -> None:
        await self.happens(closed(who, f"c_{who}", self.steps * 20))

    async def _start(self) -> None:
        await self.happens(SessionStarted())

    async def _end(self) -> None:
        await self.happens(SessionEnded())

    async def _ask(self, round_: str) -> None:
        await self.happens(Raw("checkin_opened", {"id": round_}, "p_host"))

    async def _answer(self, round_: str, who: str) -> None:
        await self.happens(Raw("checkin_answered", {"id": round_, "status": "on_time"}, who))

    async def _close(self, round_: str) -> None:
        await self.happens(Raw("checkin_closed", {"id": round_}))

    async def _withdraw(self, round_: str) -> None:
        await self.happens(Raw("checkin_withdrawn", {"id": round_}, "p_host"))

    async def _correct(self, round_: str, person: str) -> None:
        seat = next((seat for seat, who in SEATS.items() if who == person), None)
        said = {"id": round_, "participant": seat, "person": person, "before": None, "after": "make_up"}
        await self.happens(Raw("checkin_corrected", said, "p_host"))

    async def _chat(self, who: str) -> None:
        await self.happens(Raw("chat_sent", {"id": new_id()}, who))

    async def _screen(self, name: str) -> None:
        await self.happens(self._came("p_tv", "screen", name))

    async def _scan(self, who: str) -> None:
        await self.happens(Raw("screen_scanned", {"participant": who, "screen": "p_tv"}, who))

    async def _heads(self, count: str) -> None:
        await self.happens(Raw("screen_heads_set", {"screen": "p_tv", "count": int(count)}, "p_host"))

    async def _erase(self, who: str) -> None:
        ref = self.names.pop(who, None)
        if ref is not None:
            async with self.lesson.engine.change(self.lesson.session_id) as change:
                change.erase(ref)

    async def _rename(self, person: str, name: str) -> None:
        self.people[person] = altered(self.people[person], name=name)

    async def _move(self, person: str, department: str) -> None:
        self.people[person] = altered(self.people[person], department_id=department, department=department)

    async def _expect(self, person: str) -> None:
        """Put somebody on the roster, or take them off."""
        others = [each for each in self.roster if each != person]
        self.roster = others if len(others) < len(self.roster) else [*others, person]

    async def _rule(self, scope: str, percent: str, replay: str) -> None:
        rule = Rule(present_percent=int(percent), tolerance_minutes=0, replay_counts=replay == "replay")
        named = ORG if scope == "org" else self.lesson.session_id
        async with self.database.write() as tx:
            await CaseStore().put_rule(tx, ORG, named, rule, by="a", now=self.now)

    async def _plan(self, minutes: str) -> None:
        self.planned_minutes = int(minutes) or None

    async def _decide(self, subject: str, verdict: str) -> None:
        decision = Decision(new_id(), Verdict(verdict) if verdict else None, "a", self.now)
        async with self.database.write() as tx:
            await CaseStore().add_decision(
                tx, ORG, self.lesson.session_id, subject=subject, decision=decision, reason="Because"
            )

    async def _forget(self, subject: str) -> None:
        of = (decisions.c.session_id == self.lesson.session_id) & (decisions.c.subject == subject)
        async with self.database.write() as tx:
            await tx.execute(update(decisions).where(of).values(reason=None))

    async def _object(self, subject: str) -> None:
        objection = Objection(
            new_id(), self.lesson.session_id, subject, State.OPEN, "absent", "I was there", self.now
        )
        async with self.database.write() as tx:
            await CaseStore().add_objection(tx, ORG, objection)

    async def _settle(self, subject: str) -> None:
        async with self.database.write() as tx:
            store = CaseStore()
            for objection in await store.objections(tx, self.lesson.session_id, [subject]):
                await store.settle(tx, objection.id, State.DECLINED, answer="No", by="a", now=self.now)

    async def _watch(self, subject: str, to_ms: str) -> None:
        async with self.database.write() as tx:
            await has_watched(tx, self.lesson.session_id, subject, int(to_ms))

    async def _publish(self, origin_ms: str) -> None:
        self.replay_clock = ClockMap((ClockPiece(int(origin_ms), 0, 600_000),))

    async def _wait(self) -> None:
        """Nothing but time passes."""


def steps() -> st.SearchStrategy[list[Step]]:
    """What may happen, in any order: lessons, people, screens, rules, decisions, views."""
    who, person = st.sampled_from(tuple(SEATS)), st.sampled_from(PEOPLE)
    subject = st.sampled_from((*PEOPLE, "p_guest"))
    round_, name = st.sampled_from(("k1", "k2")), st.sampled_from(("A", "B"))
    of = st.tuples
    just = st.just
    return st.lists(
        st.one_of(
            of(just("join"), who, name), of(just("leave"), who), of(just("staff"), who),
            of(just("start")), of(just("end")), of(just("wait")),
            of(just("ask"), round_), of(just("answer"), round_, who), of(just("close"), round_),
            of(just("withdraw"), round_), of(just("correct"), round_, person), of(just("chat"), who),
            of(just("screen"), name), of(just("scan"), who), of(just("heads"), st.sampled_from(("3", "9"))),
            of(just("erase"), st.sampled_from(("p_guest", "p_tv"))),
            of(just("rename"), person, name), of(just("move"), person, name), of(just("expect"), person),
            of(
                just("rule"),
                st.sampled_from(("org", "session")),
                st.sampled_from(("10", "90")),
                st.sampled_from(("replay", "live")),
            ),
            of(just("plan"), st.sampled_from(("0", "2"))),
            of(just("decide"), subject, st.sampled_from(("", "present", "excused"))),
            of(just("forget"), subject), of(just("object"), subject), of(just("settle"), subject),
            of(just("watch"), subject, st.sampled_from(("20000", "60000"))),
            of(just("publish"), st.sampled_from(("0", "40000"))),
        ),
        min_size=4,
        max_size=16,
    )  # fmt: skip


BEGUN: list[Step] = [("join", "p_ann", "A"), ("join", "p_guest", "B"), ("start",), ("ask", "k1")]


async def play(url: str, script: Sequence[Step]) -> None:
    """Let things happen; after each, compare the table that is kept with one drawn from nothing."""
    database = Database(url)
    try:
        world = World(database, await Lesson.open(database, new_id(), org_id=ORG))
        keeping, session = world.reports(), world.lesson.session_id
        async with database.write() as tx:
            await CaseStore().put_rule(tx, ORG, ORG, Rule(tolerance_minutes=0), by="a", now=world.now)
        for step in [*BEGUN, *script]:
            await world.take(step)
            assert await keeping.everybody(session) == await world.reports().everybody(session), step
    finally:
        await database.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with every table, and nothing in it; each lesson is another one."""
    path: Path = tmp_path_factory.mktemp("kept") / "lectern.db"

    async def make() -> None:
        database = Database(f"sqlite:///{path}")
        async with database.write() as tx:
            await tx.run_sync(metadata.create_all)
        await database.close()

    asyncio.run(make())
    return f"sqlite:///{path}"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(script=steps())
def test_a_table_that_is_kept_is_the_table_drawn_from_nothing(url: str, script: list[Step]) -> None:
    asyncio.run(play(url, script))


def test_after_the_lesson_each_thing_by_itself_shows_at_once(url: str) -> None:
    """A lesson that is over is kept whole: what changes a line then is told by its inputs alone."""
    over: list[Step] = [
        ("screen", "A"), ("scan", "p_guest"), ("answer", "k1", "p_ann"), ("leave", "p_ann"),
        ("leave", "p_guest"), ("end",), ("wait",), ("wait",), ("publish", "40000"), ("watch", "ann", "60000"),
        ("rule", "session", "90", "replay"), ("plan", "2"), ("decide", "ann", "excused"), ("forget", "ann"),
        ("object", "p_guest"), ("settle", "p_guest"), ("erase", "p_guest"), ("erase", "p_tv"),
        ("rename", "ann", "B"), ("move", "ann", "A"), ("expect", "eve"), ("expect", "ann"),
        ("correct", "k1", "bob"), ("watch", "p_guest", "20000"), ("heads", "9"), ("publish", "0"),
    ]  # fmt: skip
    asyncio.run(play(url, over))
