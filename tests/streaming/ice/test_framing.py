import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.ice.framing import MAX_FRAME_BYTES, FrameReader, FrameTooLong, frame

DATAGRAMS = st.lists(st.binary(max_size=MAX_FRAME_BYTES), max_size=12)


@given(DATAGRAMS, st.lists(st.integers(1, 700), min_size=1))
def test_however_the_stream_is_cut_the_datagrams_come_out(datagrams: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(frame, datagrams))
    reader, found, at, turn = FrameReader(), list[bytes](), 0, 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        found += reader.receive_data(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert found == [datagram for datagram in datagrams if datagram]


@given(st.lists(st.binary(max_size=400)))
def test_garbage_is_cut_or_refused_and_never_kept_beyond_one_frame(pieces: list[bytes]) -> None:
    reader = FrameReader()
    for piece in pieces:
        try:
            found = reader.receive_data(piece)
        except FrameTooLong:
            return
        assert all(0 < len(datagram) <= MAX_FRAME_BYTES for datagram in found)
        assert len(reader._rest) < MAX_FRAME_BYTES + 2


@pytest.mark.parametrize("foreign", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"SSH-2.0-x"])
def test_other_protocols_are_told_by_their_first_bytes(foreign: bytes) -> None:
    with pytest.raises(FrameTooLong):
        FrameReader().receive_data(foreign)
