"""When it is decided how much of a recording counts."""

from hypothesis import given
from hypothesis import strategies as st

from lectern.recordings.settling import SILENT_S, Come, Silence, counted


def test_what_is_over_counts_whole_at_once() -> None:
    for goes_on in (True, False):
        assert counted(Come(7, is_over=True), 0.0, goes_on=goes_on) == 7


def test_the_newest_recording_of_a_lesson_may_be_silent_for_hours() -> None:
    silence, come = Silence(), Come(7, is_over=False)
    for second in range(10_000):
        silent_s = silence.news(come, float(second), goes_on=True)
        assert counted(come, silent_s, goes_on=True) is None
    # Somebody waits for it from now on: the time before does not count.
    assert silence.news(come, 10_000.0, goes_on=False) <= 1.0


@given(st.lists(st.tuples(st.floats(0.05, 200.0), st.integers(0, 5)), max_size=60))
def test_nobody_is_cut_off_who_was_looked_at_for_less_than_the_patience(
    looks: list[tuple[float, int]],
) -> None:
    """Between looks lie `wait` seconds (more than one: the bucket was away); `more` bytes came."""
    silence, now, size, looked_s = Silence(), 0.0, 0, 0.0
    silence.news(Come(0, is_over=False), now, goes_on=False)
    for wait, more in looks:
        now, size = now + wait, size + more
        looked_s = 0.0 if more else looked_s + min(wait, 1.0)
        silent_s = silence.news(Come(size, is_over=False), now, goes_on=False)
        assert abs(silent_s - looked_s) < 1e-6
        decided = counted(Come(size, is_over=False), silent_s, goes_on=False)
        assert decided == (size if silent_s >= SILENT_S else None)
