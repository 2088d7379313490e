"""A sender that obeys, a link that queues, virtual time."""

from collections.abc import Callable
from random import Random

from streaming.congestion.uplink import FLOOR_BPS, UplinkEstimator

PACKET_BYTES = 1200
CAP_BPS = 4_000_000


def stamp(at: float) -> bytes:
    return (int(at * (1 << 18)) & 0xFFFFFF).to_bytes(3, "big")


def simulate(
    seconds: float,
    link_bps: Callable[[float], float],
    extra_delay: Callable[[float], float],
    start: float = 1000.0,
) -> tuple[list[float], list[float]]:
    """Send at the told rate for so long; bitrates told, and queueing delays, every half second."""
    estimator = UplinkEstimator(CAP_BPS, start)
    now, free_at, told_bps = start, start, CAP_BPS
    arrivals: list[tuple[float, bytes]] = []
    rates, delays = [], []
    report_at = start + 0.5
    while now < start + seconds:
        free_at = max(free_at, now) + PACKET_BYTES * 8 / link_bps(now - start)
        arrivals.append((free_at + 0.03 + extra_delay(now - start), stamp(now)))
        now += PACKET_BYTES * 8 / told_bps
        while now >= report_at:
            for at, value in sorted(a for a in arrivals if a[0] <= report_at):
                estimator.receive_packet(value, PACKET_BYTES, at)
            arrivals = [a for a in arrivals if a[0] > report_at]
            told_bps = estimator.bitrate_bps(report_at)
            rates.append(float(told_bps))
            delays.append(max(0.0, free_at - now))
            report_at += 0.5
    return rates, delays


def nothing(_at: float) -> float:
    return 0.0


def test_an_open_road_keeps_the_cap() -> None:
    rates, _ = simulate(30, lambda _: 50e6, nothing)
    assert set(rates) == {CAP_BPS}


def test_a_narrow_link_is_found_soon_and_used_well() -> None:
    rates, delays = simulate(40, lambda _: 1e6, nothing)
    assert min(rates[:10]) <= 1e6
    settled = rates[20:]
    assert 0.55e6 < sum(settled) / len(settled) < 1.1e6
    assert sum(delays[20:]) / len(delays[20:]) < 0.5


def test_a_link_that_gets_wider_is_used_again() -> None:
    rates, _ = simulate(60, lambda at: 1e6 if at < 15 else 50e6, nothing)
    assert min(rates) <= 1e6
    assert rates[-1] > 3e6


def test_jitter_and_short_stalls_are_no_queue() -> None:
    rng = Random(3)
    rates, _ = simulate(
        30, lambda _: 50e6, lambda at: rng.random() * 0.15 + (0.35 - at % 5 if at % 5 < 0.35 else 0)
    )
    assert set(rates) == {CAP_BPS}


def test_the_stamp_wraps_without_notice() -> None:
    rates, _ = simulate(10, lambda _: 50e6, nothing, start=64 * 1000 - 5.0)
    assert set(rates) == {CAP_BPS}


def test_there_is_a_floor() -> None:
    rates, _ = simulate(60, lambda _: 20e3, nothing)
    assert min(rates) == FLOOR_BPS


def test_values_of_a_wrong_size_are_ignored() -> None:
    estimator = UplinkEstimator(CAP_BPS, 0.0)
    for i in range(100):
        estimator.receive_packet(b"\xff" * (i % 3), 1000, i / 10)
    assert estimator.bitrate_bps(20.0) == CAP_BPS
