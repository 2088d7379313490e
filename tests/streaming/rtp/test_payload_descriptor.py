import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.rtp.payload_descriptor import Descriptor, describe


@pytest.mark.parametrize(
    ("codec", "payload", "expected"),
    [
        ("VP8", "1000", Descriptor(1, True, False)),
        ("VP8", "1001", Descriptor(1, True, True)),
        ("VP8", "90800501", Descriptor(3, True, True, 2)),
        ("VP8", "9080850001", Descriptor(4, True, True, 2)),
        ("VP8", "90e08500071000", Descriptor(6, True, False, 2, 4)),
        ("VP8", "9060071001", Descriptor(4, True, True, -1, 2)),
        ("VP8", "80ff", None),
        ("VP8", "", None),
        ("VP9", "8c0500", Descriptor(2, True, False, 1)),
        ("VP9", "8c850000", Descriptor(3, True, False, 1)),
        ("VP9", "ac85002207ff", Descriptor(5, False, False, 1, 4)),
        ("VP9", "bc850020ff", Descriptor(4, True, False, 1)),
        ("VP9", "fc8500200302ff", Descriptor(6, True, True, 1)),
        ("VP9", "0e18", Descriptor(1, True, False, -1, -1, 1)),
        ("VP9", "a885", None),
        ("H264", "6588", None),
    ],
)
def test_where_the_fields_stand(codec: str, payload: str, expected: Descriptor | None) -> None:
    assert describe(codec, bytes.fromhex(payload)) == expected


@given(st.sampled_from(["VP8", "VP9"]), st.binary(max_size=24))
def test_fields_stand_within_the_payload(codec: str, payload: bytes) -> None:
    found = describe(codec, payload)
    if found is None:
        return
    assert 0 < found.size < len(payload)
    assert found.tl0_pic_idx_at < found.size
    assert found.sizes_at in {-1, found.size}
    if found.picture_id_at >= 0:
        assert found.picture_id_at + (2 if payload[found.picture_id_at] & 0x80 else 1) <= found.size
