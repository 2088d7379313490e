"""What was said aside and was recorded all the same is in no replay that nobody has looked at."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.asides import TURN_MS, still_in_replay
from interactions.aside.events import AsideBegan, AsideEnded
from lectern.manifest.clock_map import ClockMap, ClockPiece
from lectern.manifest.replay import Replay
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.catalogue.conftest import SESSION, House

RULES = f"/api/v1/sessions/{SESSION}/replay-rules"
PUBLICATION = f"/api/v1/sessions/{SESSION}/replay-publication"


async def lesson(house: House, *pieces: ClockPiece) -> str:
    """A lesson with an aside from its 100th second to the 200th, recorded in these pieces."""
    await house.lesson.at(0, SessionStarted())
    await house.lesson.at(100, AsideBegan())
    await house.lesson.at(200, AsideEnded())
    await house.lesson.at(600, SessionEnded())
    await house.pack()
    path = f"sessions/{SESSION}/hls/replay.json"
    packed = msgspec.json.decode(await house.files.get(path), type=Replay)
    await house.files.put(path, msgspec.json.encode(msgspec.structs.replace(packed, clock=pieces)))
    assert await house.keeper.refresh(SESSION)
    return f"/api/v1/replays/{await house.replay_id()}"


async def test_a_replay_that_may_hold_it_is_held_until_somebody_looked(house: House) -> None:
    """The order to turn came 30 s too late: the media process could not be reached."""
    path = await lesson(house, ClockPiece(0, 0, 130_000), ClockPiece(200_000, 130_000, 400_000))
    assert (await house.call("GET", path, "learner"))[0] == 409
    _, found = await house.call("GET", RULES)
    assert (found["held"], found["decided_by_name"]) == (True, None)
    assert found["aside_within"] == [[100_000, 130_000]]
    await house.call("PUT", PUBLICATION, json={"published": True})
    assert (await house.call("GET", path, "learner"))[0] == 200


async def test_one_that_was_turned_off_in_time_is_shown(house: House) -> None:
    path = await lesson(house, ClockPiece(0, 0, 100_400), ClockPiece(200_100, 100_400, 399_900))
    _, seen = await house.call("GET", path, "learner")
    assert [(gap["why"], gap["missing_ms"]) for gap in seen["gaps"]] == [("aside", 99_600)]
    assert (await house.call("GET", RULES))[1]["aside_within"] == []


PIECES = st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 5_000)), max_size=5)


@given(PIECES, PIECES)
def test_every_second_of_it_that_is_in_the_replay_is_told(
    gaps: list[tuple[int, int]], recorded: list[tuple[int, int]]
) -> None:
    pieces, session_ms, media_ms = [], 0, 0
    for pause_ms, duration_ms in recorded:
        session_ms += pause_ms
        pieces.append(ClockPiece(session_ms, media_ms, duration_ms))
        session_ms, media_ms = session_ms + duration_ms, media_ms + duration_ms
    said, at_ms = [], 0
    for pause_ms, duration_ms in gaps:
        at_ms += pause_ms
        said.append((at_ms, at_ms + duration_ms))
        at_ms += duration_ms
    clock = ClockMap(pieces)
    found = still_in_replay(said, clock)
    for from_ms, to_ms in found:
        assert to_ms - from_ms >= TURN_MS
        middle = clock.session_ms((from_ms + to_ms) // 2)
        assert any(began <= middle <= ended for began, ended in said)
    told = sum(to_ms - from_ms for from_ms, to_ms in found)
    whole = sum(
        max(0, min(e, p.session_ms + p.duration_ms) - max(b, p.session_ms)) for b, e in said for p in pieces
    )
    assert whole - told <= TURN_MS * len(said) * len(pieces)
    assert told <= whole


@pytest.mark.parametrize("late_ms", [TURN_MS - 1, TURN_MS])
def test_a_turn_may_take_less_than_a_second(late_ms: int) -> None:
    clock = ClockMap([ClockPiece(0, 0, 10_000 + late_ms)])
    assert bool(still_in_replay([(10_000, 20_000)], clock)) is (late_ms >= TURN_MS)
