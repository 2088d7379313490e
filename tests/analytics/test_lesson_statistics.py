"""Statistics of the house: periods, what lessons come to, and both beside the period before."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from analytics.learned import HeldLesson, Learned, added, learned_by_department, slots_of
from analytics.lesson_statistics import HouseStatistics, LessonStore
from analytics.lesson_statistics_routes import StatisticsRoutes
from analytics.lesson_sums import LessonSums, Presence, by_department, together
from analytics.lesson_tables import lesson_people
from analytics.periods import bounds_of, months_in, period_before
from analytics.view_sums import month_of, periods_of
from lectern.edge.routes import mount
from lectern.kernel.clock import UtcMs
from tests.analytics.conftest import READERS, Office
from tests.analytics.test_attendance_routes import teach
from tests.analytics.test_view_routes import interval, report

ZONES = ("UTC", "Asia/Shanghai", "America/St_Johns", "Asia/Kathmandu", "Europe/Berlin")
PATH = "/api/v1/statistics"
MONTH = "2027-01"

periods = st.builds(
    lambda year, month, pick: periods_of(f"{year:04}-{month:02}")[pick],
    st.integers(1980, 2200),
    st.integers(1, 12),
    st.integers(0, 2),
)


@given(periods, st.sampled_from(ZONES))
def test_a_period_ends_where_the_next_begins(period: str, zone: str) -> None:
    before = period_before(period)
    assert before is not None
    begins, ends = bounds_of(period, zone)
    assert bounds_of(before, zone)[1] == begins < ends
    assert period in periods_of(month_of(zone, begins))
    assert period in periods_of(month_of(zone, ends - 1))
    assert period not in periods_of(month_of(zone, begins - 1))


def test_periods_have_names() -> None:
    assert [period_before(each) for each in ("2026-01", "2026-Q1", "2026", "2026-11", "0001")] == [
        "2025-12", "2025-Q4", "2025", "2026-10", None,
    ]  # fmt: skip
    assert bounds_of("9999", "UTC")[0] < bounds_of("9999", "UTC")[1]
    assert bounds_of("0001", str(ZoneInfo("Asia/Shanghai")))[1] < 0


lengths = st.integers(0, 10**7)


@given(
    st.lists(st.tuples(st.integers(0, 400), lengths), max_size=6),
    st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["", "a", "b"]), lengths), max_size=6),
    st.sampled_from(ZONES),
)
def test_the_months_of_a_year_and_all_departments_are_the_whole(
    lessons: list[tuple[int, int]], watched: list[tuple[int, str, int]], zone: str
) -> None:
    begins, ends = bounds_of("2026", zone)
    held = [
        HeldLesson(begins + day * 86_400_000, LessonSums(departments={"a": Presence(1, present_ms, 0)}))
        for day, present_ms in lessons
    ]
    played: dict[str, dict[str, int]] = {}
    for month, department, played_ms in watched:
        played.setdefault(f"2026-{month:02}", {})[department] = played_ms
    months = months_in("2026")
    found = learned_by_department(months, held, played, zone)
    assert len(months) == 12
    assert {len(row) for row in found.values()} <= {12}
    assert added(each for row in found.values() for each in row) == Learned(
        sum(each.sums.whole.present_ms for each in held if each.began_utc_ms < ends),
        sum(ms for departments in played.values() for ms in departments.values()),
    )
    quarters = [learned_by_department(months_in(f"2026-Q{n}"), held, played, zone) for n in range(1, 5)]
    for department, row in found.items():
        parts = [part for each in quarters for part in each.get(department, ())]
        assert added(parts) == added(row), "four quarters are the year"


def test_the_best_hour_is_one_that_many_came_to() -> None:
    monday, _ = bounds_of("2024", "UTC")
    hour = 3_600_000

    def lesson(at: int, expected: int, attended: int) -> HeldLesson:
        sums = LessonSums(0, expected, attended, {"": Presence(attended, 0, 0)})
        return HeldLesson(monday + at * hour, sums)

    held = [
        lesson(9, 3, 3),
        lesson(34, 40, 36),
        lesson(34 + 168, 40, 37),
        lesson(50, 90, 20),
        lesson(5, 0, 0),
    ]
    slots = slots_of(held, "UTC")
    assert [(slot.hour_of_week, slot.lessons, slot.took_part.hits) for slot in slots] == [
        (34, 2, 73), (9, 1, 3), (50, 1, 20), (5, 1, 0),
    ], "three of three say less than 73 of 80"  # fmt: skip
    assert slots_of(held[:1], "Asia/Shanghai")[0].hour_of_week == 17


presences = st.builds(Presence, st.integers(0, 50), st.integers(0, 10**6), st.integers(0, 50))
lessons = st.builds(
    LessonSums,
    st.integers(0, 10**6),
    st.integers(0, 50),
    st.integers(0, 50),
    st.dictionaries(st.sampled_from(["", "a", "b"]), presences),
)


@given(st.lists(lessons))
def test_departments_are_parts_of_the_whole(held: list[LessonSums]) -> None:
    assert together(by_department(held).values()) == together(each.whole for each in held)


async def _departments(org_id: str) -> Mapping[str, str]:
    return {"d_shop": "Shops", "d_lab": "Laboratory"} if org_id == "org" else {}


@pytest.fixture
async def house(office: Office) -> AsyncIterator[Office]:
    async def authenticate(http: web.Request) -> Any:
        return READERS.get(http.headers.get("Authorization", ""))

    statistics = HouseStatistics(
        office.attending, office.view_reports, office, _departments, office.zone, mono_s=lambda: 0.0
    )
    app = web.Application()
    mount(app, StatisticsRoutes(statistics, office).routes(), authenticate)
    async with TestClient(TestServer(app)) as client:
        views, office.client = office.client, client
        await teach(office)
        office.client = views
        await report(office, "bob", interval("b", 0, 90, 1_000))
        await office.following.catch_up()
        office.client = client
        yield office


async def statistics(office: Office, period: str = MONTH, who: str = "admin") -> Any:
    status, found = await office.call("GET", f"{PATH}?period={period}", who)
    assert status == 200, found
    return found


def learned(live: float, watched: float) -> dict[str, Any]:
    one = {"live": live, "watched": watched}
    return {"learned": [one], "learned_whole": one}


async def test_a_month_is_lessons_and_viewing_by_department(house: Office) -> None:
    found = await statistics(house)
    assert (found["before"], found["uncounted"]) == ("2026-12", 0)
    assert found["lessons"] == {
        "lessons": 1, "people": 2, "heads": 2, "live_minutes": 10.0, "minutes": 11.0, "expected": 3,
        "attended": 1, "completed": 1,
    }  # fmt: skip
    assert (found["viewing"]["media"], found["viewing"]["people"]) == (1, 1)
    assert found["departments"] == [
        {"name": "Shops", "heads": 1, "minutes": 8.0, "completed": 1, "viewers": 0} | learned(8.0, 0.0),
        {"name": "Laboratory", "heads": 0, "minutes": 0.0, "completed": 0, "viewers": 1} | learned(0.0, 1.5),
        {"name": None, "heads": 1, "minutes": 3.0, "completed": 0, "viewers": 0} | learned(3.0, 0.0),
    ]
    assert found["months"] == [MONTH]
    [slot] = found["slots"]
    assert (slot["lessons"], slot["heads"], slot["took_part"]["hits"], slot["took_part"]["of"]) == (
        1,
        2,
        1,
        3,
    )
    assert found["lessons_before"]["lessons"] == found["viewing_before"]["media"] == 0
    later = await statistics(house, "2027-02")
    assert later["lessons"]["lessons"] == 0
    assert later["lessons_before"] == found["lessons"]
    for period in ("2027", "2027-Q1"):
        assert (await statistics(house, period))["lessons"] == found["lessons"]


async def test_a_lesson_is_counted_once_and_again_after_news(
    house: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    attendance = type(house.attending).everybody

    async def everybody(self: Any, session_id: str) -> Any:
        counted.append(session_id)
        return await attendance(self, session_id)

    monkeypatch.setattr(type(house.attending), "everybody", everybody)
    first = await statistics(house)
    assert await statistics(house) == first
    assert counted == ["s1"]
    await house.lesson.at(800)
    async with house.database.write() as tx:
        await LessonStore().forget(tx, "elsewhere", "ann", "x")
        await LessonStore().forget(tx, "org", "ann", "somebody")
    assert await statistics(house) == first
    async with house.database.read() as tx:
        kept = {row[0] for row in await tx.execute(select(lesson_people.c.subject))}
    assert kept == {"somebody", "p_guest"}


async def test_who_may_see_everybody_may_see_it_and_take_it_home(house: Office) -> None:
    for who, code in (("manager", 403), ("ann", 403), ("host", 403)):
        assert (await house.call("GET", f"{PATH}?period={MONTH}", who))[0] == code, who
    assert (await statistics(house, who="stranger"))["lessons"]["lessons"] == 0
    assert (await house.call("GET", f"{PATH}?period=2027-13", "admin"))[0] == 400
    csv = (await (await house.raw("GET", f"{PATH}.csv?period={MONTH}&lang=en", "admin")).text()).splitlines()
    assert csv[1] == "Shops,1,8.0,1,0,0.0,8.0"
    path = f"{PATH}/learned.csv?lang=en&period="
    csv = (await (await house.raw("GET", f"{path}{MONTH}", "admin")).text()).splitlines()
    assert csv[0].endswith("Department,Minutes present,Minutes watched of recordings,Minutes learned")
    assert csv[1:] == [
        "Shops,8.0,0.0,8.0", "Laboratory,0.0,1.5,1.5", "Without a department,3.0,0.0,3.0",
        "All departments,11.0,1.5,12.5",
    ]  # fmt: skip
    csv = (await (await house.raw("GET", f"{path}2027-Q1", "admin")).text()).splitlines()
    assert '"Live, 2027-01","Recordings, 2027-01"' in csv[0]
    assert csv[2] == "Laboratory,0.0,1.5,0.0,0.0,0.0,0.0,0.0,1.5,1.5", "each month, and the quarter"
    assert (await house.raw("GET", f"{PATH}/learned.xlsx?period={MONTH}", "manager")).status == 403
    workbook = await house.raw("GET", f"{PATH}.xlsx?period={MONTH}", "admin")
    assert (await workbook.read())[:2] == b"PK"
    assert ("admin", "view_statistics_exported", "org") in house.audit_log


async def test_what_time_does_not_suffice_for_is_said(house: Office) -> None:
    ticks = iter(range(1_000))
    slow = HouseStatistics(
        house.attending, house.view_reports, house, _departments, house.zone, mono_s=lambda: 5.0 * next(ticks)
    )
    house.now = UtcMs(house.now + 1)
    found = await slow.of(READERS["admin"], MONTH)
    assert (found.uncounted, found.lessons.lessons) == (1, 0)
