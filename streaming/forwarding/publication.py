"""A publishing m-line: its payload types, whether it may speak, and the track that it feeds.

With simulcast (RFC 8853) each layer is an SSRC of its own. Its first packets say which one (RID, RFC 8852),
until our reports tell the publisher that we know; retransmissions have SSRCs of their own, which say whom
they repair. A packet of an unknown SSRC without such a name is dropped: it will be asked for again.
"""

import struct
from typing import Final

import msgspec

from streaming.control.extensions import ABS_SEND_TIME, FORWARDED, REPAIRED_RID, RID, TRANSPORT_WIDE
from streaming.control.messages import Codec, MediaSection, Source
from streaming.forwarding.layer import Layer
from streaming.forwarding.track import Track
from streaming.rtp.packet import RtpPacket

DEFAULT_CAPS_BPS: Final[dict[Source | None, int]] = {
    "mic": 96_000,
    "camera": 2_200_000,
    "screen": 2_800_000,
    None: 2_200_000,
}
SIMULCAST_FACTOR: Final = 1.4
"""The smaller layers come on top of the largest."""
MAX_RETIRED: Final = 16
MAX_LAYER_SSRCS: Final = 32
MIN_STREAM_LIFE_S: Final = 0.1
"""A publisher that changes SSRC or codec faster is not followed: every change is news to others."""


class Original(msgspec.Struct, frozen=True, gc=False):
    """A media packet after undoing retransmission (RFC 4588)."""

    packet: RtpPacket
    codec: Codec
    layer: int
    is_retransmission: bool


class Publication:
    """See the module. `retired` SSRCs were replaced by newer ones; their late packets are dropped.

    What is `recorded` is for the main room, or for the `group` of the class that is named.
    """

    def __init__(self, section: MediaSection, track_id: str) -> None:
        self.section = section
        self.mid = section.mid
        self.track_id = track_id
        self.allowed = True
        self.recorded = True
        self.group = ""
        self.began_at: dict[int, float] = {}
        self.muted_packets = 0
        self.track: Track | None = None
        self.retired: dict[int, None] = {}
        self.uris = {number: uri for uri, number in section.header_extensions.items()}
        self.forwarded = {number: uri for number, uri in self.uris.items() if uri in FORWARDED}
        self._send_time = section.header_extensions.get(ABS_SEND_TIME)
        self._transport_wide = section.header_extensions.get(TRANSPORT_WIDE)
        self._needs_restart: set[int] = set()
        self._rid_indices = {rid.encode(): index for index, rid in enumerate(section.rids)}
        self._layer_by_ssrc: dict[int, int] = {}
        self._codecs = {codec.pt: codec for codec in section.codecs}
        self._by_rtx = {codec.rtx_pt: codec for codec in section.codecs if codec.rtx_pt is not None}

    @property
    def payload_types(self) -> set[int]:
        """All that this m-line may carry."""
        return self._codecs.keys() | self._by_rtx.keys()

    def send_time(self, packet: RtpPacket) -> bytes:
        """The abs-send-time value of a packet, empty without one."""
        for number, value in packet.extensions:
            if number == self._send_time:
                return value
        return b""

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
        """What the publisher may send here at most, all layers together."""
        cap_bps = self.section.max_bitrate_bps or DEFAULT_CAPS_BPS[self.section.source]
        return int(cap_bps * SIMULCAST_FACTOR) if len(self.section.rids) > 1 else cap_bps

    def declare_ssrc(self, ssrc: int, layer: int) -> None:
        """This SSRC, of media or of retransmission, belongs to that layer (a pipe knows it beforehand)."""
        self._layer_by_ssrc[ssrc] = layer
        if len(self._layer_by_ssrc) > MAX_LAYER_SSRCS:
            del self._layer_by_ssrc[next(iter(self._layer_by_ssrc))]

    def original(self, packet: RtpPacket) -> Original | None:
        """The media packet in (or inside) `packet`.

        None for probes, unknown payload types, retired SSRCs, layers that nobody named, and retransmissions
        of what lies far from the newest packet.
        """
        codec = self._codecs.get(packet.payload_type)
        if codec is not None:
            index = None if packet.ssrc in self.retired else self._layer_of(packet, RID)
            return None if index is None else Original(packet, codec, index, is_retransmission=False)
        codec = self._by_rtx.get(packet.payload_type)
        if codec is None or self.track is None or len(packet.payload) < 2:
            return None
        index = self._layer_of(packet, REPAIRED_RID)
        layer = None if index is None else self.track.layers[index]
        if layer is None or layer.codec is None or codec.pt != layer.codec.pt:
            return None
        (seq16,) = struct.unpack_from("!H", packet.payload)
        if not layer.may_repeat(seq16):  # a leap would be passed on, and they lose a viewer's count for good
            return None
        original = msgspec.structs.replace(
            packet, payload_type=codec.pt, seq16=seq16, ssrc=layer.ssrc, payload=packet.payload[2:]
        )
        return Original(original, codec, layer.index, is_retransmission=True)

    def _layer_of(self, packet: RtpPacket, uri: str) -> int | None:
        if len(self.section.rids) < 2:
            return 0
        known = self._layer_by_ssrc.get(packet.ssrc)
        if known is not None:
            return known
        named = next((value for number, value in packet.extensions if self.uris.get(number) == uri), None)
        index = None if named is None else self._rid_indices.get(named)
        if index is not None:
            self.declare_ssrc(packet.ssrc, index)
        return index

    def is_new_stream(self, original: Original, now: float) -> bool:
        """Whether the layer must begin anew with this packet."""
        if self.track is None or original.layer in self._needs_restart:
            return True
        layer: Layer = self.track.layers[original.layer]
        return (
            layer.ssrc != original.packet.ssrc
            or layer.codec is None
            or layer.codec.pt != original.codec.pt
            or (not original.is_retransmission and layer.is_discontinuous(original.packet, now))
        )

    def may_begin(self, layer: int, now: float) -> bool:
        """Whether a new stream may take over this layer already."""
        began_at = self.began_at.get(layer, float("-inf"))
        return layer in self._needs_restart or now - began_at >= MIN_STREAM_LIFE_S

    def begin(self, layer: int, now: float) -> None:
        """A new stream takes over."""
        self._needs_restart.discard(layer)
        self.began_at[layer] = now

    def restart_all(self) -> None:
        """Whatever comes next begins anew."""
        self._needs_restart = set(range(max(1, len(self.section.rids))))

    def retire(self, ssrc: int) -> None:
        """Another SSRC took over."""
        self._layer_by_ssrc.pop(ssrc, None)
        self.retired[ssrc] = None
        if len(self.retired) > MAX_RETIRED:
            del self.retired[next(iter(self.retired))]
