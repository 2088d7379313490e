"""For whom a medium is: decided at every door alike, and only ever narrower than before."""

from typing import Any

import pytest

from catalogue.neighbours import Circle
from catalogue.shelf.marking import ShelfKey
from lectern.kernel.roles import OrgRole
from tests.catalogue.conftest import PEOPLE, SESSION, House, person
from tests.catalogue.test_series import begun, published

SALES = {"kind": "department", "id": "sales"}


async def aimed(house: House, medium: str, id_: str, *targets: dict[str, str], **more: Any) -> None:
    status, answer = await house.call(
        "PUT", f"/api/v1/shelf/{medium}/{id_}", json={"targets": targets} | more
    )
    assert status == 200, answer


async def doors(house: House, who: str, replay: str, course: str, series: str) -> dict[str, Any]:
    """Try every door, and return what stood behind it: ids in lists, a status elsewhere."""
    found: dict[str, Any] = {}
    for name in ("replays", "microcourses", "series", "library"):
        status, page = await house.call("GET", f"/api/v1/{name}", who)
        found[name] = {item["id"] for item in page["items"]} if status == 200 else status
    for name, path in {
        "replay": f"/api/v1/replays/{replay}",
        "course": f"/api/v1/microcourses/{course}",
        "one": f"/api/v1/series/{series}",
        "terms": f"/api/v1/watch-terms/microcourse/{course}",
        "captions": f"/api/v1/captions/replay/{replay}/en",
        "broadcast": f"/api/v1/sessions/{SESSION}/broadcast",
    }.items():
        answer = await house.raw("GET", path, who)
        found[name] = answer.status if answer.status != 404 else (await answer.json())["error"]["code"]
    return found


async def arranged(house: House) -> tuple[str, str, str]:
    replay = await house.ready_replay()
    course = await published(house, replay, "Valves")
    made = await begun(house, ("microcourse", course), ("replay", replay))
    await house.call(
        "PUT", f"/api/v1/captions/replay/{replay}/en", data=b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n"
    )
    await house.broadcast()
    await house.index()
    return replay, course, made["id"]


async def test_nobody_outside_finds_any_trace(house: House) -> None:
    media = await arranged(house)
    house.circles["learner"] = Circle(frozenset({"purchase"}), frozenset({"other"}))
    everything = await doors(house, "learner", *media)
    assert everything["library"] == set(media)
    assert {everything[name] for name in ("replay", "course", "one", "terms", "captions", "broadcast")} == {
        200
    }
    for kind, id_ in zip(("replay", "microcourse", "series"), media, strict=True):
        await aimed(house, kind, id_, SALES)
    await house.index()
    shut = await doors(house, "learner", *media)
    assert [shut[name] for name in ("replays", "microcourses", "series", "library")] == [set()] * 4
    gone = {
        "replay": "replay_not_found", "course": "microcourse_not_found", "one": "series_not_found",
        "terms": "microcourse_not_found", "captions": "replay_not_found", "broadcast": "session_not_found",
    }  # fmt: skip
    assert {name: shut[name] for name in gone} == gone
    never = await doors(house, "learner", "none", "none", "none")
    assert {name: never[name] for name in gone if name != "broadcast"} == {
        name: code for name, code in gone.items() if name != "broadcast"
    }
    with pytest.raises(Exception, match="no such"):  # nor is it counted
        await house.deps().watching.find(PEOPLE["learner"], "microcourse", media[1])
    for who in ("presenter", "manager", "admin"):
        assert await doors(house, who, *media) == everything, who
    house.circles["learner"] = Circle(frozenset({"sales", "all"}))
    assert await doors(house, "learner", *media) == everything


@pytest.mark.parametrize(
    ("who", "target", "is_in"),
    [
        ("learner", {"kind": "person", "id": "learner"}, True),
        ("learner", {"kind": "person", "id": "sales"}, False),
        ("learner", {"kind": "department", "id": "sales"}, True),
        ("learner", {"kind": "lesson", "id": "sales"}, False),
        ("learner", {"kind": "lesson", "id": "first"}, True),
        ("guest", {"kind": "lesson", "id": SESSION}, True),
        ("guest", {"kind": "department", "id": "sales"}, False),
        ("guest_host", {"kind": "department", "id": "sales"}, True),
        ("roster_only", {"kind": "person", "id": "learner"}, False),
        ("stranger", {"kind": "department", "id": "sales"}, False),
        ("off_roster", {"kind": "person", "id": "o"}, False),  # an audience opens nothing
    ],
)
async def test_who_is_in(house: House, who: str, target: dict[str, str], is_in: bool) -> None:
    replay = await house.ready_replay()
    house.circles["learner"] = Circle(frozenset({"sales"}), frozenset({"first"}))
    await aimed(house, "replay", replay, target)
    status, _ = await house.call("GET", f"/api/v1/replays/{replay}", who)
    assert status == (200 if is_in else 404)


async def test_a_series_shows_of_itself_what_is_for_the_asker(house: House) -> None:
    replay, course, series = await arranged(house)
    await aimed(house, "microcourse", course, SALES)
    await house.index()
    path = f"/api/v1/series/{series}"
    _, seen = await house.call("GET", path, "learner")
    assert [item["id"] for item in seen["items"]] == [replay]
    assert (seen["duration_ms"], seen["next"]["id"]) == (590_000, replay)
    _, edited = await house.call("GET", path)
    assert [item["id"] for item in edited["items"]] == [course, replay]
    await aimed(house, "replay", replay, SALES)
    assert (await house.call("GET", "/api/v1/series", "learner"))[1]["items"] == []
    _, page = await house.call("GET", "/api/v1/library?kind=series", "learner")
    assert page["items"] == []


async def test_only_editors_arrange_and_it_is_written_down(house: House) -> None:
    replay, course, series = await arranged(house)
    for kind, id_ in (("replay", replay), ("microcourse", course), ("series", series)):
        path = f"/api/v1/shelf/{kind}/{id_}"
        for who, status in (("learner", 403), ("manager", 403), ("stranger", 404), ("guest", 403)):
            assert (await house.call("GET", path, who))[0] == status, (kind, who)
            assert (await house.call("PUT", path, who, json={}))[0] == status, (kind, who)
        await aimed(house, kind, id_, SALES, description=" About ", tags=["#Safety"])
        _, kept = await house.call("GET", path)
        assert kept == {
            "description": "About", "category_id": None, "tags": ["Safety"],
            "targets": [{"kind": "department", "id": "sales", "name": "department sales"}],
        }  # fmt: skip
    assert house.audit_log.count(("presenter", "shelf_settings_changed")) == 3
    path = f"/api/v1/shelf/replay/{replay}"
    for body, code in (
        ({"targets": [{"kind": "person", "id": "unknown"}]}, "audience_unknown"),
        ({"category_id": "gone"}, "category_unknown"),
    ):
        status, refused = await house.call("PUT", path, json=body)
        assert (status, refused["error"]["code"]) == (422, code)
    assert (await house.call("GET", "/api/v1/shelf/picture/x"))[0] == 404


async def test_what_is_deleted_leaves_no_settings(house: House) -> None:
    _, course, series = await arranged(house)
    for kind, id_ in (("microcourse", course), ("series", series)):
        await aimed(house, kind, id_, SALES, tags=["Safety"])
    await house.index()
    await house.call("DELETE", f"/api/v1/microcourses/{course}")
    await house.call("DELETE", f"/api/v1/series/{series}")
    await house.index()
    _, tags = await house.call("GET", "/api/v1/tags")
    assert [(tag["name"], tag["media"]) for tag in tags["items"]] == [("Safety", 0)]
    _, page = await house.call("GET", "/api/v1/library", "admin")
    assert [item["medium"] for item in page["items"]] == ["replay"]


async def test_counts_and_tags_betray_nothing(house: House) -> None:
    replay, course, series = await arranged(house)
    _, tree = await house.call(
        "POST", "/api/v1/categories", "admin", json={"name": "Plant", "parent_id": None}
    )
    plant = tree["items"][0]["id"]
    await aimed(house, "replay", replay, tags=["Safety"], category_id=plant)
    await aimed(house, "microcourse", course, SALES, tags=["Safety", "Merger"], category_id=plant)
    await aimed(house, "series", series, tags=["Path"], category_id=plant)
    house.circles["learner"] = Circle(frozenset({"purchase"}))

    async def told(who: str, q: str = "") -> tuple[int, dict[str, int]]:
        await house.index()
        _, tree = await house.call("GET", "/api/v1/categories", who)
        _, tags = await house.call("GET", "/api/v1/tags", who, params={"q": q} if q else {})
        return tree["items"][0]["media"], {tag["name"]: tag["media"] for tag in tags["items"]}

    everything = (3, {"Safety": 2, "Merger": 1, "Path": 1})
    for who in ("presenter", "admin", "manager", "reading_key"):
        assert await told(who) == everything, who
    assert await told("learner") == (2, {"Safety": 1, "Path": 1})
    assert (await told("learner", "merg"))[1] == {}
    assert (await told("presenter", "merg"))[1] == {"Merger": 1}
    # The replay is held: neither it counts, nor the series, in which nothing is left for them.
    await house.call("PUT", f"/api/v1/sessions/{SESSION}/replay-publication", json={"published": False})
    assert await told("learner") == (0, {})
    assert await told("presenter") == everything
    house.circles["learner"] = Circle(frozenset({"sales"}))
    assert await told("learner") == (2, {"Safety": 1, "Merger": 1, "Path": 1})
    # Outside of its window it does not count either, and what is in the bin for nobody.
    await house.call("PUT", f"/api/v1/sessions/{SESSION}/replay-publication", json={"published": True})
    await house.call("PUT", f"/api/v1/replays/{replay}/window", json={"own": True, "to_utc_ms": house.now})
    assert (await told("learner"))[0] == 2
    await house.call("DELETE", f"/api/v1/microcourses/{course}")
    assert await told("learner") == (0, {})
    assert await told("presenter") == (2, {"Safety": 1, "Path": 1, "Merger": 0})


async def test_many_people_are_asked_about_at_once(house: House) -> None:
    _, course, _ = await arranged(house)
    audiences, key = house.deps().audiences, ShelfKey("microcourse", course)
    people = ["ann", "bob", "eve", "kim"]
    house.circles |= {"ann": Circle(frozenset({"sales"})), "bob": Circle(frozenset(), frozenset({"first"}))}
    async with house.database.read() as tx:
        assert await audiences.inside(tx, "org", key, people) == set(people)
    first, eve = {"kind": "lesson", "id": "first"}, {"kind": "person", "id": "eve"}
    await aimed(house, "microcourse", course, SALES, first, eve)
    async with house.database.read() as tx:
        inside = await audiences.inside(tx, "org", key, people)
        assert inside == {"ann", "bob", "eve"}
        for id_ in people:  # as everybody alone
            alone = await audiences.admits(tx, person(id_, OrgRole.LEARNER), "org", key)
            assert alone == (id_ in inside), id_
