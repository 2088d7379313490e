"""How many learners took part in a minute of a replay: counted by hand, and through the door."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalogue.participation import READ, STEP_MS, Act, people_by_minute
from lectern.manifest.clock_map import ClockMap, ClockPiece
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.catalogue.conftest import House
from tests.lesson import Raw

TWO_PIECES = ClockMap([ClockPiece(10_000, 0, 60_000), ClockPiece(100_000, 60_000, 90_000)])
"""A minute from 10 s on, and a minute and a half from 100 s on."""


def act(type_: str, at_ms: int, actor: str | None = None, **payload: Any) -> Act:
    return Act(type_, at_ms, actor, payload)


def test_people_count_once_a_minute_and_staff_do_not() -> None:
    acts = [
        act("participant_joined", 0, "h", participant="h", role="host"),
        act("participant_joined", 0, "a", participant="a", role="learner"),
        act("checkin_answered", 10_000, "a", id="c", status="on_time"),
        act("poll_voted", 20_000, "a", poll="p"),
        act("chat_sent", 30_000, "h", id="m", text_ref="t"),
        act("question_asked", 40_000, None, id="q", participant="a", text_ref="t"),
        act("question_upvoted", 50_000, "b", id="q", on=True),
        act("question_upvoted", 100_000, "b", id="q", on=False),
        act("hand_raised", 161_000, "h", participant="c"),
        act(
            "reactions_counted",
            165_000,
            None,
            people=[{"participant": "c"}, {"participant": "d"}, {"participant": "h"}],
        ),
        act("participant_joined", 170_000, "h", participant="h", role="learner"),
        act("breakout_reported", 171_000, "h", group="g", text_ref="t"),
    ]
    assert people_by_minute(acts, TWO_PIECES) == [3, 0, 3]
    assert people_by_minute(acts, TWO_PIECES, [(160_000, 170_000)]) == [3, 0, 1]
    assert people_by_minute(acts, ClockMap([])) == []


@given(
    st.lists(st.tuples(st.sampled_from(sorted({*READ} - {"participant_joined"})), st.integers(0, 300_000)))
)
def test_only_what_was_recorded_counts(said: list[tuple[str, int]]) -> None:
    acts = [
        act(type_, at, "l", participant="l", on=True, people=[{"participant": "l"}])
        for type_, at in sorted(said, key=lambda each: each[1])
    ]
    expected = {
        (at - start + media) // STEP_MS
        for _, at in said
        for start, media, length in ((10_000, 0, 60_000), (100_000, 60_000, 90_000))
        if start <= at < start + length
    }
    assert people_by_minute(acts, TWO_PIECES) == [int(minute in expected) for minute in range(3)]


async def test_editors_see_the_curve_and_nobody_else(house: House) -> None:
    await house.lesson.at(0, SessionStarted())
    await house.lesson.at(20, Raw("chat_sent", {"id": "m1", "text_ref": "t1"}, texts={"t1": "Yes"}))
    await house.lesson.at(600, SessionEnded())
    path = f"/api/v1/replays/{await house.replay_id()}/participation"
    assert await house.call("GET", path) == (200, {"step_ms": 60_000, "people": []})
    await house.pack()
    await house.keeper.refresh("s1")
    status, curve = await house.call("GET", path)
    assert (status, curve["people"]) == (200, [1, *[0] * 9])
    for who, refused in (("learner", 403), ("guest", 403), ("stranger", 404), (None, 401)):
        assert (await house.call("GET", path, who))[0] == refused
