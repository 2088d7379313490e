"""What a publisher is told about its packets' arrivals."""

from random import Random

from streaming.congestion.arrivals import INTERVAL_S, MANY_PACKETS, MAX_SPAN, ArrivalRecorder
from tests.streaming.network.feedback_reader import read


def told(recorder: ArrivalRecorder, now: float) -> dict[int, float | None]:
    """All statuses of the next feedback."""
    return {n: at for packet in recorder.feedback(9, now) for n, at in read(packet)[2].items()}


def test_every_arrival_is_told_once_over_wraps_losses_and_reordering() -> None:
    rng = Random(5)
    recorder = ArrivalRecorder()
    sent = [(n, 50 + n * 0.004 + (0.02 if rng.random() < 0.1 else 0)) for n in range(200_000)]
    arriving = sorted((s for s in sent if rng.random() > 0.05), key=lambda s: s[1])
    count = 0
    for ext_seq, at in arriving:
        recorder.receive_packet(ext_seq & 0xFFFF, 1, at)
        if recorder.is_due(at):
            found = {n: t for n, t in told(recorder, at).items() if t is not None}
            count += len(found)
    count += sum(at is not None for at in told(recorder, 1e6).values())
    assert count == len(arriving)


def test_a_late_packet_is_told_when_it_comes() -> None:
    recorder = ArrivalRecorder()
    for n in (10, 11, 13):
        recorder.receive_packet(n, 1, 1.0)
    assert told(recorder, 1.1)[12] is None
    recorder.receive_packet(12, 1, 1.15)
    recorder.receive_packet(14, 1, 1.16)
    found = told(recorder, 1.2)
    assert found[12] is not None
    assert abs(found[12] - 1.15) < 0.001
    assert found[13] is None  # was told before; the sender knows


def test_often_enough_and_not_too_often() -> None:
    recorder = ArrivalRecorder()
    assert not recorder.is_due(5.0)
    recorder.receive_packet(1, 1, 5.0)
    assert recorder.is_due(5.0)
    recorder.feedback(9, 5.0)
    assert not recorder.is_due(9.0)
    recorder.receive_packet(2, 1, 5.01)
    assert not recorder.is_due(5.06)
    assert recorder.is_due(5.001 + INTERVAL_S)
    for n in range(3, 3 + MANY_PACKETS):
        recorder.receive_packet(n, 1, 5.02)
    assert recorder.is_due(5.06)


def test_numbers_that_leap_about_cost_little() -> None:
    recorder = ArrivalRecorder()
    for n in range(20_000):
        recorder.receive_packet(n * 7919 & 0xFFFF, 1, 1.0 + n / 1e4)
    packets = recorder.feedback(9, 4.0)
    assert sum(len(read(p)[2]) for p in packets) <= MAX_SPAN
