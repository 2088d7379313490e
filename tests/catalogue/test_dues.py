"""What somebody has to watch: of lessons that expect them, of series that are for them, and nothing else."""

from typing import Any

import pytest

from catalogue.dues import MOST_ASKED_AT_ONCE, MOST_DONE, DueModel, in_order
from catalogue.media import Replay
from catalogue.neighbours import Circle
from catalogue.series import Key, Seen
from catalogue.states import ReplayState
from catalogue.terms import Rules
from catalogue.terms_store import TermsStore
from catalogue.watch_due import DAY_MS
from tests.catalogue.conftest import SESSION, House
from tests.catalogue.test_audience import SALES, aimed
from tests.catalogue.test_library import search
from tests.catalogue.test_series import begun, published
from tests.statements import counted_statements

EXPECTED = Circle(sessions=frozenset({SESSION}))
SELLER = Circle(departments=frozenset({"sales"}))


async def require(
    house: House, medium: str, id_: str, due_utc_ms: int | None = None, *, required: bool = True
) -> None:
    rules = {"required": required, "due_utc_ms": due_utc_ms}
    assert (await house.call("PUT", f"/api/v1/watch-terms/{medium}/{id_}", json=rules))[0] == 200


async def require_series(house: House, made: dict[str, Any], **rules: Any) -> tuple[int, Any]:
    items = [{"medium": item["medium"], "id": item["id"]} for item in made["items"]]
    body = {name: made[name] for name in ("title", "description", "version", "shown")} | {"items": items}
    return await house.call("PUT", f"/api/v1/series/{made['id']}", json=body | rules)


async def dues(house: House, who: str = "learner") -> list[dict[str, Any]]:
    status, found = await house.call("GET", "/api/v1/my/dues", who)
    assert (status, found["now_utc_ms"]) == (200, house.now)
    items: list[dict[str, Any]] = found["items"]
    return items


async def test_what_a_lesson_asks_of_those_it_expects(house: House) -> None:
    replay = await house.ready_replay()
    one, two = [await published(house, replay, title) for title in ("One", "Two")]
    house.circles["learner"] = EXPECTED
    soon, late = house.now + DAY_MS, house.now + 2 * DAY_MS
    await require(house, "microcourse", one, late)
    await require(house, "microcourse", two)
    await require(house, "replay", replay, soon)
    assert [(due["id"], due["due_utc_ms"], due["done"], due["of"]) for due in await dues(house)] == [
        (replay, soon, 0, 1),
        (one, late, 0, 1),
        (two, None, 0, 1),
    ]
    assert await dues(house, "presenter") == [], "it expects the people of its roster, not those who teach"
    house.watched["learner", Key("microcourse", one)] = Seen(0.5, 1, 0)
    house.watched["learner", Key("microcourse", two)] = Seen(0.8, 1, 0)
    assert [(due["id"], due["share"], due["done"]) for due in await dues(house)] == [
        (replay, 0.0, 0),
        (one, 0.5, 0),
        (two, 0.8, 1),
    ]
    await require(house, "microcourse", one, required=False)
    await house.call("POST", f"/api/v1/microcourses/{two}/retire")
    assert [due["id"] for due in await dues(house)] == [replay]
    house.circles["learner"] = Circle()
    assert await dues(house) == []


async def test_who_was_in_the_lesson_need_not_watch_it_again(house: House) -> None:
    replay = await house.ready_replay()
    house.circles["learner"] = EXPECTED
    await require(house, "replay", replay)
    house.watched["learner", Key("replay", replay)] = Seen(0.1, 1, 0)
    house.lived["learner", replay] = 0.9
    [due] = await dues(house)
    assert (due["share"], due["done"]) == (0.9, 1)
    [item] = await search(house, kind="replay")
    assert (item["required"], item["coverage"], item["done"]) == (True, 0.9, 1)


async def test_a_series_is_asked_of_its_audience(house: House) -> None:
    replay = await house.ready_replay()
    course = await published(house, replay, "One")
    made = await begun(house, ("microcourse", course), ("replay", replay))
    due = house.now + DAY_MS
    status, made = await require_series(house, made, required=True, due_utc_ms=due)
    assert (status, made["required"], made["due_utc_ms"]) == (200, True, due)
    house.watched["learner", Key("microcourse", course)] = Seen(0.9, 1, 0)
    [asked] = await dues(house)
    assert {name: asked[name] for name in ("medium", "id", "due_utc_ms", "done", "of", "share")} == {
        "medium": "series", "id": made["id"], "due_utc_ms": due, "done": 1, "of": 2, "share": 0.5,
    }  # fmt: skip
    await aimed(house, "series", made["id"], SALES)
    assert await dues(house) == []
    assert await dues(house, "presenter") == [], "who sees every audience is not in every audience"
    house.circles["learner"] = SELLER
    assert [one["id"] for one in await dues(house)] == [made["id"]]
    await aimed(house, "replay", replay, {"kind": "person", "id": "other"})
    [asked] = await dues(house)
    assert (asked["done"], asked["of"]) == (1, 1), "of what is for them"
    # What a change does not name, stays.
    _, made = await require_series(house, made)
    assert (made["required"], made["due_utc_ms"]) == (True, due)
    _, made = await require_series(house, made, shown=False)
    assert await dues(house) == []


async def test_a_deadline_of_a_series_lies_ahead(house: House) -> None:
    course = await published(house, await house.ready_replay(), "One")
    made = await begun(house, ("microcourse", course))
    status, answer = await require_series(house, made, required=True, due_utc_ms=house.now)
    assert (status, answer["error"]["code"]) == (422, "deadline_wrong")
    _, read = await house.call("GET", f"/api/v1/series/{made['id']}")
    assert (read["version"], read["required"]) == (made["version"], False), "nothing of it was kept"
    _, made = await require_series(house, made, required=True, due_utc_ms=house.now + 1)
    assert await dues(house, "learner") != []
    await house.call("DELETE", f"/api/v1/series/{made['id']}")
    assert await dues(house, "learner") == []


async def test_the_library_says_what_is_asked_of_whoever_looks(house: House) -> None:
    replay = await house.ready_replay()
    course = await published(house, replay, "One")
    house.circles["learner"] = EXPECTED
    await require(house, "microcourse", course, house.now + DAY_MS)
    marks = {
        who: {item["id"]: (item["required"], item["due_utc_ms"]) for item in await search(house, who)}
        for who in ("learner", "presenter")
    }
    assert marks["learner"] == {replay: (False, None), course: (True, house.now + DAY_MS)}
    assert marks["presenter"] == {replay: (False, None), course: (False, None)}


@pytest.mark.parametrize(
    ("who", "status"), [("guest", 403), ("off_roster", 403), ("reading_key", 200), ("stranger", 200)]
)
async def test_nobody_else_is_asked(house: House, who: str, status: int) -> None:
    replay = await house.ready_replay()
    made = await begun(house, ("microcourse", await published(house, replay, "One")))
    await require_series(house, made, required=True)
    await require(house, "replay", replay)
    found = await house.call("GET", "/api/v1/my/dues", who)
    assert found[0] == status
    assert status == 403 or found[1]["items"] == []


async def test_what_is_not_counted_yet_is_said(house: House) -> None:
    house.circles["learner"] = EXPECTED
    await require(house, "replay", await house.ready_replay())
    for house.uncounted in (1, 0):
        assert (await house.call("GET", "/api/v1/my/dues", "learner"))[1]["uncounted"] == house.uncounted


async def test_nobody_asks_all_the_time(house: House) -> None:
    asked = [await house.raw("GET", "/api/v1/my/dues", "learner") for _ in range(int(MOST_ASKED_AT_ONCE) + 1)]
    assert [answer.status for answer in asked] == [200] * int(MOST_ASKED_AT_ONCE) + [429]
    error = (await asked[-1].json())["error"]
    assert (error["code"], float(asked[-1].headers["Retry-After"]) > 0) == ("too_fast", True)
    assert (await house.call("GET", "/api/v1/my/dues", "other"))[0] == 200, "each has their own measure"


async def test_a_thousand_replays_are_asked_for_with_as_many_questions_as_three(house: House) -> None:
    house.circles["learner"] = Circle(sessions=frozenset(f"s{number}" for number in range(2, 1_002)))

    async def asked(numbers: range) -> int:
        async with house.database.write() as tx:
            for number in numbers:
                ready = Replay(
                    f"r{number}", "org", f"s{number}", "Lesson", ReplayState.READY, 1, 1_000, None, None,
                    house.now, house.now, house.now,
                )  # fmt: skip
                await house.store.add_replay(tx, ready)
                await TermsStore().set_rules(tx, "org", "replay", ready.id, Rules(required=True))
        with counted_statements(house.database) as statements:
            assert len(await dues(house)) == numbers.stop - 2
        return len(statements)

    await asked(range(2, 3))  # what is asked for once in a process
    assert await asked(range(3, 5)) == await asked(range(5, 1_002))


def test_all_that_is_left_is_told_and_some_of_what_is_done() -> None:
    def due(n: int, done: int, at: int | None) -> DueModel:
        return DueModel(
            medium="replay", id=f"{n:03}", title="", duration_ms=1, thumbnail_url=None, due_utc_ms=at,
            share=0.0, done=done, of=1,
        )  # fmt: skip

    done = [due(n, 1, n) for n in range(MOST_DONE + 5)]
    left = [due(100 + n, 0, None if n == 0 else 1_000 - n) for n in range(MOST_DONE + 5)]
    found = in_order([*done, *left])
    assert [one.id for one in found[: len(left)]] == [
        f"{100 + n:03}" for n in [*range(MOST_DONE + 4, 0, -1), 0]
    ]
    assert [one.id for one in found[len(left) :]] == [f"{n:03}" for n in range(MOST_DONE + 4, 4, -1)]
