"""Bursts: short, bounded, only for something to gain, judged by the queue that they leave."""

import pytest

from streaming.congestion.probe import (
    ABORT_QUEUE_S,
    ANSWER_TIMEOUT_S,
    BURST_S,
    LONGEST_BACK_OFF_S,
    QUIET_S,
    REPORT_COVERS_S,
    REPORT_TIMEOUT_S,
    SLOW_AFTER,
    TABLE,
    ProbeEvent,
    Prober,
    ProbeState,
)

LIMIT = 250_000.0
NEXT = 1_000_000.0
NEVER = float("-inf")


def burst(prober: Prober, now: float, limit: float = LIMIT) -> tuple[int, float]:
    """Let a burst run; returns its bytes, and when it is over."""
    prober.consider(limit, 50_000, NEXT, NEVER, now)
    owed = 0
    while prober.state is ProbeState.SENDING:
        now += 0.01
        owed += prober.owed_bytes(now)
    return owed, now


def test_every_state_has_its_edges() -> None:
    assert set(TABLE) == set(ProbeState)
    assert {event for edges in TABLE.values() for event in edges} == set(ProbeEvent)


def test_a_burst_is_bounded() -> None:
    prober = Prober()
    owed, now = burst(prober, 10.0)
    assert prober.target_bps == 1.5 * LIMIT
    assert abs(owed - (1.5 * LIMIT - 50_000) * BURST_S / 8) < 100
    assert BURST_S <= now - 10.0 < BURST_S + 0.02
    assert prober.owed_bytes(now + 1) == 0


def test_nothing_to_gain_nothing_sent() -> None:
    prober = Prober()
    prober.consider(LIMIT, 0, None, NEVER, 10.0)
    prober.consider(LIMIT, 0, LIMIT - 1, NEVER, 10.0)
    prober.consider(LIMIT, 0, NEXT, 10.0, 10.0 + QUIET_S - 0.1)
    assert (prober.state, prober.sent) == (ProbeState.IDLE, 0)


def test_no_queue_behind_a_burst_proves_it_and_the_next_is_larger() -> None:
    prober = Prober()
    _, now = burst(prober, 10.0)
    assert prober.receive_queue(0.01, now + 0.1, asked_at=now - 0.1) is None  # asked before its end
    assert prober.receive_queue(0.01, now + 0.1, asked_at=now) == 1.5 * LIMIT
    assert prober.receive_queue(0.01, now + 0.2, asked_at=now + 0.1) is None
    burst(prober, now + 0.3, limit=1.5 * LIMIT)
    assert prober.target_bps == 3 * LIMIT


@pytest.mark.parametrize(("capacity", "proves"), [(1.0, False), (1.3, True), (1.5, True)])
def test_the_queue_that_a_burst_leaves_tells_what_went_through(capacity: float, proves: bool) -> None:
    prober = Prober()
    _, now = burst(prober, 10.0)
    left_s = BURST_S * (1.5 / capacity - 1)
    found = prober.receive_queue(left_s, now + 0.1 + left_s, asked_at=now)
    assert (found is not None) is proves
    if found is not None:
        assert capacity * LIMIT <= found <= 1.1 * capacity * LIMIT


def test_a_queue_that_grows_too_long_ends_a_burst() -> None:
    prober = Prober()
    prober.consider(LIMIT, 50_000, NEXT, NEVER, 10.0)
    prober.receive_queue(ABORT_QUEUE_S + 0.01, 10.2, asked_at=None)
    assert (prober.state, prober.failed, prober.owed_bytes(10.3)) == (ProbeState.IDLE, 1, 0)
    assert prober.is_recent(10.5)
    assert not prober.is_recent(12.0)


def test_no_answer_is_a_bad_sign() -> None:
    for is_answered, patience_s in ((True, ANSWER_TIMEOUT_S), (False, REPORT_TIMEOUT_S)):
        prober = Prober()
        _, now = burst(prober, 10.0)
        prober.expire(now + patience_s - 0.1, is_answered=is_answered)
        assert prober.failed == 0
        prober.expire(now + patience_s + 0.1, is_answered=is_answered)
        assert prober.failed == 1


def test_without_echoes_the_next_report_decides() -> None:
    for is_clean in (True, False):
        prober = Prober()
        _, now = burst(prober, 10.0)
        assert prober.receive_report(now + REPORT_COVERS_S - 0.1, is_clean=is_clean) is None
        found = prober.receive_report(now + REPORT_COVERS_S + 0.1, is_clean=is_clean)
        assert found == (1.5 * LIMIT if is_clean else None)
        assert prober.failed == (not is_clean)


def test_after_trouble_the_next_try_waits_longer() -> None:
    prober = Prober()
    now, waits = 10.0, []
    for _ in range(SLOW_AFTER + 3):
        began = now
        while prober.state is ProbeState.IDLE:
            now += 0.1
            prober.consider(LIMIT, 50_000, NEXT, NEVER, now)
        waits.append(now - began)
        prober.fail(now)
    assert waits[1] + 1 < waits[2] < waits[5] + 0.2 < LONGEST_BACK_OFF_S + 0.5
    assert waits[-1] > 2 * LONGEST_BACK_OFF_S
