"""What is taken for trouble of a downlink, and what is not."""

from collections.abc import Iterator
from random import Random

import pytest

from streaming.congestion.downlink import FORGET_S, DownlinkEstimator

SENT_BPS = 1_000_000


def steady(
    estimator: DownlinkEstimator, seconds: float, bps: float = SENT_BPS, since: float = 0.0
) -> Iterator[float]:
    """Send at a steady rate; yields ten times a second."""
    for step in range(int(seconds * 10)):
        now = since + step / 10
        estimator.sample_sent(int(now * bps / 8), 0, now)
        yield now


def test_a_remb_that_rises_from_what_comes_in_is_no_trouble() -> None:
    estimator = DownlinkEstimator()
    remb = 980_000.0
    for now in steady(estimator, 20):
        if now > 5 and now % 1 < 0.05:
            estimator.receive_remb(int(remb), now)
            remb = min(1.5 * SENT_BPS, remb * 1.08)
    assert not estimator.is_limited


def test_a_remb_that_falls_below_what_is_sent_is_the_limit() -> None:
    estimator = DownlinkEstimator()
    for now in steady(estimator, 6):
        if now % 1 < 0.05:
            estimator.receive_remb(1_400_000, now)
    estimator.receive_remb(255_000, 6.0)
    assert estimator.limit_bps == 255_000
    estimator.receive_remb(270_000, 7.0)
    assert estimator.limit_bps == 270_000


def joining(
    estimator: DownlinkEstimator, bps: float, remb: int, *, missed: int = 17_000
) -> DownlinkEstimator:
    """Video begins at 1.0 s with all since the last keyframe; a REMB every 0.2 s from 1.4 s on."""
    for step in range(40):
        now = step / 10
        sound = int(now * 40_000 / 8)
        video = missed + int((now - 1.0) * bps / 8) if now >= 1.0 else 0
        estimator.sample_sent(sound + video, sound, now)
        if step >= 14 and step % 2 == 0:
            estimator.receive_remb(remb, now)
    return estimator


def test_what_a_late_viewer_gets_at_once_is_no_rate_that_its_first_remb_falls_short_of() -> None:
    # What Firefox said of a small picture on a free link, 0.45 s after 17 KB came at once.
    assert not joining(DownlinkEstimator(), 100_000, 77_291).is_limited


def test_a_first_remb_far_below_what_flows_steadily_tells_of_a_queue() -> None:
    assert joining(DownlinkEstimator(), 1_200_000, 300_000).limit_bps == pytest.approx(340_000, rel=0.02)


def test_a_remb_that_falls_above_what_is_sent_is_no_trouble() -> None:
    estimator = DownlinkEstimator()
    for _ in steady(estimator, 6):
        pass
    estimator.receive_remb(3_000_000, 5.0)
    estimator.receive_remb(1_500_000, 6.0)
    assert not estimator.is_limited


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.1, 0.12])
def test_random_loss_is_no_trouble(loss: float) -> None:
    rng = Random(4)
    estimator = DownlinkEstimator()
    for now in steady(estimator, 120):
        if now % 1 < 0.05:
            lost = sum(rng.random() < loss for _ in range(160)) / 160
            estimator.receive_report(lost, 0.1, now)
    assert not estimator.is_limited
    assert abs(estimator.loss - loss) < 0.06


def test_a_link_that_drops_what_it_cannot_carry_is_trouble_without_any_remb() -> None:
    estimator = DownlinkEstimator()
    for now in steady(estimator, 10):
        if now % 1 < 0.05:
            estimator.receive_report(0.7 if now >= 5 else 0.0, 0.1, now)
        if estimator.is_limited:
            break
    assert now <= 6.1
    assert 200_000 < estimator.limit_bps < 300_000


def test_a_standing_queue_is_trouble() -> None:
    estimator = DownlinkEstimator()
    for now in steady(estimator, 10):
        if now % 1 < 0.05:
            estimator.receive_report(0.0, 0.05 if now < 5 else 0.4, now)
    assert estimator.is_limited
    assert estimator.limit_bps < SENT_BPS


def test_a_queue_that_drains_is_not_cut_again_and_again() -> None:
    estimator = DownlinkEstimator()
    for now in steady(estimator, 10):
        if now % 1 < 0.05:
            estimator.receive_report(0.0, 0.05 if now < 5 else 1.5 - 0.25 * (now - 5), now)
    assert estimator.troubles == 1


def test_the_limit_is_forgotten_after_a_good_while() -> None:
    estimator = DownlinkEstimator()
    for _ in steady(estimator, 3):
        pass
    estimator.receive_remb(1_400_000, 2.9)
    estimator.receive_remb(300_000, 3.0)
    estimator.prove(900_000)
    assert estimator.limit_bps == 900_000
    estimator.rest(FORGET_S)
    assert estimator.is_limited
    estimator.rest(3.1 + FORGET_S)
    assert not estimator.is_limited


def test_sound_does_not_count_for_what_a_remb_counts() -> None:
    """Browsers leave sound out of their estimate; it comes on top."""
    estimator = DownlinkEstimator()
    for step in range(30):
        now = step / 10
        estimator.sample_sent(int(now * 300_000 / 8), int(now * 50_000 / 8), now)
    estimator.receive_remb(260_000, 2.0)
    assert not estimator.is_limited
    estimator.receive_remb(200_000, 3.0)
    assert 248_000 < estimator.limit_bps < 252_000
