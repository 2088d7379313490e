"""Who was there live is kept: it says what folding from the first event says, and nobody folds twice."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from analytics.attendance.happening import Happening
from analytics.attendance.register import Register
from analytics.attendance.report import AttendanceReports
from analytics.attendance.rule import Rule
from analytics.attendance.store import CaseStore
from analytics.closing.store import ClosingStore
from analytics.lesson_coverage import seen_live, shares_of
from analytics.lesson_tables import live_presence
from analytics.live.folding import FOLDED_AT_ONCE, LiveFolding
from analytics.live.presence import READ, LivePresence, packed, presences_of, share_in_all, unpacked
from analytics.live.seen_in_all import AskedReplay, LiveAndLater
from analytics.live.store import LiveStore, Standing
from analytics.spans import NOTHING, difference, union
from analytics.store import AnalyticsStore
from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs
from lectern.kernel.ids import new_id
from lectern.manifest.clock_map import ClockMap, ClockPiece
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.analytics.test_attendance_routes import closed, opened
from tests.analytics.test_kept_tables import ORG, Step, World, url
from tests.analytics.watched import has_watched
from tests.lesson import START, Lesson, Raw
from tests.statements import counted_statements

__all__ = ["url"]

DURATION_MS = 200_000
ASKED = ("ann", "bob", "eve", "hal")
WHOLE = ClockMap((ClockPiece(0, 0, DURATION_MS),))


@dataclass
class Watched(World):
    """A lesson whose replay is watched; pages can be away, and rules count that or not."""

    async def _away(self, who: str, state: str) -> None:
        said = {"participant": who, "connection": f"c_{who}", "changes": [[self.now, state]]}
        await self.happens(Raw("page_states_reported", {"people": (said,)}))

    async def _counts(self, scope: str, away: str) -> None:
        named = ORG if scope == "org" else self.lesson.session_id
        async with self.database.write() as tx:
            await CaseStore().put_rule(tx, ORG, named, Rule(away_counts=away == "away"), by="a", now=self.now)

    async def _become(self, who: str, person: str) -> None:
        """Somebody who came as a guest signs in."""
        await self.happens(came(who, person, "learner"))

    async def _publish(self, origin_ms: str) -> None:
        """Two recordings with a pause between; of the first the beginning is missing."""
        origin = int(origin_ms)
        self.replay_clock = ClockMap(
            (ClockPiece(origin, 0, 60_000), ClockPiece(origin + 90_000, 60_000, DURATION_MS - 60_000))
        )

    async def folded(self, reports: AttendanceReports, person: str) -> float:
        """Return what somebody saw of the replay, as attendance says that was folded from the first event."""
        session = self.lesson.session_id
        own = await reports.own(session, person=person, participant=None)
        participant = own.line.row.participant if own is not None else None
        subjects = [person, *([participant] if participant else [])]
        async with self.database.read() as tx:
            watched = await AnalyticsStore().watched_replay(tx, session, subjects)
        played = union(NOTHING, *(covered for covered, _ in watched.values()))
        live = NOTHING
        if own is not None:
            row = own.line.row
            there = row.there if own.rule.away_counts else difference(row.there, row.away)
            live = seen_live(there, own.course.first_utc_ms, self.replay_clock)
        return shares_of(live, played, DURATION_MS).together


WHO = st.sampled_from(("p1", "p2", "p3"))
PERSON = st.sampled_from(("ann", "bob"))
CAME = st.fixed_dictionaries(
    {
        "participant": WHO,
        "person": st.none() | PERSON,
        "role": st.sampled_from(("learner", "host")),
        "kind": st.sampled_from(("person", "guest", "screen")),
    }
)
LINE = st.fixed_dictionaries({"participant": WHO, "connection": st.sampled_from(("c1", "c2"))})
SAID = st.tuples(LINE, st.sampled_from(("away", "seen")))
CORRECTED = st.fixed_dictionaries(
    {"id": st.just("k1"), "participant": WHO | st.none(), "person": PERSON | st.none(), "after": st.just("x")}
)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "session_started": st.just({}),
    "session_ended": st.just({}),
    "participant_joined": CAME,
    "participant_removed": st.fixed_dictionaries({"participant": WHO}),
    "connection_opened": LINE,
    "connection_closed": LINE,
    "page_states_reported": SAID,
    "checkin_opened": st.just({"id": "k1"}),
    "checkin_corrected": CORRECTED,
    "hand_raised": st.fixed_dictionaries({"participant": WHO}),
    "chat_sent": st.just({}),
}


@st.composite
def lessons(draw: st.DrawFn) -> list[Happening]:
    """A lesson that is over: anybody comes, goes and looks away in any order, and staff corrects."""
    found, now = [], START
    for type_ in draw(st.lists(st.sampled_from(sorted(KINDS)), max_size=40)):
        now = UtcMs(now + draw(st.integers(0, 30_000)))
        payload = draw(KINDS[type_])
        if type_ == "page_states_reported":
            said = payload[0] | {"changes": [[now - draw(st.integers(0, 9_000)), payload[1]]]}
            payload = {"people": [said]}
        found.append(Happening(type_, now, payload.get("participant"), payload))
    return [*found, Happening("session_ended", UtcMs(now + 1_000), None, {})]


def folded(happenings: Iterable[Happening]) -> Register:
    register = Register()
    for happening in happenings:
        register.take_in(happening)
    return register


@settings(max_examples=300, deadline=None)
@given(lesson=lessons(), data=st.data())
def test_presence_of_a_few_events_is_that_of_all(lesson: list[Happening], data: st.DataObject) -> None:
    whole, kept = folded(lesson), presences_of(folded(each for each in lesson if each.type in READ))
    assert kept is not None
    pieces, shift = data.draw(st.integers(0, 90_000)), data.draw(st.integers(0, 60_000))
    clock = ClockMap((ClockPiece(shift, 0, pieces), ClockPiece(shift + pieces + 5_000, pieces, 100_000)))
    away_counts = data.draw(st.booleans())
    played = {subject: ((0, data.draw(st.integers(1, 60_000))),) for subject in ("ann", "p1")}
    now = lesson[-1].utc_ms + 3_600_000
    for person in ("ann", "bob"):
        for expected in (True, False):
            row = whole.row_of(person, None, expected=expected, now=now)
            found = next((one for one in kept if one.person == person), None)
            presence = found if found is not None and (expected or found.is_learner) else None
            participant = None if presence is None else presence.participant
            assert participant == (None if row is None else row.participant)
            mine = [played[one] for one in (person, participant) if one in played]
            live = NOTHING
            if row is not None:
                there = row.there if away_counts else difference(row.there, row.away)
                live = seen_live(there, whole.course(now).first_utc_ms, clock)
            assert share_in_all(
                presence, mine, away_counts=away_counts, clock=clock, duration_ms=clock.duration_ms
            ) == (shares_of(live, union(*mine), clock.duration_ms).together)


def test_a_lesson_that_goes_on_is_not_counted_yet() -> None:
    started, ended = (Happening(type_, START, None, {}) for type_ in ("session_started", "session_ended"))
    assert presences_of(folded([])) is presences_of(folded([started])) is None
    assert presences_of(folded([started, ended, started])) is None
    assert presences_of(folded([started, ended])) == []


BEGUN: list[Step] = [
    ("join", "p_ann", "A"), ("staff", "p_host"), ("join", "p_host", "H"), ("start",), ("publish", "0"),
]  # fmt: skip


async def play(url: str, script: Sequence[Step]) -> None:
    """Let things happen; after each, compare what is kept with what folding says."""
    database = Database(url)
    try:
        world = Watched(database, await Lesson.open(database, new_id(), org_id=ORG))
        kept = LiveAndLater(world.reports(), LiveFolding(database))
        session = world.lesson.session_id
        for step in [*BEGUN, *script]:
            await world.take(step)
            fresh = world.reports()
            is_over = (await fresh.everybody(session)).course.over
            folded = {id_: await world.folded(fresh, id_) for id_ in {*ASKED, *world.roster}}
            for person in ASKED:
                asked = AskedReplay(session, DURATION_MS, world.replay_clock, person in world.roster)
                seen = (await kept.of_person(ORG, person, [asked])).shares[session]
                assert seen == folded[person] if is_over else seen <= folded[person], (step, person)
            everybody = await kept.of_people(ORG, asked, world.roster)
            assert not is_over or everybody == {id_: folded[id_] for id_ in world.roster}, step
    finally:
        await database.close()


def test_after_the_lesson_each_thing_by_itself_shows_at_once(url: str) -> None:
    over: list[Step] = [
        ("join", "p_bob", "B"), ("away", "p_ann", "away"), ("join", "p_guest", "G"),
        ("away", "p_ann", "seen"),
        ("wait",), ("leave", "p_bob"), ("become", "p_guest", "eve"), ("end",), ("counts", "org", "away"),
        ("counts", "session", "not"), ("counts", "session", "away"), ("watch", "p_guest", "20000"),
        ("watch", "ann", "60000"), ("publish", "40000"), ("expect", "hal"), ("expect", "hal"),
        ("correct", "k1", "hal"), ("expect", "ann"), ("start",), ("wait",), ("join", "p_bob", "B"), ("end",),
        ("publish", "0"), ("chat", "p_ann"), ("leave", "p_ann"),
    ]  # fmt: skip
    asyncio.run(play(url, over))


@given(
    there=st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)), max_size=5),
    away=st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)), max_size=5),
)
def test_spans_are_read_as_they_were_written(
    there: list[tuple[int, int]], away: list[tuple[int, int]]
) -> None:
    presence = LivePresence("ann", "p", True, union(there), union(away))
    assert unpacked(packed(presence)) == (presence.there, presence.away)


def came(participant: str, person: str, role: str) -> Raw:
    said = {"participant": participant, "person": person, "role": role, "kind": "person", "name_ref": None}
    return Raw("participant_joined", said, participant)


async def held(database: Database, *, until_s: int = 100) -> Lesson:
    """A lesson of 100 s that is over, in which Ann was from the beginning to `until_s`."""
    lesson = await Lesson.open(database, new_id(), org_id=ORG)
    await lesson.at(0, SessionStarted(), came("p_ann", "ann", "learner"), opened("p_ann", "c1", "pc"))
    await lesson.at(until_s, closed("p_ann", "c1", until_s))
    await lesson.at(100, SessionEnded())
    return lesson


async def asking(database: Database) -> LiveAndLater:
    """A server process that has just begun."""
    world = World(database, await Lesson.open(database, new_id(), org_id=ORG))
    return LiveAndLater(world.reports(), LiveFolding(database))


def replays(sessions: Sequence[str]) -> list[AskedReplay]:
    return [AskedReplay(each, 100_000, WHOLE) for each in sessions]


async def test_thirty_replays_are_folded_once_and_asked_for_with_a_few_questions(database: Database) -> None:
    sessions = [(await held(database, until_s=50)).session_id for _ in range(30)]
    seen = await asking(database)
    for each in sessions:
        await seen.folding.catch_up(each)
    assert seen.folding.folded == 30
    with counted_statements(database) as few:
        await seen.of_person(ORG, "ann", replays(sessions[:3]))
    with counted_statements(database) as many:
        found = await seen.of_person(ORG, "ann", replays(sessions))
    assert len(few) == len(many) < 10, many
    assert found.uncounted == frozenset()
    assert set(found.shares.values()) == {0.5}
    assert seen.folding.folded == 30
    fresh = await asking(database)
    assert (await fresh.of_person(ORG, "ann", replays(sessions))).shares == found.shares
    assert fresh.folding.folded == 0, "another server, or the same one after a restart, reads what is kept"


async def test_nobody_waits_for_more_than_a_few_lessons_and_none_is_said_to_be_seen(
    database: Database,
) -> None:
    sessions = [(await held(database)).session_id for _ in range(5)]
    seen = await asking(database)
    found = await seen.of_person(ORG, "ann", replays(sessions))
    assert (seen.folding.folded, len(found.uncounted)) == (FOLDED_AT_ONCE, 5 - FOLDED_AT_ONCE)
    assert {found.shares[each] for each in found.uncounted} == {0.0}
    assert {found.shares[each] for each in sessions if each not in found.uncounted} == {1.0}
    assert seen.folding.asked.is_set()
    assert seen.folding.wanted == found.uncounted
    for each in found.uncounted:
        await seen.folding.catch_up(each)
    assert seen.folding.wanted == set()
    found = await seen.of_person(ORG, "ann", replays(sessions))
    assert (set(found.shares.values()), found.uncounted, seen.folding.folded) == ({1.0}, frozenset(), 5)


async def test_two_who_ask_at_once_have_a_lesson_folded_once(database: Database) -> None:
    session = (await held(database)).session_id
    seen = await asking(database)
    both = await asyncio.gather(*(seen.of_person(ORG, "ann", replays([session])) for _ in range(2)))
    assert [one.shares[session] for one in both] == [1.0, 1.0]
    assert seen.folding.folded == 1


class Slow(AnalyticsStore):
    """Reads events only when it is let."""

    def __init__(self) -> None:
        self.reading, self.let = asyncio.Event(), asyncio.Event()

    async def news(self, *asked: Any, **rest: Any) -> Any:
        self.reading.set()
        await self.let.wait()
        return await super().news(*asked, **rest)


async def test_nobody_waits_for_a_lesson_that_another_has_folded(database: Database) -> None:
    theirs, mine = (await held(database)).session_id, (await held(database)).session_id
    seen, slow = await asking(database), Slow()
    seen.folding.events = slow
    async with asyncio.TaskGroup() as tasks:
        other = tasks.create_task(seen.of_person(ORG, "ann", replays([theirs])))
        await slow.reading.wait()
        found = await seen.of_person(ORG, "ann", replays([mine]))
        assert found.uncounted == {mine}, "answered while the other one still waits"
        assert not other.done()
        slow.let.set()
    assert other.result().shares == {theirs: 1.0}
    assert (await seen.of_person(ORG, "ann", replays([mine]))).shares == {mine: 1.0}


async def test_whoever_gives_up_waiting_leaves_nothing_locked(database: Database) -> None:
    session = (await held(database)).session_id
    seen, slow = await asking(database), Slow()
    seen.folding.events = slow
    async with asyncio.TaskGroup() as tasks:
        gone = tasks.create_task(seen.of_person(ORG, "ann", replays([session])))
        await slow.reading.wait()
        gone.cancel()
    slow.let.set()
    assert (await seen.of_person(ORG, "ann", replays([session]))).shares == {session: 1.0}


async def test_what_does_not_matter_for_presence_has_nothing_folded(database: Database) -> None:
    lesson = await held(database)
    session, seen = lesson.session_id, await asking(database)
    await seen.folding.catch_up(session)
    await lesson.at(200, Raw("chat_sent", {"id": "m1"}, "p_ann"))
    assert [(each.has_news, each.is_behind) for each in await seen.folding.grown([session])] == [
        (False, False)
    ]
    await seen.folding.catch_up(session)
    assert (seen.folding.folded, await seen.folding.grown([session])) == (1, [])
    await lesson.at(210, Raw("connection_closed", {"participant": "p_ann", "connection": "c9"}, "p_ann"))
    assert [each.is_behind for each in await seen.folding.grown([session])] == [True]


async def test_an_earlier_state_of_another_server_changes_nothing(database: Database) -> None:
    session = (await held(database, until_s=50)).session_id
    seen, store = await asking(database), LiveStore()
    await seen.folding.catch_up(session)
    late = Standing(session, ORG, 1, None, has_news=True)
    async with database.write() as tx:
        await store.keep(tx, late, [LivePresence("eve", "p_eve", True, ((0, 1),))])
    assert (await seen.of_person(ORG, "ann", replays([session]))).shares == {session: 0.5}
    assert (await seen.of_person(ORG, "eve", replays([session]))).shares == {session: 0.0}
    assert seen.folding.folded == 1


async def test_two_servers_may_fold_the_same_lesson(database: Database) -> None:
    session = (await held(database)).session_id
    one, other = await asking(database), await asking(database)
    await asyncio.gather(one.folding.catch_up(session), other.folding.catch_up(session))
    for each in (one, other):
        assert (await each.of_person(ORG, "ann", replays([session]))).shares == {session: 1.0}


async def test_whoever_was_forgotten_is_known_no_more(database: Database) -> None:
    lesson, forgetting = await held(database), LiveStore()
    session, seen = lesson.session_id, await asking(database)
    await seen.folding.catch_up(session)

    async def rows() -> int:
        async with database.read() as tx:
            return int((await tx.execute(select(func.count()).select_from(live_presence))).scalar_one())

    assert await rows() == 1
    async with database.write() as tx:
        await forgetting.forget(tx, "elsewhere", "ann")
    assert await rows() == 1, "of another organisation"
    async with database.write() as tx:
        await forgetting.forget(tx, ORG, "ann")
        await ClosingStore().remember_forgotten(tx, ORG, "ann", UtcMs(START))
    assert await rows() == 0
    await lesson.at(210, Raw("connection_closed", {"participant": "p_ann", "connection": "c9"}, "p_ann"))
    await seen.folding.catch_up(session)
    assert (seen.folding.folded, await rows()) == (2, 0)


@pytest.mark.parametrize("expects", [True, False])
async def test_staff_count_only_where_the_roster_names_them(database: Database, *, expects: bool) -> None:
    lesson = await Lesson.open(database, new_id(), org_id=ORG)
    await lesson.at(0, SessionStarted(), came("p", "hal", "host"), opened("p", "c1", "pc"))
    await lesson.at(100, SessionEnded())
    async with database.write() as tx:
        await has_watched(tx, lesson.session_id, "p", 20_000)
    seen = await asking(database)
    asked = AskedReplay(lesson.session_id, 100_000, ClockMap((ClockPiece(20_000, 20_000, 80_000),)), expects)
    found = await seen.of_person(ORG, "hal", [asked])
    assert found.shares == {lesson.session_id: 1.0 if expects else 0.0}


async def test_a_lesson_longer_than_a_page_is_folded_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analytics.live.folding.PAGE", 2)
    session = (await held(database, until_s=50)).session_id
    seen = await asking(database)
    assert (await seen.of_person(ORG, "ann", replays([session]))).shares == {session: 0.5}
