"""A publishing m-line: its payload types, whether it may speak, and the track that it feeds."""

import struct
from dataclasses import dataclass, replace
from typing import Final

from streaming.control.extensions import ABS_SEND_TIME, TRANSPORT_WIDE
from streaming.control.messages import Codec, MediaSection, Source
from streaming.forwarding.track import Track
from streaming.rtp.packet import RtpPacket

DEFAULT_CAPS_BPS: Final[dict[Source | None, int]] = {
    "mic": 96_000,
    "camera": 2_200_000,
    "screen": 2_800_000,
    None: 2_200_000,
}
MAX_RETIRED: Final = 16
MIN_STREAM_LIFE_S: Final = 0.1
"""A publisher that changes SSRC or codec faster is not followed: every change is news to others."""


@dataclass(frozen=True, slots=True)
class Original:
    """A media packet after undoing retransmission (RFC 4588)."""

    packet: RtpPacket
    codec: Codec
    is_retransmission: bool


class Publication:
    """See the module. `retired` SSRCs were replaced by newer ones; their late packets are dropped."""

    def __init__(self, section: MediaSection, track_id: str) -> None:
        self.section = section
        self.mid = section.mid
        self.track_id = track_id
        self.allowed = True
        self.recorded = True
        self.needs_restart = False
        self.began_at = float("-inf")
        self.muted_packets = 0
        self.track: Track | None = None
        self.retired: dict[int, None] = {}
        self.uris = {number: uri for uri, number in section.header_extensions.items()}
        self._transport_wide = section.header_extensions.get(TRANSPORT_WIDE)
        self._codecs = {codec.pt: codec for codec in section.codecs}
        self._by_rtx = {codec.rtx_pt: codec for codec in section.codecs if codec.rtx_pt is not None}

    @property
    def payload_types(self) -> set[int]:
        """All that this m-line may carry."""
        return self._codecs.keys() | self._by_rtx.keys()

    def send_time(self, packet: RtpPacket) -> bytes:
        """The abs-send-time value of a packet, empty without one."""
        return next((v for n, v in packet.extensions if self.uris.get(n) == ABS_SEND_TIME), b"")

    @property
    def reports_arrivals(self) -> bool:
        """Whether transport-wide feedback was agreed."""
        return self._transport_wide is not None and any(
            "transport-cc" in codec.rtcp_fb for codec in self.section.codecs
        )

    def transport_sequence(self, packet: RtpPacket) -> int | None:
        """The transport-wide sequence number of a packet, None without one."""
        for number, value in packet.extensions:
            if number == self._transport_wide and len(value) >= 2:
                return value[0] << 8 | value[1]
        return None

    @property
    def cap_bps(self) -> int:
        """What the publisher may send here at most."""
        return self.section.max_bitrate_bps or DEFAULT_CAPS_BPS[self.section.source]

    def original(self, packet: RtpPacket) -> Original | None:
        """The media packet in (or inside) `packet`; None for probes, unknown payload types, retired SSRCs."""
        codec = self._codecs.get(packet.payload_type)
        if codec is not None:
            return None if packet.ssrc in self.retired else Original(packet, codec, is_retransmission=False)
        codec = self._by_rtx.get(packet.payload_type)
        track = self.track
        if codec is None or track is None or track.codec is None or len(packet.payload) < 2:
            return None
        if codec.pt != track.codec.pt:
            return None
        (seq16,) = struct.unpack_from("!H", packet.payload)
        original = replace(
            packet, payload_type=codec.pt, seq16=seq16, ssrc=track.ssrc, payload=packet.payload[2:]
        )
        return Original(original, codec, is_retransmission=True)

    def is_new_stream(self, packet: RtpPacket, codec: Codec) -> bool:
        """Whether the track must begin anew with this packet."""
        track = self.track
        return (
            track is None
            or self.needs_restart
            or track.ssrc != packet.ssrc
            or track.codec is None
            or track.codec.pt != codec.pt
        )

    def may_begin(self, now: float) -> bool:
        """Whether a new stream may take over already."""
        return self.needs_restart or now - self.began_at >= MIN_STREAM_LIFE_S

    def retire(self, ssrc: int) -> None:
        """Another SSRC took over."""
        self.retired[ssrc] = None
        if len(self.retired) > MAX_RETIRED:
            del self.retired[next(iter(self.retired))]
