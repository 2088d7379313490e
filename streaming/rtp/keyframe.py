"""Where a keyframe begins, read from RTP payloads without decoding.

VP8: RFC 7741. H.264: RFC 6184. VP9: RFC 9628. AV1: the RTP payload format of AOMedia, section 4.4.
"""

from typing import Final

from streaming.rtp.payload_descriptor import Descriptor, describe

_NAL_IDR: Final = 5
_NAL_SPS: Final = 7
_NAL_STAP_A: Final = 24
_NAL_FU_A: Final = 28
_AV1_NEW_SEQUENCE: Final = 0x08
_AV1_CONTINUES: Final = 0x80
_VP8_START_CODE: Final = b"\x9d\x01\x2a"


def starts_keyframe(codec: str, payload: bytes) -> bool:
    """Whether a decoder can start with this packet. Codecs we cannot read never do."""
    if codec in {"VP8", "VP9"}:
        found = describe(codec, payload)
        return found is not None and is_keyframe_start(found)
    if codec == "H264":
        return _h264_starts_keyframe(payload)
    if codec == "AV1":
        # N: first packet of a coded video sequence. It cannot go on with an OBU of the packet before (Z).
        return bool(payload) and payload[0] & (_AV1_NEW_SEQUENCE | _AV1_CONTINUES) == _AV1_NEW_SEQUENCE
    return False


def is_keyframe_start(found: Descriptor) -> bool:
    """First packet of a VP8 or VP9 picture that depends on no other."""
    return found.starts_picture and not found.is_inter


def picture_size(codec: str, payload: bytes) -> tuple[int, int] | None:
    """Width and height that the first packet of a keyframe tells: VP8 always, VP9 with its structure."""
    found = describe(codec, payload)
    if found is None:
        return None
    if codec == "VP8":
        frame = payload[found.size : found.size + 10]
        if len(frame) < 10 or frame[3:6] != _VP8_START_CODE:
            return None
        return int.from_bytes(frame[6:8], "little") & 0x3FFF, int.from_bytes(frame[8:10], "little") & 0x3FFF
    at = found.sizes_at
    if at < 0 or not payload[at] & 0x10:
        return None
    last = at + 1 + 4 * (payload[at] >> 5)  # the largest spatial layer comes last
    size = payload[last : last + 4]
    return (int.from_bytes(size[:2], "big"), int.from_bytes(size[2:], "big")) if len(size) == 4 else None


def _h264_starts_keyframe(payload: bytes) -> bool:
    """A sequence parameter set, or the first slice of an IDR picture."""
    if not payload:
        return False
    nal = payload[0] & 0x1F
    if nal == _NAL_FU_A:
        return len(payload) > 1 and payload[1] & 0x80 != 0 and payload[1] & 0x1F == _NAL_IDR
    if nal != _NAL_STAP_A:
        return nal in (_NAL_SPS, _NAL_IDR)
    at = 1
    while at + 2 < len(payload):
        length = int.from_bytes(payload[at : at + 2], "big")
        if payload[at + 2] & 0x1F in (_NAL_SPS, _NAL_IDR):
            return True
        at += 2 + length
    return False
