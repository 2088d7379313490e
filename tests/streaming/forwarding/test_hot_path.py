"""What one packet becomes for many subscribers: the same tests for both implementations."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.control.extensions import ABS_SEND_TIME, AUDIO_LEVEL
from streaming.forwarding.hot_path import Datagram, Lane, Path
from streaming.rtp import packet as rtp
from streaming.rtp.packet_ring import ForwardPacket
from streaming.srtp import AES128_CM_SHA1_80, AES_128_GCM, Profile, SrtpSessions, sessions
from tests.streaming.forwarding.implementations import Implementation, both

MATERIAL = bytes(range(100, 160))
PATH: Path = (0, ("192.0.2.7", 4000))
NOW = 1000.25

pytestmark = both


def pair(profile: Profile = AES_128_GCM) -> tuple[SrtpSessions, SrtpSessions]:
    """Ours and the subscriber's."""
    return (
        sessions(profile, MATERIAL, is_dtls_client=False),
        sessions(profile, MATERIAL, is_dtls_client=True),
    )


def lane_to(
    hot: Implementation, ours: SrtpSessions, *, ids: dict[str, int] | None = None, repeats: bool = False
) -> Lane:
    lane = hot.new_lane(0xDEADBEEF, "a", 9, ids or {}, repeats=repeats)
    lane.path = PATH
    lane.payload_type = 120
    lane.protect_with(ours.sender)
    return lane


def packet(payload: bytes = b"picture", **fields: int) -> ForwardPacket:
    extensions = ((AUDIO_LEVEL, b"\x85"),) if fields.pop("level", 0) else ()
    return ForwardPacket(7000, (1 << 32) + 5, True, extensions, payload, NOW - 0.5, **fields)


def forwarded(
    hot: Implementation, what: ForwardPacket, lanes: list[Lane], now: float = NOW
) -> list[Datagram]:
    output = hot.new_batch()
    hot.forward(what, lanes, output, now)
    return output.pairs()


def sent(
    hot: Implementation, what: ForwardPacket, lane: Lane, theirs: SrtpSessions, now: float = NOW
) -> rtp.RtpPacket:
    [(path, datagram)] = forwarded(hot, what, [lane], now)
    assert path == PATH
    plain = theirs.receiver.unprotect_rtp(datagram)
    assert plain is not None
    parsed = rtp.parse(plain)
    assert parsed is not None
    return parsed


@pytest.mark.parametrize("profile", [AES_128_GCM, AES128_CM_SHA1_80], ids=["gcm", "cm"])
def test_a_packet_gets_the_numbers_of_its_lane(hot: Implementation, profile: Profile) -> None:
    ours, theirs = pair(profile)
    lane = lane_to(hot, ours, ids={AUDIO_LEVEL: 3})
    lane.seq_offset, lane.timestamp_offset = -6990, -10
    assert sent(hot, packet(level=1), lane, theirs) == rtp.RtpPacket(
        True, 120, 10, 0xFFFFFFFB, 0xDEADBEEF, ((9, b"a"), (3, b"\x85")), b"picture"
    )
    assert (lane.packets, lane.octets) == (1, 7)


def test_extensions_that_a_subscriber_does_not_number_are_left_out(hot: Implementation) -> None:
    ours, theirs = pair()
    assert sent(hot, packet(level=1), lane_to(hot, ours), theirs).extensions == ((9, b"a"),)


def test_a_lane_without_keys_is_skipped(hot: Implementation) -> None:
    lane = hot.new_lane(1, "a", None, {})
    assert (forwarded(hot, packet(), [lane]), lane.packets) == ([], 0)


def test_a_lane_without_an_address_sends_nothing(hot: Implementation) -> None:
    lane = hot.new_lane(1, "a", None, {})
    lane.protect_with(pair()[0].sender)
    assert forwarded(hot, packet(), [lane]) == []


@pytest.mark.parametrize(
    ("profile", "size"), [(AES128_CM_SHA1_80, 1400), (AES_128_GCM, 61_000)], ids=["cm", "gcm"]
)
def test_what_a_profile_cannot_take_is_counted(hot: Implementation, profile: Profile, size: int) -> None:
    ours, _ = pair(profile)
    lane = lane_to(hot, ours)
    assert forwarded(hot, packet(bytes(size)), [lane]) == []
    assert (lane.packets, lane.too_long) == (0, 1)


def test_the_send_time_is_seconds_modulo_64_with_18_bits_of_fraction(hot: Implementation) -> None:
    ours, theirs = pair()
    lane = lane_to(hot, ours, ids={ABS_SEND_TIME: 2})
    (_, (number, value)) = sent(hot, packet(), lane, theirs, now=64 * 15 + 40.25).extensions
    assert (number, int.from_bytes(value, "big")) == (2, (40 << 18) + (1 << 16))


def test_a_packet_that_may_be_sent_again_is_the_same_then(hot: Implementation) -> None:
    ours, _ = pair()
    lane = lane_to(hot, ours, ids={ABS_SEND_TIME: 2}, repeats=True)
    assert forwarded(hot, packet(), [lane], NOW) == forwarded(hot, packet(), [lane], NOW + 3)


@settings(deadline=None)  # the machine may be busy, and sanitizers are slow
@given(st.integers(0, 0x7FFF), st.integers(-(1 << 20), 1 << 20), st.integers(0, 255), st.integers(-600, 600))
def test_vp8_numbers_move_within_their_fields(
    hot: Implementation, picture_id: int, picture_id_offset: int, tl0: int, tl0_offset: int
) -> None:
    ours, theirs = pair()
    lane = lane_to(hot, ours)
    lane.picture_id_offset, lane.tl0_pic_idx_offset = picture_id_offset, tl0_offset
    wide = b"\x90\xe0" + (0x8000 | picture_id).to_bytes(2, "big") + bytes((tl0,)) + b"rest"
    moved = (0x8000 | (picture_id + picture_id_offset) & 0x7FFF).to_bytes(2, "big")
    assert sent(hot, packet(wide, picture_id_at=2, tl0_pic_idx_at=4), lane, theirs).payload == (
        b"\x90\xe0" + moved + bytes(((tl0 + tl0_offset) & 0xFF,)) + b"rest"
    )
    narrow = b"\x90\x80" + bytes((picture_id & 0x7F,)) + b"rest"
    lane.seq_offset += 1
    assert sent(hot, packet(narrow, picture_id_at=2), lane, theirs).payload == (
        b"\x90\x80" + bytes(((picture_id + picture_id_offset) & 0x7F,)) + b"rest"
    )


@settings(deadline=None)  # the machine may be busy, and sanitizers are slow
@given(st.binary(max_size=6), st.integers(-1, 8), st.integers(-1, 8))
def test_positions_outside_a_payload_are_left_alone(
    hot: Implementation, payload: bytes, picture_id_at: int, tl0_at: int
) -> None:
    ours, theirs = pair()
    lane = lane_to(hot, ours)
    lane.picture_id_offset = lane.tl0_pic_idx_offset = 3
    again = sent(hot, packet(payload, picture_id_at=picture_id_at, tl0_pic_idx_at=tl0_at), lane, theirs)
    assert len(again.payload) == len(payload)


def test_lanes_with_different_numberings_do_not_mix(hot: Implementation) -> None:
    rng = Random(5)
    ours, theirs = pair()
    lanes = []
    for i in range(20):
        ids = {AUDIO_LEVEL: rng.randrange(1, 9)} if rng.random() < 0.7 else {}
        lane = hot.new_lane(i, str(i % 3), rng.choice([None, 10, 11]), ids)
        lane.path = PATH
        lane.protect_with(ours.sender)
        lanes.append((lane, ids))
    output = forwarded(hot, packet(level=1), [lane for lane, _ in lanes])
    for (_, datagram), (_, ids) in zip(output, lanes, strict=True):
        plain = theirs.receiver.unprotect_rtp(datagram)
        assert plain is not None
        parsed = rtp.parse(plain)
        assert parsed is not None
        assert [value for number, value in parsed.extensions if number in ids.values()] == [b"\x85"] * len(
            ids
        )
