"""The hot path: one published packet, rewritten, protected and addressed for many subscribers.

What costs time per packet and viewer is in `forward`. It is kept this small so that a compiled twin can
replace it: its whole input is a `ForwardPacket` and `Lane`s, its whole output is pairs (path, datagram).
A lane is dumb: who gets what, and with which numbers, is decided elsewhere (`slot.py`).
"""

import struct
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from streaming.rtp.packet import build_extensions
from streaming.rtp.packet_ring import ForwardPacket
from streaming.srtp import SrtpSender

IMPLEMENTATION: Final = "python"

Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
Path: TypeAlias = tuple[int, Address]
"""Number of the local socket, and the remote address as the socket module gives it."""
Output: TypeAlias = list[tuple[Path, bytes]]

_HEADER = struct.Struct("!BBHII")
_NO_PATH: Final[Path] = (-1, ("", 0))


class Lane:
    """How packets look and where they go for one SSRC of one subscriber.

    `seq_offset` and `timestamp_offset` are added to the publisher's extended numbers; the resulting
    sequence number is also the SRTP index, so it must never go back to a number already used for other bytes.
    `too_long` counts packets that the protection profile could not take.
    """

    __slots__ = (
        "_encrypt",
        "_extension_ids",
        "_mid_element",
        "_nonce_base",
        "_protect",
        "mid_block",
        "octets",
        "packets",
        "path",
        "payload_type",
        "seq_offset",
        "ssrc",
        "timestamp_offset",
        "too_long",
    )

    def __init__(self, ssrc: int, mid: str, mid_id: int | None, extension_ids: dict[str, int]) -> None:
        """`mid_id` and `extension_ids` ({uri: id}) are the subscriber's numbering."""
        self.ssrc = ssrc
        self.payload_type = 0
        self.seq_offset = 0
        self.timestamp_offset = 0
        self.path: Path = _NO_PATH
        self.packets = 0
        self.octets = 0
        self.too_long = 0
        self._extension_ids = extension_ids
        self._mid_element = [(mid_id, mid.encode())] if mid_id is not None else []
        self.mid_block = build_extensions(self._mid_element)
        self._encrypt: Callable[[bytes, bytes, bytes], bytes] | None = None
        self._nonce_base = 0
        self._protect: Callable[[bytes, bytes, int, int], bytes | None] | None = None

    def protect_with(self, sender: SrtpSender) -> None:
        """The subscriber's DTLS is done."""
        self._protect = sender.protect_rtp
        if sender.gcm is not None:
            self._encrypt = sender.gcm.rtp.encrypt
            self._nonce_base = sender.gcm.rtp_salt ^ (self.ssrc << 48)

    def extension_block(self, extensions: tuple[tuple[str, bytes], ...]) -> bytes:
        """The header extensions as this subscriber numbers them, with its own MID."""
        ids = self._extension_ids
        return build_extensions(
            self._mid_element + [(ids[uri], value) for uri, value in extensions if uri in ids]
        )


def forward(packet: ForwardPacket, lanes: Iterable[Lane], output: Output) -> None:
    """Append one datagram per lane. Lanes without keys are skipped."""
    marker = 0x80 if packet.marker else 0
    ext_seq, timestamp, payload, extensions = (
        packet.ext_seq,
        packet.timestamp,
        packet.payload,
        packet.extensions,
    )
    size = len(payload)
    pack = _HEADER.pack
    for lane in lanes:
        index = ext_seq + lane.seq_offset
        block = lane.extension_block(extensions) if extensions else lane.mid_block
        header = (
            pack(
                0x90 if block else 0x80,
                marker | lane.payload_type,
                index & 0xFFFF,
                (timestamp + lane.timestamp_offset) & 0xFFFFFFFF,
                lane.ssrc,
            )
            + block
        )
        if lane._encrypt is not None:
            nonce = (lane._nonce_base ^ index).to_bytes(12, "big")
            output.append((lane.path, header + lane._encrypt(nonce, payload, header)))
        elif lane._protect is not None:
            datagram = lane._protect(header, payload, lane.ssrc, index)
            if datagram is None:
                lane.too_long += 1
                continue
            output.append((lane.path, datagram))
        else:
            continue
        lane.packets += 1
        lane.octets += size
