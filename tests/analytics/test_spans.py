"""The algebra of spans, against sets of milliseconds."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from analytics.spans import Span, adding, difference, intersection, length_ms, overlap_ms, union

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def points(*sets: "list[Span] | tuple[Span, ...]") -> set[int]:
    return {point for spans in sets for start, end in spans for point in range(start, end)}


@given(spans, spans)
def test_union_and_intersection_are_those_of_sets(one: list[Span], other: list[Span]) -> None:
    assert points(union(one, other)) == points(one, other)
    assert points(intersection(union(one), union(other))) == points(one) & points(other)
    assert length_ms(union(one, other)) == len(points(one, other))


@given(spans, st.integers(0, 10))
def test_a_union_is_sorted_and_its_holes_are_wider_than_the_gap(one: list[Span], gap_ms: int) -> None:
    found = union(one, gap_ms=gap_ms)
    assert all(start < end for start, end in found)
    assert all(second[0] - first[1] > gap_ms for first, second in pairwise(found))


@given(spans, spans, st.integers(0, 10))
def test_a_union_may_be_built_step_by_step(one: list[Span], other: list[Span], gap_ms: int) -> None:
    at_once = union(one, other, gap_ms=gap_ms)
    assert union(union(one, gap_ms=gap_ms), other, gap_ms=gap_ms) == at_once
    assert union(other, one, one, gap_ms=gap_ms) == at_once


@given(spans, st.lists(spans, max_size=3))
def test_one_span_more_is_added_and_measured_as_by_union(one: list[Span], more: list[list[Span]]) -> None:
    found = union(one)
    for span in (span for some in more for span in some):
        assert overlap_ms(found, span) == length_ms(intersection(found, union([span])))
        assert adding(found, span) == union(found, [span])
        found = adding(found, span)


def test_holes_of_a_second_close_and_longer_ones_do_not() -> None:
    played = [(0, 5_000), (6_000, 8_000), (9_001, 10_000)]
    assert union(played, gap_ms=1_000) == ((0, 8_000), (9_001, 10_000))


@given(spans, spans)
def test_difference_is_that_of_sets(one: list[Span], other: list[Span]) -> None:
    found = difference(union(one), union(other))
    assert points(found) == points(one) - points(other)
    assert union(found) == found
