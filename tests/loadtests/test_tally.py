"""Loss, delay and first pictures are found without decrypting: the lengths of packets tell which is which."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.sfu.tally import (
    Arrivals,
    Delivery,
    Sent,
    Tally,
    Unrelated,
    entry_numbers,
    first_picture_ns,
    split,
    unwrap,
)

MS = 1_000_000
RNG = np.random.default_rng(3)
TIMES = np.arange(2000, dtype=np.int64) * 8 * MS
SIZES = RNG.integers(200, 1200, 2000)


def arrivals(
    first: int, count: int, *, offset: int = 0, delay_ms: int = 3, drop: tuple[int, ...] = (), viewer: int = 0
) -> Arrivals:
    """What a viewer gets of the log from entry `first` on, renumbered and a little longer."""
    entries = np.array([e for e in range(first, first + count) if e not in drop], np.int64)
    return Arrivals(viewer, 1, (entries + offset) % 65536, SIZES[entries] + 8, TIMES[entries] + delay_ms * MS)


@given(st.integers(0, 65535), st.integers(0, 1500), st.sets(st.integers(0, 199), max_size=40))
def test_finds_the_place_whatever_the_numbering(offset: int, first: int, lost: set[int]) -> None:
    seen = arrivals(first, 200, offset=offset, drop=tuple(first + n for n in lost))
    found = entry_numbers(seen, TIMES, SIZES)
    assert found.tolist() == [e for e in range(first, first + 200) if e - first not in lost]


def test_packets_out_of_order_keep_their_place() -> None:
    seen = arrivals(100, 60)
    order = np.arange(60)
    order[[5, 6, 30, 33]] = order[[6, 5, 33, 30]]
    mixed = Arrivals(0, 1, seen.seq16[order], seen.size[order], np.sort(seen.arrived_ns))
    assert entry_numbers(mixed, TIMES, SIZES).tolist() == (100 + order).tolist()


def test_another_stream_is_not_mistaken_for_ours() -> None:
    other = Arrivals(0, 1, np.arange(100), RNG.integers(200, 1200, 100), TIMES[300:400])
    with pytest.raises(Unrelated):
        entry_numbers(other, TIMES, SIZES)


def test_the_same_length_all_the_time_tells_nothing() -> None:
    even = np.full(2000, 500)
    seen = Arrivals(0, 1, np.arange(100), np.full(100, 508), TIMES[300:400] + MS)
    with pytest.raises(Unrelated):
        entry_numbers(seen, TIMES, even)


def test_a_repeated_passage_is_told_by_the_time_of_its_sending() -> None:
    again = np.tile(SIZES[:500], 4)
    seen = Arrivals(0, 1, np.arange(200), again[:200] + 8, TIMES[1000:1200] + MS)
    assert entry_numbers(seen, TIMES, again).tolist() == list(range(1000, 1200))


def test_too_few_packets_tell_nothing() -> None:
    with pytest.raises(Unrelated):
        entry_numbers(arrivals(0, 5), TIMES, SIZES)


def test_numbers_unwrap_over_several_cycles() -> None:
    true = np.arange(60_000, 60_000 + 3 * 65_536, 1000)
    assert np.diff(unwrap(true % 65536)).tolist() == [1000] * (len(true) - 1)


def sent() -> Sent:
    """Sound and picture by the same clock."""
    return Sent((TIMES, TIMES), (SIZES, SIZES), [(10, 20), (150, 170), (300, 320)])


def deliver(streams: list[Arrivals], senders: dict[int, Sent], begin_ns: int, end_ns: int) -> Delivery:
    """The tally of some streams."""
    tally = Tally(senders, begin_ns, end_ns)
    for one in streams:
        tally.add(one)
    return tally.delivery()


def test_loss_and_delay_in_a_window() -> None:
    streams = [
        arrivals(0, 1000, delay_ms=4),
        arrivals(0, 1000, delay_ms=9, drop=tuple(range(300, 310)), viewer=1),
    ]
    got = deliver(streams, {0: sent(), 1: sent()}, int(TIMES[200]), int(TIMES[400]))
    assert got.expected == 4 * 200  # two viewers, two streams
    assert got.received == 390
    assert got.silent == 2  # nobody's sound came
    assert got.delay_ms(0.25) == 4
    assert got.delay_ms(1.0) == 9


def test_a_repeated_packet_counts_once() -> None:
    one = arrivals(100, 100)
    twice = Arrivals(
        0, 1, np.tile(one.seq16, 2), np.tile(one.size, 2),
        np.concatenate((one.arrived_ns, one.arrived_ns[-1] + np.arange(1, 101) * MS)),
    )  # fmt: skip
    got = deliver([twice], {0: sent()}, int(TIMES[100]), int(TIMES[200]))
    assert got.received == 100
    assert got.delay_ms(0.99) == 3


def test_nothing_at_all_is_all_lost() -> None:
    got = deliver([], {0: sent()}, int(TIMES[100]), int(TIMES[200]))
    assert got.loss == 1
    assert got.delay_ms(0.99) == float("inf")


def test_the_first_complete_keyframe_counts() -> None:
    whole = first_picture_ns(arrivals(150, 100), sent())
    assert whole == TIMES[170] + 3 * MS
    broken = first_picture_ns(arrivals(150, 300, drop=(160,)), sent())
    assert broken == TIMES[320] + 3 * MS
    assert first_picture_ns(arrivals(151, 100), sent()) is None


def test_columns_become_streams() -> None:
    columns = (
        np.array([1, 0, 1, 1]), np.array([0, 1, 1, 0]), np.array([7, 8, 9, 6]),
        np.array([100, 200, 300, 400]), np.array([40, 30, 20, 10]),
    )  # fmt: skip
    streams = {(one.viewer, one.stream): one.seq16.tolist() for one in split(*columns)}
    assert streams == {(0, 1): [8], (1, 0): [6, 7], (1, 1): [9]}
