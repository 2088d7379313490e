"""What counts as watched: examples from the definitions, and laws that hold for any report."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.spans import length_ms, union
from analytics.viewing import (
    OLDEST_MS,
    CompletionClasses,
    Given,
    Pace,
    Played,
    Refusal,
    completion_classes,
    heat,
    refusal,
    sift,
)
from tests.analytics.players import DURATION_MS, NOW, honest

GOOD = Played("i", 10_000, 20_000, NOW - 60_000, 10_000, 1.0, visible=True, audible=True)


def played(from_ms: int, to_ms: int, *, started: int = NOW - 600_000, id_: str = "i") -> Played:
    return Played(id_, from_ms, to_ms, started, to_ms - from_ms, 1.0, visible=True, audible=True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"speed": 0.25, "wall_ms": 40_000}, None),
        ({"speed": 4.0, "wall_ms": 2_500}, None),
        ({"speed": 4.01}, Refusal.SPEED_OUT_OF_RANGE),
        ({"speed": 0.0}, Refusal.SPEED_OUT_OF_RANGE),
        ({"speed": float("nan")}, Refusal.SPEED_OUT_OF_RANGE),
        ({"to_ms": 10_000}, Refusal.EMPTY),
        ({"to_ms": 9_000}, Refusal.EMPTY),
        ({"wall_ms": 0}, Refusal.EMPTY),
        ({"wall_ms": 10**12}, Refusal.EMPTY),
        ({"from_ms": -1}, Refusal.OUTSIDE_MEDIUM),
        ({"from_ms": 175_000, "to_ms": 181_000}, None),
        ({"from_ms": 175_000, "to_ms": 181_001}, Refusal.OUTSIDE_MEDIUM),
        ({"started_utc_ms": NOW + 50_000}, None),
        ({"started_utc_ms": NOW + 50_001}, Refusal.IN_FUTURE),
        ({"started_utc_ms": NOW - OLDEST_MS}, None),
        ({"started_utc_ms": NOW - OLDEST_MS - 1}, Refusal.TOO_OLD),
        ({"started_utc_ms": 0}, Refusal.TOO_OLD),
        ({"started_utc_ms": -(2**53)}, Refusal.TOO_OLD),
        ({"to_ms": 21_000}, None),
        ({"to_ms": 21_001}, Refusal.FASTER_THAN_TIME),
        ({"speed": 2.0, "to_ms": 31_000}, None),
        ({"speed": 2.0, "to_ms": 31_001}, Refusal.FASTER_THAN_TIME),
    ],
)
def test_what_cannot_be_true_is_refused(change: dict[str, Any], code: Refusal | None) -> None:
    reported = replace(GOOD, **change)
    assert refusal(reported, duration_ms=DURATION_MS, now=NOW) is code


def test_a_player_does_not_play_twice_at_once() -> None:
    start, end = GOOD.wall
    for started, ended, code in (
        (start - 10_000, start + 1_000, None),
        (start - 10_000, start + 1_001, Refusal.OVERLAPPING),
        (end - 1_000, end + 5, None),
        (start, end, Refusal.OVERLAPPING),
    ):
        earlier = replace(
            GOOD, started_utc_ms=started, wall_ms=ended - started, to_ms=10_000 + ended - started
        )
        assert refusal(GOOD, duration_ms=DURATION_MS, now=NOW, pace=Pace.of([earlier])) is code


@pytest.mark.parametrize("wall_ms", [1, 50, 100, 190, 500])
def test_many_tiny_intervals_do_not_outrun_time(wall_ms: int) -> None:
    tiny = [
        Played(
            str(n),
            n * 200,
            n * 200 + 200,
            NOW - 500_000 + n * wall_ms,
            wall_ms,
            1.0,
            visible=True,
            audible=True,
        )
        for n in range(900)
    ]
    accepted, _ = sift(tiny, duration_ms=DURATION_MS, now=NOW)
    played_ms = sum(each.to_ms - each.from_ms for each in accepted)
    assert 0 < played_ms <= 900 * wall_ms * 1.02 + 1_000
    assert wall_ms < 200 or len(accepted) == 900


def test_an_honest_player_that_measures_badly_counts_in_full() -> None:
    reports = [
        Played(
            str(n), n * 4_000, n * 4_000 + 4_000, NOW - 200_000 + n * 4_010, 3_990 + n % 3 * 10, 1.0,
            visible=True, audible=True,
        )
        for n in range(45)
    ]  # fmt: skip
    accepted, refused = sift(reports, duration_ms=DURATION_MS, now=NOW)
    assert (len(accepted), refused) == (45, [])


def test_one_report_is_sifted_against_itself() -> None:
    first = played(0, 10_000, id_="first")
    twin = played(50_000, 60_000, id_="twin")
    later = played(50_000, 60_000, started=first.wall[1], id_="later")
    accepted, refused = sift([later, twin, first], duration_ms=DURATION_MS, now=NOW)
    assert {p.id for p in accepted} | {id_ for id_, _ in refused} == {"first", "twin", "later"}
    assert len(accepted) == 2
    assert [why for _, why in refused] == [Refusal.OVERLAPPING]


def test_waiting_for_data_is_no_effort() -> None:
    stalled = replace(GOOD, wall_ms=50_000)
    assert stalled.wall == (GOOD.started_utc_ms, GOOD.started_utc_ms + 11_000)


def test_classes_compare_how_far_people_got() -> None:
    def until(end_ms: int) -> tuple[tuple[int, int], ...]:
        return ((0, end_ms),)

    people = [until(9_999), until(10_000), until(143_999), until(144_000), until(177_999), until(178_000)]
    assert completion_classes(people, DURATION_MS) == CompletionClasses(6, bounce=1, reached_80=3, full=1)
    assert completion_classes([], DURATION_MS) == CompletionClasses(0, 0, 0, 0)
    assert completion_classes([until(8_000)], 8_000) == CompletionClasses(1, 0, 1, 1)


def test_heat_counts_viewers_per_second() -> None:
    assert heat([((0, 3_000),), ((1_000, 2_400), (4_600, 5_000))], 5_000) == [1, 2, 1, 0, 0]
    assert heat([((0, 6_000),)], 4_500) == [1] * 5
    assert heat([], 2_000) == [0, 0]
    assert heat([((0, 1_000),)], 0) == []


@pytest.mark.parametrize(
    ("tabs", "speed", "counts"), [(2, 1.0, 2), (2, 2.0, 2), (4, 1.0, 4), (9, 1.0, 4), (9, 2.0, 2)]
)
def test_tabs_at_one_moment_are_given_what_one_player_could_play(
    tabs: int, speed: float, counts: int
) -> None:
    lone = replace(GOOD, from_ms=0, to_ms=60_000, wall_ms=round(60_000 / speed), speed=speed)
    given_so_far, accepted = Given(), 0
    for _ in range(tabs):
        found, _ = sift(
            [replace(lone, started_utc_ms=NOW - 600_000)],
            duration_ms=DURATION_MS,
            now=NOW,
            given=given_so_far,
        )
        accepted += len(found)
        for each in found:
            given_so_far = given_so_far.adding(each)
    assert accepted == counts


@given(st.lists(honest(), max_size=6))
def test_pace_may_be_built_step_by_step(reports: list[Played]) -> None:
    pace = Pace()
    for report in reports:
        pace = pace.adding(report)
    at_once = Pace.of(reports)
    assert pace.needed_ms == pytest.approx(at_once.needed_ms)
    assert replace(pace, needed_ms=at_once.needed_ms) == at_once


@given(st.lists(honest(), max_size=6))
def test_honest_reports_count_unless_they_overlap(reports: list[Played]) -> None:
    accepted, refused = sift(reports, duration_ms=DURATION_MS, now=NOW)
    assert len(accepted) + len(refused) == len(reports)
    assert {why for _, why in refused} <= {Refusal.OVERLAPPING, Refusal.FASTER_THAN_TIME}
    walls = [each.wall for each in reports]
    if length_ms(union(walls)) == sum(end - start for start, end in walls):
        assert refused == []
    assert not reports or accepted
