from hypothesis import given
from hypothesis import strategies as st

from streaming.rtp.sequence import ContinuityMap, SequenceUnwrapper, unwrap16, unwrap32


@given(st.integers(0, 1 << 40), st.integers(-32768, 32767))
def test_the_nearest_number_is_found(near: int, distance: int) -> None:
    assert unwrap16((near + distance) & 0xFFFF, near) == near + distance


@given(st.integers(0, 1 << 48), st.integers(-(1 << 31), (1 << 31) - 1))
def test_the_nearest_timestamp_is_found(near: int, distance: int) -> None:
    assert unwrap32((near + distance) & 0xFFFFFFFF, near) == near + distance


@given(st.integers(0, 0xFFFF), st.lists(st.integers(-500, 1000), max_size=200))
def test_unwrapping_follows_a_stream_over_many_cycles(start: int, steps: list[int]) -> None:
    unwrapper = SequenceUnwrapper()
    true = highest = unwrapper.unwrap(start)
    for step in steps:
        true = highest + step
        assert unwrapper.unwrap(true & 0xFFFF) == true
        highest = max(highest, true)


def feed(
    mapping: ContinuityMap, numbers: range, *, start_ts: int, step: int, at: float
) -> list[tuple[int, int]]:
    out = []
    for i, number in enumerate(numbers):
        timestamp = start_ts + i * step
        mapping.sent(number, timestamp, at + i * step / 90000)
        out.append((number + mapping.seq_offset, timestamp + mapping.timestamp_offset))
    return out


def test_sequence_and_time_go_on_over_switches() -> None:
    mapping = ContinuityMap(100, 5000)
    mapping.switch(70000, 123, 0.0, 90000, 1.0)
    first = feed(mapping, range(70000, 70010), start_ts=123, step=3000, at=1.0)
    assert first[0][0] == 100
    mapping.switch(66000, 9_000_000, 0.0, 90000, 2.3)
    second = feed(mapping, range(66000, 66005), start_ts=9_000_000, step=3000, at=2.3)
    assert second[0][0] == first[-1][0] + 1
    assert abs(second[0][1] - first[-1][1] - 90000) <= 1  # one second since the last packet at 1.3


def test_an_old_keyframe_is_laid_so_that_now_is_now() -> None:
    mapping = ContinuityMap(1, 0)
    mapping.switch(10, 0, 0.0, 90000, 0.0)
    mapping.sent(10, 0, 0.0)
    mapping.switch(500, 1_000_000, 1.5, 90000, 2.0)
    assert 1_000_000 + mapping.timestamp_offset == 1 + 45000  # 0.5 s later, though it was captured 1.5 s ago


def test_time_never_goes_back() -> None:
    mapping = ContinuityMap(1, 0)
    mapping.switch(10, 0, 0.0, 90000, 0.0)
    mapping.sent(10, 0, 0.0)
    mapping.switch(500, 1_000_000, 9.0, 90000, 2.0)
    assert 1_000_000 + mapping.timestamp_offset == 2


def test_only_numbers_of_the_current_source_have_a_source() -> None:
    mapping = ContinuityMap(100, 0)
    assert mapping.source_of(100) is None
    mapping.switch(70000, 0, 0.0, 90000, 0.0)
    feed(mapping, range(70000, 70010), start_ts=0, step=1, at=0.0)
    mapping.switch(80000, 0, 0.0, 90000, 1.0)
    feed(mapping, range(80000, 80010), start_ts=0, step=1, at=1.0)
    assert mapping.source_of(110) == 80000
    assert mapping.source_of(119) == 80009
    assert mapping.source_of(109) is None
    assert mapping.source_of(120) is None


@given(st.integers(1, 1 << 14), st.integers(1 << 16, 1 << 20), st.integers(1, 70000))
def test_a_number_asked_for_again_is_found_after_wraps(first: int, source: int, length: int) -> None:
    mapping = ContinuityMap(first, 0)
    mapping.switch(source, 0, 0.0, 90000, 0.0)
    mapping.sent(source + length, 0, 0.0)
    asked = first + length - min(length, 100)
    assert mapping.source_of(asked & 0xFFFF) == source + length - min(length, 100)
