from random import Random

import pytest

from streaming.rtp.reception import (
    ASK_AGAIN_AFTER_S,
    FIRST_ASK_AFTER_S,
    MAX_ASKS,
    MissingPackets,
    ReceptionStatistics,
)


def test_loss_is_counted_per_interval_and_in_total() -> None:
    stats = ReceptionStatistics(90000)
    for number in [100, 101, 103, 104]:
        stats.receive_packet(number, number * 3000, number / 30)
    report = stats.report(7, 5.0)
    assert (report.cumulative_lost, report.fraction_lost, report.highest_seq) == (1, 256 // 5, 104)
    for number in range(105, 110):
        stats.receive_packet(number, number * 3000, number / 30)
    report = stats.report(7, 6.0)
    assert (report.cumulative_lost, report.fraction_lost) == (1, 0)


def test_steady_arrival_has_no_jitter_and_uneven_has() -> None:
    steady, uneven = ReceptionStatistics(90000), ReceptionStatistics(90000)
    for i in range(100):
        steady.receive_packet(i, i * 3000, i / 30)
        uneven.receive_packet(i, i * 3000, i / 30 + (i % 2) * 0.01)
    assert steady.report(1, 9.0).jitter < 2
    assert 700 < uneven.report(1, 9.0).jitter < 950


def test_the_delay_since_the_last_sender_report() -> None:
    stats = ReceptionStatistics(48000)
    stats.receive_packet(1, 0, 0.0)
    assert stats.report(1, 1.0).lsr == 0
    stats.receive_sender_report(0x11112222_33334444, 2.0)
    report = stats.report(1, 2.5)
    assert (report.lsr, report.dlsr) == (0x22223333, 32768)


def test_missing_packets_are_asked_for_until_they_come() -> None:
    missing = MissingPackets()
    missing.receive_packet(10, 0.0)
    missing.receive_packet(13, 0.0)
    assert missing.next_deadline() == FIRST_ASK_AFTER_S
    assert missing.due(0.0) == []
    assert missing.due(0.03) == [11, 12]
    assert missing.due(0.04) == []
    missing.receive_packet(12, 0.05)
    assert missing.due(0.1) == [11]
    assert missing.recovered == 1


def test_a_reordered_packet_is_never_asked_for() -> None:
    missing = MissingPackets()
    for number in (10, 12, 11, 13):
        missing.receive_packet(number, 0.0)
    assert missing.next_deadline() is None


def test_gives_up_after_ten_questions() -> None:
    missing = MissingPackets()
    missing.receive_packet(1, 0.0)
    missing.receive_packet(3, 0.0)
    asked = sum(bool(missing.due(1 + i * ASK_AGAIN_AFTER_S * 1.01)) for i in range(30))
    assert asked == MAX_ASKS
    assert missing.given_up == 1
    assert missing.next_deadline() is None


def test_a_huge_hole_is_left_to_a_keyframe() -> None:
    missing = MissingPackets()
    missing.receive_packet(1, 0.0)
    missing.receive_packet(5000, 0.0)
    assert missing.next_deadline() is None


@pytest.mark.parametrize("round_trip_s", [0.01, 0.05, 0.15, 0.3])
def test_questions_are_repeated_as_answers_take(round_trip_s: float) -> None:
    """A fifth of the answers get lost; those that are asked for twice in one round trip are a waste."""
    rng = Random(3)
    missing = MissingPackets()
    answers: list[tuple[float, int]] = []
    asks, waste = 0, 0
    pending: dict[int, float] = {}
    for step in range(20_000):
        now = step * 0.005
        if step % 2 == 0 and step % 40:
            missing.receive_packet(step // 2, now)
        for at, number in [a for a in answers if a[0] <= now]:
            missing.receive_packet(number, at)
            pending.pop(number, None)
        answers = [a for a in answers if a[0] > now]
        for number in missing.due(now):
            asks += 1
            waste += number in pending and pending[number] > now
            if rng.random() < 0.8:
                pending[number] = now + round_trip_s
                answers.append((now + round_trip_s, number))
    assert missing.given_up < 5
    assert missing.recovered > 450
    assert waste < 0.1 * asks
    assert round_trip_s < missing.patience_s < 2.2 * round_trip_s + 0.03
