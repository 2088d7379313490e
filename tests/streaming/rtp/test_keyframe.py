import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.rtp.keyframe import starts_keyframe

VP8 = {
    "key, plain descriptor": ("1000", True),
    "delta": ("1001", False),
    "not the first packet": ("0000", False),
    "second partition": ("1100", False),
    "key, 7-bit picture id": ("90800500", True),
    "key, 15-bit picture id": ("9080850000", True),
    "delta, 15-bit picture id": ("9080850001", False),
    "key, id, tl0, tid": ("90e08500071000", True),
    "delta, id, tl0, tid": ("90e08500071001", False),
    "empty": ("", False),
    "extension promised, missing": ("90", False),
    "picture id promised, missing": ("9080", False),
}

H264 = {
    "sps": ("67420c", True),
    "pps alone": ("68ce", False),
    "idr": ("6588", True),
    "slice": ("4188", False),
    "stap-a with sps": ("78000267420001680002" + "6588", True),
    "stap-a with sei and slice": ("78000206050002" + "4188", False),
    "stap-a truncated": ("780009", False),
    "fu-a first of idr": ("7c85", True),
    "fu-a later of idr": ("7c05", False),
    "fu-a first of slice": ("7c81", False),
    "empty": ("", False),
    "fu-a without header": ("7c", False),
}


@pytest.mark.parametrize("name", VP8)
def test_vp8(name: str) -> None:
    payload, expected = VP8[name]
    assert starts_keyframe("VP8", bytes.fromhex(payload)) is expected


@pytest.mark.parametrize("name", H264)
def test_h264(name: str) -> None:
    payload, expected = H264[name]
    assert starts_keyframe("H264", bytes.fromhex(payload)) is expected


@given(st.sampled_from(["VP8", "H264", "AV1"]), st.binary(max_size=40))
def test_garbage_never_raises(codec: str, payload: bytes) -> None:
    starts_keyframe(codec, payload)
