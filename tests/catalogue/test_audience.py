"""For whom a medium is: decided at every door alike, and only ever narrower than before."""

from typing import Any

import pytest

from catalogue.neighbours import Circle
from tests.catalogue.conftest import PEOPLE, SESSION, House
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
