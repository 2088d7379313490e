"""What viewers answer: stars of one person and of nobody, comments, favourites, shares; at every door."""

import asyncio
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as cases
from hypothesis import strategies as st
from sqlalchemy import select

from catalogue.neighbours import Circle
from catalogue.response.rating import (
    MOST_STARS,
    NOBODY_SAYS,
    UNNAMED,
    Rating,
    RatingKeys,
    given,
    has_watched,
    month_at,
    months_of,
    rater_of,
    shown,
    stars_of,
    unnamed_of,
)
from catalogue.response.store import Answered, ResponseStore
from catalogue.response.tables import medium_ratings
from catalogue.series import Key, Seen
from catalogue.shelf.marking import ShelfKey
from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs
from tests.catalogue.conftest import FEWEST, RATING_KEYS, House, open_house
from tests.catalogue.test_audience import aimed
from tests.catalogue.test_series import begun, published
from tests.lesson import START

RATERS = ("learner", "roster_only", "other", "manager", "host")
SECRET = b"s" * 32
RATING = Rating("replay", "m", "r", "i", "org", "s1", 1, None, 3, "", waiting=True)


def path(medium: str, id_: str, rest: str = "") -> str:
    return f"/api/v1/responses/{medium}/{id_}{rest}"


def watched(house: House, key: Key, coverage: float = 0.5) -> None:
    for who in RATERS:
        house.watched["r" if who == "roster_only" else who, key] = Seen(coverage, 1, START)


async def rate(house: House, who: str, key: Key, stars: int, comment: str = "", **more: Any) -> Any:
    body = {"stars": stars, "comment": comment} | more
    return await house.call("PUT", path(*key, "/rating"), who, json=body)


async def read(house: House, key: Key, who: str = "learner") -> Any:
    status, found = await house.call("GET", path(*key), who)
    assert status == 200, found
    return found


async def replay_of(house: House) -> Key:
    key = Key("replay", await house.ready_replay())
    watched(house, key)
    return key


async def commented(house: House, key: Key, who: str = "learner") -> list[dict[str, Any]]:
    status, page = await house.call("GET", path(*key, "/comments"), who)
    assert (status, page["next"]) == (200, None)
    items: list[dict[str, Any]] = page["items"]
    return items


@cases(st.lists(st.integers(1, MOST_STARS), max_size=50))
def test_stars_are_counted_and_their_mean_is_theirs(stars: list[int]) -> None:
    found = stars_of((each, 1) for each in stars)
    assert found.count == len(stars)
    assert found.mean == (pytest.approx(sum(stars) / len(stars)) if stars else None)
    assert found.counts == tuple(stars.count(each) for each in range(1, MOST_STARS + 1))


@pytest.mark.parametrize(
    ("coverage", "duration_ms", "enough"),
    [
        (0.0, 600_000, False), (0.049, 600_000, False), (0.05, 600_000, True), (0.1, 60_000, True),
        (0.09, 60_000, False), (30 / 10_800, 10_800_000, True), (0.0, 0, False),
    ],
)  # fmt: skip
def test_a_little_is_half_a_minute_or_a_tenth(coverage: float, duration_ms: int, enough: bool) -> None:
    assert has_watched(coverage, duration_ms) is enough


def test_months_are_those_of_the_zone_and_make_up_periods() -> None:
    last_hour = round(datetime(2026, 10, 31, 23, tzinfo=UTC).timestamp() * 1_000)
    assert (month_at(last_hour, "UTC"), month_at(last_hour, "Asia/Shanghai")) == ("2026-10", "2026-11")
    assert list(months_of("2026-Q4")) == ["2026-10", "2026-11", "2026-12"]
    assert (list(months_of("2026-11")), len(months_of("2026"))) == (["2026-11"], 12)


def test_nobody_tells_a_rater_without_the_secret_and_media_do_not_link() -> None:
    one = rater_of(SECRET, Key("replay", "m"), "ann")
    assert one == rater_of(SECRET, Key("replay", "m"), "ann")
    others = [
        rater_of(b"t" * 32, Key("replay", "m"), "ann"),
        rater_of(SECRET, Key("replay", "n"), "ann"),
        rater_of(SECRET, Key("microcourse", "m"), "ann"),
        rater_of(SECRET, Key("replay", "m"), "bob"),
        unnamed_of(SECRET, one),
        unnamed_of(b"t" * 32, one),
    ]
    assert len({one, *others}) == 7
    assert one not in unnamed_of(SECRET, one)


def test_what_shows_of_a_rating_that_changes() -> None:
    named = shown(given(RATING, stars=2, comment="dull", person_id="ann"), UtcMs(9), "2026-11")
    assert (named.person_id, named.waiting, named.shown_stars, named.month) == ("ann", False, 2, "2026-11")
    hushed = given(named, stars=2, comment="dull", person_id=None)
    assert (hushed.person_id, hushed.waiting) == (None, True)
    assert (hushed.shown_stars, hushed.shown_comment) == (None, "")
    assert (hushed.shown_utc_ms, hushed.month) == (None, None)
    released = shown(hushed, UtcMs(10), "2026-12")
    changed = given(released, stars=5, comment="better", person_id=None)
    assert (changed.waiting, changed.shown_stars, changed.shown_comment) == (True, 2, "dull")
    assert not given(released, stars=2, comment="dull", person_id=None).waiting


async def test_a_person_rates_once_and_changes_it(house: House) -> None:
    key = await replay_of(house)
    assert (await read(house, key))["may_rate"]
    status, found = await rate(house, "learner", key, 2, "  Too fast. ")
    assert (status, found["mine"]["comment"]) == (200, "Too fast.")
    _, found = await rate(house, "learner", key, 4, "Good on a second look")
    assert found["stars"] == {"count": 1, "mean": 4.0, "counts": [0, 0, 0, 1, 0]}
    await rate(house, "manager", key, 5)
    assert (await read(house, key, "other"))["stars"]["mean"] == 4.5
    [only] = await commented(house, key, "other")
    assert (only["name"], only["stars"], only["comment"]) == ("Learner", 4, "Good on a second look")
    assert not house.audit_log or all("rat" not in action for _, action in house.audit_log)


async def test_only_who_signed_in_and_watched_a_little_rates(house: House) -> None:
    key = Key("replay", await house.ready_replay())
    assert (await read(house, key))["may_rate"] is False
    refused = {}
    for who in ("learner", "guest", "guest_host", "reading_key", "stranger", "off_roster", "other_guest"):
        status, answer = await rate(house, who, key, 5)
        refused[who] = (status, answer["error"]["code"])
    assert refused == {
        "learner": (409, "watch_first"),
        "guest": (403, "no_person"),
        "guest_host": (403, "no_person"),
        "reading_key": (403, "no_person"),
        "stranger": (404, "replay_not_found"),
        "off_roster": (404, "replay_not_found"),
        "other_guest": (403, "no_person"),
    }
    watched(house, key, 0.001)
    assert (await rate(house, "learner", key, 5))[0] == 409
    watched(house, key)
    for body in ({"stars": 0}, {"stars": 6}, {"stars": 2.5}, {}):
        assert (await house.call("PUT", path(*key, "/rating"), "learner", json=body))[0] == 400
    status, answer = await rate(house, "learner", key, 5, "x" * 1_001)
    assert (status, answer["error"]["code"]) == (422, "comment_too_long")
    assert (await house.call("GET", path(*key, "/comments"), "guest"))[0] == 403
    assert (await house.call("GET", path(*key), "guest"))[1]["mine"] is None


async def test_anonymous_ratings_wait_for_company_and_name_nobody(house: House) -> None:
    key = await replay_of(house)
    crowd = RATERS[:FEWEST]
    for at, who in enumerate(crowd, start=1):
        before = await read(house, key, "admin")
        assert before["stars"]["count"] == 0
        status, answer = await rate(house, who, key, at, f"word {at}", anonymous=True)
        assert status == 200, answer
    found = await read(house, key)
    assert (found["stars"]["count"], found["comments"]) == (FEWEST, FEWEST)
    assert (found["mine"]["anonymous"], found["mine"]["waiting"]) == (True, False)
    comments = await commented(house, key, "admin")
    assert {each["name"] for each in comments} == {None}
    assert len({each["shown_utc_ms"] for each in comments}) == 1
    async with house.database.read() as tx:
        rows = (await tx.execute(select(medium_ratings))).all()
    people = {"learner", "r", "other", "manager", "host"}
    assert not any(value in people for row in rows for value in row._mapping.values())
    # A change waits again, and what showed goes on showing.
    await rate(house, "learner", key, 5, "changed", anonymous=True)
    found = await read(house, key)
    assert (found["mine"]["waiting"], found["stars"]["counts"][0]) == (True, 1)
    assert "changed" not in [each["comment"] for each in await commented(house, key)]
    # Whoever gave their name first, and takes it back, is gone at once.
    await rate(house, "host", key, 1, "by name")
    assert (await read(house, key))["stars"]["count"] == FEWEST + 1
    [named] = [each["id"] for each in await commented(house, key) if each["name"] is not None]
    await rate(house, "host", key, 1, "by name", anonymous=True)
    assert (await read(house, key))["stars"]["count"] == FEWEST
    # Nor is it to be known again by its id, when it shows.
    async with house.database.read() as tx:
        assert named not in (await tx.execute(select(medium_ratings.c.id))).scalars().all()


SAME_FOR_ALL = {"medium", "medium_id", "org_id", "session_id", "version"}
"""What every rating of the medium has."""


async def the_row(house: House) -> dict[str, Any]:
    """Return the one rating there is, without what all ratings of its medium have, and what is empty."""
    async with house.database.read() as tx:
        row = (await tx.execute(select(medium_ratings))).one()
    return {name: value for name, value in row._mapping.items() if name not in SAME_FOR_ALL and value}


async def test_two_dumps_do_not_tell_whose_an_anonymous_rating_is(any_house: House) -> None:
    """Named, hidden by staff, without a name, with it again: nothing leads from one row to the next."""
    house = any_house
    key = await replay_of(house)
    rows = []
    for at, anonymous in enumerate((False, True, False, True), start=1):
        house.now = UtcMs(house.now + 40 * 86_400_000)
        assert (await rate(house, "learner", key, at, f"words {at}", anonymous=anonymous))[0] == 200
        if not anonymous:
            [comment] = await commented(house, key, "presenter")
            hide = path(*key, f"/comments/{comment['id']}/hide")
            assert (await house.call("POST", hide, "presenter", json={"reason": f"rude {at}"}))[0] == 200
        rows.append(await the_row(house))
    one, other, again, last = rows
    for named, unnamed in ((one, other), (other, again), (again, last), (one, last)):
        assert not set(named.values()) & set(unnamed.values()) - {True}, (named, unnamed)
    assert other["hidden_by"] == NOBODY_SAYS, "it stays hidden"
    # The two anonymous ones are one person's, as they may change it.
    assert other["rater"] == last["rater"]
    assert (await read(house, key))["mine"]["stars"] == 4


async def test_ratings_of_an_earlier_release_are_found_and_kept_as_todays(any_house: House) -> None:
    """They were kept under what a named one would be kept under, by any secret that was."""
    house, store = any_house, ResponseStore()
    key = await replay_of(house)
    older, newer = RATING_KEYS.secrets["1"], RATING_KEYS.secrets["2"]
    named = rater_of(older, key, "manager")
    async with house.database.write() as tx:
        for at, (secret, who) in enumerate([(older, "learner"), (newer, "host"), (newer, "other")]):
            one = replace(
                RATING, medium_id=key.id, rater=rater_of(secret, key, who), id=f"i{at}", stars=at + 1
            )
            hidden: dict[str, Any] = {
                "hidden_by": "presenter",
                "hidden_utc_ms": 7,
                "hidden_reason": NOBODY_SAYS,
            }
            await store.put(tx, replace(one, **hidden) if who == "host" else one)
        await store.put(tx, replace(RATING, medium_id=key.id, rater=named, id="n", person_id="manager"))
    assert (await read(house, key))["mine"]["stars"] == 1, "found before it is rewritten"
    assert (await rate(house, "other", key, 5, anonymous=True))[0] == 200
    async with house.database.write() as tx:
        assert [await store.hide_who_rated(tx, RATING_KEYS, limit=1) for _ in range(3)] == [1, 1, 0]
    async with house.database.read() as tx:
        rows = {row.rater: row for row in (await tx.execute(select(medium_ratings))).all()}
    assert len(rows) == 4
    assert [rater for rater in rows if not rater.startswith(UNNAMED)] == [named], "what has a name stays"
    assert all(rows[rater].person_id is None for rater in rows if rater != named)
    assert ("presenter", 7) not in [(row.hidden_by, row.hidden_utc_ms) for row in rows.values()]
    for who, stars in (("learner", 1), ("host", 2), ("other", 5), ("manager", 3)):
        assert (await read(house, key, who))["mine"]["stars"] == stars, who
        assert (await rate(house, who, key, 4, anonymous=True))[0] == 200
    async with house.database.read() as tx:
        assert len((await tx.execute(select(medium_ratings))).all()) == 4, "one of each person"
        for who in ("learner", "host", "other", "manager"):
            mine = await store.mine(tx, key, RATING_KEYS.raters(key, who))
            assert mine is not None
            assert (mine.rater, mine.stars) == (RATING_KEYS.rater(key, who, named=False), 4)


async def test_named_and_anonymous_at_once_is_one_rating(any_house: House) -> None:
    key = await replay_of(any_house)
    answers = await asyncio.gather(
        *(rate(any_house, "learner", key, 3, anonymous=bool(at % 2)) for at in range(8))
    )
    assert [status for status, _ in answers] == [200] * 8
    await the_row(any_house)


async def test_staff_hides_a_comment_with_a_reason_and_the_stars_stay(house: House) -> None:
    key = await replay_of(house)
    await rate(house, "learner", key, 1, "A rude word")
    [comment] = await commented(house, key, "other")
    hide = path(*key, f"/comments/{comment['id']}/hide")
    for who, status in (("learner", 403), ("manager", 403), ("guest", 403), ("stranger", 404)):
        assert (await house.call("POST", hide, who, json={"reason": "rude"}))[0] == status, who
    status, answer = await house.call("POST", hide, "presenter", json={"reason": "  "})
    assert (status, answer["error"]["code"]) == (422, "reason_needed")
    status, answer = await house.call("POST", hide, "presenter", json={"reason": "Be  polite."})
    assert (status, answer["hidden_reason"]) == (200, "Be polite.")
    assert ("presenter", "comment_hidden") in house.audit_log
    assert await commented(house, key, "manager") == []
    found = await read(house, key)
    assert (found["comments"], found["stars"]["count"]) == (0, 1)
    assert found["mine"]["hidden_reason"] == "Be polite."
    await rate(house, "learner", key, 1, "A rude word again")
    assert await commented(house, key, "manager") == [], "another wording does not bring it back"
    [hidden] = await commented(house, key, "presenter")
    assert hidden["hidden"]
    show = path(*key, f"/comments/{comment['id']}/show")
    assert (await house.call("POST", show, "admin"))[0] == 200
    assert ("admin", "comment_shown") in house.audit_log
    assert len(await commented(house, key, "manager")) == 1
    status, answer = await house.call("POST", path(*key, "/comments/none/hide"), json={"reason": "x"})
    assert (status, answer["error"]["code"]) == (404, "comment_not_found")


async def test_comments_come_in_pages(house: House) -> None:
    key = await replay_of(house)
    async with house.database.write() as tx:
        for at in range(45):
            row = replace(
                RATING, medium_id=key.id, rater=f"r{at}", id=f"i{at:02}", shown_stars=3,
                shown_comment=f"c{at}", shown_utc_ms=START + at // 3,
            )  # fmt: skip
            await ResponseStore().put(tx, row)
    cursor, found, pages = "", [], 0
    while True:
        query = {"cursor": cursor} if cursor else {}
        _, page = await house.call("GET", path(*key, "/comments"), "learner", params=query)
        found += [each["comment"] for each in page["items"]]
        pages += 1
        if page["next"] is None:
            break
        cursor = page["next"]
    assert (pages, len(found), len(set(found))) == (3, 45, 45)
    assert (await house.call("GET", path(*key, "/comments"), "learner", params={"cursor": "?"}))[0] == 400


async def test_what_is_kept_is_a_list_in_the_library(house: House) -> None:
    replay_id = await house.ready_replay()
    course = await published(house, replay_id, "Valves")
    made = await begun(house, ("microcourse", course), ("replay", replay_id))
    await house.index()

    async def kept(who: str = "learner", **more: str) -> set[str]:
        _, page = await house.call("GET", "/api/v1/library", who, params={"kept": "true"} | more)
        return {item["id"] for item in page["items"]}

    assert await kept() == set()
    for medium, id_ in (("microcourse", course), ("series", made["id"])):
        for _ in range(2):
            answer = await house.call("PUT", path(medium, id_, "/favourite"), "learner")
            assert answer == (200, {"kept": True})
    assert await kept() == {course, made["id"]}
    assert await kept(kind="series") == {made["id"]}
    assert await kept(q="valv") == {course}
    assert await kept("manager") == set()
    assert await kept("reading_key") == set()
    assert (await read(house, Key("microcourse", course)))["kept"]
    # Out of its audience it is not on the list either, but can be taken off it.
    house.circles["learner"] = Circle(departments=frozenset({"works"}))
    await aimed(house, "microcourse", course, {"kind": "department", "id": "sales"})
    await house.index()
    assert await kept() == {made["id"]}
    assert (await house.call("PUT", path("microcourse", course, "/favourite"), "learner"))[0] == 404
    assert (await house.call("DELETE", path("microcourse", course, "/favourite"), "learner"))[0] == 200
    await house.call("DELETE", f"/api/v1/series/{made['id']}")
    async with house.database.read() as tx:
        assert await ResponseStore().is_kept(tx, "learner", ShelfKey("series", made["id"])) is False


async def test_a_share_is_a_person_a_medium_and_a_month(house: House) -> None:
    replay_id = await house.ready_replay()
    made = await begun(house, ("replay", replay_id))
    for who, medium, id_, status in (
        ("learner", "replay", replay_id, 200),
        ("learner", "replay", replay_id, 200),
        ("manager", "replay", replay_id, 200),
        ("learner", "series", made["id"], 200),
        ("guest", "replay", replay_id, 403),
        ("stranger", "replay", replay_id, 404),
        ("learner", "film", replay_id, 404),
    ):
        answer = await house.raw("POST", path(medium, id_, "/share"), who)
        assert answer.status in (status, 204 if status == 200 else status), (who, await answer.text())
    async with house.database.read() as tx:
        month = month_at(house.now, "UTC")
        found = await ResponseStore().answered(tx, "org", month)
        assert (found["replay", replay_id].shares, found["series", made["id"]].shares) == (2, 1)
        assert await ResponseStore().answered(tx, "elsewhere", month) == {}


async def test_a_held_replay_is_answered_by_nobody(house: House) -> None:
    key = await replay_of(house)
    window = {"own": True, "from_utc_ms": None, "to_utc_ms": house.now - 1}
    assert (await house.call("PUT", f"/api/v1/replays/{key.id}/window", json=window))[0] == 200
    for method, rest in (("GET", ""), ("PUT", "/favourite"), ("POST", "/share"), ("GET", "/comments")):
        status, answer = await house.call(method, path(*key, rest), "learner")
        assert (status, answer["error"]["code"]) == (409, "replay_over"), rest
    assert (await rate(house, "learner", key, 5))[0] == 409


async def test_too_much_at_once_is_slowed_down(house: House) -> None:
    key = await replay_of(house)
    statuses = [(await rate(house, "learner", key, 3))[0] for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    assert (await rate(house, "manager", key, 3))[0] == 200


async def test_raw_answers_are_for_who_sees_everybody(house: House) -> None:
    key = await replay_of(house)
    await rate(house, "learner", key, 4, "Clear")
    await rate(house, "manager", key, 1, "hush", anonymous=True)
    await house.call("PUT", path(*key, "/favourite"), "learner")
    await house.raw("POST", path(*key, "/share"), "learner")
    for who in ("learner", "manager", "guest", "reading_key"):
        assert (await house.call("GET", "/api/v1/responses", who))[0] == 403, who
    found = {}
    for kind in ("rating", "favourite", "share"):
        _, page = await house.call("GET", "/api/v1/responses", "admin", params={"kind": kind})
        assert page["next"] is None
        [found[kind]] = page["items"]
        assert (found[kind]["subject"], found[kind]["id"]) == ("learner", key.id)
    assert (found["rating"]["stars"], found["rating"]["comment"]) == (4, "Clear")
    assert found["share"]["times"] == 1
    assert ("admin", "responses_read") in house.audit_log
    assert (await house.call("GET", "/api/v1/responses", "stranger"))[1]["items"] == []
    for cursor in ("?", "WyJhIl0=", "WyJcdTAwMDAiLCJhIiwiYiIsImMiXQ=="):  # nothing, too short, a NUL
        query = {"kind": "share", "cursor": cursor}
        assert (await house.call("GET", "/api/v1/responses", "admin", params=query))[0] == 400, cursor


async def test_rows_come_to_the_same_on_both_databases(database: Database, tmp_path: Path) -> None:
    house = await open_house(database, tmp_path)
    store, key = ResponseStore(), Key("replay", "m")
    keys = RatingKeys({"1": SECRET, "2": b"o" * 32}, "1")
    async with database.write() as tx:
        for at, (stars, named) in enumerate([(5, True), (3, True), (1, False), (2, False)]):
            rater = keys.rater(key, f"p{at}", named=named)
            person = f"p{at}" if named else None
            one = replace(RATING, rater=rater, id=f"i{at}", stars=stars, comment="words", person_id=person)
            await store.put(tx, shown(one, house.now, "2026-11") if named else one)
        await store.release(tx, key, 3, now=house.now, month="2026-11")
        assert (await store.stars(tx, [key]))[key].counts == (0, 0, 1, 0, 1)
        await store.release(tx, key, 2, now=house.now, month="2026-11")
        assert (await store.stars(tx, [key]))[key].counts == (1, 1, 1, 0, 1)
        row = {"medium": "replay", "medium_id": "m", "org_id": "org", "session_id": "s1", "month": "2026-11"}
        for person in ("p0", "p2", "p2"):
            await store.keep(tx, row | {"person_id": person, "kept_utc_ms": 1})
            await store.share(tx, row | {"person_id": person, "last_utc_ms": 2})
    async with database.read() as tx:
        found = await store.answered(tx, "org", "2026-Q4")
        assert found == {("replay", "m"): Answered("s1", stars_of([(5, 1), (3, 1), (1, 1), (2, 1)]), 4, 2, 2)}
        some = await store.answered(tx, "org", "2026", ["p0"])
        assert some == {("replay", "m"): Answered("s1", stars_of([(5, 1)]), 1, 1, 1)}
        assert await store.answered(tx, "org", "2026-12") == {}
        mine = await store.mine(tx, key, keys.raters(key, "p2"))
        assert mine is not None
        assert asdict(mine)["person_id"] is None
        rows = await store.feed(tx, "rating", "org", after=["i1"], limit=2)
        assert [each["id"] for each in rows] == ["i2", "i3"]
        rows = await store.feed(tx, "share", "org", after=["p0", "replay", "m", "2026-11"], limit=5)
        assert [(each["person_id"], each["times"]) for each in rows] == [("p2", 2)]
    async with database.write() as tx:
        keys = RatingKeys({"1": b"o" * 32, "2": SECRET}, "1")
        erased = [await store.forget(tx, "org", who, f"x{who}", keys) for who in ("p0", "p2", "p2")]
        assert erased == [3, 3, 0]
    async with database.read() as tx:
        assert (await store.stars(tx, [key]))[key].count == 4
        found = await store.answered(tx, "org", "2026-11")
        assert found["replay", "m"] == Answered("s1", stars_of([(5, 1), (3, 1), (1, 1), (2, 1)]), 2, 0, 2)
        assert await store.mine(tx, key, keys.raters(key, "p2")) is None
        assert await store.hide_who_rated(tx, keys) == 0


def test_the_keys_of_a_house_find_what_an_older_one_kept() -> None:
    key = Key("replay", "m")
    raters = RATING_KEYS.raters(key, "ann")
    assert {RATING_KEYS.rater(key, "ann", named=named) for named in (True, False)} < set(raters)
    assert len(set(raters)) == len(raters) == 2 + 2 * 2
    before = RatingKeys({"1": RATING_KEYS.secrets["1"]}, "1")
    assert {before.rater(key, "ann", named=named) for named in (True, False)} < set(raters)
    kept_so = before.rater(key, "ann", named=True)
    assert RATING_KEYS.unnamed(kept_so) in raters, "rewritten with the secret of today"
