"""The library: what is listed and found, with the place where it stands, and what the office does to it."""

import asyncio
from typing import Any

import pytest

from catalogue.series import Key, Seen
from catalogue.shelf.index import Entry
from catalogue.shelf.indexer import Indexer
from catalogue.shelf.marking import Marked
from tests.catalogue.conftest import SESSION, House
from tests.catalogue.test_series import begun, published

VTT = b"WEBVTT\n\n01:10.000 --> 01:12.000\n<v Li>First <b>close</b> the valve &amp; wait.\n"


async def search(house: House, who: str = "learner", **asked: str) -> list[dict[str, Any]]:
    await house.index()
    status, page = await house.call("GET", "/api/v1/library", who, params=asked)
    assert (status, page["next"]) == (200, None)
    found: list[dict[str, Any]] = page["items"]
    return found


async def category(house: House, name: str, parent_id: str | None = None) -> str:
    body = {"name": name, "parent_id": parent_id}
    status, tree = await house.call("POST", "/api/v1/categories", "admin", json=body)
    assert status == 201, tree
    found: str = next(
        each["id"] for each in tree["items"] if (each["name"], each["parent_id"]) == (name, parent_id)
    )
    return found


async def test_words_lead_to_their_second(house: House) -> None:
    replay = await house.ready_replay()
    course = await published(house, replay, "压力容器", lead_ms=12_500)
    assert {item["title"] for item in await search(house)} == {"压力容器", "Lesson s1: 安全/生产"}
    [hit] = await search(house, q="容器")
    assert (hit["id"], hit["found"]["field"], hit["found"]["marks"]) == (course, "title", [[2, 4]])
    assert {item["id"] for item in await search(house, q="王芳")} == {course, replay}
    assert {item["id"] for item in await search(house, q="muller")} == {course, replay}
    assert await search(house, q="valve") == []
    await house.call("PUT", f"/api/v1/captions/replay/{replay}/en", data=VTT)
    by_id = {item["id"]: item["found"] for item in await search(house, q="VALVE")}
    assert by_id[replay] == {
        "field": "caption", "text": "First close the valve & wait.", "at_ms": 70_000, "marks": [[16, 21]],
    }  # fmt: skip
    assert by_id[course]["at_ms"] == 70_000 - 60_000 + 12_500  # in its own time, behind its intro and card
    await house.call("DELETE", f"/api/v1/captions/replay/{replay}/en")
    assert await search(house, q="valve") == []
    assert await search(house, q="。 ?") == []
    [chaptered] = await search(house, q="which one")
    assert (chaptered["id"], chaptered["found"]["at_ms"]) == (replay, 60_000)


async def test_what_is_not_shown_any_more_is_not_found(house: House) -> None:
    replay = await house.ready_replay()
    course = await published(house, replay, "Valves")
    made = await begun(house, ("microcourse", course))
    assert [item["medium"] for item in await search(house, q="safety")] == ["series", "microcourse"]
    await house.call("POST", f"/api/v1/microcourses/{course}/retire")
    # What the index does not know yet is not shown either.
    _, page = await house.call("GET", "/api/v1/library?q=valves", "learner")
    assert page["items"] == []
    assert await search(house, q="safety") == []
    await house.call("PUT", f"/api/v1/replays/{replay}/window", json={"own": True, "to_utc_ms": house.now})
    assert await search(house) == []
    assert (await house.call("GET", f"/api/v1/series/{made['id']}", "learner"))[0] == 200


async def test_a_replay_that_is_held_is_not_found(house: House) -> None:
    replay = await house.ready_replay()
    assert [item["id"] for item in await search(house)] == [replay]
    path = f"/api/v1/sessions/{SESSION}/replay-publication"
    for is_out, found in ((False, []), (True, [replay])):
        status, _ = await house.call("PUT", path, "admin", json={"published": is_out})
        assert status == 200
        assert [item["id"] for item in await search(house)] == found


async def test_pages_follow_on(house: House) -> None:
    replay = await house.ready_replay()
    courses = {await published(house, replay, f"Valves {number}") for number in range(26)}
    await house.index()
    _, first = await house.call("GET", "/api/v1/library?q=valves", "learner")
    _, second = await house.call("GET", f"/api/v1/library?q=valves&cursor={first['next']}", "learner")
    assert (len(first["items"]), len(second["items"]), second["next"]) == (24, 2, None)
    assert {item["id"] for item in first["items"] + second["items"]} == courses
    status, refused = await house.call("GET", "/api/v1/library?cursor=1.2", "learner")
    assert (status, refused["error"]["code"]) == (400, "cursor_invalid")


async def test_how_far_somebody_has_come(house: House) -> None:
    replay = await house.ready_replay()
    one, two = [await published(house, replay, title) for title in ("One", "Two")]
    made = await begun(house, ("microcourse", one), ("microcourse", two))
    house.watched["learner", Key("microcourse", one)] = Seen(0.9, 1, 1)
    by_id = {item["id"]: item for item in await search(house)}
    assert (by_id[one]["done"], by_id[one]["of"], by_id[one]["coverage"]) == (1, 1, 0.9)
    assert (by_id[made["id"]]["done"], by_id[made["id"]]["of"]) == (1, 2)
    assert (by_id[two]["done"], by_id[two]["coverage"]) == (0, 0.0)


async def test_categories_hold_what_is_below_them(house: House) -> None:
    replay = await house.ready_replay()
    course = await published(house, replay, "Valves")
    plant = await category(house, "Plant")
    pumps = await category(house, "Pumps 泵房", plant)
    await category(house, "Office")
    settings = {"category_id": pumps, "tags": ["Hot work", "阀门"], "description": "How it closes"}
    await house.call("PUT", f"/api/v1/shelf/microcourse/{course}", json=settings)
    for category_id in (plant, pumps):
        [hit] = await search(house, category=category_id)
        assert (hit["id"], hit["category_id"]) == (course, pumps)
        assert [tag["name"] for tag in hit["tags"]] == ["Hot work", "阀门"]
    assert await search(house, category="gone") == []
    assert [hit["found"]["field"] for hit in await search(house, q="泵房")] == ["category"]
    assert [hit["found"]["field"] for hit in await search(house, q="plant")] == ["category"]
    assert [hit["found"]["field"] for hit in await search(house, q="closes")] == ["description"]
    # A category is renamed and moved with what stands in it, and what stood in one that is gone moves up.
    path = f"/api/v1/categories/{pumps}"
    status, tree = await house.call(
        "PUT", path, "admin", json={"name": "Pump house", "parent_id": None, "position": 0}
    )
    assert [(each["name"], each["depth"], each["media"]) for each in tree["items"]] == [
        ("Pump house", 0, 1), ("Plant", 0, 0), ("Office", 0, 0),
    ]  # fmt: skip
    assert await search(house, q="泵房") == []
    assert [hit["id"] for hit in await search(house, q="pump hou")] == [course]
    assert (await house.call("PUT", path, "admin", json={"name": "Pump house", "parent_id": plant}))[0] == 200
    status, tree = await house.call("DELETE", path, "admin")
    assert (status, [(each["name"], each["media"]) for each in tree["items"]]) == (
        200,
        [("Plant", 1), ("Office", 0)],
    )
    assert [hit["category_id"] for hit in await search(house, category=plant)] == [plant]
    assert (await house.call("DELETE", path, "admin"))[0] == 404
    acts = [act for who, act in house.audit_log if who == "admin" and act.startswith("category")]
    assert acts == ["category_created"] * 3 + ["category_changed"] * 2 + ["category_deleted"]


async def test_only_admins_keep_the_tree_and_the_tags(house: House) -> None:
    replay = await house.ready_replay()
    await house.call("PUT", f"/api/v1/shelf/replay/{replay}", json={"tags": ["Safety"]})
    plant = await category(house, "Plant")
    [tag] = (await house.call("GET", "/api/v1/tags", "learner"))[1]["items"]
    for who, status in (("presenter", 403), ("learner", 403), ("guest", 403), ("stranger", 404)):
        for method, path, body in (
            ("PUT", f"/api/v1/categories/{plant}", {"name": "x"}),
            ("DELETE", f"/api/v1/categories/{plant}", None),
            ("PUT", f"/api/v1/tags/{tag['id']}", {"name": "x"}),
            ("DELETE", f"/api/v1/tags/{tag['id']}", None),
        ):
            assert (await house.call(method, path, who, json=body))[0] == status, (who, method, path)
    assert (await house.call("POST", "/api/v1/categories", "presenter", json={"name": "x"}))[0] == 403
    assert (await house.call("POST", "/api/v1/library/reread", "presenter"))[0] == 403
    assert (await house.call("GET", "/api/v1/categories", "stranger"))[1]["items"] == []
    for name in ("plant", "ＰＬＡＮＴ"):
        status, refused = await house.call("POST", "/api/v1/categories", "admin", json={"name": name})
        assert (status, refused["error"]["code"]) == (409, "category_exists")


async def test_tags_are_suggested_renamed_and_merged(house: House) -> None:
    replay = await house.ready_replay()
    course = await published(house, replay, "Valves")
    await house.call("PUT", f"/api/v1/shelf/replay/{replay}", json={"tags": ["Sécurité", "Safety"]})
    await house.call("PUT", f"/api/v1/shelf/microcourse/{course}", json={"tags": ["safety", "Pumps"]})
    _, told = await house.call("GET", "/api/v1/tags")
    assert [(tag["name"], tag["media"]) for tag in told["items"]] == [
        ("Safety", 2),
        ("Pumps", 1),
        ("Sécurité", 1),
    ]
    ids = {tag["name"]: tag["id"] for tag in told["items"]}
    _, told = await house.call("GET", "/api/v1/tags?q=SECU")
    assert [tag["name"] for tag in told["items"]] == ["Sécurité"]
    assert {hit["id"] for hit in await search(house, tags=ids["Safety"])} == {replay, course}
    assert [hit["id"] for hit in await search(house, tags=f"{ids['Safety']},{ids['Pumps']}")] == [course]
    path = f"/api/v1/tags/{ids['Sécurité']}"
    status, refused = await house.call("PUT", path, "admin", json={"name": "SAFETY"})
    assert (status, refused["error"]["code"], refused["error"]["details"]["name"]) == (
        409,
        "tag_exists",
        "Safety",
    )
    status, told = await house.call("PUT", path, "admin", json={"name": "SAFETY", "merge": True})
    assert [(tag["name"], tag["media"]) for tag in told["items"]] == [("Safety", 2), ("Pumps", 1)]
    assert await search(house, q="securite") == []
    await house.call("PUT", f"/api/v1/tags/{ids['Pumps']}", "admin", json={"name": "泵"})
    assert [hit["found"]["field"] for hit in await search(house, q="泵")] == ["tag"]
    assert (await house.call("DELETE", f"/api/v1/tags/{ids['Pumps']}", "admin"))[0] == 204
    assert await search(house, q="泵") == []
    acts = [act for who, act in house.audit_log if who == "admin" and act.startswith("tag")]
    assert acts == ["tags_merged", "tag_renamed", "tag_deleted"]


async def test_everything_is_read_anew_when_asked(house: House) -> None:
    replay = await house.ready_replay()
    await published(house, replay, "Valves")
    await house.index()
    _, told = await house.call("POST", "/api/v1/library/reread", "admin")
    assert told == {"waiting": 2}
    assert len(await search(house, q="zoe")) == 2


async def test_a_link_to_a_lesson_opens_no_library(house: House) -> None:
    await house.ready_replay()
    await house.index()
    for who in ("guest", "guest_host", "other_guest"):
        for path in ("/library", "/library?q=safety", "/categories", "/tags", "/series"):
            assert (await house.call("GET", f"/api/v1{path}", who))[0] == 403, (who, path)


async def test_the_title_of_a_narrowed_series_leads_nobody_to_what_is_in_it(house: House) -> None:
    replay = await house.ready_replay()
    course = await published(house, replay, "Valves")
    made = await begun(house, ("microcourse", course))
    assert "microcourse" in {item["medium"] for item in await search(house, q=made["title"])}
    settings: dict[str, Any] = {"description": "", "category_id": None, "tags": []}
    settings["targets"] = [{"kind": "person", "id": "somebody"}]
    path = f"/api/v1/shelf/series/{made['id']}"
    assert (await house.call("PUT", path, "admin", json=settings))[0] == 200
    assert [item for item in await search(house, q=made["title"]) if item["found"]["field"] == "series"] == []


async def test_a_cursor_that_no_row_can_have_is_refused(house: House) -> None:
    for words in ("0.0.99999999999", "99999999999.0.1"):
        status, refusal = await house.call("GET", f"/api/v1/library?cursor={words}", "learner")
        assert (status, refusal["error"]["code"]) == (400, "cursor_invalid")


async def test_a_category_may_go_though_one_in_it_has_its_name(house: House) -> None:
    outer = await category(house, "Safety")
    inner = await category(house, "Safety", outer)
    status, tree = await house.call("DELETE", f"/api/v1/categories/{outer}", "admin")
    assert (status, [(each["id"], each["parent_id"]) for each in tree["items"]]) == (200, [(inner, None)])


async def test_one_step_of_the_index_runs_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.ready_replay()
    indexer = house.indexer()
    read, really = [], Indexer._entry

    async def entry(self: Indexer, seen: Marked) -> Entry | None:
        read.append(seen.key)
        await asyncio.sleep(0)
        return await really(self, seen)

    monkeypatch.setattr(Indexer, "_entry", entry)
    await asyncio.gather(indexer.step(), indexer.catch_up(), indexer.catch_up(), indexer.step())
    assert len(read) == 1, "nobody reads what another is just reading"
