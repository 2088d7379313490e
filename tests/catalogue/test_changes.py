"""What a library elsewhere is told: every finished file once, in order, and what is withdrawn."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from catalogue.changes import START, ChangeStore, read_cursor
from catalogue.changes_routes import SETTLED_MS
from catalogue.work import COMPOSE
from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import ProtocolViolation
from tests.catalogue.conftest import SESSION, House
from tests.catalogue.test_series import published

PUBLICATION = f"/api/v1/sessions/{SESSION}/replay-publication"


async def changes(house: House, cursor: str | None = None, who: str = "reading_key") -> dict[str, Any]:
    """What is told a while later."""
    house.now = UtcMs(house.now + SETTLED_MS)
    params = {} if cursor is None else {"cursor": cursor}
    status, page = await house.call("GET", "/api/v1/media-changes", who, params=params)
    assert (status, page["more"]) == (200, False)
    found: dict[str, Any] = page
    return found


async def finished_replay(house: House) -> str:
    replay = await house.ready_replay()
    await house.files.put(f"sessions/{SESSION}/download/1/video.mp4", b"0123456789")
    await house.work(COMPOSE, {"duration_ms": 590_000, "ladder": True})
    return replay


async def test_a_library_follows_with_a_cursor(house: House) -> None:
    assert await changes(house) == {"items": [], "cursor": None, "more": False}
    replay = await finished_replay(house)
    page = await changes(house)
    [first] = page["items"]
    assert (first["medium"], first["id"], first["gone"]) == ("replay", replay, False)
    url = first["replay"]["download"]["url"]
    part = await house.raw("GET", url, None, headers={"Range": "bytes=4-6"})
    assert (part.status, await part.read(), part.headers["Content-Range"]) == (206, b"456", "bytes 4-6/10")
    assert part.headers["ETag"]

    again = await changes(house, page["cursor"])
    assert (again["items"], again["cursor"]) == ([], page["cursor"])
    course = await published(house, replay, "Valves")
    page = await changes(house, page["cursor"])
    [cut] = page["items"]
    assert (cut["medium"], cut["id"], cut["microcourse"]["title"]) == ("microcourse", course, "Valves")
    assert cut["microcourse"]["video_url"]
    assert cut["microcourse"]["job"] is None  # a key that reads is no editor


async def test_what_is_held_or_withdrawn_is_told_as_gone(house: House) -> None:
    replay = await finished_replay(house)
    course = await published(house, replay, "Valves")
    cursor = (await changes(house))["cursor"]
    await house.call("PUT", PUBLICATION, json={"published": False})
    page = await changes(house, cursor)
    [held] = page["items"]
    assert (held["id"], held["gone"], held["replay"]) == (replay, True, None)
    await house.call("PUT", PUBLICATION, json={"published": True})
    page = await changes(house, page["cursor"])
    assert [(item["id"], item["gone"]) for item in page["items"]] == [(replay, False)]
    await house.call("POST", f"/api/v1/microcourses/{course}/retire")
    page = await changes(house, page["cursor"])
    assert [(item["id"], item["gone"], item["microcourse"]) for item in page["items"]] == [
        (course, True, None)
    ]
    everything = (await changes(house))["items"]
    assert [(item["id"], item["gone"]) for item in everything] == [(replay, False), (course, True)]


async def test_what_changed_just_now_is_told_later(house: House) -> None:
    await finished_replay(house)
    _, page = await house.call("GET", "/api/v1/media-changes", "reading_key")
    assert page["items"] == []
    assert len((await changes(house))["items"]) == 1


async def test_small_steps_lead_past_everything_once(house: House) -> None:
    replay = await finished_replay(house)
    for title in ("One", "Two", "Three"):  # all at the same moment
        await published(house, replay, title)
    store, found, after = ChangeStore(), [], START
    async with house.database.read() as tx:
        whole = await store.changes(tx, "org", START, house.now, 100)
        while step := await store.changes(tx, "org", after, house.now, 1):
            found += step
            after = read_cursor(str(step[0]))
    assert found == whole
    assert len(found) == 4


async def test_both_databases_understand_the_question(database: Database) -> None:
    async with database.read() as tx:
        for after in (START, read_cursor("1.replay.a")):
            assert await ChangeStore().changes(tx, "org", after, 2, 10) == []


async def test_it_is_for_keys_and_editors(house: House) -> None:
    await finished_replay(house)
    for who, status in (("learner", 403), ("guest", 403), ("key", 403), ("roster_only", 403), (None, 401)):
        assert (await house.call("GET", "/api/v1/media-changes", who))[0] == status, who
    assert len((await changes(house, who="admin"))["items"]) == 1
    assert (await changes(house, who="stranger"))["items"] == []


NO_CURSORS = ["", "x", "1", "1.replay", "1.replay.", "1.series.a", "-1.replay.a", "١.replay.a", "1.replay.é"]
NO_CURSORS += ["1.replay.a/b", "9" * 18 + ".replay.a"]


@pytest.mark.parametrize("words", NO_CURSORS)
async def test_what_is_no_cursor_is_refused(house: House, words: str) -> None:
    with pytest.raises(ProtocolViolation):
        read_cursor(words)
    if words:
        status, refusal = await house.call(
            "GET", "/api/v1/media-changes", "reading_key", params={"cursor": words}
        )
        assert (status, refusal["error"]["code"]) == (400, "cursor_invalid")


async def test_the_example_of_the_docs_brings_a_folder_up_to_date(house: House, tmp_path: Path) -> None:
    replay = await finished_replay(house)
    house.now = UtcMs(house.now + SETTLED_MS)
    text = (Path(__file__).parents[2] / "docs/library-elsewhere.md").read_text()
    example: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], example)
    library = tmp_path / "library"
    library.mkdir()
    server = str(house.client.make_url("")).rstrip("/")
    for _ in range(2):
        await asyncio.to_thread(example["follow"], server, {"X-Who": "reading_key"}, library)
    [file] = library.glob("*.mp4")
    assert (file.name, file.read_bytes()) == (f"replay-{replay}.mp4", b"0123456789")
    await house.call("PUT", PUBLICATION, json={"published": False})
    house.now = UtcMs(house.now + SETTLED_MS)
    await asyncio.to_thread(example["follow"], server, {"X-Who": "reading_key"}, library)
    assert [path.name for path in library.iterdir()] == ["cursor.txt"]
