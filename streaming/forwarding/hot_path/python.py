"""The hot path in Python.

What costs time per packet and viewer is in `forward`. It is kept this small so that a compiled twin can
replace it: its whole input is a `ForwardPacket` and `Lane`s, its whole output goes into a `Batch`.
A lane is dumb: who gets what, and with which numbers, is decided elsewhere (`slot.py`).
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from streaming.control.extensions import ABS_SEND_TIME
from streaming.forwarding.hot_path.batch import NO_PATH, Batch, Path
from streaming.rtp.extensions import abs_send_time
from streaming.rtp.packet import build_extensions
from streaming.rtp.packet_ring import ForwardPacket
from streaming.srtp import SrtpSender

MAX_PAYLOAD_BYTES: Final = 60_000
"""More fits into no datagram together with headers; nothing that arrived in one is longer."""

_HEADER = struct.Struct("!BBHII")
_OCTETS_BITS: Final = 56
"""Packets are counted above so many bits, octets of payload in them: one number is cheaper to count in."""


@dataclass(slots=True, eq=False)
class _Style:
    """How a subscriber wants header extensions; shared by all who want the same (compared by identity).

    It keeps the last block: packets of one picture mostly want the same, for all subscribers.
    """

    mid: tuple[tuple[int, bytes], ...]
    ids: dict[str, int]
    send_time_id: int
    repeats: bool
    plain_block: bytes
    _last: tuple[float, tuple[tuple[str, bytes], ...]] | None = None
    _last_block: bytes = b""

    def block(self, packet: ForwardPacket, now: float) -> bytes:
        """The extension block of a packet that is sent now."""
        wanted = (packet.arrival if self.repeats else now, packet.extensions)
        if wanted == self._last:
            return self._last_block
        at, extensions = wanted
        elements = list(self.mid)
        elements += [(self.ids[uri], value) for uri, value in extensions if uri in self.ids]
        if self.send_time_id:
            elements.append((self.send_time_id, abs_send_time(at)))
        self._last, self._last_block = wanted, build_extensions(elements)
        return self._last_block


@lru_cache(maxsize=1024)
def _style(mid: str, mid_id: int | None, numbering: tuple[tuple[str, int], ...], repeats: bool) -> _Style:
    ids = dict(numbering)
    send_time_id = ids.pop(ABS_SEND_TIME, 0)
    element = ((mid_id, mid.encode()),) if mid_id is not None else ()
    return _Style(element, ids, send_time_id, repeats, build_extensions(list(element)))


class Lane:
    """How packets look and where they go for one SSRC of one subscriber.

    `seq_offset` and `timestamp_offset` are added to the publisher's extended numbers; the resulting
    sequence number is also the SRTP index, so it must never go back to a number already used for other bytes.
    `picture_id_offset` and `tl0_pic_idx_offset` are added to these fields of a VP8 descriptor, where a
    packet says that it has them. `too_long` counts packets that the protection profile could not take.
    """

    __slots__ = (
        "_encrypt",
        "_nonce_base",
        "_protect",
        "_sent",
        "_style",
        "is_urgent",
        "path",
        "payload_type",
        "picture_id_offset",
        "seq_offset",
        "ssrc",
        "timestamp_offset",
        "tl0_pic_idx_offset",
        "too_long",
    )

    def __init__(
        self,
        ssrc: int,
        mid: str,
        mid_id: int | None,
        extension_ids: dict[str, int],
        *,
        repeats: bool = True,
        is_urgent: bool = False,
    ) -> None:
        """`mid_id` and `extension_ids` ({uri: id}) are the subscriber's numbering; urgent lanes overtake.

        With abs-send-time among them the lane writes it. `repeats`: a packet may be sent again under its old
        number; then its bytes must be the same (two messages under one GCM nonce give the key away), so the
        send time that it carries is when it arrived from the publisher.
        """
        self.ssrc = ssrc
        self.payload_type = 0
        self.seq_offset = 0
        self.timestamp_offset = 0
        self.picture_id_offset = 0
        self.tl0_pic_idx_offset = 0
        self.path: Path = NO_PATH
        self._sent = 0
        self.too_long = 0
        self.is_urgent = is_urgent
        self._style = _style(mid, mid_id, tuple(sorted(extension_ids.items())), repeats)
        self._encrypt: Callable[[bytes, bytes, bytes], bytes] | None = None
        self._nonce_base = 0
        self._protect: Callable[[bytes, bytes, int, int], bytes | None] | None = None

    @property
    def packets(self) -> int:
        """How many went to the subscriber."""
        return self._sent >> _OCTETS_BITS

    @property
    def octets(self) -> int:
        """How much payload they carried."""
        return self._sent & (1 << _OCTETS_BITS) - 1

    def protect_with(self, sender: SrtpSender) -> None:
        """The subscriber's DTLS is done."""
        self._protect = sender.protect_rtp
        if sender.gcm is not None:
            self._encrypt = sender.gcm.rtp.encrypt
            self._nonce_base = sender.gcm.rtp_salt ^ (self.ssrc << 48)


def forward(packet: ForwardPacket, lanes: Iterable[Lane], output: Batch, now: float) -> None:
    """One datagram per lane, all urgent or none; lanes without keys are skipped. `now` is monotonic s."""
    marker = 0x80 if packet.marker else 0
    ext_seq, timestamp, payload = packet.ext_seq, packet.timestamp, packet.payload
    has_extensions = bool(packet.extensions)
    has_vp8_fields = packet.picture_id_at >= 0 or packet.tl0_pic_idx_at >= 0
    size = len(payload)
    if size > MAX_PAYLOAD_BYTES:
        for lane in lanes:
            lane.too_long += lane._protect is not None
        return
    pack = _HEADER.pack
    style: _Style | None = None  # neighbours mostly want the same
    first, block, body = 0x80, b"", payload
    paths: list[Path] = []
    datagrams: list[bytes] = []
    is_urgent = False
    one_more = 1 << _OCTETS_BITS | size
    for lane in lanes:
        index = ext_seq + lane.seq_offset
        if lane._style is not style:
            style = lane._style
            block = style.plain_block
            if has_extensions or style.send_time_id:
                block = style.block(packet, now)
            first = 0x90 if block else 0x80
        header = (
            pack(
                first,
                marker | lane.payload_type,
                index & 0xFFFF,
                (timestamp + lane.timestamp_offset) & 0xFFFFFFFF,
                lane.ssrc,
            )
            + block
        )
        if has_vp8_fields:
            body = payload
            if lane.picture_id_offset or lane.tl0_pic_idx_offset:
                body = _shifted(packet, lane.picture_id_offset, lane.tl0_pic_idx_offset)
        encrypt = lane._encrypt
        if encrypt is not None:
            nonce = (lane._nonce_base ^ index).to_bytes(12, "big")
            datagrams.append(header + encrypt(nonce, body, header))
        elif lane._protect is None:
            continue
        else:
            datagram = lane._protect(header, body, lane.ssrc, index)
            if datagram is None:
                lane.too_long += 1
                continue
            datagrams.append(datagram)
        paths.append(lane.path)
        lane._sent += one_more
        is_urgent = lane.is_urgent
    output.add_forwarded(paths, datagrams, is_urgent=is_urgent)


def _shifted(packet: ForwardPacket, picture_id_offset: int, tl0_pic_idx_offset: int) -> bytes:
    """The payload with its VP8 picture id and TL0PICIDX moved (RFC 7741 section 4.2)."""
    payload, at = bytearray(packet.payload), packet.picture_id_at
    if picture_id_offset and 0 <= at < len(payload):
        if not payload[at] & 0x80:
            payload[at] = (payload[at] + picture_id_offset) & 0x7F
        elif at + 1 < len(payload):
            picture_id = (payload[at] << 8 | payload[at + 1]) + picture_id_offset
            payload[at : at + 2] = (0x8000 | picture_id & 0x7FFF).to_bytes(2, "big")
    at = packet.tl0_pic_idx_at
    if tl0_pic_idx_offset and 0 <= at < len(payload):
        payload[at] = (payload[at] + tl0_pic_idx_offset) & 0xFF
    return bytes(payload)
