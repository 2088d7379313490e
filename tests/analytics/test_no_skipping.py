"""Media that are watched in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.no_skipping import AHEAD_MS, furthest_ms, in_order
from analytics.spans import Spans, union
from analytics.viewing import GAP_MS, Played, Refusal

PIECES = st.lists(st.tuples(st.integers(0, 60_000), st.integers(1, 20_000)), max_size=12)


def played(index: int, from_ms: int, length_ms: int) -> Played:
    return Played(str(index), from_ms, from_ms + length_ms, index * 60_000, length_ms, 1.0, True, True)


@pytest.mark.parametrize(
    ("covered", "furthest"),
    [
        ((), 0),
        (((0, 5_000),), 5_000),
        (((5_000, 9_000),), 0),
        (((1_500, 9_000), (10_500, 20_000), (30_000, 40_000)), 20_000),
    ],
)
def test_how_far_one_has_come(covered: Spans, furthest: int) -> None:
    assert furthest_ms(covered) == furthest


def test_what_leads_on_is_kept_and_a_jump_is_not() -> None:
    pieces = [played(2, 9_000, 1_000), played(0, 4_000, 5_000), played(1, 30_000, 9_000), played(3, 0, 2_000)]
    kept, refused = in_order(pieces, ((0, 4_000),))
    assert [each.id for each in kept] == ["0", "2", "3"]
    assert refused == [("1", Refusal.SKIPPED_AHEAD)]


@given(PIECES, PIECES)
def test_nothing_counts_beyond_what_was_reached_before_it(
    before: list[tuple[int, int]], reported: list[tuple[int, int]]
) -> None:
    covered = union([(start, start + length) for start, length in before], gap_ms=GAP_MS)
    pieces = [played(index, start, length) for index, (start, length) in enumerate(reported)]
    kept, refused = in_order(pieces, covered)
    assert len(kept) + len(refused) == len(pieces)
    reached = furthest_ms(covered)
    for each in kept:
        assert each.from_ms <= reached + AHEAD_MS
        reached = max(reached, each.to_ms)
    after = union([*covered, *((each.from_ms, each.to_ms) for each in kept)], gap_ms=GAP_MS)
    assert furthest_ms(after) >= max(furthest_ms(covered), reached)
