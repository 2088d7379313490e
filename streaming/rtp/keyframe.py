"""Where a keyframe begins, read from RTP payloads without decoding (RFC 7741, RFC 6184)."""

from typing import Final

_NAL_IDR: Final = 5
_NAL_SPS: Final = 7
_NAL_STAP_A: Final = 24
_NAL_FU_A: Final = 28


def starts_keyframe(codec: str, payload: bytes) -> bool:
    """Whether a decoder can start with this packet. Codecs we cannot read never do."""
    if codec == "VP8":
        return _vp8_starts_keyframe(payload)
    if codec == "H264":
        return _h264_starts_keyframe(payload)
    return False


def _vp8_starts_keyframe(payload: bytes) -> bool:
    """First packet of partition 0 (S=1, PID=0) whose frame header has the P bit clear."""
    if not payload or payload[0] & 0x10 == 0 or payload[0] & 0x07 != 0:
        return False
    at = 1
    if payload[0] & 0x80:
        if len(payload) < 2:
            return False
        flags = payload[1]
        at = 2
        if flags & 0x80:
            if len(payload) <= at:
                return False
            at += 2 if payload[at] & 0x80 else 1
        if flags & 0x40:
            at += 1
        if flags & 0x30:
            at += 1
    return len(payload) > at and payload[at] & 0x01 == 0


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
