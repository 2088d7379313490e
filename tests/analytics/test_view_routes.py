"""Played intervals through the door, and the report on them."""

from typing import Any

import msgspec
import pytest

from analytics.view_intake import RIGHTS_LAST_MS
from analytics.view_store import MediumVersion, ViewStore
from lectern.kernel.clock import UtcMs
from tests.analytics.conftest import READERS, Office
from tests.lesson import START, Raw

VIEWS = "/api/v1/views"


def interval(id_: str, from_s: float, to_s: float, started_s: float, **change: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "from_ms": round(from_s * 1000),
        "to_ms": round(to_s * 1000),
        "started_utc_ms": START + round(started_s * 1000),
        "wall_ms": round((to_s - from_s) * 1000),
        "speed": 1.0,
        "visible": True,
        "audible": True,
    } | change


async def report(office: Office, who: str, *intervals: dict[str, Any], **change: Any) -> tuple[int, Any]:
    body: dict[str, Any] = {
        "medium": "replay",
        "id": "film",
        "version": 2,
        "player": f"tab of {who}".replace(" ", "_"),
    }
    body |= {"intervals": intervals, "position_ms": 42_000} | change
    sent = body.pop("sent", {})
    return await office.call("POST", VIEWS, who, json=body, **sent)


async def viewing(office: Office, who: str = "admin") -> Any:
    status, found = await office.call("GET", f"{VIEWS}/replay/film", who)
    assert status == 200
    return found


async def test_what_was_played_is_what_the_report_says(office: Office) -> None:
    status, taken = await report(office, "ann", interval("a", 0, 30, 0), interval("b", 30.5, 80, 40))
    assert (status, taken) == (200, {"accepted": 2, "refused": [], "furthest_ms": None})
    await report(office, "bob", interval("a", 0, 5, 100))
    await report(office, "guest", interval("g", 10, 20, 50, visible=False))
    found = await viewing(office)
    assert found["duration_ms"] == 100_000
    assert found["class"] == {"bounce": 1, "reached_80": 1, "full": 0, "viewers": 3}
    assert [(p["person"]["name"], p["coverage"], p["completed"], p["minutes"]) for p in found["people"]] == [
        ("安 Ann", 0.8, True, 1.33),
        (None, 0.1, False, 0.0),
        ("Bob", 0.05, False, 0.08),
    ]
    assert found["people"][0]["person"] == {
        "id": "ann", "external_id": "E1", "name": "安 Ann", "department": "Shops",
    }  # fmt: skip
    assert found["people"][0]["last_utc_ms"] == START + 40_000 + 49_500
    assert found["heat"] == [2] * 5 + [1] * 5 + [2] * 10 + [1] * 60 + [0] * 20
    assert office.positions == {("ann", "film"): 42_000, ("bob", "film"): 42_000, ("g1", "film"): 42_000}


async def test_who_reads_along_without_sound_learns(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 30, 0, audible=False, captions=True))
    await report(office, "bob", interval("a", 0, 30, 0, audible=False))
    found = await viewing(office)
    assert {p["person"]["id"]: p["minutes"] for p in found["people"]} == {"ann": 0.5, "bob": 0.0}
    _, plays = await office.call("GET", f"{VIEWS}/replay/film/plays", "admin")
    assert [each["stretches"][0]["captions"] for each in plays["items"]] == [True, False]


async def test_a_guest_is_called_what_they_called_themselves(office: Office) -> None:
    payload = {"participant": "p_guest", "person": None, "role": "learner", "kind": "guest", "name_ref": "n"}
    await office.lesson.at(0, Raw("participant_joined", payload, "p_guest", {"n": "Visitor"}))
    await report(office, "guest", interval("g", 10, 20, 50))
    [guest] = (await viewing(office))["people"]
    assert guest["person"] == {"id": None, "external_id": None, "name": "Visitor", "department": None}


async def test_repeating_a_report_changes_nothing(office: Office) -> None:
    played = interval("a", 0, 30, 0)
    for _ in range(3):
        assert await report(office, "ann", played, played) == (
            200,
            {"accepted": 1, "refused": [], "furthest_ms": None},
        )
    before = await viewing(office)
    changed = interval("a", 0, 90, 0)
    await report(office, "ann", changed)
    assert await viewing(office) == before


async def test_the_same_id_of_two_people_is_two_intervals(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 30, 0))
    await report(office, "bob", interval("a", 0, 40, 0))
    assert {p["coverage"] for p in (await viewing(office))["people"]} == {0.3, 0.4}


async def test_what_cannot_be_true_is_named_and_not_counted(office: Office) -> None:
    status, taken = await report(
        office,
        "ann",
        interval("good", 0, 10, 0),
        interval("fast", 0, 100, 100, wall_ms=1_000),
        interval("future", 0, 10, 9_999),
        interval("outside", 95, 105, 300),
        interval("twice", 50, 60, 2),
        interval("speed", 0, 10, 400, speed=16),
    )
    assert (status, taken["accepted"]) == (200, 1)
    assert {refused["id"]: refused["code"] for refused in taken["refused"]} == {
        "fast": "faster_than_time",
        "future": "in_future",
        "outside": "outside_medium",
        "twice": "overlapping",
        "speed": "speed_out_of_range",
    }
    assert (await viewing(office))["people"][0]["coverage"] == 0.1


@pytest.mark.parametrize("skew_s", [-400 * 86_400, -3_600, -61, 0, 61, 3_600, 40 * 86_400, 3_000 * 86_400])
async def test_a_clock_that_is_wrong_files_viewing_under_the_right_moment(
    office: Office, skew_s: int
) -> None:
    """Played a quarter of an hour ago, by whatever clock; and what the network repeats is known again."""

    def said(now: int) -> int:
        return now + skew_s * 1_000

    ago = 3_600 - 900 + skew_s
    for late_ms in (0, 40, 900):
        sent = {"sent_utc_ms": said(office.now) - late_ms}
        _, taken = await report(office, "ann", interval("a", 0, 4, ago), **sent)
        assert taken == {"accepted": 1, "refused": [], "furthest_ms": None}
    _, taken = await report(
        office, "ann", interval("b", 4, 8, ago + 4), sent_utc_ms=said(office.now) - 20_000
    )
    assert taken["accepted"] == 1
    _, found = await office.call("GET", f"{VIEWS}/replay/film/plays", "admin")
    [stretch] = found["items"][0]["stretches"]
    assert (stretch["started_utc_ms"], stretch["wall_ms"]) == (office.now - 900_000, 8_000)


@pytest.mark.parametrize("before_s", [-86_400, -600, 0, 600])
async def test_a_clock_that_is_set_right_while_the_page_is_open(office: Office, before_s: int) -> None:
    """A page holds its clock when it is set back; set forward, it goes along, as after sleep."""
    began, since_s = office.now, max(0, before_s)
    first = interval("a", 0, 4, 3_600 - 60 + before_s)
    await report(office, "ann", first, sent_utc_ms=began + before_s * 1_000)
    office.now = UtcMs(began + 600_000)
    waited = interval("b", 4, 8, 3_600 - 56 + before_s)
    since = interval("c", 8, 12, 3_600 + 590 + since_s)
    sent_utc_ms = office.now + since_s * 1_000
    _, taken = await report(office, "ann", first, waited, since, sent_utc_ms=sent_utc_ms)
    assert taken["accepted"] == 3, taken
    _, found = await office.call("GET", f"{VIEWS}/replay/film/plays", "admin")
    starts = [each["started_utc_ms"] - began for each in found["items"][0]["stretches"]]
    assert starts == [-60_000, 590_000]


async def test_what_an_old_page_reports_counts_as_it_did(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 30, 0))
    _, taken = await report(office, "ann", interval("a", 0, 30, 0), interval("ahead", 30, 40, 9_999))
    assert taken["refused"] == [{"id": "ahead", "code": "in_future"}]
    assert (await viewing(office))["people"][0]["last_utc_ms"] == START + 30_000


async def test_refusals_are_counted_by_reason(office: Office) -> None:
    await report(office, "ann", interval("ahead", 0, 10, 9_999), interval("none", 5, 5, 0))
    await report(office, "bob", interval("ahead", 0, 10, 9_999))
    await report(office, "bob", interval("x", 0, 10, 0), version=9)
    assert office.intake.refused == {"in_future": 2, "empty": 1, "version_unknown": 1}


@pytest.mark.parametrize("started_utc_ms", [-(2**53), -(10**15), -1, 0, 1, START - 367 * 86_400_000])
async def test_what_was_played_before_anybody_could_is_refused(office: Office, started_utc_ms: int) -> None:
    old = interval("old", 0, 10, 0, started_utc_ms=started_utc_ms)
    status, taken = await report(office, "ann", old, interval("good", 20, 30, 0))
    assert (status, taken["accepted"], taken["refused"]) == (200, 1, [{"id": "old", "code": "too_old"}])
    assert (await viewing(office))["people"][0]["coverage"] == 0.1


async def test_overlaps_are_seen_across_reports(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 30, 0))
    _, taken = await report(office, "ann", interval("b", 50, 80, 10))
    assert taken == {"accepted": 0, "refused": [{"id": "b", "code": "overlapping"}], "furthest_ms": None}
    _, taken = await report(office, "ann", interval("b", 50, 80, 10), player="second_tab")
    assert taken["accepted"] == 1
    [ann] = (await viewing(office))["people"]
    assert (ann["coverage"], ann["minutes"]) == (0.6, 0.67)


async def test_players_that_a_client_makes_up_play_no_more_than_one_could(office: Office) -> None:
    """Twenty players in the same five seconds, each at another place: 4 × 5 s count, and a second's error."""
    for n in range(20):
        await report(office, "ann", interval("a", n * 5, n * 5 + 5, 0), player=f"player_{n}")
    [ann] = (await viewing(office))["people"]
    assert ann["coverage"] == 0.2
    assert office.intake.refused == {"faster_than_time": 16}
    _, taken = await report(office, "ann", interval("b", 50, 55, 100), player="player_21")
    assert taken["accepted"] == 1, "later there is time again"


async def test_players_of_an_instant_are_given_nothing_for_nothing(office: Office) -> None:
    """Each player may err by a second; not each of a hundred."""
    for n in range(100):
        tiny = interval("a", n, n + 0.9, 0, wall_ms=900)
        await report(office, "ann", tiny, player=f"player_{n}")
    [ann] = (await viewing(office))["people"]
    assert ann["coverage"] <= 0.08


async def test_nothing_was_played_before_the_medium_was_opened(office: Office) -> None:
    """One report completes no medium that somebody has only just opened, or never did."""
    whole = interval("a", 0, 100, 3_600 - 100)
    _, taken = await report(office, "newcomer", whole)
    assert taken["refused"] == [{"id": "a", "code": "not_open_yet"}]
    await office.intake.opened(READERS["newcomer"], "replay", "film", 2)
    office.now = UtcMs(office.now + RIGHTS_LAST_MS)
    await office.intake.opened(READERS["newcomer"], "replay", "film", 2)
    _, taken = await report(office, "newcomer", whole, player="other")
    assert taken["refused"] == [{"id": "a", "code": "not_open_yet"}], "opened when all of it was played"
    fast = interval("b", 0, 100, 3_600, speed=4.0, wall_ms=25_000)
    assert (await report(office, "newcomer", fast))[1]["accepted"] == 1
    _, taken = await report(office, "newcomer", interval("c", 0, 9, 3_590), version=1)
    assert taken["accepted"] == 0, "another version was never opened"


async def test_what_was_let_in_lets_nothing_in_that_lies_before_it(office: Office) -> None:
    """The slack that clocks get is given once, and not again from whatever it let in."""
    await office.intake.opened(READERS["newcomer"], "replay", "film", 2)
    accepted = 0
    for n in range(1, 9):
        earlier = interval(f"a{n}", 10 * n, 10 * n + 10, 3_600 - 55 * n, speed=4.0, wall_ms=3_000)
        accepted += (await report(office, "newcomer", earlier))[1]["accepted"]
    assert accepted == 1


async def test_who_began_before_openings_were_noted_goes_on(office: Office) -> None:
    """The record says that they had opened it; and a first report of some seconds counts in any case."""
    _, taken = await report(office, "newcomer", interval("a", 0, 50, 3_600 - 55))
    assert taken["accepted"] == 1
    office.now = UtcMs(office.now + 10 * RIGHTS_LAST_MS)
    _, taken = await report(office, "newcomer", interval("b", 50, 90, 3_600), player="after_the_update")
    assert taken["accepted"] == 1


async def test_forgetting_a_person_forgets_what_they_opened(office: Office) -> None:
    await office.intake.opened(READERS["newcomer"], "replay", "film", 2)
    named = MediumVersion("replay", "film", 2)
    async with office.database.write() as tx:
        assert await ViewStore().opened(tx, named, "newcomer") == office.now
        await ViewStore().forget(tx, "elsewhere", "newcomer", "nobody")
        assert await ViewStore().opened(tx, named, "newcomer") is not None
        await ViewStore().forget(tx, "org", "newcomer", "nobody")
        assert await ViewStore().opened(tx, named, "newcomer") is None


async def test_a_viewers_record_stays_with_the_version_they_saw(office: Office) -> None:
    await report(office, "ann", interval("old", 0, 90, 0), version=1)
    await report(office, "ann", interval("new", 0, 20, 200), version=2)
    assert [p["coverage"] for p in (await viewing(office))["people"]] == [0.2]
    _, taken = await report(office, "ann", interval("later", 0, 20, 300), version=3)
    assert taken == {
        "accepted": 0,
        "refused": [{"id": "later", "code": "version_unknown"}],
        "furthest_ms": None,
    }


async def test_what_waited_for_the_network_counts_once_and_stands_where_it_was(office: Office) -> None:
    hour = interval("h", 0, 80, 0)
    for _ in range(2):
        status, taken = await report(office, "ann", hour, position_ms=80_000, position_age_ms=50_000)
        assert (status, taken["accepted"]) == (200, 1)
    assert office.watched_at["ann", "film"] == office.now - 50_000
    _, found = await office.call("GET", f"{VIEWS}/replay/film/plays", "admin")
    [line] = found["items"]
    assert [(s["from_ms"], s["to_ms"]) for s in line["stretches"]] == [(0, 80_000)]
    assert (await report(office, "ann", position_age_ms=-1))[0] == 400


async def test_what_is_watched_in_order_counts_in_order(office: Office) -> None:
    office.no_skipping = True
    status, taken = await report(office, "ann", interval("a", 0, 10, 0), interval("b", 60, 70, 20))
    assert (status, taken["accepted"], taken["furthest_ms"]) == (200, 1, 10_000)
    assert taken["refused"] == [{"id": "b", "code": "skipped_ahead"}]
    _, taken = await report(office, "ann", interval("c", 10, 30, 40), interval("d", 5, 8, 70))
    assert (taken["accepted"], taken["refused"], taken["furthest_ms"]) == (2, [], 30_000)
    [line] = (await viewing(office))["people"]
    assert line["coverage"] == 0.3


async def test_a_position_alone_is_remembered_inside_the_medium(office: Office) -> None:
    assert await report(office, "ann", position_ms=10**9) == (
        200,
        {"accepted": 0, "refused": [], "furthest_ms": None},
    )
    assert office.positions == {("ann", "film"): 100_000}
    assert (await viewing(office))["people"] == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"id": "unknown"}, 404, "replay_not_found"),
        ({"medium": "song"}, 400, "body_invalid"),
        ({"intervals": [interval("x" * 65, 0, 1, 0)]}, 400, "body_invalid"),
        ({"intervals": [interval("x", 0, 1, 0, from_ms=2**60)]}, 400, "body_invalid"),
        ({"intervals": [interval(str(n), 0, 1, 0) for n in range(501)]}, 400, "body_invalid"),
        ({"position_ms": "here"}, 400, "body_invalid"),
        ({"sent_utc_ms": 2**60}, 400, "body_invalid"),
        ({"sent_utc_ms": "now"}, 400, "body_invalid"),
    ],
)
async def test_bad_reports_are_refused(
    office: Office, change: dict[str, Any], status: int, code: str
) -> None:
    found, body = await report(office, "ann", **change)
    assert (found, body["error"]["code"]) == (status, code)


async def test_intervals_that_are_no_numbers_are_refused(office: Office) -> None:
    for name, value in (("speed", "NaN"), ("speed", "Infinity"), ("wall_ms", "-1"), ("from_ms", "-5")):
        body = msgspec.json.encode(
            {
                "medium": "replay",
                "id": "film",
                "version": 2,
                "player": "p",
                "intervals": [interval("x", 0, 1, 0)],
            }
        )
        was = msgspec.json.encode(interval("x", 0, 1, 0)[name])
        spoilt = body.replace(b'"%s":%s' % (name.encode(), was), f'"{name}":{value}'.encode())
        assert spoilt != body
        status, taken = await office.call(
            "POST", VIEWS, "ann", data=spoilt, headers={"Content-Type": "application/json"}
        )
        assert (status, taken["accepted"], len(taken["refused"])) == (200, 0, 1), (name, value)
    status, body = await report(office, "ann", interval("x", 0, 1, 0, wall_ms=1.5))
    assert (status, body["error"]["code"]) == (400, "body_invalid")


async def test_a_report_is_asked_once_a_minute_who_sends_it(office: Office) -> None:
    for n in range(3):
        await report(office, "ann", interval(f"{n}", n * 5, n * 5 + 5, n * 5))
    assert office.asked == ["ann"]
    await report(office, "bob", interval("b", 0, 5, 0))
    assert office.asked == ["ann", "bob"]
    office.now = UtcMs(office.now + RIGHTS_LAST_MS)
    await report(office, "ann", interval("later", 20, 25, 100))
    assert office.asked == ["ann", "bob", "ann"]
    office.is_open = False
    assert (await report(office, "ann", interval("soon", 30, 35, 200)))[0] == 200
    office.now = UtcMs(office.now + RIGHTS_LAST_MS)
    assert (await report(office, "ann", interval("closed", 40, 45, 300)))[0] == 404


async def figures(office: Office, who: str) -> Any:
    status, found = await office.call("GET", f"{VIEWS}/replay/film/figures", who)
    assert status == 200, found
    return found


@pytest.mark.parametrize("follows", [False, True])
async def test_figures_show_what_was_played_at_once(office: Office, follows: bool) -> None:
    phone = {"headers": {"User-Agent": "Mozilla/5.0 (iPhone) Mobile"}}
    await report(office, "ann", interval("a", 0, 90, 0), interval("b", 10, 20, 100), sent=phone)
    await report(office, "bob", interval("a", 0, 5, 0))
    if follows:
        await office.following.catch_up()
    found = await figures(office, "admin")
    assert (found["duration_ms"], found["version"]) == (100_000, 2)
    assert found["heat"] == [2] * 5 + [1] * 85 + [0] * 10
    assert found["rewatch"] == [0] * 10 + [1] * 10 + [0] * 80
    assert found["staying"] == [2] * 6 + [1] * 85 + [0] * 9
    sums = found["sums"]
    assert sums["class"] == {"bounce": 1, "reached_80": 1, "full": 0, "viewers": 2}
    assert (sums["sittings"], sums["minutes"], sums["minutes_played"]) == (2, 1.75, 1.75)
    assert {name: sum(hours) for name, hours in sums["hours"].items()} == {
        "pc": 5, "phone": 100, "in_app": 0, "tv": 0,
    }  # fmt: skip
    assert sums["hours"]["phone"][4 * 24 + 16] == 100, "a Friday at 16 h in Shanghai"


async def test_a_line_manager_has_figures_of_own_people_alone(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 90, 0))
    await report(office, "bob", interval("a", 0, 5, 0))
    found = await figures(office, "manager")
    assert (sum(found["heat"]), found["sums"]["class"]["viewers"]) == (5, 1)
    assert sum((await figures(office, "host"))["heat"]) == 95
    assert (await office.call("GET", f"{VIEWS}/replay/film/figures", "ann"))[0] == 403


async def test_everything_that_was_played_can_be_had(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 30, 0), interval("b", 30, 40, 30), interval("c", 5, 9, 50))
    await report(office, "bob", interval("a", 0, 5, 0, visible=False, speed=1.25, wall_ms=4_000))
    status, found = await office.call("GET", f"{VIEWS}/replay/film/plays", "key")
    assert (status, found["next"], [item["subject"] for item in found["items"]]) == (
        200,
        None,
        ["ann", "bob"],
    )
    ann, bob = found["items"]
    assert ann["person"]["external_id"] == "E1"
    assert [(one["from_ms"], one["to_ms"], one["wall_ms"]) for one in ann["stretches"]] == [
        (0, 40_000, 40_000), (5_000, 9_000, 4_000),
    ]  # fmt: skip
    [stretch] = bob["stretches"]
    assert len(stretch.pop("player")) == 16
    assert stretch == {
        "from_ms": 0, "to_ms": 5_000, "started_utc_ms": START, "wall_ms": 4_000, "speed": 1.25,
        "visible": False, "audible": True, "captions": False, "device": "pc",
    }  # fmt: skip
    _, of_manager = await office.call("GET", f"{VIEWS}/replay/film/plays", "manager")
    assert [item["subject"] for item in of_manager["items"]] == ["bob"]
    _, after_ann = await office.call("GET", f"{VIEWS}/replay/film/plays?cursor=ann", "key")
    assert [item["subject"] for item in after_ann["items"]] == ["bob"]


STATISTICS = "/api/v1/view-statistics"


async def test_a_month_a_quarter_and_a_year(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 90, 0))
    await report(office, "bob", interval("a", 0, 5, 0))
    await office.following.catch_up()
    for period in ("2027-01", "2027-Q1", "2027"):
        status, found = await office.call("GET", f"{STATISTICS}?period={period}", "admin")
        assert (status, found["media"], found["people"]) == (200, 1, 2)
        assert sum(found["sums"]["hours"]["pc"]) == 95
        [film] = found["items"]
        assert (film["title"], film["completion"], film["weak"]) == ("=安全 Film", 0.5, True)
        assert film["class"] == {"bounce": 1, "reached_80": 1, "full": 0, "viewers": 2}
        assert found["next"] is None
    _, other = await office.call("GET", f"{STATISTICS}?period=2026-12", "admin")
    assert (other["media"], other["people"], other["items"]) == (0, 0, [])


@pytest.mark.parametrize("period", ["", "2027-13", "2027-Q5", "27-01", "all", "2027-1", "2027-01'"])
async def test_other_periods_are_refused(office: Office, period: str) -> None:
    assert (await office.call("GET", f"{STATISTICS}?period={period}", "admin"))[0] == 400


@pytest.mark.parametrize(
    ("who", "status"),
    [("ann", 403), ("manager", 403), ("host", 403), ("teacher", 200), ("key", 200), (None, 401)],
)
async def test_who_reads_statistics(office: Office, who: str | None, status: int) -> None:
    for path in (STATISTICS, f"{STATISTICS}.csv"):
        assert (await office.raw("GET", f"{path}?period=2027-01", who)).status == status


async def test_pages_of_statistics_follow_on_each_other(office: Office) -> None:
    for medium, who in (("replay", "ann"), ("replay", "bob"), ("microcourse", "ann")):
        await report(office, who, interval("a", 0, 5, 0), medium=medium)
    await office.following.catch_up()
    first = await office.view_reports.period(READERS["admin"], "2027", limit=1)
    assert [line.sums.viewers for line in first.lines] == [2]
    second = await office.view_reports.period(READERS["admin"], "2027", after=first.after, limit=1)
    assert [line.medium.named.medium for line in second.lines] == ["microcourse"]
    assert second.after is None
    cursor = "bm8gY3Vyc29y"
    assert (await office.call("GET", f"{STATISTICS}?period=2027&cursor={cursor}", "admin"))[0] == 400


async def test_statistics_as_files_start_no_formula(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 90, 0))
    await office.following.catch_up()
    sheet = await office.raw("GET", f"{STATISTICS}.csv?period=2027-01&lang=zh-CN", "admin")
    rows = (await sheet.read()).decode("utf-8-sig").splitlines()
    assert rows[0].startswith("标题,类型,版本")
    assert rows[1] == "'=安全 Film,回放,2,1.67,1,1,1.5,0,1,0,1.0,否"
    book = await office.raw("GET", f"{STATISTICS}.xlsx?period=2027-01", "admin")
    assert (await book.read())[:2] == b"PK"
    assert [entry[:2] for entry in office.audit_log] == [("admin", "view_statistics_exported")] * 2


async def test_an_api_key_watches_nothing(office: Office) -> None:
    status, body = await report(office, "key", interval("a", 0, 1, 0))
    assert (status, body["error"]["code"]) == (403, "no_viewer")
    assert (await report(office, "stranger", interval("a", 0, 1, 0)))[0] == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [("ann", 403), ("guest", 403), ("host", 200), ("stranger", 404), ("key", 200), (None, 401)],
)
async def test_who_reads_the_report(office: Office, who: str | None, status: int) -> None:
    assert (await office.call("GET", f"{VIEWS}/replay/film", who))[0] == status
    assert (await office.call("GET", f"{VIEWS}/song/film", "admin"))[0] == 404


async def test_a_line_manager_sees_own_people_and_their_figures_alone(office: Office) -> None:
    await report(office, "ann", interval("a", 0, 90, 0))
    await report(office, "bob", interval("a", 0, 5, 0))
    await report(office, "guest", interval("a", 0, 5, 0))
    found = await viewing(office, "manager")
    assert [p["person"]["id"] for p in found["people"]] == ["bob"]
    assert found["class"]["viewers"] == 1
    assert sum(found["heat"]) == 5
