"""Drafts through the door: revisions, undo, two editors at once, chapters, the cut, and who may."""

import asyncio
from typing import Any

from lectern.kernel.clock import UtcMs
from tests.catalogue.conftest import House

TWO = [[60_000, 120_000], [300_000, 400_000]]


async def begun(house: House, ranges: list[list[int]] = TWO, title: str = "Valves") -> Any:
    """A replay with a draft."""
    replay_id = await house.ready_replay()
    status, draft = await house.call(
        "POST", f"/api/v1/replays/{replay_id}/edits", json={"ranges": ranges, "title": title}
    )
    assert status == 201
    return draft


async def say(
    house: House, draft: Any, operation: dict[str, Any] | str, who: str = "presenter", **more: Any
) -> tuple[int, Any]:
    """Save a change made to `draft` as somebody holds it."""
    said = {"step": operation} if isinstance(operation, str) else {"operation": operation}
    body = {
        "change_id": f"change-{len(str(said))}-{draft['revision']}-{who}",
        "from_revision": draft["revision"],
    }
    return await house.call("POST", f"/api/v1/edits/{draft['id']}/revisions", who, json=body | said | more)


async def test_every_change_is_a_revision_and_undo_is_one_too(house: House) -> None:
    draft = await begun(house)
    assert (draft["revision"], draft["undo"], draft["length_ms"], draft["author"]) == (
        0, False, 160_000, {"name": "Presenter", "own": True},
    )  # fmt: skip
    _, cut = await say(house, draft, {"kind": "cut_out", "start_ms": 70_000, "end_ms": 80_000})
    _, moved = await say(house, cut, {"kind": "move", "index": 2, "to": 0}, "host")
    assert moved["content"]["ranges"] == [[300_000, 400_000], [60_000, 70_000], [80_000, 120_000]]
    assert (moved["revision"], moved["author"]) == (2, {"name": "Host", "own": False}) or moved["author"][
        "own"
    ]
    _, undone = await say(house, moved, "undo")
    assert (undone["revision"], undone["content"], undone["redo"]) == (3, cut["content"], True)
    _, first = await say(house, undone, "undo")
    assert (first["content"], first["undo"]) == (draft["content"], False)
    status, refused = await say(house, first, "undo")
    assert (status, refused["error"]["code"]) == (409, "nothing_to_undo")
    # another page, later: what was undone can be redone
    _, again = await house.call("GET", f"/api/v1/edits/{draft['id']}", "host")
    _, redone = await say(house, again, "redo", "host")
    _, redone = await say(house, redone, "redo", "host")
    assert redone["content"] == moved["content"]
    assert (await say(house, redone, "redo"))[1]["error"]["code"] == "nothing_to_redo"
    _, history = await house.call("GET", f"/api/v1/edits/{draft['id']}/revisions")
    assert [(r["revision"], r["step"], r["what"], r["equals"]) for r in history["items"]] == [
        (6, "redo", "redo", 2), (5, "redo", "redo", 1), (4, "undo", "undo", 0), (3, "undo", "undo", 1),
        (2, "change", "move", 2), (1, "change", "cut_out", 1), (0, "change", "created", 0),
    ]  # fmt: skip
    assert history["items"][4]["author"] == {"name": "Host", "own": False}


async def test_nobody_overwrites_what_they_have_not_seen(house: House) -> None:
    draft = await begun(house)
    _, theirs = await say(house, draft, {"kind": "remove", "index": 0}, "host")
    mine = {"kind": "trim", "index": 0, "start_ms": 65_000, "end_ms": 110_000}
    status, refused = await say(house, draft, mine)
    assert (status, refused["error"]["code"]) == (409, "edited_meanwhile")
    shown = refused["error"]["details"]["edit"]
    assert (shown["revision"], shown["content"], shown["author"]) == (
        1, theirs["content"], {"name": "Host", "own": False},
    )  # fmt: skip
    assert (await house.call("GET", f"/api/v1/edits/{draft['id']}"))[1]["revision"] == 1
    status, kept = await say(house, draft, mine, over=1, change_id="kept-mine")
    assert (status, kept["revision"]) == (200, 2)
    assert kept["content"]["ranges"] == [[65_000, 110_000], [300_000, 400_000]]
    _, back = await say(house, kept, "undo")  # theirs is not lost
    assert back["content"] == theirs["content"]


async def test_a_repeated_change_happens_once_and_one_without_effect_is_none(house: House) -> None:
    draft = await begun(house)
    operation = {"kind": "split", "index": 0, "at_ms": 90_000}
    first = await say(house, draft, operation)
    assert await say(house, draft, operation) == first
    assert first[1]["revision"] == 1
    _, same = await say(house, first[1], {"kind": "name", "title": " Valves "})
    assert same["revision"] == 1


async def test_who_saves_at_once_is_told_of_each_other(house: House) -> None:
    draft = await begun(house)
    operations = [{"kind": "split", "index": 0, "at_ms": 70_000 + 1_000 * at} for at in range(6)]
    answers = await asyncio.gather(
        *(say(house, draft, operation, change_id=f"racer-no-{at}") for at, operation in enumerate(operations))
    )
    assert sorted(status for status, _ in answers) == [200, *[409] * 5]
    assert (await house.call("GET", f"/api/v1/edits/{draft['id']}"))[1]["revision"] == 1


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"operation": {"kind": "trim", "index": 0, "start_ms": 0.5, "end_ms": 9_000}}, 400, "body_invalid"),
    ({"operation": {"kind": "trim", "index": 0, "start_ms": True, "end_ms": 9_000}}, 400, "body_invalid"),
    ({"operation": None}, 400, "body_invalid"),
    ({"from_revision": -1}, 400, "body_invalid"),
    ({"from_revision": 5}, 409, "edited_meanwhile"),
    ({"from_revision": 5, "over": 0}, 404, "revision_not_found"),
    ({"operation": {"kind": "trim", "index": 0, "start_ms": 0, "end_ms": 10**12}}, 422, "range_outside"),
    ({"operation": {"kind": "add", "start_ms": 0, "end_ms": 999}}, 422, "range_too_short"),
    ({"operation": {"kind": "add", "start_ms": 0, "end_ms": 60_001}}, 422, "ranges_overlap"),
]


async def test_what_cannot_be_saved(house: House) -> None:
    draft = await begun(house)
    fine = {"change_id": "change-1", "from_revision": 0, "operation": {"kind": "remove", "index": 0}}
    path = f"/api/v1/edits/{draft['id']}/revisions"
    for body, status, code in REFUSED:
        answered, refused = await house.call("POST", path, json=fine | body)
        assert (answered, refused["error"]["code"]) == (status, code)
    raw = '{"change_id":"change-1","from_revision":0,"operation":{"kind":"split","index":0,"at_ms":NaN}}'
    assert (await house.raw("POST", path, "presenter", data=raw)).status == 400
    assert (await house.call("GET", f"/api/v1/edits/{draft['id']}"))[1]["revision"] == 0


async def test_a_draft_is_cut_as_it_stands_and_then_again_as_a_version(house: House) -> None:
    draft = await begun(house)
    _, titled = await say(house, draft, {"kind": "name", "title": "Valves", "subtitle": "Part 1"})
    status, refused = await house.call("POST", f"/api/v1/edits/{draft['id']}/produce", json={"revision": 0})
    assert (status, refused["error"]["code"]) == (409, "edited_meanwhile")
    path = f"/api/v1/edits/{draft['id']}/produce"
    both = await asyncio.gather(*(house.call("POST", path, json={"revision": 1}) for _ in range(2)))
    assert 200 in {status for status, _ in both}
    _, page = await house.call("GET", "/api/v1/microcourses")
    [made] = page["items"]  # two who press at once make one
    assert (made["ranges"], made["start_ms"], made["end_ms"]) == (TWO, 60_000, 400_000)
    assert made["chapters"] == []  # all of it is about the one poll
    job = await house.work("microcourse", {"duration_ms": 163_000})
    assert (job.args["ranges"], job.args["subtitle"]) == (TWO, "Part 1")
    _, changed = await say(house, titled, {"kind": "arrange", "arrangement": "side_by_side"})
    assert changed["microcourse_id"] == made["id"]
    _, again = await house.call("POST", path, json={"revision": 2})
    assert again == {"microcourse_id": made["id"], "version": 2}
    assert (await house.work("microcourse", {"duration_ms": 163_000})).args["arrangement"] == "side_by_side"
    one = f"/api/v1/microcourses/{made['id']}"
    _, renamed = await house.call("PATCH", one, json={"title": "Other"})  # by API: still made of two parts
    assert (renamed["version"], renamed["ranges"]) == (3, TWO)
    _, narrowed = await house.call("PATCH", one, json={"start_ms": 0, "end_ms": 9_000})
    assert (narrowed["version"], narrowed["ranges"]) == (4, [[0, 9_000]])
    assert (await house.call("DELETE", one))[0] == 204
    assert (await house.call("GET", f"/api/v1/edits/{draft['id']}"))[1]["microcourse_id"] is None
    await house.call("POST", f"/api/v1/bin/microcourse/{made['id']}/restore")
    assert (await house.call("GET", f"/api/v1/edits/{draft['id']}"))[1]["microcourse_id"] == made["id"]


async def test_an_earlier_revision_is_gone_back_to_as_a_new_one(house: House) -> None:
    draft = await begun(house)
    _, cut = await say(house, draft, {"kind": "remove", "index": 0})
    _, plain = await say(house, cut, {"kind": "brand", "branded": False})
    assert (draft["content"]["branded"], plain["content"]["branded"]) == (True, False)
    _, back = await say(house, plain, {"kind": "restore", "revision": 0}, "host")
    assert (back["revision"], back["content"], back["undo"]) == (3, draft["content"], True)
    _, undone = await say(house, back, "undo")
    assert undone["content"] == plain["content"]
    for revision, answer in ((5, (404, "revision_not_found")), (-1, (404, "revision_not_found"))):
        status, refused = await say(house, undone, {"kind": "restore", "revision": revision})
        assert (status, refused["error"]["code"]) == answer
    _, history = await house.call("GET", f"/api/v1/edits/{draft['id']}/revisions")
    assert [r["what"] for r in history["items"]] == ["undo", "restore", "brand", "remove", "created"]
    await house.call("POST", f"/api/v1/edits/{draft['id']}/produce", json={"revision": 4})
    assert (await house.work("microcourse", {"duration_ms": 103_000})).args["branded"] is False


async def test_a_draft_without_a_title_is_kept_and_not_cut(house: House) -> None:
    draft = await begun(house, title="")
    status, refused = await house.call("POST", f"/api/v1/edits/{draft['id']}/produce", json={"revision": 0})
    assert (status, refused["error"]["code"]) == (422, "title_empty")
    assert (await house.call("DELETE", f"/api/v1/edits/{draft['id']}"))[0] == 204
    assert (await house.call("GET", f"/api/v1/edits/{draft['id']}"))[0] == 404
    _, drafts = await house.call("GET", f"/api/v1/replays/{draft['replay_id']}/edits")
    assert drafts["items"] == []


async def test_chapters_come_from_the_class_until_an_editor_sets_them(house: House) -> None:
    draft = await begun(house, [[30_000, 400_000]])
    replay_id = draft["replay_id"]
    _, replay = await house.call("GET", f"/api/v1/replays/{replay_id}", "learner")
    derived = [(c["at_ms"], c["kind"], c["title"]) for c in replay["chapters"]]
    assert derived == [(0, "start", "Lesson s1: 安全/生产"), (60_000, "poll", "Which one?")]
    chapters = {"id": replay_id, "revision": 0}
    _, own = await say(house, chapters, {"kind": "set_chapter", "at_ms": 200_000, "title": "Practice"})
    assert [c["at_ms"] for c in own["content"]["chapters"]] == [0, 60_000, 200_000]
    _, replay = await house.call("GET", f"/api/v1/replays/{replay_id}", "learner")
    assert [c["kind"] for c in replay["chapters"]] == ["start", "poll", "own"]
    await house.call("POST", f"/api/v1/edits/{draft['id']}/produce", json={"revision": 0})
    _, page = await house.call("GET", "/api/v1/microcourses")
    assert [(c["at_ms"], c["kind"]) for c in page["items"][0]["chapters"]] == [
        (0, "start"), (33_000, "poll"), (173_000, "own"),
    ]  # fmt: skip
    await house.work(
        "microcourse", {"duration_ms": 381_000, "lead_ms": 8_000}
    )  # the studio's intro, and a card
    _, page = await house.call("GET", "/api/v1/microcourses")
    assert [c["at_ms"] for c in page["items"][0]["chapters"]] == [0, 38_000, 178_000]
    _, none = await say(house, own, {"kind": "drop_chapter", "at_ms": 60_000})
    _, undone = await say(house, none, "undo")
    assert undone["content"] == own["content"]
    _, back = await say(house, undone, {"kind": "derive_chapters"})
    assert back["content"]["chapters"] is None
    assert (await say(house, back, {"kind": "remove", "index": 0}))[1]["error"]["code"] == "edit_not_here"
    assert (await house.call("DELETE", f"/api/v1/edits/{replay_id}"))[0] == 422
    _, drafts = await house.call("GET", f"/api/v1/replays/{replay_id}/edits")
    assert (drafts["chapters"]["revision"], len(drafts["items"])) == (4, 1)


async def test_editors_see_who_else_is_there(house: House) -> None:
    draft = await begun(house)
    path = f"/api/v1/replays/{draft['replay_id']}/editors"
    mine, theirs = (
        {"tab": "tab-mine-1", "edit_id": draft["id"]},
        {"tab": "tab-theirs", "edit_id": draft["id"]},
    )
    assert (await house.call("POST", path, json=mine))[1]["others"] == []
    _, seen = await house.call("POST", path, "host", json=theirs)
    assert seen == {
        "others": [{"name": "Presenter", "own": False, "edit_id": draft["id"]}],
        "revisions": {draft["id"]: 0},
    }
    await house.call("POST", path, "guest_host", json={"tab": "tab-guest"})
    await house.call("POST", path, json=mine | {"tab": "tab-mine-2"})
    _, seen = await house.call("POST", path, json=mine)
    assert [(other["name"], other["own"]) for other in seen["others"]] == [
        ("Guest", False), ("Host", False), ("Presenter", True),
    ]  # fmt: skip
    await house.call("POST", path, json=mine | {"tab": "tab-mine-2", "leaving": True})
    house.now = UtcMs(house.now + 11_000)
    await house.call("POST", path, "guest_host", json={"tab": "tab-guest"})
    _, seen = await house.call("POST", path, json=mine)
    assert [other["name"] for other in seen["others"]] == ["Guest"]


async def test_who_may_not(house: House) -> None:
    draft = await begun(house)
    of_replay, of_draft = f"/api/v1/replays/{draft['replay_id']}", f"/api/v1/edits/{draft['id']}"
    change = {"change_id": "change-1", "from_revision": 0, "operation": {"kind": "remove", "index": 0}}
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"{of_replay}/edits", None),
        ("POST", f"{of_replay}/edits", {"ranges": TWO}),
        ("POST", f"{of_replay}/editors", {"tab": "tab-mine-1"}),
        ("GET", of_draft, None),
        ("DELETE", of_draft, None),
        ("GET", f"{of_draft}/revisions", None),
        ("POST", f"{of_draft}/revisions", change),
        ("POST", f"{of_draft}/produce", {"revision": 0}),
        ("POST", f"/api/v1/edits/{draft['replay_id']}/revisions", change),
    ]
    strangers = (("learner", 403), ("guest", 403), ("key", 403), ("stranger", 404), (None, 401))
    for who, status in strangers:
        for method, path, body in asked:
            assert (await house.call(method, path, who, json=body))[0] == status, (who, method, path)
    assert (await house.call("GET", of_draft))[1]["revision"] == 0
    assert (await house.call("GET", "/api/v1/edits/none"))[1]["error"]["code"] == "edit_not_found"


async def test_nothing_is_drafted_without_bounds(house: House) -> None:
    draft = await begun(house)
    path = f"/api/v1/replays/{draft['replay_id']}/edits"
    many = [[at * 2_000, at * 2_000 + 1_000] for at in range(101)]
    for ranges, status in ((many, 400), ([], 400), ([[0, 5_000], [4_000, 9_000]], 422)):
        assert (await house.call("POST", path, json={"ranges": ranges}))[0] == status
    for _ in range(99):
        assert (await house.call("POST", path, json={"ranges": [[0, 5_000]]}))[0] == 201
    status, refused = await house.call("POST", path, json={"ranges": [[0, 5_000]]})
    assert (status, refused["error"]["code"]) == (422, "edits_too_many")
