from hypothesis import given
from hypothesis import strategies as st

from streaming.rtp import packet as rtp
from streaming.rtp.demux import DatagramKind, kind_of

elements = st.lists(
    st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16))
    | st.tuples(st.integers(1, 255), st.binary(max_size=255)),
    max_size=4,
).map(tuple)

packets = st.builds(
    rtp.RtpPacket,
    marker=st.booleans(),
    payload_type=st.integers(0, 127),
    seq16=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    extensions=elements,
    payload=st.binary(max_size=64),
)


@given(packets)
def test_what_is_built_is_parsed_back(packet: rtp.RtpPacket) -> None:
    assert rtp.parse(rtp.build(packet)) == packet


@given(st.binary(max_size=96))
def test_garbage_is_none_or_a_packet_never_an_exception(data: bytes) -> None:
    parsed = rtp.parse(data)
    if parsed is not None:
        assert len(parsed.payload) <= len(data) - 12


@given(st.binary(max_size=80))
def test_garbage_behind_a_valid_first_byte(data: bytes) -> None:
    for first in (0x80, 0x90, 0xB0, 0x9F, 0xA1):
        rtp.parse(bytes((first,)) + data)


def test_padding_is_taken_off() -> None:
    header = bytes.fromhex("a0600001 00000002 00000003".replace(" ", ""))
    parsed = rtp.parse(header + b"abc" + b"\0\0\3")
    assert parsed is not None
    assert parsed.payload == b"abc"
    assert rtp.parse(header + b"abc\0") is None
    assert rtp.parse(header + b"abc\x09") is None


def test_contributing_sources_are_skipped() -> None:
    data = bytes.fromhex("82600001 00000002 00000003 0000000a 0000000b".replace(" ", "")) + b"x"
    parsed = rtp.parse(data)
    assert parsed is not None
    assert parsed.payload == b"x"
    assert rtp.header_length(data) == 20


def test_one_byte_extensions_stop_at_id_15_and_skip_padding() -> None:
    block = bytes((0xBE, 0xDE, 0, 2, 0x10, 0xAA, 0, 0x20, 0xBB, 0xF0, 0x30, 0xCC))
    assert rtp.parse_extensions(block, 0, len(block)) == ((1, b"\xaa"), (2, b"\xbb"))


def test_an_overrunning_extension_element_ends_the_list() -> None:
    block = bytes((0xBE, 0xDE, 0, 1, 0x10, 0xAA, 0x2F, 0xBB))
    assert rtp.parse_extensions(block, 0, len(block)) == ((1, b"\xaa"),)


def test_datagrams_are_told_apart_by_their_first_bytes() -> None:
    assert kind_of(b"\x00\x01") is DatagramKind.STUN
    assert kind_of(b"\x16\xfe") is DatagramKind.DTLS
    assert kind_of(b"\x80\x60") is DatagramKind.RTP
    assert kind_of(b"\x80\xe0") is DatagramKind.RTP  # marker bit with payload type 96
    assert kind_of(b"\x80\xc8") is DatagramKind.RTCP
    assert kind_of(b"\x40\x00") is DatagramKind.UNKNOWN
    assert kind_of(b"\x16") is DatagramKind.UNKNOWN
