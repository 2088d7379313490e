"""What was said aside is erased for good: by whoever runs the lesson, wholly, and nothing else with it."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.aside_erasure import LATE_MS, AsideEraser
from catalogue.erasure_store import Erasure, ErasureStore
from interactions.aside.events import AsideBegan, AsideEnded
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Gone
from lectern.manifest import Line, RecordingEnded, RecordingStarted, TrackStarted, encode_line
from lectern.manifest.asides import aside_folder, emptied, recording_of
from lectern.recordings import store as recordings
from lectern.storage.local import LocalFiles
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.catalogue.conftest import SESSION, House

ASIDES = f"/api/v1/sessions/{SESSION}/asides"
ROOT = f"sessions/{SESSION}/"
TRACK = TrackStarted("t1", "mic", "audio", "p_somebody", "opus", 48_000, 0.0)


def manifest(*, aside: bool, closed: bool = True) -> bytes:
    lines: list[Line] = [RecordingStarted(5_000, 1_795_312_800_000, aside=aside), TRACK]
    if closed:
        lines.append(RecordingEnded(9_400.0))
    return b"".join(map(encode_line, lines))


async def lesson(house: House) -> dict[str, bytes]:
    """A lesson in three recordings, the second of which is aside; returns every file of it."""
    await house.lesson.at(0, SessionStarted())
    await house.lesson.at(100, AsideBegan())
    await house.lesson.at(200, AsideEnded())
    await house.lesson.at(600, SessionEnded())
    await house.pack()
    for number in (1, 2, 3, 12):
        await record(house, number, aside=number == 2)
    for number in (2, 12):
        await house.files.put(f"{ROOT}hls/{aside_folder(number)}/audio/1.m4s", b"live %d" % number)
    return await everything(house)


async def record(house: House, number: int, *, aside: bool) -> None:
    async with house.database.write() as tx:
        await recordings.add_known(tx, SESSION, [number], house.now)
    folder = f"{ROOT}rec/{number}/"
    await house.files.put(folder + "manifest.jsonl", manifest(aside=aside))
    await house.files.put(folder + "mic-1/000001.mp4", b"sound %d" % number)


async def everything(house: House) -> dict[str, bytes]:
    return {file.key: await house.files.get(file.key) for file in await house.files.list(ROOT[:-1])}


WORD = f"{ROOT}rec/erased.json"


def of_the_aside(key: str) -> bool:
    return key.startswith((f"{ROOT}rec/2/", f"{ROOT}hls/{aside_folder(2)}/"))


def is_erased(before: dict[str, bytes], after: dict[str, bytes]) -> bool:
    """Whether the aside is gone; nothing else may be."""
    after = {key: content for key, content in after.items() if key != WORD}
    kept = {key: content for key, content in before.items() if not of_the_aside(key)}
    assert {key: content for key, content in after.items() if not of_the_aside(key)} == kept
    rest = {key: content for key, content in after.items() if of_the_aside(key)}
    return list(rest) == [f"{ROOT}rec/2/manifest.jsonl"] and b"p_somebody" not in next(iter(rest.values()))


async def test_it_is_erased_and_nothing_else(house: House) -> None:
    before = await lesson(house)
    assert (await house.call("DELETE", ASIDES))[1]["error"]["code"] == "lesson_not_over"
    assert await house.keeper.refresh(SESSION)
    _, kept = await house.call("GET", ASIDES)
    assert (kept["state"], kept["stretches"]) == ("kept", [[100_000, 200_000]])
    _, erased = await house.call("DELETE", ASIDES, "host")
    assert (erased["state"], erased["erased_by_name"]) == ("erased", "Host")
    assert is_erased(before, await everything(house))
    await house.call("DELETE", ASIDES)
    assert [act for act in house.audit_log if act[1] == "asides_erased"] == [("host", "asides_erased")]


class DyingFiles(LocalFiles):
    """Files of a process that does not come further than so many deletions and writes."""

    def __init__(self, root: Path, left: int) -> None:
        super().__init__(root)
        self._left = left

    async def delete(self, prefix: str) -> int:
        self._act()
        return await super().delete(prefix)

    async def put(self, key: str, content: bytes) -> None:
        self._act()
        await super().put(key, content)

    def _act(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Gone("storage_unavailable", "away")


@pytest.mark.parametrize("acts", range(4))
async def test_whoever_is_killed_in_between_goes_on_with_it(house: House, tmp_path: Path, acts: int) -> None:
    """Asked for and written down, and then the process comes as far as before each single step."""
    before = await lesson(house)
    assert await house.keeper.refresh(SESSION)
    eraser = AsideEraser(house.database, house.files, house.clock)
    async with house.database.write() as tx:
        await eraser.store.ask(tx, Erasure(SESSION, "org", 1, 12, "presenter", house.now))
    dying = AsideEraser(house.database, DyingFiles(tmp_path / "files", acts), house.clock)
    with pytest.raises(Gone):
        await dying.erase(SESSION)
    assert (await house.call("GET", ASIDES))[1]["state"] == "erasing"
    assert not is_erased(before, await everything(house))
    async with house.database.read() as tx:
        assert await eraser.store.waiting(tx, house.now + 1) == [SESSION]
    await eraser.erase(SESSION)
    assert is_erased(before, await everything(house))
    assert (await house.call("GET", ASIDES))[1]["state"] == "erased"
    async with house.database.read() as tx:
        assert await eraser.store.waiting(tx, house.now + 1) == []


async def test_a_lesson_that_goes_on_once_more_keeps_its_new_aside(house: House, tmp_path: Path) -> None:
    """Asked for while the bucket was away; when it is back, the lesson has had another aside."""
    before = await lesson(house)
    assert await house.keeper.refresh(SESSION)
    async with house.database.write() as tx:
        await ErasureStore().ask(tx, Erasure(SESSION, "org", 1, 12, "presenter", house.now))
    await house.lesson.at(700, SessionStarted())
    await house.lesson.at(710, AsideBegan())
    await house.lesson.at(720, AsideEnded())
    await record(house, 13, aside=True)
    of_new = {key: content for key, content in (await everything(house)).items() if "/13/" in key}
    await AsideEraser(house.database, house.files, house.clock).look()
    after = await everything(house)
    assert is_erased(before | of_new, after)
    await house.lesson.at(800, SessionEnded())
    await house.pack()
    assert await house.keeper.refresh(SESSION)
    assert (await house.call("GET", ASIDES))[1]["state"] == "kept"
    assert (await house.call("DELETE", ASIDES))[1]["state"] == "erased"
    assert f"{ROOT}rec/13/mic-1/000001.mp4" not in await everything(house)


async def test_what_is_asked_for_meanwhile_is_not_noted_as_done(house: House) -> None:
    store = ErasureStore()
    first = Erasure(SESSION, "org", 1, 12, "presenter", house.now)
    async with house.database.write() as tx:
        await store.ask(tx, Erasure(SESSION, "org", 2, 13, "presenter", house.now))
        await store.done(tx, first, house.now)
    async with house.database.read() as tx:
        assert await store.waiting(tx, house.now + 1) == [SESSION]


async def test_what_comes_late_is_erased_too(house: House) -> None:
    """A machine was carrying when the word came, and burned."""
    before = await lesson(house)
    assert await house.keeper.refresh(SESSION)
    await house.call("DELETE", ASIDES)
    eraser = AsideEraser(house.database, house.files, house.clock)
    for key in (f"{ROOT}rec/2/mic-1/000001.mp4", f"{ROOT}hls/{aside_folder(2)}/audio/1.m4s"):
        await house.files.put(key, b"late")
    await house.files.put(f"{ROOT}rec/2/manifest.jsonl", manifest(aside=True))
    await eraser.look()
    assert is_erased(before, await everything(house))
    house.now = UtcMs(house.now + LATE_MS + 1)
    async with house.database.read() as tx:
        assert await eraser.store.waiting(tx, house.now - LATE_MS) == []


async def test_without_its_manifest_an_aside_is_known_by_what_came_of_it(house: House) -> None:
    """The machine that recorded burned before it carried the whole manifest."""
    await lesson(house)
    assert await house.keeper.refresh(SESSION)
    whole = manifest(aside=True)
    await house.files.delete(f"{ROOT}rec/2/manifest.jsonl")
    await house.files.put(f"{ROOT}rec/2/pieces/000000000000.jsonl", whole)
    before = await everything(house)
    await house.call("DELETE", ASIDES)
    after = await everything(house)
    assert is_erased(before, after)
    assert len(after[f"{ROOT}rec/2/manifest.jsonl"]) == len(whole)


@pytest.mark.parametrize(
    ("who", "status"), [("learner", 403), ("other", 403), ("guest_host", 403), ("stranger", 404)]
)
async def test_who_does_not_run_the_lesson_erases_nothing(house: House, who: str, status: int) -> None:
    before = await lesson(house)
    assert await house.keeper.refresh(SESSION)
    for method in ("GET", "DELETE"):
        assert (await house.call(method, ASIDES, who))[0] == status
    assert await everything(house) == before


TRACKS = st.lists(
    st.text(max_size=5).map(lambda name: encode_line(msgspec.structs.replace(TRACK, track=name))), max_size=3
)


@given(TRACKS, st.booleans(), st.booleans())
def test_an_emptied_manifest_is_as_long_and_says_nothing(
    tracks: list[bytes], closed: bool, aside: bool
) -> None:
    first = encode_line(RecordingStarted(5_000, 1, aside=aside))
    last = encode_line(RecordingEnded(9.0)) if closed else b""
    whole = b"".join([first, *tracks, last])
    empty = emptied(whole)
    assert (empty is None) is not aside
    if empty is not None:
        assert len(empty) == len(whole)
        assert empty.startswith(first)
        assert empty.endswith(last)
        assert b"p_somebody" not in empty
        assert emptied(empty) == empty


@given(st.integers(0, 2000))
def test_an_emptied_manifest_is_as_long_as_somebody_knows_it_to_be(length: int) -> None:
    whole = manifest(aside=True)
    empty = emptied(whole, length)
    assert empty is not None
    assert len(empty) == max(len(whole), length)
    assert emptied(empty, length) == empty


def test_a_folder_tells_its_recording() -> None:
    assert [recording_of(aside_folder(number)) for number in (1, 20)] == [1, 20]
    assert [recording_of(name) for name in ("camera", "aside-", "aside-x", "aside-1/camera", "")] == [
        None
    ] * 5


@given(st.binary(max_size=60))
def test_a_file_that_is_no_manifest_is_left_alone(content: bytes) -> None:
    assert emptied(content) is None
