"""Series: in order, with progress, for those who may watch what is in them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalogue.series import Key, Seen, next_item
from tests.catalogue.conftest import House

CUT = {"title": "Valves", "start_ms": 60_000, "end_ms": 240_000}
KEYS = [Key("microcourse", name) for name in "abcde"]
FIRST = 100


async def published(
    house: House, replay_id: str, title: str, lead_ms: int = 3_000, *, ladder: bool = False
) -> str:
    """Cut a microcourse, with `lead_ms` of intro and card, and show it."""
    path = f"/api/v1/replays/{replay_id}/microcourses"
    _, cut = await house.call("POST", path, json=CUT | {"title": title})
    await house.work("microcourse", {"duration_ms": 100_000, "lead_ms": lead_ms, "ladder": ladder})
    await house.publish(cut["id"])
    found: str = cut["id"]
    return found


async def begun(house: House, *items: tuple[str, str], shown: bool = True) -> dict[str, Any]:
    """Make a series of these media."""
    _, made = await house.call("POST", "/api/v1/series", json={"title": " Safety  at work "})
    assert (made["title"], made["shown"], made["items"]) == ("Safety at work", False, [])
    body = {"title": "Safety", "description": "All of it", "version": 1, "shown": shown}
    body["items"] = [{"medium": medium, "id": id_} for medium, id_ in items]
    status, changed = await house.call("PUT", f"/api/v1/series/{made['id']}", json=body)
    assert (status, changed["version"]) == (200, 2)
    found: dict[str, Any] = changed
    return found


async def test_a_learner_goes_on_where_they_were(house: House) -> None:
    replay_id = await house.ready_replay()
    one, two = [await published(house, replay_id, title) for title in ("One", "Two")]
    made = await begun(house, ("microcourse", one), ("replay", replay_id), ("microcourse", two))
    path = f"/api/v1/series/{made['id']}"
    _, seen = await house.call("GET", path, "learner")
    assert [item["title"] for item in seen["items"]] == ["One", "Lesson s1: 安全/生产", "Two"]
    assert (seen["begun"], seen["done"], seen["next"]) == (False, 0, {"medium": "microcourse", "id": one})
    assert seen["cover_url"] == seen["items"][0]["thumbnail_url"]
    assert seen["duration_ms"] == 100_000 + 590_000 + 100_000
    house.watched["learner", Key("microcourse", one)] = Seen(0.9, 1, FIRST)
    house.watched["learner", Key("microcourse", two)] = Seen(0.3, 1, FIRST + 1)
    [listed] = (await house.call("GET", "/api/v1/series", "learner"))[1]["items"]
    assert (listed["begun"], listed["done"], listed["next"]["id"]) == (True, 1, two)
    assert [item["completed"] for item in listed["items"]] == [True, False, False]
    assert (await house.call("GET", path, "off_roster"))[0] == 403


async def test_what_was_completed_stays_completed_when_a_new_version_is_shown(house: House) -> None:
    one = await published(house, await house.ready_replay(), "One")
    made = await begun(house, ("microcourse", one))
    house.watched["learner", Key("microcourse", one)] = Seen(0.9, 1, FIRST)
    await house.call("PATCH", f"/api/v1/microcourses/{one}", json={"title": "One, anew"})
    await house.work("microcourse", {"duration_ms": 50_000})
    path = f"/api/v1/series/{made['id']}"
    [item] = (await house.call("GET", path, "learner"))[1]["items"]
    assert (item["title"], item["duration_ms"], item["renewed"]) == ("One", 100_000, False)
    await house.publish(one)
    [item] = (await house.call("GET", path, "learner"))[1]["items"]
    assert (item["title"], item["duration_ms"]) == ("One, anew", 50_000)
    assert (item["renewed"], item["completed"]) == (True, True)


async def test_learners_see_neither_hidden_series_nor_retired_items(house: House) -> None:
    one = await published(house, await house.ready_replay(), "One")
    hidden = await begun(house, ("microcourse", one), shown=False)
    made = await begun(house, ("microcourse", one))
    assert (await house.call("GET", f"/api/v1/series/{hidden['id']}", "learner"))[0] == 404
    assert (await house.call("GET", f"/api/v1/series/{hidden['id']}", "stranger"))[0] == 404
    await house.call("POST", f"/api/v1/microcourses/{one}/retire")
    _, seen = await house.call("GET", f"/api/v1/series/{made['id']}", "learner")
    assert (seen["items"], seen["next"]) == ([], None)
    assert (await house.call("GET", "/api/v1/series", "learner"))[1]["items"] == []
    [item] = (await house.call("GET", f"/api/v1/series/{made['id']}"))[1]["items"]
    assert not item["shown"]
    await house.call("DELETE", f"/api/v1/microcourses/{one}")
    assert (await house.call("GET", f"/api/v1/series/{made['id']}"))[1]["items"] == []


async def test_two_who_change_a_series_do_not_overwrite_each_other(house: House) -> None:
    one = await published(house, await house.ready_replay(), "One")
    made = await begun(house, ("microcourse", one))
    path, item = f"/api/v1/series/{made['id']}", {"medium": "microcourse", "id": one}
    body = {"title": "Other", "version": 1, "shown": True, "items": [item]}
    for change, status, code in (
        ({}, 409, "series_changed"),
        ({"version": 2, "items": [item, item]}, 422, "series_item_twice"),
        ({"version": 2, "items": [item | {"id": "gone"}]}, 404, "medium_unknown"),
        ({"version": 2, "title": "  "}, 422, "title_empty"),
        ({"version": 2, "description": "x" * 2_001}, 422, "description_too_long"),
    ):
        answered, refusal = await house.call("PUT", path, json=body | change)
        assert (answered, refusal["error"]["code"]) == (status, code)
    for who, status in (("learner", 403), ("stranger", 404), ("guest", 403)):
        assert (await house.call("PUT", path, who, json=body))[0] == status
        assert (await house.call("DELETE", path, who))[0] == status
    assert (await house.call("DELETE", path))[0] == 204
    assert (await house.call("GET", path))[0] == 404
    acts = [action for _, action in house.audit_log if action.startswith("series")]
    assert acts == ["series_created", "series_changed", "series_deleted"]


SEEN = st.dictionaries(
    st.sampled_from(KEYS),
    st.builds(Seen, st.sampled_from([0.0, 0.1, 0.79, 0.8, 1.0]), st.just(1), st.integers(0, 9)),
)


@given(st.permutations(KEYS), SEEN)
def test_one_goes_on_with_something_unfinished_until_all_is_finished(
    items: list[Key], seen: dict[Key, Seen]
) -> None:
    found = next_item(items, seen, 0.8)
    unfinished = [key for key in items if key not in seen or seen[key].coverage < 0.8]
    assert (found is None) == (not unfinished)
    if found is None:
        return
    assert found in unfinished
    begun_at = [seen[key].last_utc_ms for key in unfinished if key in seen and seen[key].coverage > 0]
    if begun_at:
        assert seen[found].last_utc_ms == max(begun_at)
    else:
        last_finished = max((at for at, key in enumerate(items) if key not in unfinished), default=-1)
        assert found == (items[last_finished + 1] if last_finished + 1 < len(items) else unfinished[0])
