"""Transport-wide feedback: when each packet of a sender arrived, in few bytes.

draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1: RTPFB with FMT 15. Times are in ticks of
250 µs, the reference time in 64 ms.
"""

import struct
from collections.abc import Sequence
from typing import Final

from streaming.rtp.rtcp import RTPFB

FMT: Final = 15
TICKS_PER_S: Final = 4000
_TICKS_PER_REFERENCE: Final = 256
_LONGEST_RUN: Final = 8191
_WORTH_A_RUN: Final = 14
"""Shorter runs fit into one vector chunk as well."""
_NOT_RECEIVED: Final = 0
_SMALL: Final = 1
_LARGE: Final = 2

_HEADER = struct.Struct("!BBH")
_FIXED = struct.Struct("!IIHH")
_CHUNK = struct.Struct("!H")
_LARGE_DELTA = struct.Struct("!h")


def build(ssrc: int, media_ssrc: int, number: int, arrivals: Sequence[tuple[int, float]]) -> list[bytes]:
    """Return the RTCP packets that report `arrivals`: extended sequence numbers, ascending, with seconds.

    Numbers between them count as not received. `number` counts feedback packets of this transport; each
    returned packet takes the next one. There is more than one where arrivals are over 8 s apart.
    """
    packets: list[bytes] = []
    start = 0
    ticks = [round(at * TICKS_PER_S) for _, at in arrivals]
    for end in range(1, len(arrivals) + 1):
        if end == len(arrivals) or not -0x8000 <= ticks[end] - ticks[end - 1] <= 0x7FFF:
            numbers = [ext_seq for ext_seq, _ in arrivals[start:end]]
            packets.append(_one(ssrc, media_ssrc, number + len(packets), numbers, ticks[start:end]))
            start = end
    return packets


def _one(ssrc: int, media_ssrc: int, number: int, numbers: list[int], ticks: list[int]) -> bytes:
    reference = ticks[0] // _TICKS_PER_REFERENCE
    symbols = bytearray(numbers[-1] - numbers[0] + 1)
    deltas = bytearray()
    before = reference * _TICKS_PER_REFERENCE
    for ext_seq, tick in zip(numbers, ticks, strict=True):
        delta = tick - before
        before = tick
        if 0 <= delta <= 0xFF:
            symbols[ext_seq - numbers[0]] = _SMALL
            deltas.append(delta)
        else:
            symbols[ext_seq - numbers[0]] = _LARGE
            deltas += _LARGE_DELTA.pack(delta)
    body = _FIXED.pack(ssrc, media_ssrc, numbers[0] & 0xFFFF, len(symbols))
    body += (reference & 0xFFFFFF).to_bytes(3, "big") + bytes((number & 0xFF,))
    body += _chunks(symbols) + deltas
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes((padding,))
    first = 0xA0 if padding else 0x80
    return _HEADER.pack(first | FMT, RTPFB, len(body) // 4) + body


def _chunks(symbols: bytearray) -> bytes:
    """Status chunks (section 3.1.2 to 3.1.4): runs where they are long, else vectors of 14 or 7 symbols."""
    chunks = bytearray()
    at, size = 0, len(symbols)
    while at < size:
        symbol = symbols[at]
        end = at + 1
        while end < size and symbols[end] == symbol and end - at < _LONGEST_RUN:
            end += 1
        if end - at >= _WORTH_A_RUN or end == size:
            chunks += _CHUNK.pack(symbol << 13 | (end - at))
            at = end
            continue
        window = symbols[at : at + 14]
        if _LARGE not in window:
            bits = sum(symbol << (13 - i) for i, symbol in enumerate(window))
            chunks += _CHUNK.pack(0x8000 | bits)
            at += 14
        else:
            bits = sum(symbol << (12 - 2 * i) for i, symbol in enumerate(window[:7]))
            chunks += _CHUNK.pack(0xC000 | bits)
            at += 7
    return bytes(chunks)
