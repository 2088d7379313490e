import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.rtp.keyframe import picture_size, starts_keyframe

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


VP9 = {
    "key": ("8c853500", True),
    "key with structure": ("8e80050b", True),
    "delta": ("cc853500", False),
    "key, not its first packet": ("84853500", False),
    "key, layers, base": ("ac8535000700", True),
    "key, layers, upper": ("ac8535020700", False),
    "flexible delta": ("dc85350200", False),
    "flexible delta that never ends": ("dc8535030303", False),
    "structure alone": ("0a18", True),
    "picture id promised, missing": ("88", False),
    "empty": ("", False),
}
AV1 = {
    "new sequence": ("180a0b0000", True),
    "goes on with an OBU": ("98aabb", False),
    "delta": ("103200", False),
    "empty": ("", False),
}


@pytest.mark.parametrize("name", VP9)
def test_vp9(name: str) -> None:
    payload, expected = VP9[name]
    assert starts_keyframe("VP9", bytes.fromhex(payload)) is expected


@pytest.mark.parametrize("name", AV1)
def test_av1(name: str) -> None:
    payload, expected = AV1[name]
    assert starts_keyframe("AV1", bytes.fromhex(payload)) is expected


@pytest.mark.parametrize(
    ("codec", "payload", "size"),
    [
        ("VP8", "1000" + "0000" + "9d012a" + "00052d10", (1280, 45 | (0x10 << 8 & 0x3FFF))),
        ("VP8", "10000000", None),
        ("VP8", "1000000000000000000000000000", None),
        ("VP9", "8a8535" + "18" + "050002d0" + "0100", (1280, 720)),
        ("VP9", "8a8535" + "38" + "028001680500" + "02d0" + "00", (1280, 720)),
        ("VP9", "8a8535" + "18" + "0500", None),
        ("VP9", "8a8535" + "08" + "0100", None),
        ("VP9", "8c853500", None),
        ("H264", "6588", None),
    ],
)
def test_the_size_of_the_picture(codec: str, payload: str, size: tuple[int, int] | None) -> None:
    assert picture_size(codec, bytes.fromhex(payload)) == size


@pytest.mark.parametrize("name", VP8)
def test_vp8(name: str) -> None:
    payload, expected = VP8[name]
    assert starts_keyframe("VP8", bytes.fromhex(payload)) is expected


@pytest.mark.parametrize("name", H264)
def test_h264(name: str) -> None:
    payload, expected = H264[name]
    assert starts_keyframe("H264", bytes.fromhex(payload)) is expected


@given(st.sampled_from(["VP8", "VP9", "H264", "AV1"]), st.binary(max_size=40))
def test_garbage_never_raises(codec: str, payload: bytes) -> None:
    starts_keyframe(codec, payload)
    picture_size(codec, payload)
