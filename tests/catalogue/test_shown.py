"""Which part of its replay a microcourse shows, and where in it."""

from hypothesis import given
from hypothesis import strategies as st

from catalogue.edit_store import EditStore, MadeOf
from catalogue.edits import EditList
from catalogue.parts import ShownPart, parts_of
from catalogue.shown import ShownParts
from lectern.db.engine import Database
from tests.catalogue.conftest import House
from tests.catalogue.test_reviewing import made

PICTURE_MS = 34
"""Nothing is further from its place than one picture."""


@given(
    st.lists(st.tuples(st.integers(0, 90_000), st.integers(1_000, 40_000)), max_size=8),
    st.integers(0, 60_000),
)
def test_parts_follow_each_other_behind_what_comes_before(cuts: list[tuple[int, int]], lead_ms: int) -> None:
    ranges = [(start, start + length) for start, length in cuts]
    at = lead_ms
    for (start, end), part in zip(ranges, parts_of(ranges, lead_ms), strict=True):
        assert part.at_ms == at, "no gap, no overlap, and what comes before is in none"
        assert part.replay_ms == start
        assert abs(part.duration_ms - (end - start)) <= PICTURE_MS
        at += part.duration_ms
    shown_ms = sum(end - start for start, end in ranges)
    assert abs(at - lead_ms - shown_ms) <= PICTURE_MS * max(1, len(ranges))


async def _of(database: Database, house: House, microcourse_id: str, version: int) -> tuple[ShownPart, ...]:
    async with database.read() as tx:
        return await ShownParts(house.store).of(tx, microcourse_id, version)


async def test_each_version_shows_what_it_was_made_of(house: House) -> None:
    path = await made(house)
    microcourse_id = path.rsplit("/", 1)[1]
    async with house.database.read() as tx:
        first = await house.store.microcourse(tx, microcourse_id)
    whole = ShownPart(3_000, first.start_ms, first.end_ms - first.start_ms)
    assert await _of(house.database, house, microcourse_id, 1) == (whole,)
    await house.publish(microcourse_id)
    await house.call("PATCH", path, json={"end_ms": 180_000})
    ranges = ((60_000, 80_000), (10_000, 20_000))
    async with house.database.write() as tx:
        made_of = MadeOf(EditList(ranges=ranges, title="Two parts"))
        await EditStore().note_cut(tx, "org", microcourse_id, 2, made_of)
    await house.work("microcourse", {"duration_ms": 40_000, "lead_ms": 7_500})
    assert await _of(house.database, house, microcourse_id, 2) == (
        ShownPart(7_500, 60_000, 20_000),
        ShownPart(27_500, 10_000, 10_000),
    ), "in the order in which they are shown, behind an intro and the card"
    assert await _of(house.database, house, microcourse_id, 1) == (whole,), "earlier versions keep theirs"
    assert await _of(house.database, house, microcourse_id, 3) == ()
