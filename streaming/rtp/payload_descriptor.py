"""The payload descriptors of VP8 and VP9, as far as we need them (RFC 7741 and RFC 9628, sections 4.2).

Both carry a picture id and the index of the last base-layer picture. A slot that changes layers must go on
counting both, so the hot path adds an offset to them: here is where they stand in a payload.
"""

import msgspec


class Descriptor(msgspec.Struct, frozen=True, gc=False):
    """What stands where, in bytes from the start of the payload, -1 for nowhere.

    `picture_id_at` is where a picture id of 15 bits (first bit set) or 7 begins, `sizes_at` where the
    scalability structure of VP9 does, `size` where the coded picture or that structure does.
    """

    size: int
    starts_picture: bool
    is_inter: bool
    picture_id_at: int = -1
    tl0_pic_idx_at: int = -1
    sizes_at: int = -1


def describe(codec: str, payload: bytes) -> Descriptor | None:
    """The descriptor of a VP8 or VP9 payload; None for other codecs and for what is cut short."""
    if codec == "VP8":
        return _vp8(payload)
    return _vp9(payload) if codec == "VP9" else None


def _vp8(payload: bytes) -> Descriptor | None:
    if not payload:
        return None
    first, size = payload[0], len(payload)
    starts = first & 0x17 == 0x10
    at = 1
    picture_id_at = -1
    tl0_at = -1
    if first & 0x80:
        if size < 2:
            return None
        flags = payload[1]
        at = 2
        if flags & 0x80:
            if size <= at:
                return None
            picture_id_at = at
            at += 2 if payload[at] & 0x80 else 1
        if flags & 0x40:
            tl0_at = at
            at += 1
        if flags & 0x30:
            at += 1
    if size <= at:
        return None
    return Descriptor(at, starts, bool(payload[at] & 0x01), picture_id_at, tl0_at)


def _vp9(payload: bytes) -> Descriptor | None:
    if not payload:
        return None
    first, size = payload[0], len(payload)
    is_flexible = bool(first & 0x10)
    starts = bool(first & 0x08)
    at = 1
    picture_id_at = -1
    tl0_at = -1
    if first & 0x80:
        if size <= at:
            return None
        picture_id_at = at
        at += 2 if payload[at] & 0x80 else 1
    if first & 0x20:
        if size <= at:
            return None
        starts = starts and payload[at] >> 1 & 0x07 == 0  # a higher spatial layer starts no picture
        at += 1
        if not is_flexible:
            tl0_at = at
            at += 1
    if is_flexible and first & 0x40:
        for _ in range(3):
            if size <= at:
                return None
            at += 1
            if not payload[at - 1] & 0x01:
                break
    sizes_at = at if first & 0x02 else -1
    if size <= at:
        return None
    return Descriptor(at, starts, bool(first & 0x40), picture_id_at, tl0_at, sizes_at)
