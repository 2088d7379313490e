"""How staff are told: at once while little happens, in batches when much does."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from interactions.live.fan_out import BATCH_INTERVAL_S, STAFF_BURST, STAFF_GAP_S
from interactions.live.pace import Pace


def sent_by(pace: Pace, pauses: list[float]) -> list[float]:
    """Return when frames went, if one is ready after each of these pauses."""
    now, sent = 0.0, []
    for pause in pauses:
        now += pause
        if pace.due_in_s(now) == 0:
            pace.sent(now)
            sent.append(now)
    return sent


def staff() -> Pace:
    """Return the pace of staff."""
    return Pace(BATCH_INTERVAL_S, STAFF_BURST, STAFF_GAP_S)


@given(st.lists(st.floats(0, 0.5), max_size=120))
def test_a_stream_comes_in_four_batches_a_second_after_a_short_burst(pauses: list[float]) -> None:
    sent = sent_by(staff(), pauses)
    for at in sent:
        for seconds in (1.0, 3.0):
            within = sum(at <= other < at + seconds - 0.001 for other in sent)
            assert within <= STAFF_BURST + 4 * seconds
    assert all(later - earlier >= STAFF_GAP_S - 1e-9 for earlier, later in itertools.pairwise(sent))


def test_single_happenings_are_shown_at_once_again_after_two_quiet_seconds() -> None:
    pace = staff()
    busy = sent_by(pace, [0.02] * 500)
    assert len([at for at in busy if at > 3]) <= 4 * 7 + 1
    quiet = busy[-1] + STAFF_BURST * BATCH_INTERVAL_S
    for number in range(STAFF_BURST - 1):
        now = quiet + number * STAFF_GAP_S
        assert pace.due_in_s(now) == 0
        pace.sent(now)
