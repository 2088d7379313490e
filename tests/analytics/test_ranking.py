"""Rankings: shares with their chance, places, advice; and what the product makes of them."""

from collections.abc import Collection, Mapping
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from analytics.chance import Share, percentiles
from analytics.neighbours import Reaction
from analytics.ranking import MOST, Advice, Bounds, advice_of, ranking_of
from analytics.ranking_routes import RankingRoutes
from analytics.view_reports import PeriodLine
from analytics.view_store import MediumVersion, Watchable
from analytics.view_sums import Sums, Terms
from lectern.edge.routes import mount
from tests.analytics.conftest import READERS, Office
from tests.analytics.test_view_routes import interval, report

counted = st.integers(0, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(counted)
def test_the_interval_holds_the_share_and_shrinks(numbers: tuple[int, int]) -> None:
    hits, of = numbers
    low, high = Share(hits, of).interval
    assert 0 <= low <= high <= 1
    rate = Share(hits, of).rate
    if rate is not None:
        assert low - 1e-9 <= rate <= high + 1e-9
        narrow = Share(hits * 10, of * 10).interval
        assert narrow[1] - narrow[0] <= high - low


def test_the_interval_is_wilsons() -> None:
    low, high = Share(8, 10).interval
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)  # Wilson 1927, worked out by hand
    assert Share(0, 0).interval == (0.0, 1.0)


def test_all_are_not_below_a_limit_of_all_and_nobody_is_not_above_none() -> None:
    assert not [of for of in range(1, 400) if Share(of, of).is_below(1.0)]
    assert not [of for of in range(1, 400) if Share(0, of).is_above(0.0)]


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1))
def test_places_are_fair(values: list[float | None]) -> None:
    places = percentiles(values)
    known = [(value, place) for value, place in zip(values, places, strict=True) if value is not None]
    assert [place is None for place in places] == [value is None for value in values]
    found = [place for _, place in known if place is not None]
    if found:
        assert abs(sum(found) / len(found) - 0.5) < 1e-9
    ordered = sorted((value, place or 0) for value, place in known)
    assert [place for _, place in ordered] == sorted(place for _, place in ordered)


@pytest.mark.parametrize(
    ("completion", "positive", "advice"),
    [
        ((0, 9), (40, 40), Advice.TOO_FEW),
        ((2, 40), (40, 40), Advice.RETIRE),
        ((5, 10), (0, 0), Advice.WATCH),
        ((8, 10), (0, 0), Advice.KEEP),
        ((8, 10), (9, 9), Advice.KEEP),
        ((8, 10), (19, 20), Advice.PROMISING),
        ((8, 10), (60, 60), Advice.PROMOTE),
    ],
)
def test_only_what_is_not_chance_is_certain(
    completion: tuple[int, int], positive: tuple[int, int], advice: Advice
) -> None:
    assert advice_of(Share(*completion), Share(*positive), Bounds()) is advice


def line(key: int, viewers: int, reached: int) -> PeriodLine:
    named = MediumVersion("replay", f"m{key}", 1)
    watchable = Watchable(key, "org", f"s{key}", named, Terms(60_000, "UTC"))
    return PeriodLine(watchable, f"Title {key}", Sums(viewers=viewers, reached_80=reached))


seen = st.integers(0, 60).flatmap(lambda viewers: st.tuples(st.just(viewers), st.integers(0, viewers)))


@given(st.lists(seen, max_size=40), st.randoms())
def test_a_ranking_is_the_same_in_whatever_order(numbers: list[tuple[int, int]], rng: Any) -> None:
    lines = [line(key, *each) for key, each in enumerate(numbers)]

    def said(session_id: str) -> Reaction:
        forms = int(session_id[1:]) % 7
        return Reaction(forms, 10, forms, forms // 2) if forms else Reaction()

    one = ranking_of("2026-11", 80, lines, said, Bounds())
    mixed = list(lines)
    rng.shuffle(mixed)
    assert ranking_of("2026-11", 80, mixed, said, Bounds()) == one
    assert len(one.top) == min(MOST, one.ranked)
    assert [each.score for each in one.top] == sorted((each.score or 0 for each in one.top), reverse=True)
    assert all(each.line.sums.viewers >= 10 for each in (*one.top, *one.retire, *one.promote))
    assert {each.advice for each in one.retire} <= {Advice.RETIRE, Advice.WATCH}


class Said:
    """What learners said, as these tests want it."""

    async def of(self, org_id: str, session_ids: Collection[str]) -> Mapping[str, Reaction]:
        assert org_id == "org"
        return {session_id: Reaction(2, 4, 2, 2, {"course": 4.5}) for session_id in session_ids}


@pytest.fixture
async def ranked(office: Office) -> Office:
    """Two who watched the film in January 2027, one of them nearly all of it."""
    await report(office, "ann", interval("a", 0, 90, 0))
    await report(office, "bob", interval("b", 0, 20, 0))
    await office.following.catch_up()
    return office


async def test_the_lists_of_a_month(ranked: Office) -> None:
    async def authenticate(http: web.Request) -> Any:
        return READERS.get(http.headers.get("Authorization", ""))

    app = web.Application()
    routes = RankingRoutes(ranked.view_reports, Said(), ranked, Bounds(fewest=2))
    mount(app, routes.routes(), authenticate)
    async with TestClient(TestServer(app)) as client:
        ranked.client = client
        path = "/api/v1/view-rankings"
        status, found = await ranked.call("GET", f"{path}?period=2027-01", "admin")
        assert status == 200, found
        [top] = found["top"]
        assert (top["id"], top["title"], top["viewers"], top["score"]) == ("film", "=安全 Film", 2, 0.5)
        assert (top["completion"]["rate"], top["feedback"]["rate"], top["positive"]["of"]) == (0.5, 0.5, 2)
        assert [each["advice"] for each in found["retire"]] == ["watch"]
        assert (found["people"], found["ranked"], found["promote"]) == (2, 1, [])
        assert (await ranked.call("GET", f"{path}?period=2026-12", "admin"))[1]["top"] == []
        for who, code in (("manager", 403), ("ann", 403), ("host", 403)):
            assert (await ranked.call("GET", f"{path}?period=2027-01", who))[0] == code
        csv = await (await ranked.raw("GET", f"{path}.csv?period=2027-01&lang=en", "admin")).text()
        assert csv.splitlines()[1].startswith("1,'=安全 Film,replay,2,2,1.0,0.5,0.0945,0.9055,0.5,1.0,")
        workbook = await ranked.raw("GET", f"{path}.xlsx?period=2027-01", "admin")
        assert (await workbook.read())[:2] == b"PK"
        assert ("admin", "view_statistics_exported", "org") in ranked.audit_log
