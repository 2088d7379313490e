from streaming.rtp.bitrate import BitrateMeter


def test_a_steady_stream_is_measured_and_its_end_noticed() -> None:
    meter = BitrateMeter()
    assert meter.bps(5.0) == 0
    now = 100.0
    for _ in range(300):
        meter.receive(1250, now)
        now += 0.01
    assert abs(meter.bps(now - 0.01) - 1_000_000) < 130_000
    halfway = meter.bps(now + 0.5)
    assert 300_000 < halfway < 700_000
    assert meter.bps(now + 1.1) == 0
    assert meter.bps(now + 1000) == 0


def test_it_is_right_soon_after_the_beginning() -> None:
    meter = BitrateMeter()
    for i in range(30):
        meter.receive(1250, 7.0 + i * 0.01)
    assert 700_000 < meter.bps(7.3) < 1_100_000
