"""Course measures: what media, lessons and series come to, and nothing that does not exist."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from analytics.chance import Share
from analytics.course_measures import Measures, MediumMeasures, rows_of, total
from analytics.course_measures_report import MeasureReports
from analytics.course_measures_routes import MeasureRoutes
from analytics.neighbours import MediumResponse, SeriesFacts
from analytics.view_sums import Sums, Terms, share_of, within_period
from lectern.edge.routes import mount
from lectern.kernel.errors import NotFound
from tests.analytics.conftest import READERS, SESSION, Office
from tests.analytics.players import DURATION_MS, Sent, recorded, watching
from tests.analytics.test_view_routes import interval, report
from tests.lesson import Raw

PATH = "/api/v1/course-measures"
FILM = ("replay", "film")
counts = st.integers(0, 50)


@st.composite
def measures(draw: st.DrawFn) -> Measures:
    viewers = draw(counts)
    return Measures(
        viewers, draw(counts), draw(counts), draw(st.integers(0, viewers)),
        tuple(draw(st.lists(counts, min_size=5, max_size=5))), draw(counts), draw(counts), draw(counts),
    )  # fmt: skip


@given(st.lists(st.tuples(measures(), st.integers(0, 3)), max_size=12))
def test_lessons_and_series_are_sums_of_their_media(known: list[tuple[Measures, int]]) -> None:
    media = [
        MediumMeasures("microcourse", f"m{at}", f"s{lesson}", each) for at, (each, lesson) in enumerate(known)
    ]
    whole = total([each.measures for each in media])
    by_medium = rows_of(media, "medium", series={}, responses={})
    by_lesson = rows_of(media, "session", series={}, responses={})
    assert len(by_medium) == len(media)
    assert total([row.measures for row in by_lesson]) == whole
    assert sum(row.media for row in by_lesson) == len(media)
    assert [row.measures.viewers for row in by_lesson] == sorted(
        (row.measures.viewers for row in by_lesson), reverse=True
    )
    series = {"all": SeriesFacts("All", tuple(("microcourse", each.id) for each in media))}
    rows = rows_of(media, "series", series=series, responses={})
    assert [row.measures for row in rows] == ([whole] if media else [])


def test_a_series_has_favourites_and_shares_of_its_own_and_nothing_else() -> None:
    series = {"new": SeriesFacts("New", ()), "unused": SeriesFacts("Unused", ())}
    said = {("series", "new"): MediumResponse(None, favourites=2, shares=1)}
    [row] = rows_of([], "series", series=series, responses=said)
    assert (row.id, row.media, row.measures.favourites, row.measures.shares) == ("new", 0, 2, 1)
    assert (row.measures.rating, row.measures.completion, row.measures.forward) == (None, None, None)


def test_rates_are_of_what_there_is() -> None:
    found = Measures(viewers=8, reached_80=6, stars=(1, 0, 0, 1, 2), shares=2)
    assert (found.completion, found.rating, found.ratings, found.forward) == (0.75, 3.75, 4, 0.25)
    assert found.plus(Measures(exam=Share(1, 2))).exam is None


@given(watching())
def test_one_record_within_a_period_is_what_its_sums_say(sent: list[Sent]) -> None:
    terms = Terms(DURATION_MS, "Asia/Shanghai")
    record = recorded(sent)
    periods = share_of(record, terms).periods
    for period, sums in periods.items():
        assert within_period(record, terms, period) == sums
    assert within_period(record, terms, "1999-01") == Sums()


@dataclass
class House:
    """The rest of the house, as these tests want it."""

    responses: dict[tuple[str, str], MediumResponse] = field(default_factory=dict)
    asked_of: list[list[str] | None] = field(default_factory=list)
    now_s: float = 0.0
    step_s: float = 0.0

    async def of(
        self, org_id: str, period: str, people: Collection[str] | None
    ) -> Mapping[tuple[str, str], MediumResponse]:
        self.asked_of.append(None if people is None else sorted(people))
        return self.responses if org_id == "org" and period in ("2027-01", "2027-Q1", "2027") else {}

    async def in_category(self, org_id: str, category_id: str) -> Collection[tuple[str, str]]:
        if category_id == "gone":
            raise NotFound("category_not_found", "There is no such category any more.")
        return {FILM} if category_id == "films" else set()

    async def series(self, org_id: str) -> Mapping[str, SeriesFacts]:
        return {"line": SeriesFacts("Line", (FILM,))} if org_id == "org" else {}

    async def lessons(self, org_id: str, session_ids: Collection[str]) -> Mapping[str, str]:
        return {id_: f"Lesson {id_}" for id_ in session_ids}

    async def members(self, org_id: str, department_id: str) -> Collection[str]:
        return {"d_shop": ["ann"], "d_lab": ["bob", "eve"]}[department_id]

    def mono_s(self) -> float:
        self.now_s += self.step_s
        return self.now_s


@pytest.fixture
async def measured(office: Office) -> AsyncIterator[tuple[Office, House]]:
    """Two who watched the film in January 2027, one of them nearly all of it; and its lesson's poll."""
    house = House({FILM: MediumResponse(SESSION, (0, 0, 0, 1, 1), 1, 3, 1)})
    await office.lesson.at(0, Raw("session_started", {}))
    await office.lesson.at(
        1,
        *(
            Raw("participant_joined", {"participant": f"p{at}", "kind": "person", "role": "learner"})
            for at in range(3)
        ),
        Raw("poll_opened", {"id": "p", "kind": "single", "right": (1,), "option_refs": ("a", "b")}),
    )
    for at, pick in enumerate((1, 0, 1)):
        voted = {"poll": "p", "picks": (pick,), "correct": pick == 1}
        await office.lesson.at(2, Raw("poll_voted", voted, actor=f"p{at}"))
    await report(office, "ann", interval("a", 0, 90, 0))
    await report(office, "bob", interval("b", 0, 20, 0))
    await office.following.catch_up()

    async def authenticate(http: web.Request) -> Any:
        return READERS.get(http.headers.get("Authorization", ""))

    app = web.Application()
    reports = MeasureReports(office.view_reports, house, house, house.mono_s)
    mount(app, MeasureRoutes(reports, office).routes(), authenticate)
    async with TestClient(TestServer(app)) as client:
        office.client = client
        yield office, house


async def asked(office: Office, who: str = "admin", **query: str) -> Any:
    status, found = await office.call("GET", PATH, who, params={"period": "2027-01"} | query)
    assert status == 200, found
    return found


async def test_the_measures_of_a_month(measured: tuple[Office, House]) -> None:
    office, _ = measured
    found = await asked(office)
    assert (found["people"], found["rows"], found["uncounted"], found["next"]) == (2, 1, 0, None)
    [row] = found["items"]
    assert (row["kind"], row["title"], row["media"]) == ("replay", "=安全 Film", 1)
    expected = {
        "viewers": 2, "sittings": 2, "minutes": 1.83, "completion": 0.5, "stars": [0, 0, 0, 1, 1],
        "ratings": 2, "rating": 4.5, "comments": 1, "favourites": 3, "shares": 1, "forward": 0.5,
        "exam_right": 2, "exam_answers": 3,
    }  # fmt: skip
    assert row["measures"] == expected
    assert found["whole"] == expected | {"exam_right": None, "exam_answers": None}
    [lesson] = (await asked(office, by="session"))["items"]
    assert (lesson["kind"], lesson["title"]) == ("session", f"Lesson {SESSION}")
    assert lesson["measures"] == expected
    [line] = (await asked(office, by="series"))["items"]
    assert (line["id"], line["measures"]["exam_right"], line["measures"]["viewers"]) == ("line", None, 2)
    assert (await asked(office, period="2026-12"))["items"] == []
    assert (await asked(office, period="2027"))["rows"] == 1


async def test_exams_are_counted_once_and_again_after_news(measured: tuple[Office, House]) -> None:
    office, house = measured
    house.step_s = 10.0
    found = await asked(office)
    assert (found["uncounted"], found["items"][0]["measures"]["exam_right"]) == (1, None)
    house.step_s = 0.0
    assert (await asked(office))["items"][0]["measures"]["exam_right"] == 2
    house.step_s = 10.0
    assert (await asked(office))["uncounted"] == 0, "it was kept"
    voted = {"poll": "p", "picks": (1,), "correct": True}
    await office.lesson.at(3, Raw("poll_voted", voted, actor="p1"))
    assert (await asked(office))["uncounted"] == 1
    house.step_s = 0.0
    assert (await asked(office))["items"][0]["measures"]["exam_right"] == 3


async def test_a_department_is_its_peoples_own(measured: tuple[Office, House]) -> None:
    office, house = measured
    found = await asked(office, department="d_lab")
    assert house.asked_of == [["bob", "eve"]]
    [row] = found["items"]
    assert (found["people"], row["measures"]["viewers"], row["measures"]["minutes"]) == (1, 1, 0.33)
    assert row["measures"]["exam_right"] is None
    assert (await asked(office, department="d_shop"))["items"][0]["measures"]["completion"] == 1


async def test_a_category_holds_what_stands_in_it(measured: tuple[Office, House]) -> None:
    office, _ = measured
    assert (await asked(office, category="films"))["rows"] == 1
    assert (await asked(office, category="films", by="series"))["rows"] == 1
    assert (await asked(office, category="others"))["rows"] == 0
    assert (await asked(office, category="others", by="series"))["rows"] == 0
    status, answer = await office.call("GET", f"{PATH}?period=2027-01&category=gone", "admin")
    assert (status, answer["error"]["code"]) == (404, "category_not_found")


async def test_what_was_only_answered_is_there_too(measured: tuple[Office, House]) -> None:
    office, house = measured
    house.responses["microcourse", "clip"] = MediumResponse(SESSION, favourites=1)
    film, clip = (await asked(office))["items"]
    assert (film["kind"], clip["kind"], clip["title"]) == ("replay", "microcourse", None)
    assert (clip["measures"]["viewers"], clip["measures"]["completion"]) == (0, None)
    assert (clip["measures"]["exam_right"], clip["measures"]["forward"]) == (None, None)
    [lesson] = (await asked(office, by="session"))["items"]
    assert (lesson["media"], lesson["measures"]["favourites"]) == (2, 4)


async def test_files_and_who_may_have_them(measured: tuple[Office, House]) -> None:
    office, _ = measured
    for who in ("manager", "ann", "host", "guest"):
        assert (await office.call("GET", f"{PATH}?period=2027-01", who))[0] == 403, who
        assert (await office.raw("GET", f"{PATH}.csv?period=2027-01", who)).status == 403, who
    assert (await office.call("GET", f"{PATH}?period=2027-01", "stranger"))[1]["rows"] == 0
    csv = await (await office.raw("GET", f"{PATH}.csv?period=2027-01&lang=en", "admin")).text()
    assert csv.splitlines()[1] == "'=安全 Film,replay,1,2,2,1.83,0.5,4.5,2,0,0,0,1,1,1,3,1,0.5,0.6667,3,–,–"
    assert "Homework (not in this product)" in csv.splitlines()[0]
    chinese = await (await office.raw("GET", f"{PATH}.csv?period=2027-01&by=series", "admin")).text()
    assert ",–,–,–,–" in chinese.splitlines()[1], "no exam, homework and practice"
    workbook = await office.raw("GET", f"{PATH}.xlsx?period=2027-01&by=session", "admin")
    assert (await workbook.read())[:2] == b"PK"
    assert ("admin", "view_statistics_exported", "org") in office.audit_log
    for query in ("period=2027-13", "period=2027-01&by=person", "period=2027-01&cursor=x"):
        assert (await office.call("GET", f"{PATH}?{query}", "admin"))[0] == 400, query
