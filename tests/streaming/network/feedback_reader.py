"""An independent reader of transport-wide feedback, written from the draft and not from our writer."""

import struct


def read(packet: bytes) -> tuple[int, int, dict[int, float | None]]:
    """Return base sequence number, feedback count, and {16-bit number: arrival in s, None: not received}."""
    first, kind, words = struct.unpack_from("!BBH", packet)
    assert (first >> 6, first & 0x1F, kind) == (2, 15, 205)
    assert len(packet) == 4 + 4 * words
    end = len(packet) - (packet[-1] if first & 0x20 else 0)
    base, count = struct.unpack_from("!HH", packet, 12)
    reference = int.from_bytes(packet[16:19], "big", signed=True)
    at, symbols = 20, list[int]()
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", packet, at)
        at += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif not chunk & 0x4000:
            symbols += [chunk >> (13 - i) & 1 for i in range(14)]
        else:
            symbols += [chunk >> (12 - 2 * i) & 3 for i in range(7)]
    found: dict[int, float | None] = {}
    clock = reference * 0.064
    for i, symbol in enumerate(symbols[:count]):
        assert symbol in {0, 1, 2}
        if symbol == 1:
            clock += packet[at] * 0.00025
            at += 1
        elif symbol == 2:
            clock += struct.unpack_from("!h", packet, at)[0] * 0.00025
            at += 2
        found[(base + i) & 0xFFFF] = clock if symbol else None
    assert at == end
    return base, packet[19], found
