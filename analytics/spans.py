"""Sets of time as sorted, disjoint spans: the algebra under watching and presence. Pure.

A span is `(from_ms, to_ms)`, half-open, on whatever clock its owner uses: a medium's, or UTC.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

Span = tuple[int, int]
Spans = tuple[Span, ...]

NOTHING: Spans = ()


def union(*sets: Iterable[Span], gap_ms: int = 0) -> Spans:
    """Return everything that is in any of `sets`; holes of up to `gap_ms` between spans are closed.

    Empty and reversed spans are dropped. Order does not matter, nor does it how often something is added:
    the union of unions is the union of all.
    """
    merged: list[Span] = []
    for start, end in sorted(span for spans in sets for span in spans if span[0] < span[1]):
        if merged and start - merged[-1][1] <= gap_ms:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def intersection(one: Spans, other: Spans) -> Spans:
    """Return what is in both; each must be a union."""
    found: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            found.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def length_ms(spans: Spans) -> int:
    """Return how long a union is."""
    return sum(end - start for start, end in spans)


def adding(spans: Spans, span: Span) -> Spans:
    """Return the union of a union and one span, in a time that hardly grows with the union."""
    start, end = span
    if start >= end:
        return spans
    first = bisect_left(spans, start, key=_end)
    last = bisect_right(spans, end, key=_start)
    if first < last:
        start, end = min(start, spans[first][0]), max(end, spans[last - 1][1])
    return (*spans[:first], (start, end), *spans[last:])


def overlap_ms(spans: Spans, span: Span) -> int:
    """Return how much of a span is in a union."""
    start, end = span
    if start >= end:
        return 0
    first, last = bisect_right(spans, start, key=_end), bisect_left(spans, end, key=_start)
    return sum(min(end, to) - max(start, from_) for from_, to in spans[first:last])


def _start(span: Span) -> int:
    return span[0]


def _end(span: Span) -> int:
    return span[1]


def difference(one: Spans, other: Spans) -> Spans:
    """Return what is in `one` and not in `other`; each must be a union."""
    found: list[Span] = []
    at = 0
    for start, end in one:
        while at < len(other) and other[at][1] <= start:
            at += 1
        here, rest = at, start
        while here < len(other) and other[here][0] < end:
            if rest < other[here][0]:
                found.append((rest, other[here][0]))
            rest = max(rest, other[here][1])
            here += 1
        if rest < end:
            found.append((rest, end))
    return tuple(found)
