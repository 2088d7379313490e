"""RTP packets that hold nothing but padding: they weigh on a link and mean nothing to a decoder."""

import struct
from typing import Final

from streaming.rtp.packet import build_extensions

MAX_PADDING: Final = 255
_FIXED = struct.Struct("!BBHII")


def build(
    payload_type: int,
    seq16: int,
    timestamp: int,
    ssrc: int,
    *,
    extensions: list[tuple[int, bytes]],
    size: int,
) -> tuple[bytes, bytes]:
    """Header and padding (1 to 255 bytes, RFC 3550 section 5.1) of one packet."""
    block = build_extensions(extensions)
    first = 0xB0 if block else 0xA0
    header = _FIXED.pack(first, payload_type, seq16, timestamp & 0xFFFFFFFF, ssrc) + block
    return header, bytes(size - 1) + bytes((size,))
