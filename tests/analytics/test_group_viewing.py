"""What groups recorded is counted as any medium, for itself alone: no statistics and no list know it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from analytics.course_measures_report import MeasureReports
from analytics.course_measures_routes import MeasureRoutes
from analytics.lesson_signals_report import SignalStore
from analytics.lesson_statistics import HouseStatistics
from analytics.lesson_statistics_routes import StatisticsRoutes
from analytics.ranking import Bounds
from analytics.ranking_routes import RankingRoutes
from lectern.edge.routes import mount
from lectern.kernel.access import Principal
from lectern.manifest.clock_map import ClockMap, ClockPiece
from tests.analytics.conftest import READERS, SESSION, Office
from tests.analytics.test_attendance_routes import teach
from tests.analytics.test_course_measures import House as Shelf
from tests.analytics.test_ranking import Said
from tests.analytics.test_view_routes import interval, report

GROUP = "group_recording"
MONTH = "period=2027-01"


@dataclass
class Doors:
    """All that anybody can read of viewing, behind two doors."""

    office: Office
    more: "TestClient[web.Request, web.Application]"

    async def read(self, path: str) -> Any:
        """Return what an administrator reads there."""
        for client in (self.office.client, self.more):
            answer = await client.get(f"/api/v1/{path}", headers={"Authorization": "admin"})
            if answer.status != 404:
                assert answer.status == 200, (path, await answer.text())
                return await answer.json()
        raise AssertionError(path)


async def _departments(org_id: str) -> dict[str, str]:
    return {"d_shop": "Shops", "d_lab": "Laboratory"}


@pytest.fixture
async def doors(office: Office) -> AsyncIterator[Doors]:
    async def authenticate(http: web.Request) -> Principal | None:
        return READERS.get(http.headers.get("Authorization", ""))

    app, shelf, views = web.Application(), Shelf(), office.view_reports
    statistics = HouseStatistics(
        office.attending, views, office, _departments, office.zone, mono_s=lambda: 0.0
    )
    mount(app, StatisticsRoutes(statistics, office).routes(), authenticate)
    mount(app, RankingRoutes(views, Said(), office, Bounds(fewest=1)).routes(), authenticate)
    measures = MeasureReports(views, shelf, shelf, shelf.mono_s)
    mount(app, MeasureRoutes(measures, office).routes(), authenticate)
    await teach(office)
    office.replay_clock = ClockMap((ClockPiece(0, 0, 100_000),))
    async with TestClient(TestServer(app)) as client:
        yield Doors(office, client)


PLACES = {
    "statistics of media": f"view-statistics?{MONTH}",
    "statistics of the house": f"statistics?{MONTH}",
    "top 20": f"view-rankings?{MONTH}",
    "course measures": f"course-measures?{MONTH}",
    "measures of lessons": f"course-measures?{MONTH}&by=session",
    "measures of a department": f"course-measures?{MONTH}&department=d_lab",
    "raw plays": "plays",
    "the replay": "views/replay/film",
    "the replay's figures": "views/replay/film/figures",
    "live and replay together": "views/replay/film/lesson",
    "still to watch": "still-to-watch/replay/film",
    "attendance": f"sessions/{SESSION}/attendance",
}


async def watches(office: Office, kind: str, id_: str = "a", from_s: int = 0, to_s: int = 90) -> None:
    status, answer = await report(office, "bob", interval(id_, from_s, to_s, 1_000 + from_s * 3), medium=kind)
    assert (status, answer["accepted"]) == (200, 1)
    await office.following.catch_up()


@pytest.mark.parametrize("place", PLACES)
async def test_no_other_figure_knows_of_it(doors: Doors, place: str) -> None:
    before = await doors.read(PLACES[place])
    await watches(doors.office, GROUP)
    assert await doors.read(PLACES[place]) == before
    await doors.office.following.sum_all_up_anew()
    assert await doors.read(PLACES[place]) == before, "made anew, too"
    await watches(doors.office, "replay")
    assert await doors.read(PLACES[place]) != before, "of the replay it would have known"


async def test_nobody_goes_on_in_it_and_signals_do_not_count_it(doors: Doors) -> None:
    await watches(doors.office, GROUP)
    async with doors.office.database.read() as tx:
        assert await SignalStore().watched(tx, "org", [SESSION]) == {}
    assert doors.office.positions == {}
    await watches(doors.office, "replay")
    async with doors.office.database.read() as tx:
        assert await SignalStore().watched(tx, "org", [SESSION]) == {SESSION: (1, 90_000)}
    assert doors.office.positions != {}


async def test_its_own_figures_are_merged_by_person(doors: Doors) -> None:
    office = doors.office
    path = f"views/{GROUP}/film"
    assert (await doors.read(path))["people"] == []
    await watches(office, GROUP, "a", 0, 40)
    await watches(office, GROUP, "a", 0, 40)
    await watches(office, GROUP, "b", 30, 90)
    await report(office, "guest", interval("g", 0, 10, 1_000), medium=GROUP)
    found = await doors.read(path)
    assert [(each["person"]["name"], each["coverage"], each["completed"]) for each in found["people"]] == [
        ("Bob", 0.9, True), ("@SUM(guest)", 0.1, False),
    ]  # fmt: skip
    assert (found["class"]["viewers"], found["class"]["reached_80"]) == (2, 1)
    for _ in range(2):
        figures = await doors.read(f"{path}/figures")
        assert (figures["sums"]["class"]["viewers"], figures["heat"][35], figures["rewatch"][35]) == (2, 1, 1)
        await office.following.sum_all_up_anew()
    plays = await doors.read(f"{path}/plays")
    assert len(plays["items"]) == 2
    csv = await office.raw("GET", f"/api/v1/{path}/viewers.csv?lang=en", "admin")
    assert len((await csv.text()).splitlines()) == 3


async def test_who_may_not_watch_it_reports_and_reads_nothing(doors: Doors) -> None:
    office = doors.office
    status, answer = await report(office, "stranger", interval("a", 0, 9, 1_000), medium=GROUP)
    assert (status, answer["error"]["code"]) == (404, "replay_not_found")
    for who, code in (("ann", 403), ("guest", 403), ("stranger", 404), ("manager", 200), ("host", 200)):
        assert (await office.call("GET", f"/api/v1/views/{GROUP}/film", who))[0] == code, who
    for path in (f"views/{GROUP}/film/lesson", f"still-to-watch/{GROUP}/film"):
        assert (await office.call("GET", f"/api/v1/{path}", "admin"))[0] == 404, (
            "of media of the library alone"
        )
