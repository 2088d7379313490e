"""What a recording lacks: told once, on the timeline and in the replay."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.asides import asides, is_aside, parted
from catalogue.gaps import BACK_WITHIN_MS, Happened, gaps_of, told, untold
from lectern.manifest import ClockPiece, Replay, ReplayGap
from lectern.timeline.event import (
    ParticipantJoined,
    RecordingGap,
    SessionEnded,
    SessionStarted,
    TrackPublished,
    TrackUnpublished,
)
from tests.catalogue.conftest import SESSION, House

LOST = ReplayGap(60_000, 64_000, 900, "mic", "p1", "loss")


def happened(type_: str, session_ms: int, **payload: Any) -> Happened:
    return Happened(type_, session_ms, payload)


def published(track: str, at_ms: int, source: str = "camera", participant: str = "p1") -> Happened:
    return happened(TrackPublished.TYPE, at_ms, track=track, participant=participant, source=source)


def unpublished(track: str, at_ms: int, reason: str) -> Happened:
    return happened(TrackUnpublished.TYPE, at_ms, track=track, reason=reason)


def live(start_ms: int, end_ms: int) -> list[Happened]:
    return [happened(SessionStarted.TYPE, start_ms), happened(SessionEnded.TYPE, end_ms)]


def recorded(*pieces: ClockPiece, gaps: tuple[ReplayGap, ...] = ()) -> Replay:
    return Replay(pieces[-1].media_ms + pieces[-1].duration_ms, 0, (), pieces, gaps=gaps)


def summed(gaps: list[RecordingGap]) -> list[tuple[str, str, int, int, int]]:
    return [(gap.why, gap.source, gap.from_ms, gap.to_ms, gap.missing_ms) for gap in gaps]


def test_what_the_recorder_lacks_stands_on_the_sessions_clock() -> None:
    replay = recorded(ClockPiece(5_000, 0, 100_000), gaps=(LOST,))
    assert summed(gaps_of(replay, live(0, 106_000))) == [("loss", "mic", 65_000, 69_000, 900)]


def test_what_was_said_aside_is_left_out_and_the_rest_is_a_gap() -> None:
    """Until the next recording begins after an aside, half a second may pass: nobody is told of that."""
    replay = recorded(
        ClockPiece(0, 0, 60_100), ClockPiece(90_300, 60_100, 9_700), ClockPiece(120_900, 69_800, 9_100)
    )
    events = [
        happened(SessionStarted.TYPE, 0),
        happened("aside_began", 60_000),
        happened("aside_ended", 90_000),
        happened("aside_began", 100_000),
        happened("aside_ended", 120_000),
        happened("aside_began", 130_000),
        happened(SessionEnded.TYPE, 150_000),
    ]
    assert summed(gaps_of(replay, events)) == [
        ("aside", "all", 60_100, 90_000, 29_900),
        ("aside", "all", 100_000, 120_000, 20_000),
        ("not_recorded", "all", 120_000, 120_900, 900),
        ("aside", "all", 130_000, 150_000, 20_000),
    ]


@given(st.lists(st.integers(0, 50), max_size=8), st.integers(0, 50), st.integers(0, 50))
def test_a_stretch_falls_apart_into_aside_and_not(turns: list[int], start: int, length: int) -> None:
    turns = sorted(set(turns))
    events = [happened(("aside_began", "aside_ended")[i % 2], at) for i, at in enumerate(turns)]
    stretches = asides([*events, happened(SessionEnded.TYPE, 60)])
    said, rest = parted((start, start + length), stretches)
    moments = {m for a, b in said for m in range(a, b)}
    assert moments == {m for m in range(start, start + length) if is_aside(stretches, m)}
    others = {m for a, b in rest for m in range(a, b)}
    assert not moments & others
    assert moments | others == set(range(start, start + length))


def test_time_without_a_recorder_is_a_gap_and_time_without_a_lesson_is_none() -> None:
    replay = recorded(
        ClockPiece(0, 0, 60_000), ClockPiece(75_000, 60_000, 25_000), ClockPiece(500_000, 85_000, 10_000)
    )
    turns = [*live(0, 100_500), *live(499_000, 530_000)]
    assert summed(gaps_of(replay, turns)) == [
        ("not_recorded", "all", 60_000, 75_000, 15_000),
        ("not_recorded", "all", 510_000, 530_000, 20_000),
    ]


def test_a_recording_that_ends_with_its_lesson_lacks_nothing() -> None:
    assert gaps_of(recorded(ClockPiece(300, 0, 59_000)), live(0, 60_000)) == []


@pytest.mark.parametrize(
    ("reason", "away_ms", "told_as"),
    [
        ("left", 8_000, [("away", "camera", 20_000, 28_000, 8_000)]),
        ("media_restarted", 8_000, [("away", "camera", 20_000, 28_000, 8_000)]),
        ("stopped", 8_000, []),
        ("left", 300, []),
        ("left", BACK_WITHIN_MS + 1, []),
    ],
)
def test_who_comes_back_after_a_broken_connection_was_away(
    reason: str, away_ms: int, told_as: list[Any]
) -> None:
    replay = recorded(ClockPiece(0, 0, 300_000))
    story = [published("a", 1_000), unpublished("a", 20_000, reason), published("b", 20_000 + away_ms)]
    assert summed(gaps_of(replay, [live(0, 300_000)[0], *story, live(0, 300_000)[1]])) == told_as


def test_who_is_left_out_leaves_no_gap_by_being_away() -> None:
    """p1's camera is in no recording; what they say is, and so is all of p2."""
    story = [
        event
        for participant, source in (("p1", "camera"), ("p1", "mic"), ("p2", "camera"))
        for event in (
            published(f"a-{participant}-{source}", 1_000, source, participant),
            unpublished(f"a-{participant}-{source}", 20_000, "left"),
            published(f"b-{participant}-{source}", 28_000, source, participant),
        )
    ]
    turns = live(0, 300_000)
    found = gaps_of(
        recorded(ClockPiece(0, 0, 300_000)),
        [turns[0], *sorted(story, key=lambda event: event.session_ms), turns[1]],
        lambda participant, source: (participant, source) == ("p1", "camera"),
    )
    assert sorted((gap.participant, gap.source) for gap in found) == [("p1", "mic"), ("p2", "camera")]


@pytest.mark.parametrize(
    ("rules", "told_of"),
    [
        ({}, {("host", "camera"), ("learner", "camera"), ("learner", "mic")}),
        ({"learners_unseen": True}, {("host", "camera"), ("learner", "mic")}),
        ({"learners_unheard": True}, {("host", "camera"), ("learner", "camera")}),
    ],
)
async def test_the_rules_of_the_lesson_say_who_is_left_out(
    house: House, rules: dict[str, bool], told_of: set[tuple[str, str]]
) -> None:
    path = f"/api/v1/sessions/{SESSION}/replay-rules"
    assert (await house.call("PUT", path, json=rules))[0] == 200
    await house.lesson.at(0, SessionStarted())
    for who in ("host", "learner"):
        joined = ParticipantJoined(participant=who, kind="person", role=who, person=None, name_ref=who)
        await house.lesson.at(1, joined)
    senders = (("host", "camera"), ("learner", "camera"), ("learner", "mic"))

    def begin(life: str) -> list[TrackPublished]:
        return [
            TrackPublished(
                track=f"{life}-{who}-{source}", participant=who, source=source, kind="video", codec="VP8"
            )
            for who, source in senders
        ]

    await house.lesson.at(20, *begin("a"))
    gone = [TrackUnpublished(track=track.track, reason="left") for track in begin("a")]
    await house.lesson.at(100, *gone)
    await house.lesson.at(110, *begin("b"))
    await house.lesson.at(600, SessionEnded())
    await house.pack()
    assert await house.keeper.refresh(SESSION)
    async with house.database.read() as tx:
        gaps = [h.payload for h in await house.store.happened(tx, SESSION) if h.type == RecordingGap.TYPE]
    assert {(gap["participant"], gap["source"]) for gap in gaps if gap["why"] == "away"} == told_of


def test_somebody_elses_camera_is_not_their_return() -> None:
    story = [
        published("a", 0),
        unpublished("a", 10_000, "left"),
        published("b", 12_000, participant="p2"),
        published("c", 13_000, source="screen"),
    ]
    assert gaps_of(recorded(ClockPiece(0, 0, 60_000)), story) == []


def test_what_was_away_while_nobody_recorded_is_told_once() -> None:
    replay = recorded(ClockPiece(0, 0, 20_000), ClockPiece(30_000, 20_000, 30_000))
    story = [published("a", 0), unpublished("a", 20_000, "media_restarted"), published("b", 32_000)]
    assert summed(gaps_of(replay, [happened(SessionStarted.TYPE, 0), *story, *live(0, 60_000)[1:]])) == [
        ("not_recorded", "all", 20_000, 30_000, 10_000),
        ("away", "camera", 20_000, 32_000, 2_000),
    ]


async def test_gaps_are_told_on_the_timeline_and_in_the_replay(house: House) -> None:
    await house.teach()
    await house.pack()
    name = f"sessions/{SESSION}/hls/replay.json"
    replay = msgspec.json.decode(await house.files.get(name), type=Replay)
    await house.files.put(name, msgspec.json.encode(msgspec.structs.replace(replay, gaps=(LOST,))))
    assert await house.keeper.refresh(SESSION)
    assert await house.keeper.refresh(SESSION)
    async with house.database.read() as tx:
        gaps = [h for h in await house.store.happened(tx, SESSION) if h.type == RecordingGap.TYPE]
    assert [(gap.payload["why"], gap.payload["participant"], gap.payload["from_ms"]) for gap in gaps] == [
        ("loss", "p1", 70_000)
    ]
    _, drawn = await house.call("GET", f"/api/v1/replays/{await house.replay_id()}", "guest")
    assert drawn["gaps"] == [
        {"from_ms": 60_000, "to_ms": 64_000, "missing_ms": 900, "source": "mic", "why": "loss"}
    ]


def test_a_lesson_that_went_on_tells_only_what_is_new() -> None:
    known = happened(
        RecordingGap.TYPE, 0, source="mic", participant="p1", why="loss", from_ms=65_000, to_ms=69_000,
        missing_ms=900,
    )  # fmt: skip
    later = ReplayGap(90_000, 91_000, 500, "mic", "p1", "loss")
    replay = recorded(ClockPiece(5_000, 0, 100_000), gaps=(LOST, later))
    fresh = untold(gaps_of(replay, [known]), [known])
    assert [gap.from_ms for gap in fresh] == [95_000]
    assert [gap.from_ms for gap in told([known], replay.clock_map)] == [60_000]
