"""Signals over several lessons: added up, kept, counted again after news, and what pulls each down."""

import hashlib
import json
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from analytics.attendance.rule import Rule
from analytics.chance import Share
from analytics.lesson_coverage_report import LessonCoverages
from analytics.lesson_signals import (
    Counted,
    HeldLesson,
    LessonMarks,
    basis_of,
    seen_by_department,
    signals_over,
    together,
)
from analytics.lesson_signals_report import LessonSignals, SignalStore
from analytics.lesson_signals_routes import MOST_PULLING, LessonSignalsRoutes
from analytics.poll_report import PollReports
from analytics.session_report import SessionReport
from analytics.session_reports import SessionReports
from analytics.signals import Level, Signal, SignalLimits
from analytics.viewing import Played
from lectern.db.engine import Database
from lectern.edge.routes import mount
from lectern.kernel.access import Principal
from lectern.kernel.errors import NotFound
from lectern.manifest.clock_map import ClockMap, ClockPiece
from tests.analytics.conftest import READERS, SESSION, Office
from tests.analytics.plain_signals import plainly_over
from tests.analytics.test_attendance_routes import teach
from tests.analytics.test_session_report import Said
from tests.lesson import START, Lesson, Raw

MONTH = "2027-01"
PERIOD, SERIES = f"/api/v1/statistics/signals?period={MONTH}", "/api/v1/series/safety/signals"
NAMES = {"d_shop": "Shops", "d_lab": "Laboratory"}
LIMITS = SignalLimits()


def lesson(id_: str, at: int = 0, **more: Any) -> HeldLesson:
    return HeldLesson(id_, f"Lesson {id_}", "Asia/Shanghai", START + at, is_over=True, **more)


@st.composite
def marks(draw: st.DrawFn) -> LessonMarks:
    """Numbers as a lesson can have them."""
    expected, there, started, answered = (draw(st.integers(0, 60)) for _ in range(4))

    def part(of: int) -> int:
        return draw(st.integers(0, of))

    return LessonMarks(
        expected, part(expected), part(expected), there, part(there), part(there), started, part(started),
        answered, part(answered),
    )  # fmt: skip


departments = st.dictionaries(st.sampled_from(["", "d_shop", "d_lab", "gone"]), marks())


def counted(held: Sequence[dict[str, LessonMarks]]) -> list[Counted]:
    return [Counted(lesson(f"s{at}", at), each) for at, each in enumerate(held)]


@given(st.lists(departments, max_size=5))
def test_people_are_added_up_and_shares_are_not(held: list[dict[str, LessonMarks]]) -> None:
    whole = together(each for lesson in held for each in lesson.values())
    found = {each.found.signal: each.found for each in signals_over(counted(held), NAMES, LIMITS)}
    assert list(found) == list(Signal)
    assert found[Signal.ACTIVATION].share == Share(whole.begun, whole.expected)
    assert found[Signal.LEARNING_TIME].share == Share(whole.stayed, whole.there)
    assert found[Signal.TARGET].share == Share(whole.completed, whole.started)
    assert found[Signal.ACTIVITY].share == Share(whole.active, whole.there)
    assert found[Signal.PASSED].share == Share(whole.right, whole.answered)
    assert found[Signal.ABSENCE].share == Share(whole.attended, whole.expected)
    one = found[Signal.PREFERENCES]
    if one.apart is not None:
        assert set(one.apart) <= set(NAMES.values()), "what is gone is compared with nothing"


@given(st.lists(departments, max_size=5))
def test_what_pulls_down_is_below_the_limit_and_not_by_chance(held: list[dict[str, LessonMarks]]) -> None:
    lessons = counted(held)
    for over in signals_over(lessons, NAMES, LIMITS):
        ends = [each.share.interval[1] for each in over.pulling]
        assert ends == sorted(ends), "the worst first"
        assert len({each.lesson.id for each in over.pulling}) == len(over.pulling)
        if over.found.limit is None:
            assert all(each.other is not None for each in over.pulling)
            continue
        alone = {
            each.lesson.id: {one.found.signal: one.found for one in signals_over([each], NAMES, LIMITS)}
            for each in lessons
        }
        low = {id_ for id_, signals in alone.items() if signals[over.found.signal].level is Level.LOW}
        assert {each.lesson.id for each in over.pulling} == low


shares_of_people = st.sampled_from([0.0, 0.5, 0.6, 0.9, 1.0]) | st.floats(0, 1)
any_limits = st.builds(SignalLimits, *[shares_of_people] * 4)


@given(st.lists(departments, max_size=8), any_limits)
def test_what_is_worked_out_is_what_the_long_way_comes_to(
    held: list[dict[str, LessonMarks]], limits: SignalLimits
) -> None:
    lessons = counted(held)
    assert signals_over(lessons, NAMES, limits) == plainly_over(lessons, NAMES, limits)


def test_a_large_lesson_says_more_than_a_small_one() -> None:
    few, many, fine = (
        {"d_lab": LessonMarks(started=of, completed=done)} for done, of in ((0, 2), (30, 100), (95, 100))
    )
    found = {
        each.found.signal: each for each in signals_over(counted([few, many, fine, fine]), NAMES, LIMITS)
    }
    target = found[Signal.TARGET]
    assert (target.found.share, target.found.level) == (Share(220, 302), Level.FINE)
    assert [each.lesson.id for each in target.pulling] == ["s1"], "a fine whole hides no weak lesson"
    assert found[Signal.PASSED].found.level is Level.UNKNOWN


def test_departments_are_compared_over_all_lessons_and_in_each() -> None:
    def split(shop: int, lab: int) -> dict[str, LessonMarks]:
        return {
            "d_shop": LessonMarks(started=40, completed=shop), "d_lab": LessonMarks(started=40, completed=lab)
        }  # fmt: skip

    *_, found = (
        each
        for each in signals_over(counted([split(20, 20), split(38, 2), split(39, 10)]), NAMES, LIMITS)
        if each.found.signal is Signal.PREFERENCES
    )
    assert (found.found.level, found.found.apart) == (Level.LOW, ("Laboratory", "Shops"))
    assert (found.found.share, found.found.other) == (Share(32, 120), Share(97, 120))
    assert [(each.lesson.id, each.share, each.other) for each in found.pulling] == [
        ("s1", Share(2, 40), Share(38, 40)),
        ("s2", Share(10, 40), Share(39, 40)),
    ]


def test_a_manager_sees_own_departments() -> None:
    held = counted([{"d_lab": LessonMarks(1), "d_shop": LessonMarks(2), "": LessonMarks(4)}])
    [seen] = seen_by_department(held, {"d_lab"})
    assert seen.departments == {"d_lab": LessonMarks(1)}


def test_a_count_stands_on_all_that_it_depends_on() -> None:
    same: dict[str, Any] = {
        "seq": 7, "expected": 3, "rule": Rule(), "watched": (1, 9), "completed_from": 0.8
    }  # fmt: skip
    standard: dict[str, Any] = asdict(Rule())
    rules = [{"rule": Rule(**standard | {name: 1})} for name in standard]
    others: list[dict[str, Any]] = [
        {"seq": 8},
        {"expected": 4},
        {"watched": (2, 9)},
        {"watched": (1, 10)},
        {"completed_from": 0.7},
        *rules,
    ]
    found = [basis_of(**same | other) for other in ({}, *others)]
    assert len(set(found)) == len(found)
    assert basis_of(**same) == found[0]


def test_what_servers_have_counted_still_stands() -> None:
    """A basis that is put together in another way has every lesson of every organisation counted again."""
    rule = Rule(present_percent=70, planned_minutes=45)
    basis = basis_of(seq=7, expected=3, rule=rule, watched=(1, 9), completed_from=0.8)
    said = json.dumps([1, 7, 3, asdict(rule), [1, 9], 0.8], separators=(",", ":"))
    assert basis == hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


class House(Office):
    """An office with a second lesson, and a series that both are behind."""

    over: list[HeldLesson]
    ticks: list[float]

    async def in_period(self, org_id: str, from_utc_ms: int, to_utc_ms: int) -> Sequence[HeldLesson]:
        own = org_id == "org"
        return [each for each in self.over if own and from_utc_ms <= each.began_utc_ms <= to_utc_ms]

    async def of_series(self, org_id: str, series_id: str) -> tuple[str, Sequence[HeldLesson]]:
        if (org_id, series_id) != ("org", "safety"):
            raise NotFound("series_not_found", "There is no such series.")
        return "Safety", self.over[:1]

    async def departments(self, org_id: str) -> dict[str, str]:
        return NAMES if org_id == "org" else {}

    def mono_s(self) -> float:
        return self.ticks.pop(0) if self.ticks else 0.0

    def signals(self) -> LessonSignals:
        return LessonSignals(self.attending, self, self.departments, self.zone, self.mono_s)


@pytest.fixture
async def house(sqlite_database: Database) -> AsyncIterator[House]:
    async def authenticate(http: web.Request) -> Principal | None:
        return READERS.get(http.headers.get("Authorization", ""))

    house = House(sqlite_database, await Lesson.open(sqlite_database, SESSION))
    house.over, house.ticks = [lesson(SESSION, expected=3, led_by=("teacher", None))], []
    app = web.Application()
    mount(app, LessonSignalsRoutes(house.signals(), house).routes(), authenticate)
    await teach(house)
    house.replay_clock = ClockMap((ClockPiece(0, 0, 100_000),))
    async with TestClient(TestServer(app)) as client:
        house.client = client
        yield house


async def watches(house: House, to_s: int) -> None:
    """Let Bob watch the replay from its beginning."""
    who = READERS["bob"]
    played = Played("b", 0, to_s * 1_000, START + 1_000_000, to_s * 1_000, 1.0, visible=True, audible=True)
    await house.intake.take_in(
        who, "replay", "film", version=2, player="b", reported=[played], position_ms=None
    )
    await house.following.catch_up()


async def signals(house: House, path: str = PERIOD, who: str = "admin") -> Any:
    status, found = await house.call("GET", path, who)
    assert status == 200, found
    return found


def shares(found: Any) -> dict[str, tuple[int, int]]:
    return {each["signal"]: (each["share"]["hits"], each["share"]["of"]) for each in found["signals"]}


async def lesson_report(house: House) -> SessionReport:
    async def no_replay(session_id: str) -> str | None:
        return None

    polls = PollReports(house.database, house.store, house, house)
    coverages = LessonCoverages(house.attending, house)
    reports = SessionReports(house.attending, polls, house.view_reports, coverages, Said(), no_replay)
    return await reports.of(READERS["admin"], SESSION)


async def test_one_lesson_says_what_its_report_says(house: House) -> None:
    asked = {"id": "v2", "kind": "single", "question_ref": "q", "option_refs": ("a", "b"), "right": (1,)}
    await house.lesson.at(
        710,
        Raw("poll_opened", asked, "p_host"),
        Raw("poll_voted", {"poll": "v2", "option": 1, "correct": True}, "p_ann"),
        Raw("poll_voted", {"poll": "v2", "option": 0, "correct": False}, "p_guest"),
        Raw("poll_opened", asked | {"id": "v3", "anonymous": True}, "p_host"),
        Raw("poll_counted", {"id": "v3", "ballots": 2, "right": 1, "counts": (1, 1)}, "p_host"),
    )
    await watches(house, 90)
    found, alone = await signals(house), await lesson_report(house)
    assert found["lessons"] == 1
    assert shares(found) == {each.signal: (each.share.hits, each.share.of) for each in alone.signals}
    assert [each["level"] for each in found["signals"]] == [each.level for each in alone.signals]
    assert shares(found)["passed"] == (2, 4)
    assert shares(found)["activation"] == (2, 3), "Bob came later, by the replay"
    [preferences] = [each for each in found["signals"] if each["signal"] == "preferences"]
    assert preferences["apart"] == ["Laboratory", "Shops"]


async def test_a_lesson_is_counted_once_and_again_after_any_news(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    folds: list[str] = []
    attendance = type(house.attending).everybody

    async def everybody(self: Any, session_id: str) -> Any:
        folds.append(session_id)
        return await attendance(self, session_id)

    monkeypatch.setattr(type(house.attending), "everybody", everybody)

    async def is_counted_again() -> bool:
        folds.clear()
        await signals(house)
        await signals(house)
        assert len(folds) <= 1
        return bool(folds)

    assert await is_counted_again()
    assert not await is_counted_again()
    await watches(house, 90)
    assert await is_counted_again(), "somebody watched the replay"
    house.roster.append("new")
    house.over = [replace(house.over[0], expected=4)]
    assert await is_counted_again(), "the roster grew"
    house.over = [replace(house.over[0], planned_minutes=5)]
    assert await is_counted_again(), "somebody said how long it was to last"
    for scope in ("org", SESSION):
        async with house.database.write() as tx:
            cases = house.attending.cases
            await cases.put_rule(tx, "org", scope, Rule(present_percent=50), by="admin", now=house.now)
        assert await is_counted_again() is (scope == "org"), scope
    await house.lesson.at(800, Raw("poll_opened", {"id": "v9"}, "p_host"))
    assert await is_counted_again(), "its timeline went on"
    assert not await is_counted_again()


async def test_what_time_does_not_suffice_for_is_said_and_what_was_counted_stands(house: House) -> None:
    house.sessions.add("s2")
    house.over.append(lesson("s2", 60_000))
    await Lesson.open(house.database, "s2")
    house.ticks = [0.0, 0.0, 9.0]
    found = await signals(house)
    assert (found["lessons"], found["uncounted"]) == (1, 1), "the second was not even begun"
    await watches(house, 90)
    house.ticks = [0.0, 9.0, 9.0]
    later = await signals(house)
    assert (later["lessons"], later["uncounted"]) == (1, 2)
    assert shares(later) == shares(found), "as it was counted before"
    assert shares(await signals(house))["activation"] == (2, 3)


async def test_who_reads_what(house: House) -> None:
    for path in (PERIOD, SERIES):
        for who, code in (("ann", 403), ("guest", 403), ("host", 403), ("teacher", 200), ("key", 200)):
            assert (await house.call("GET", path, who))[0] == code, (who, path)
        mine = await signals(house, path, "manager")
        assert shares(mine)["activation"] == (0, 2), "of own people alone"
        assert shares(mine)["learning_time"] == (0, 0)
        whole = await signals(house, path)
        assert shares(whole)["activation"] == (1, 3)
        worst = {each["signal"]: each for each in whole["signals"]}["absence"]
        assert (worst["below"], [one["session_id"] for one in worst["lessons"]]) == (1, [SESSION])
        [one] = worst["lessons"]
        assert (one["title"], one["report"], one["share"]["of"]) == (f"Lesson {SESSION}", True, 3)
        for who, may in (("teacher", True), ("other_teacher", False), ("manager", False)):
            read = {each["signal"]: each for each in (await signals(house, path, who))["signals"]}
            assert [one["report"] for one in read["absence"]["lessons"]] == [may], who
    assert (await signals(house, who="stranger"))["lessons"] == 0
    assert (await house.call("GET", SERIES, "stranger"))[0] == 404
    assert (await house.call("GET", SERIES.replace("safety", "other"), "admin"))[0] == 404
    assert (await signals(house, SERIES))["about"] == "Safety"
    assert (await house.call("GET", PERIOD.replace("-01", "-13"), "admin"))[0] == 400
    house.over = [replace(house.over[0], is_over=False)]
    assert (await signals(house))["lessons"] == 0


async def test_signals_go_home_as_files(house: House) -> None:
    for path in (PERIOD.replace("signals?", "signals.{}?") + "&lang=en", SERIES + ".{}?lang=en"):
        csv = (await (await house.raw("GET", path.format("csv"), "admin")).text()).splitlines()
        assert len(csv) == 1 + len(Signal)
        assert csv[0].endswith('"Lessons below it, not by chance"')
        assert csv[-1].startswith('"Took part, of those expected",Low,1,3,0.3333,0.9')
        assert csv[-1].endswith(",1")
        workbook = await house.raw("GET", path.format("xlsx"), "admin")
        assert (await workbook.read())[:2] == b"PK"
        assert (await house.raw("GET", path.format("csv"), "ann")).status == 403
    for about in ("org", "safety"):
        assert house.audit_log.count(("admin", "view_statistics_exported", about)) == 2


async def test_answers_are_of_a_bounded_length(house: House) -> None:
    many = MOST_PULLING + 2
    house.over = [replace(lesson(f"x{at}", at), title="=1+1") for at in range(many)]
    async with house.database.write() as tx:
        for each in house.over:
            await SignalStore().keep(tx, "org", each.id, "old", {"d_lab": LessonMarks(expected=50)})
    house.ticks = [0.0, *[9.0] * many]
    found = await signals(house)
    absence = {each["signal"]: each for each in found["signals"]}["absence"]
    assert (absence["below"], len(absence["lessons"])) == (many, MOST_PULLING)


async def test_what_is_kept_is_the_same_on_both_databases(database: Database) -> None:
    store, kept = SignalStore(), {"d_lab": LessonMarks(3, 2, 1), "": LessonMarks(answered=4, right=1)}
    async with database.write() as tx:
        await store.keep(tx, "org", "s1", "one", {})
        await store.keep(tx, "org", "s1", "two", kept)
        await store.keep(tx, "elsewhere", "s2", "one", kept)
    async with database.read() as tx:
        assert await store.counted(tx, "org", ["s1", "s2", "s3"]) == {"s1": ("two", kept)}
        assert await store.watched(tx, "org", ["s1"]) == {}
        assert await store.rules(tx, ["s1", "org"]) == {}
    assert msgspec.msgpack.encode(LessonMarks(1, 2)) == msgspec.msgpack.encode([1, 2, *[0] * 8])


def at_random(rng: random.Random) -> LessonMarks:
    """Numbers of some people, some of whom do what is asked of them, in another share each time."""
    good = rng.random()

    def of(number: int) -> int:
        return sum(rng.random() < good for _ in range(number))

    expected, there, started, answered = (rng.choice((0, 3, 20, 80)) for _ in range(4))
    return LessonMarks(
        expected, of(expected), of(expected), there, of(there), of(there), started, of(started), answered,
        of(answered),
    )  # fmt: skip


async def test_random_lessons_out_of_either_database_are_what_the_long_way_comes_to(
    database: Database,
) -> None:
    house, rng = House(database, await Lesson.open(database, SESSION)), random.Random(45)
    for round_ in range(12):
        house.ticks, limits = [], SignalLimits(*(rng.random() for _ in range(4)))
        held = [
            Counted(
                lesson(f"s{round_}_{at}", at, expected=rng.randrange(99)),
                {id_: at_random(rng) for id_ in ("", "gone", *NAMES) if rng.random() < 0.8},
            )
            for at in range(rng.randrange(30))
        ]
        house.over = [each.lesson for each in held]
        async with database.write() as tx:
            for each in held:
                basis = basis_of(
                    seq=0, expected=each.lesson.expected, rule=house.attending.standard, watched=(0, 0),
                    completed_from=house.attending.completed_from,
                )  # fmt: skip
                await SignalStore().keep(tx, "org", each.lesson.id, basis, each.departments)
        asked = replace(house.signals(), limits=limits)
        for who, seen in (("admin", held), ("manager", seen_by_department(held, {"d_lab"}))):
            found = await asked.of_period(READERS[who], MONTH)
            assert (found.lessons, found.uncounted) == (len(held), 0), "nothing was counted again"
            assert found.signals == plainly_over(seen, NAMES, limits), (round_, who)
