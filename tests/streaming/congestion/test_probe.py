"""Bursts: short, bounded, only for something to gain, backing off when they meet trouble."""

from streaming.congestion.probe import BURST_S, LONGEST_BACK_OFF_S, QUIET_S, SLOW_AFTER, Prober, ProbeState

LIMIT = 250_000.0
NEXT = 1_000_000.0
NEVER = float("-inf")


def burst(prober: Prober, now: float, flowing: float = 50_000) -> tuple[int, float]:
    """Let a burst run; returns its bytes, and when it is over."""
    prober.consider(LIMIT, flowing, NEXT, NEVER, now)
    owed = 0
    while prober.state is ProbeState.SENDING:
        now += 0.01
        owed += prober.owed_bytes(now)
    return owed, now


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


def test_silence_after_a_burst_proves_it_and_the_next_is_larger() -> None:
    prober = Prober()
    _, now = burst(prober, 10.0)
    prober.receive_remb(250_000, 250_000, now + 0.05)  # of before the burst's end
    assert prober.proven_bps(0.1, now + 0.5) is None
    assert prober.proven_bps(0.1, now + 1.3) == 1.5 * LIMIT
    assert prober.proven_bps(0.1, now + 1.4) is None
    prober.consider(LIMIT * 1.5, 50_000, NEXT, NEVER, now + 1.4)
    assert prober.target_bps == 3 * LIMIT


def test_a_remb_that_does_not_fall_proves_it_sooner() -> None:
    prober = Prober()
    _, now = burst(prober, 10.0)
    prober.receive_remb(250_000, 251_000, now + 0.4)
    assert prober.proven_bps(0.1, now + 0.41) == 1.5 * LIMIT


def test_a_remb_that_falls_ends_it_and_the_next_try_waits_longer() -> None:
    prober = Prober()
    now, waits = 10.0, []
    for _ in range(SLOW_AFTER + 3):
        prober.consider(LIMIT, 50_000, NEXT, NEVER, now)
        began = now
        while prober.state is ProbeState.IDLE:
            now += 0.1
            prober.consider(LIMIT, 50_000, NEXT, NEVER, now)
        waits.append(now - began)
        prober.receive_remb(250_000, 230_000, now + 0.2)
        assert prober.owed_bytes(now + 0.3) == 0
    assert prober.failed == SLOW_AFTER + 3
    assert waits[1] + 1 < waits[2] < waits[5] + 0.2 < LONGEST_BACK_OFF_S + 0.7
    assert waits[-1] > 2 * LONGEST_BACK_OFF_S
