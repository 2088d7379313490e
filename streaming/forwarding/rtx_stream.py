"""The RTX stream of a slot (RFC 4588): repetitions and padding, neither of which takes a media number."""

import struct
from typing import Final

from streaming.control.extensions import ABS_SEND_TIME, MID
from streaming.control.messages import MediaSection
from streaming.forwarding.hot_path import Lane, Output, forward
from streaming.forwarding.layer import PACKET_OVERHEAD_OCTETS
from streaming.forwarding.output_stream import Source
from streaming.rtp import padding
from streaming.rtp.extensions import abs_send_time
from streaming.rtp.packet_ring import ForwardPacket
from streaming.srtp import SrtpSender

_ORIGINAL_NUMBER: Final = struct.Struct("!H")


class RtxStream:
    """See the module. Numbers begin with `first_seq`, whatever the media's are."""

    def __init__(self, lane: Lane, section: MediaSection, first_seq: int) -> None:
        self.lane = lane
        self.padding_octets = 0
        self._section = section
        self._next_seq = first_seq
        self._sender: SrtpSender | None = None

    def protect_with(self, sender: SrtpSender) -> None:
        """The subscriber can receive from now on."""
        self.lane.protect_with(sender)
        self._sender = sender

    def resend(self, packet: ForwardPacket, seq16: int, source: Source, output: Output, now: float) -> None:
        """Send again what went out under `seq16` when `source` fed the media; its codec has RTX."""
        assert source.codec.rtx_pt is not None
        lane = self.lane
        lane.payload_type = source.codec.rtx_pt
        lane.timestamp_offset = source.timestamp_offset
        lane.picture_id_offset = source.picture_id_offset
        lane.tl0_pic_idx_offset = source.tl0_pic_idx_offset
        again = ForwardPacket(
            self._next_seq,
            packet.timestamp,
            packet.marker,
            packet.extensions,
            _ORIGINAL_NUMBER.pack(seq16) + packet.payload,
            packet.arrival,
            packet.picture_id_at + 2 if packet.picture_id_at >= 0 else -1,
            packet.tl0_pic_idx_at + 2 if packet.tl0_pic_idx_at >= 0 else -1,
        )
        self._next_seq += 1
        forward(again, (lane,), output, now)

    @property
    def padding_type(self) -> int | None:
        """Payload type for padding, None where none was agreed on."""
        if self._section.kind != "video":
            return None
        return next((codec.rtx_pt for codec in self._section.codecs if codec.rtx_pt is not None), None)

    def pad(self, octets: int, timestamp: int, output: Output, now: float) -> None:
        """Send padding: `octets` with headers, in whole packets."""
        payload_type, sender, ids = self.padding_type, self._sender, self._section.header_extensions
        if payload_type is None or sender is None:
            return
        extensions = [(ids[MID], self._section.mid.encode())] if MID in ids else []
        if ABS_SEND_TIME in ids:
            extensions.append((ids[ABS_SEND_TIME], abs_send_time(now)))
        while octets > 0:
            size = max(1, min(padding.MAX_PADDING, octets - PACKET_OVERHEAD_OCTETS))
            seq = self._next_seq
            self._next_seq += 1
            header, body = padding.build(
                payload_type, seq & 0xFFFF, timestamp, self.lane.ssrc, extensions=extensions, size=size
            )
            datagram = sender.protect_rtp(header, body, self.lane.ssrc, seq)
            if datagram is not None:
                output.append((self.lane.path, datagram))
            self.padding_octets += size + PACKET_OVERHEAD_OCTETS
            octets -= size + PACKET_OVERHEAD_OCTETS
