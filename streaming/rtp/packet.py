"""RTP packets as bytes: parse the fixed header once, read and write extensions (RFC 3550, RFC 8285)."""

import struct
from collections.abc import Callable
from typing import Final

import msgspec

from streaming.twin import IMPLEMENTATION, load

ONE_BYTE_PROFILE: Final = 0xBEDE
TWO_BYTE_PROFILE: Final = 0x1000

_FIXED = struct.Struct("!BBHII")
_PROFILE = struct.Struct("!HH")
_OCTETS: Final = tuple([bytes((value,)) for value in range(256)])


class RtpPacket(msgspec.Struct, frozen=True, gc=False):
    """One RTP packet; `extensions` are (id, value) as the sender numbers them; `payload` has no padding."""

    marker: bool
    payload_type: int
    seq16: int
    timestamp: int
    ssrc: int
    extensions: tuple[tuple[int, bytes], ...]
    payload: bytes


def header_length(data: bytes) -> int | None:
    """Bytes up to the payload, None when `data` is no RTP packet. SRTP leaves these bytes readable."""
    size = len(data)
    if size < 12 or data[0] >> 6 != 2:
        return None
    length = 12 + 4 * (data[0] & 0x0F)
    if data[0] & 0x10:
        if size < length + 4:
            return None
        length += 4 + 4 * int.from_bytes(data[length + 2 : length + 4], "big")
    return length if length <= size else None


def parse_in_python(data: bytes) -> RtpPacket | None:
    """The packet, or None when it is malformed. Broken header extensions count as none."""
    start = header_length(data)
    if start is None:
        return None
    first, second, seq16, timestamp, ssrc = _FIXED.unpack_from(data)
    end = len(data)
    if first & 0x20:
        padding = data[-1] if end > start else 0
        if padding == 0 or padding > end - start:
            return None
        end -= padding
    extensions: tuple[tuple[int, bytes], ...] = ()
    if first & 0x10:
        extensions = parse_extensions(data, 12 + 4 * (first & 0x0F), start)
    return RtpPacket(second >= 128, second & 0x7F, seq16, timestamp, ssrc, extensions, data[start:end])


parse: Final[Callable[[bytes], RtpPacket | None]] = (
    parse_in_python if IMPLEMENTATION == "python" else load().parse
)


def parse_extensions(data: bytes, start: int, end: int) -> tuple[tuple[int, bytes], ...]:
    """Elements of the extension block `data[start:end]`, which begins with its profile word.

    Both forms of RFC 8285; an element that overruns the block ends the list.
    """
    profile, _ = _PROFILE.unpack_from(data, start)
    found: list[tuple[int, bytes]] = []
    at = start + 4
    one_byte = profile == ONE_BYTE_PROFILE
    if not one_byte and profile & 0xFFF0 != TWO_BYTE_PROFILE:
        return ()
    while at < end:
        if data[at] == 0:
            at += 1
            continue
        if one_byte:
            number, length = data[at] >> 4, (data[at] & 0x0F) + 1
            at += 1
            if number == 15:
                break
        else:
            if at + 2 > end:
                break
            number, length = data[at], data[at + 1]
            at += 2
        if at + length > end:
            break
        found.append((number, data[at : at + length]))
        at += length
    return tuple(found)


def build_extensions(elements: list[tuple[int, bytes]]) -> bytes:
    """An extension block with its profile word, empty for no elements; two-byte form only where needed."""
    if not elements:
        return b""
    body = b""
    for number, value in elements:
        size = len(value)
        if not (0 < number < 15 and 0 < size <= 16):
            return _build_two_byte_extensions(elements)
        body += _OCTETS[number << 4 | size - 1] + value
    return _block(ONE_BYTE_PROFILE, body)


def _build_two_byte_extensions(elements: list[tuple[int, bytes]]) -> bytes:
    return _block(TWO_BYTE_PROFILE, b"".join([bytes((n, len(value))) + value for n, value in elements]))


def _block(profile: int, body: bytes) -> bytes:
    words = (len(body) + 3) // 4
    return _PROFILE.pack(profile, words) + body.ljust(4 * words, b"\0")


def build(packet: RtpPacket) -> bytes:
    """The bytes of a packet, without CSRCs or padding."""
    block = build_extensions(list(packet.extensions))
    first = 0x90 if block else 0x80
    second = packet.payload_type | (0x80 if packet.marker else 0)
    return _FIXED.pack(first, second, packet.seq16, packet.timestamp, packet.ssrc) + block + packet.payload
