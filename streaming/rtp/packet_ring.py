"""The last packets of a published track: for retransmission, late joiners, and to see duplicates."""

from typing import Final

import msgspec

DEFAULT_CAPACITY: Final = 1024


class ForwardPacket(msgspec.Struct, frozen=True, gc=False):
    """A published packet, ready to be rewritten for anybody.

    `ext_seq` and `timestamp` (extended, may exceed 32 bits) are the publisher's; `extensions` are
    (URI, value) of those that are forwarded; `arrival` is monotonic seconds. `picture_id_at` (15 bits if its
    first bit is set, else 7) and `tl0_pic_idx_at` say where in the payload a VP8 descriptor (RFC 7741 section
    4.2) has these fields, -1 for nowhere.
    """

    ext_seq: int
    timestamp: int
    marker: bool
    extensions: tuple[tuple[str, bytes], ...]
    payload: bytes
    arrival: float
    picture_id_at: int = -1
    tl0_pic_idx_at: int = -1


class PacketRing:
    """Holds `capacity` consecutive sequence numbers; older packets fall out."""

    __slots__ = ("_capacity", "_slots", "highest")

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._capacity = capacity
        self._slots: list[ForwardPacket | None] = [None] * capacity
        self.highest: int | None = None

    def insert(self, packet: ForwardPacket) -> bool:
        """Keep a packet. False when it is a duplicate, or too old to be told from one."""
        ext_seq, highest, capacity = packet.ext_seq, self.highest, self._capacity
        if highest is not None and ext_seq <= highest - capacity:
            return False
        index = ext_seq % capacity
        held = self._slots[index]
        if held is not None and held.ext_seq >= ext_seq:
            return False
        self._slots[index] = packet
        if highest is None or ext_seq > highest:
            self.highest = ext_seq
        return True

    def get(self, ext_seq: int) -> ForwardPacket | None:
        """The packet with this number, if it is still here."""
        held = self._slots[ext_seq % self._capacity]
        return held if held is not None and held.ext_seq == ext_seq and self.holds_from(ext_seq) else None

    def holds_from(self, ext_seq: int) -> bool:
        """Whether nothing from `ext_seq` on has fallen out."""
        return self.highest is not None and ext_seq > self.highest - self._capacity
