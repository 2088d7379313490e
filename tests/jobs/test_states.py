"""The table of job states: complete, closed, and without a way out of the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lectern.jobs.job import measured, retry_delay_ms
from lectern.jobs.states import JOB_TABLE, JobEvent, JobState, after
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict


def test_every_state_has_a_line_and_every_event_a_use() -> None:
    assert set(JOB_TABLE) == set(JobState)
    assert {event for edges in JOB_TABLE.values() for event in edges} == set(JobEvent)


def test_every_state_is_reached_and_only_done_is_the_end() -> None:
    reached = {JobState.QUEUED}
    while True:
        more = reached | {target for state in reached for target in JOB_TABLE[state].values()}
        if more == reached:
            break
        reached = more
    assert reached == set(JobState)
    assert [state for state, edges in JOB_TABLE.items() if not edges] == [JobState.DONE]


@pytest.mark.parametrize("event", list(JobEvent))
def test_what_is_done_stays_done(event: JobEvent) -> None:
    with pytest.raises(Conflict) as refusal:
        after(JobState.DONE, event)
    assert refusal.value.code == "job_state"


def test_retries_wait_longer_each_time_up_to_a_minute() -> None:
    assert [retry_delay_ms(attempts) for attempts in range(1, 8)] == [
        2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
    ]  # fmt: skip


@given(st.floats(allow_nan=False), st.integers(0, 10**9))
def test_progress_is_a_share_and_an_estimate_never_negative(share: float, elapsed_ms: int) -> None:
    found = measured(share, 1_000, UtcMs(1_000 + elapsed_ms))
    assert 0 <= found.progress <= 1
    assert found.estimate_s is None or found.estimate_s >= 0


def test_the_rest_is_estimated_from_the_pace() -> None:
    assert measured(0.25, 0, UtcMs(10_000)).estimate_s == 30
    assert measured(0.01, 0, UtcMs(10_000)).estimate_s is None
    assert measured(1.0, 0, UtcMs(10_000)).estimate_s == 0
