"""The proposal of cuts, pure: hard rules for any input, the optimum by brute force, reasons and notes."""

import random
import time
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.marks import Moment
from catalogue.proposal.cutting import (
    FULL_WEIGHT,
    LONGEST_MS,
    SHORTEST_MS,
    TARGET_MS,
    UNHEARD_OF_MS,
    Place,
    cut,
    length_costs,
)
from catalogue.proposal.ground import GUARD_MS, Happening, Kind, is_free, survey
from catalogue.proposal.happened import happened_of
from catalogue.proposal.lessons import propose
from lectern.manifest.clock_map import ClockMap, ClockPiece
from lectern.manifest.signals import Signals

MINUTE = 60_000
KINDS: tuple[Kind, ...] = ("poll", "question", "checkin", "breakout", "pause", "chapter", "joint")


def signals_of(
    duration_ms: int, utterances: Sequence[tuple[int, int]], scenes: Sequence[tuple[int, float]] = ()
) -> Signals:
    return Signals(duration_ms, 1_000, (), tuple(utterances), tuple(scenes))


def talk(
    duration_ms: int, pauses: Mapping[int, int] | None = None, *, usual_ms: int = 600
) -> list[tuple[int, int]]:
    """Somebody speaks, with a short break every ten seconds, and `pauses` (where: how long)."""
    found: list[tuple[int, int]] = []
    at = 0
    stops = {**dict.fromkeys(range(10000, duration_ms, 10000), usual_ms), **(pauses or {})}
    for stop in sorted(stops):
        if stop > at:
            found.append((at, stop))
            at = stop + stops[stop]
    if at < duration_ms:
        found.append((at, duration_ms))
    return found


@st.composite
def lessons(draw: st.DrawFn) -> tuple[Signals, list[Happening]]:
    """Any replay: speech without order, scenes and a class that does everything at once."""
    duration_ms = draw(st.integers(1, 90 * MINUTE))
    steps = draw(st.lists(st.integers(1, 200_000), max_size=60))
    edges = [sum(steps[: i + 1]) for i in range(len(steps))]
    inside = [edge for edge in edges if edge <= duration_ms]
    utterances = [(a, b) for a, b in pairwise(inside[::1])][::2]
    moments = st.integers(0, duration_ms)
    scenes = draw(st.lists(st.tuples(moments, st.floats(0, 1)), max_size=20))
    happened = [
        Happening(kind, min(a, b), max(a, b), f"h{index}", f"title {index}")
        for index, (kind, a, b) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from(KINDS), moments, moments), max_size=8))
        )
    ]
    return signals_of(duration_ms, utterances, sorted(scenes)), happened


@given(lessons())
def test_the_hard_rules_hold_for_any_replay(given_: tuple[Signals, list[Happening]]) -> None:
    signals, happened = given_
    proposal = propose(signals, happened)
    assert proposal == propose(signals, list(happened))
    at = 0
    for lesson in proposal.lessons:
        assert at <= lesson.start_ms < lesson.end_ms <= signals.duration_ms
        at = lesson.end_ms
        assert 0 <= lesson.score <= 1
        for edge in (lesson.start_ms, lesson.end_ms):
            if 0 < edge < signals.duration_ms:
                assert is_free(edge, signals, happened)
                for begin, end in signals.utterances:
                    assert edge <= begin - GUARD_MS or edge >= end + GUARD_MS
    covered = [(one.start_ms, one.end_ms) for one in proposal.lessons]
    covered += [(n.from_ms, n.to_ms) for n in proposal.notes if n.code.startswith("left_out")]
    covered.sort()
    assert covered[0][0] == 0
    assert covered[-1][1] == signals.duration_ms
    assert all(one[1] == other[0] for one, other in pairwise(covered))
    for begin, end in signals.utterances:
        for note in proposal.notes:
            if note.code == "left_out_quiet":
                assert end <= note.from_ms or begin >= note.to_ms


places_of = st.lists(
    st.tuples(st.integers(1, 59 * MINUTE), st.integers(0, FULL_WEIGHT)),
    max_size=9,
    unique_by=lambda each: each[0],
).map(lambda found: [Place(*each) for each in sorted(found)])


def cost_of(times: Sequence[int], weights: Mapping[int, int], idle: Mapping[int, int]) -> int | None:
    """What a cutting costs by the words of the decision, or None where it is not allowed."""
    total = sum(600 - weights[at] for at in times[1:-1])
    for begin, end in pairwise(times):
        if idle.get(begin) == end:
            costs = [600 - weights[at] for at in (begin, end) if at in weights]
            total -= max(costs) if len(costs) == 2 else sum(costs)
            continue
        length = end - begin
        if length > UNHEARD_OF_MS and any(begin < at < end for at in weights):
            return None
        total += 120 * max(0, TARGET_MS - length) ** 2 // (TARGET_MS - SHORTEST_MS) ** 2
        total += 120 * max(0, length - TARGET_MS) ** 2 // (LONGEST_MS - TARGET_MS) ** 2
        total += 100 * max(0, SHORTEST_MS - length) ** 2 // MINUTE**2
        total += 60 * max(0, length - LONGEST_MS) ** 2 // MINUTE**2
    return total


@given(places_of, st.data())
def test_the_choice_is_the_cheapest_of_all(places: list[Place], data: st.DataObject) -> None:
    duration = 60 * MINUTE
    weights = {place.at_ms: place.weight for place in places}
    times = [0, *weights, duration]
    pairs = st.tuples(st.sampled_from(times), st.sampled_from(times)).filter(lambda pair: pair[0] < pair[1])
    idle: dict[int, int] = {}
    for begin, end in data.draw(st.lists(pairs, max_size=2)):
        if end not in idle.values():
            idle.setdefault(begin, end)
    chosen = cut(duration, places, idle)
    mine = cost_of([0, *(one.end_ms for one in chosen)], weights, idle)
    every = [
        cost_of([0, *some, duration], weights, idle)
        for count in range(len(weights) + 1)
        for some in combinations(weights, count)
    ]
    assert mine == min(cost for cost in every if cost is not None)
    assert all(one.end_ms == other.start_ms for one, other in pairwise(chosen))
    assert all(idle.get(one.start_ms) == one.end_ms for one in chosen if not one.is_lesson)


@given(places_of, st.integers(1, 59 * MINUTE), st.integers(0, FULL_WEIGHT))
def test_a_place_that_is_not_used_changes_nothing(places: list[Place], at: int, weight: int) -> None:
    duration = 60 * MINUTE
    if at in {place.at_ms for place in places}:
        return
    before = cut(duration, places, {})
    after = cut(duration, sorted([*places, Place(at, weight)], key=lambda place: place.at_ms), {})
    assert after == before or at in {one.end_ms for one in after}


def busy(hours: int) -> tuple[Signals, list[Happening]]:
    """A replay with a place to cut every few seconds."""
    rng = random.Random(1)
    duration = hours * 60 * MINUTE
    pauses = {at: rng.randint(400, 6_000) for at in range(4_000, duration, 4_000)}
    scenes = [(at, rng.random()) for at in range(20_000, duration, 20_000)]
    happened = [Happening("poll", at, at + 30_000, str(at)) for at in range(MINUTE, duration, 10 * MINUTE)]
    return signals_of(duration, talk(duration, pauses), scenes), happened


def test_twelve_hours_are_cut_too() -> None:
    signals, happened = busy(12)
    assert len(survey(signals, happened).places) > 8_000
    proposal = propose(signals, happened)
    assert len(proposal.lessons) > 70
    assert {note.code for note in proposal.notes} <= {"too_short", "too_long"}


def test_the_cost_grows_with_the_hours_not_with_their_square() -> None:
    def took_s(hours: int) -> float:
        given_ = busy(hours)
        begun = time.process_time()
        propose(*given_)
        return time.process_time() - begun

    took_s(1)
    ratios = [took_s(8) / took_s(2) for _ in range(3)]
    assert min(ratios) < 8, ratios  # in proportion it is 4, with the square 16


def test_a_lesson_costs_what_the_decision_says() -> None:
    minutes = np.array([4, 5, 7, 10, 11], np.int64) * MINUTE
    assert length_costs(minutes).tolist() == [270 + 100, 120, 0, 120, 213 + 60]
    assert cut(0, [], {}) == []


def test_both_signs_together_beat_a_longer_pause_alone() -> None:
    pauses = {6 * MINUTE: 5_000, 7 * MINUTE: 3_000, 14 * MINUTE: 3_000}
    scenes = [(7 * MINUTE + 1_500, 0.8), (14 * MINUTE + 1_500, 0.8)]
    proposal = propose(signals_of(21 * MINUTE, talk(21 * MINUTE, pauses), scenes), [])
    assert [one.end_ms for one in proposal.lessons] == [7 * MINUTE + 1_500, 14 * MINUTE + 1_500, 21 * MINUTE]
    [first, second, last] = proposal.lessons
    assert [(r.code, r.at_ms, r.length_ms) for r in first.end_reasons] == [
        ("pause", 7 * MINUTE, 3_000),
        ("scene", 7 * MINUTE + 1_500, None),
    ]
    assert second.start_reasons == first.end_reasons
    assert [reason.code for reason in (*first.start_reasons, *last.end_reasons)] == [
        "replay_began",
        "replay_ended",
    ]
    assert proposal.notes == []


def test_a_lesson_begins_just_before_its_first_word() -> None:
    signals = signals_of(14 * MINUTE, talk(14 * MINUTE, {7 * MINUTE: 6_000}), [(7 * MINUTE + 500, 0.9)])
    [first, _] = propose(signals, []).lessons
    assert first.end_ms == 7 * MINUTE + 5_600  # the slide came long before it


@pytest.mark.parametrize("kind", ["poll", "breakout", "pause"])
def test_what_must_stay_whole_stays_whole_and_is_told(kind: Kind) -> None:
    signals = signals_of(40 * MINUTE, talk(40 * MINUTE, {at * MINUTE: 4_000 for at in range(5, 40, 5)}))
    long = Happening(kind, 8 * MINUTE, 30 * MINUTE, "p", "Which?")
    proposal = propose(signals, [long])
    cuts = [one.end_ms for one in proposal.lessons] + [one.start_ms for one in proposal.lessons]
    assert not [at for at in cuts if long.from_ms < at < long.to_ms]
    codes = {note.code for note in proposal.notes}
    assert codes & ({"poll_kept_whole"} if kind == "poll" else {f"left_out_{kind}"})


def test_fourteen_minutes_without_a_pause_are_said() -> None:
    third = 21 * MINUTE + 4_000
    after = [(third + begin, third + end) for begin, end in talk(28 * MINUTE - third)]
    signals = signals_of(28 * MINUTE, [*talk(7 * MINUTE), (7 * MINUTE + 5_000, 21 * MINUTE), *after])
    proposal = propose(signals, [])
    assert [(one.start_ms // MINUTE, one.end_ms // MINUTE) for one in proposal.lessons] == [
        (0, 7),
        (7, 21),
        (21, 28),
    ]
    [note] = proposal.notes
    assert (note.code, round((note.to_ms - note.from_ms) / MINUTE)) == ("no_pause", 14)


def test_what_is_quiet_for_long_is_left_out() -> None:
    signals = signals_of(24 * MINUTE, [
        *((a + MINUTE, b + MINUTE) for a, b in talk(7 * MINUTE)),
        *((a + 16 * MINUTE, b + 16 * MINUTE) for a, b in talk(7 * MINUTE)),
    ])  # fmt: skip
    proposal = propose(signals, [])
    assert [(one.start_ms, one.end_ms) for one in proposal.lessons] == [
        (MINUTE - 400, 8 * MINUTE + 550),
        (16 * MINUTE - 400, 23 * MINUTE + 550),
    ]
    assert [note.code for note in proposal.notes] == ["left_out_quiet"] * 3


def test_without_sound_the_screen_decides() -> None:
    signals = Signals(20 * MINUTE, 1_000, (), (), ((6 * MINUTE, 0.9), (13 * MINUTE, 0.5)), ("no_sound",))
    proposal = propose(signals, [])
    assert [one.end_ms for one in proposal.lessons] == [6 * MINUTE, 13 * MINUTE, 20 * MINUTE]
    assert [(note.code, note.from_ms, note.to_ms) for note in proposal.notes] == [
        ("no_sound", 0, 20 * MINUTE)
    ]


def test_a_chapter_names_a_lesson_before_a_poll_does() -> None:
    signals = signals_of(14 * MINUTE, talk(14 * MINUTE, {7 * MINUTE: 4_000}))
    poll = Happening("poll", 2 * MINUTE, 3 * MINUTE, "p", "Which valve?")
    asked = Happening("question", MINUTE, 2 * MINUTE, "q", "Why?")
    later = Happening("question", 8 * MINUTE, 9 * MINUTE, "q2", "When?")
    titles = [one.title for one in propose(signals, [poll, asked, later]).lessons]
    assert titles == ["Which valve?", "When?"]
    chapter = Happening("chapter", 4 * MINUTE, 4 * MINUTE, "c", "Valves")
    assert propose(signals, [poll, chapter]).lessons[0].title == "Valves"
    assert propose(signals, []).lessons[0].title == ""


def test_nothing_that_was_said_aside_names_a_lesson() -> None:
    moments = [
        Moment(1, "aside_began", 60_000, {}),
        Moment(2, "poll_opened", 65_000, {"id": "p1"}),
        Moment(3, "poll_closed", 90_000, {"id": "p1"}),
        Moment(4, "aside_ended", 80_000, {}),
    ]
    entities: dict[str, dict[str, Any]] = {
        "poll/p1": {"question": "Secret?"},
        "question/q1": {"text": "Secret!", "start_ms": 70_000, "end_ms": 75_000},
    }
    clock = ClockMap([ClockPiece(0, 0, 60_000), ClockPiece(80_000, 60_000, 60_000)])
    assert happened_of(moments, entities, clock) == [
        Happening("joint", 60_000, 60_000),
        Happening("pause", 60_000, 60_000),
        Happening("poll", 60_000, 70_000, "p1"),
    ]


def test_the_timeline_becomes_what_happened() -> None:
    moments = [
        Moment(1, "poll_opened", 70_000, {"id": "p1"}),
        Moment(2, "breakout_opened", 75_000, {"groups": []}),
        Moment(3, "poll_closed", 80_000, {"id": "p1", "reason": "staff"}),
        Moment(4, "poll_closed", 81_000, {"id": "unknown"}),
        Moment(5, "checkin_opened", 90_000, {"id": "c1"}),
        Moment(6, "breakout_closed", 100_000, {"reason": "time"}),
        Moment(7, "session_ended", 200_000, {}),
        Moment(8, "poll_opened", 210_000, {"id": "p2"}),
    ]
    entities: dict[str, dict[str, Any]] = {
        "poll/p1": {"question": "Which?"},
        "question/q1": {"text": "Why?", "start_ms": 30_000, "end_ms": 50_000},
        "question/q2": {"text": "In writing", "start_ms": None, "end_ms": None},
    }
    clock = ClockMap([ClockPiece(10_000, 0, 60_000), ClockPiece(80_000, 60_000, 150_000)])
    assert happened_of(moments, entities, clock) == [
        Happening("question", 20_000, 40_000, "q1", "Why?"),
        Happening("joint", 60_000, 60_000),
        Happening("poll", 60_000, 60_000, "p1", "Which?"),
        Happening("breakout", 60_000, 80_000),
        Happening("checkin", 70_000, 180_000, "c1"),
        Happening("poll", 190_000, 210_000, "p2"),
    ]
