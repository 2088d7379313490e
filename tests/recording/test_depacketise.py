"""Depacketising, ordering and clocks: pure rules, and any bytes at all."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.codec_config import sps_size
from recording.depacketise import AccessUnit, make_depacketiser, vp8_descriptor_size
from recording.fragments import opus_ticks
from recording.media_clock import DelayFloor, TrackClock
from recording.room_recorder import PacketArrived, RoomRecorder, TrackOpened
from recording.rtp_order import Ordered, ReorderWindow, RtpPacket, parse_rtp

SPS = bytes.fromhex("6742c01fd9007802278d81010100")
PPS = bytes.fromhex("68cb83cb20")


def packet(payload: bytes, *, timestamp: int = 0, marker: bool = False, seq: int = 0) -> RtpPacket:
    return RtpPacket(seq, timestamp, 1, marker, payload)


def nals(unit: AccessUnit) -> list[bytes]:
    out, data = [], unit.data
    while data:
        size = int.from_bytes(data[:4], "big")
        out.append(data[4 : 4 + size])
        data = data[4 + size :]
    return out


def idr(first: int = 0x88) -> bytes:
    return bytes([0x65, first]) + b"slice data"


def aggregate(*units: bytes) -> bytes:
    return b"\x18" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


def test_h264_joins_aggregate_and_fragments() -> None:
    depacketiser = make_depacketiser("H264")
    assert depacketiser.receive(packet(aggregate(SPS, PPS)), gap=False) == []
    whole = idr()
    fu = [b"\x7c\x85" + whole[1:5], b"\x7c\x05" + whole[5:8], b"\x7c\x45" + whole[8:]]
    assert depacketiser.receive(packet(fu[0]), gap=False) == []
    assert depacketiser.receive(packet(fu[1]), gap=False) == []
    (unit,) = depacketiser.receive(packet(fu[2], marker=True), gap=False)
    assert unit.keyframe
    assert nals(unit) == [SPS, PPS, whole]
    assert unit.config is not None
    assert unit.config.codec == "H264"


def test_h264_unit_ends_with_a_new_timestamp_and_remembers_parameter_sets() -> None:
    depacketiser = make_depacketiser("H264")
    depacketiser.receive(packet(aggregate(SPS, PPS, idr())), gap=False)
    (first,) = depacketiser.receive(packet(b"\x41\x9a delta", timestamp=3000), gap=False)
    assert first.keyframe
    (second,) = depacketiser.receive(packet(idr(), timestamp=6000), gap=False)
    assert not second.keyframe
    (third,) = depacketiser.receive(packet(b"\x41\x9a", timestamp=9000), gap=False)
    assert nals(third) == [SPS, PPS, idr()]


def test_h264_after_a_gap_waits_for_a_keyframe() -> None:
    depacketiser = make_depacketiser("H264")
    depacketiser.receive(packet(aggregate(SPS, PPS, idr()), marker=True), gap=False)
    assert depacketiser.receive(packet(b"\x41\x9a", timestamp=1, marker=True), gap=True) == []
    assert depacketiser.receive(packet(b"\x41\x9a", timestamp=2, marker=True), gap=False) == []
    assert depacketiser.wants_keyframe
    slice_in_the_middle = packet(idr(0x08), timestamp=3, marker=True)
    assert depacketiser.receive(slice_in_the_middle, gap=True) == []
    (unit,) = depacketiser.receive(packet(idr(), timestamp=4, marker=True), gap=True)
    assert unit.keyframe
    assert not depacketiser.wants_keyframe


@pytest.mark.parametrize(
    ("header", "size"),
    [("00", 1), ("8000", 2), ("808001", 3), ("80808001", 4), ("80f0800101ff", 6), ("8020ff", 3)],
)
def test_vp8_descriptor(header: str, size: int) -> None:
    assert vp8_descriptor_size(bytes.fromhex(header) + b"frame") == size


def test_vp8_starts_at_a_keyframe_and_joins_partitions() -> None:
    depacketiser = make_depacketiser("VP8")
    key = b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xb4\x00 first"
    assert depacketiser.receive(packet(b"\x10\x01delta", marker=True), gap=False) == []
    assert depacketiser.receive(packet(b"\x10" + key, timestamp=1), gap=False) == []
    (unit,) = depacketiser.receive(packet(b"\x00 rest", timestamp=1, marker=True), gap=False)
    assert unit.data == key + b" rest"
    assert unit.config is not None
    assert (unit.config.width, unit.config.height) == (320, 180)
    assert depacketiser.receive(packet(b"\x00 lost its start", timestamp=2, marker=True), gap=False) == []
    assert depacketiser.wants_keyframe


@given(
    st.sampled_from(["H264", "VP8", "opus"]),
    st.lists(st.tuples(st.binary(max_size=40), st.booleans(), st.booleans(), st.integers(0, 3)), max_size=30),
)
def test_no_payload_raises(codec: str, payloads: list[tuple[bytes, bool, bool, int]]) -> None:
    depacketiser = make_depacketiser(codec)
    for payload, marker, gap, timestamp in payloads:
        for unit in depacketiser.receive(packet(payload, timestamp=timestamp, marker=marker), gap=gap):
            assert unit.data
            assert unit.config is None or unit.keyframe


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_no_packet_raises_in_a_recording(garbage: list[bytes]) -> None:
    room = RoomRecorder(0.0)
    for codec in ("VP8", "H264"):
        room.receive(TrackOpened(codec, "camera", "video", codec, 90_000, "p", 0.0))
    room.receive(TrackOpened("opus", "mic", "audio", "opus", 48_000, "p", 0.0))
    for index, data in enumerate(garbage):
        for codec in ("VP8", "H264", "opus"):
            room.receive(PacketArrived(codec, data, index / 10))
            room.receive(PacketArrived(codec, b"\x80\x60" + data, index / 10))
    room.cut(10.0, last=True)


@given(st.binary(max_size=30))
def test_damaged_parameter_sets_are_refused_politely(data: bytes) -> None:
    try:
        width, height = sps_size(b"\x67" + data)
    except ValueError:
        return
    assert width > 0
    assert height > 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80" * 11,
        b"\x40" + bytes(20),
        b"\x8f" + bytes(20),
        b"\x90" + bytes(11),
        b"\xa0" + bytes(11) + b"\xff",
    ],
)
def test_what_is_not_rtp_is_refused(data: bytes) -> None:
    assert parse_rtp(data) is None


def test_rtp_extension_and_padding_are_cut_off() -> None:
    header = b"\xb1\xe0\x00\x07\x00\x00\x00\x09\x00\x00\x00\x01" + b"csrc" + b"\xbe\xde\x00\x01ext!"
    assert parse_rtp(header + b"payload" + b"\x00\x00\x03") == RtpPacket(7, 9, 1, True, b"payload")


def order_of(results: list[Ordered]) -> list[tuple[int, bool]]:
    return [(entry.packet.seq, entry.gap) for entry in results]


@given(st.integers(0, 65_535), st.randoms(use_true_random=False))
def test_any_order_within_the_window_is_mended(first: int, rng: random.Random) -> None:
    window = ReorderWindow()
    numbers = list(range(40))
    places = sorted(numbers, key=lambda number: number + rng.random() * 5)
    out: list[Ordered] = []
    for step, number in enumerate(places):
        out += window.receive(packet(b"x", seq=(first + number) % 65_536), step * 0.01)
    out += window.flush()
    assert [entry.packet.seq for entry in out] == [(first + number) % 65_536 for number in numbers]
    assert window.lost == 0


def test_a_missing_packet_is_given_up_after_a_while() -> None:
    window = ReorderWindow(hold_s=0.25, settle_s=0.0)
    out = window.receive(packet(b"a", seq=1), 0.0)
    out += window.receive(packet(b"c", seq=3), 0.01)
    assert order_of(out) == [(1, True)]
    assert window.handle_timer(0.2) == []
    assert order_of(window.handle_timer(0.3)) == [(3, True)]
    assert window.lost == 1
    assert window.receive(packet(b"b", seq=2), 0.31) == []
    assert window.late == 1


def test_a_new_numbering_starts_over() -> None:
    window = ReorderWindow(settle_s=0.0)
    window.receive(packet(b"a", seq=10), 0.0)
    assert order_of(window.receive(packet(b"b", seq=40_000), 0.1)) == [(40_000, True)]
    assert order_of(window.receive(packet(b"c", seq=40_001), 0.1)) == [(40_001, False)]


@pytest.mark.parametrize(
    ("packet_hex", "ticks"),
    [("7800", 960), ("7900", 1920), ("7b0300", 2880), ("e0ff", 120), ("1801", 2880), ("63", 480)],
)
def test_opus_durations(packet_hex: str, ticks: int) -> None:
    assert opus_ticks(bytes.fromhex(packet_hex)) == ticks


def placed(clock: TrackClock, timestamp: int, arrival_s: float) -> float:
    """When a frame belongs that came at once, and in its turn."""
    clock.receive(timestamp, arrival_s)
    return clock.media_ms(timestamp)


def test_timestamps_wrap() -> None:
    clock = TrackClock(90_000, DelayFloor(), 100.0)
    near_end = (1 << 32) - 45_000
    assert placed(clock, near_end, 101.0) == pytest.approx(1000)
    assert placed(clock, (near_end + 90_000) % (1 << 32), 102.0) == pytest.approx(2000)


def test_jitter_does_not_show_and_drift_is_followed() -> None:
    clock = TrackClock(48_000, DelayFloor(), 0.0)
    rng = random.Random(4)
    at_ms = 0.0
    for index in range(50 * 300):
        sent_s = index * 0.02
        ticks = round(sent_s * 48_000 * 1.0005)  # the sender's clock is fast by 0.5 in a thousand
        at_ms = placed(clock, ticks, sent_s + 0.03 + rng.random() * 0.04)
    assert at_ms == pytest.approx(300_000, abs=100)


def test_a_paused_sender_clock_is_put_right() -> None:
    """A browser whose microphone was away for five seconds goes on counting where it stopped."""
    clock = TrackClock(48_000, DelayFloor(), 0.0)
    for index in range(50):
        placed(clock, index * 960, index * 0.02)
    assert placed(clock, 50 * 960, 6.0) == pytest.approx(6000, abs=1)
    assert placed(clock, 51 * 960, 6.02) == pytest.approx(6020, abs=1)
    assert clock.reanchored == 1


def test_nonsense_reports_are_not_believed() -> None:
    clock = TrackClock(48_000, DelayFloor(), 0.0)
    placed(clock, 0, 1.0)
    clock.receive_report(5_000.0, 0)
    assert placed(clock, 960, 1.02) == pytest.approx(1020, abs=1)
    clock.receive_report(5_000.0 + 40.0, 1920)
    for index in range(2, 60):
        at_ms = placed(clock, index * 960, 1 + index * 0.02)
        assert at_ms == pytest.approx(1000 + index * 20, abs=25)


def test_what_is_sent_again_after_an_outage_belongs_where_it_was_sent_first() -> None:
    clock = TrackClock(90_000, DelayFloor(), 0.0)
    for index in range(25):
        placed(clock, index * 3_600, 0.05 + index * 0.04)
    clock.receive(125 * 3_600, 5.05)  # four seconds later; what was lost between is asked for, and comes
    assert clock.media_ms(25 * 3_600) == pytest.approx(1050, abs=1)
    assert clock.media_ms(125 * 3_600) == pytest.approx(5050, abs=1)
    assert clock.reanchored == 0
