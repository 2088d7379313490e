"""One layer of a published track: one encoding under one SSRC. A track without simulcast has exactly one.

It knows what came in last, what is missing, where a decoder can start, and how much flows.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from streaming.control.extensions import AUDIO_LEVEL
from streaming.control.messages import Codec, Kind
from streaming.forwarding.keyframe_requests import KeyframeRequests
from streaming.forwarding.speakers import Voice
from streaming.rtp.bitrate import BitrateMeter
from streaming.rtp.extensions import audio_level
from streaming.rtp.keyframe import is_keyframe_start, picture_size, starts_keyframe
from streaming.rtp.leaps import LeapRation
from streaming.rtp.packet import RtpPacket
from streaming.rtp.packet_ring import DEFAULT_CAPACITY, ForwardPacket, PacketRing
from streaming.rtp.payload_descriptor import describe
from streaming.rtp.reception import MissingPackets, ReceptionStatistics
from streaming.rtp.rtcp import SenderReport
from streaming.rtp.sequence import SequenceUnwrapper, unwrap32

if TYPE_CHECKING:
    from streaming.forwarding.hot_path import Lane

AUDIO_RING: Final = 256
INACTIVE_AFTER_S: Final = 1.5
CACHED_KEYFRAME_MAX_AGE_S: Final = 4.0
CACHED_KEYFRAME_MAX_PACKETS: Final = 500
NTP_FRACTION: Final = 1 << 32
PACKET_OVERHEAD_OCTETS: Final = 40
"""RTP header, extensions and protection, as they count for a link."""
MAX_SEQUENCE_JUMP: Final = 3000
"""Farther is another numbering (RFC 3550 section A.1, MAX_DROPOUT)."""
MAX_CLOCK_BACK_S: Final = 1.0
MAX_CLOCK_AHEAD_S: Final = 10.0
"""Timestamps that go back, or run ahead of time, by more than this are another clock."""


@dataclass(frozen=True, slots=True)
class Head:
    """First packet of the latest keyframe."""

    ext_seq: int
    timestamp: int
    arrival: float


@dataclass(frozen=True, slots=True)
class ClockPair:
    """The publisher's wall clock (s since 1900) and its RTP clock (extended) at one moment."""

    ntp_s: float
    timestamp: int


class Layer:
    """See the module. `index` 0 is the smallest picture; `restart` begins anew with another stream.

    `loss` is the share of its packets that did not arrive here lately, 0 to 1.
    """

    def __init__(self, index: int, rid: str, kind: Kind) -> None:
        self.index = index
        self.rid = rid
        self.kind = kind
        self.live_lanes: list[Lane] = []
        self.keyframes = KeyframeRequests()
        self.bitrate = BitrateMeter()
        self.packets = 0
        self.octets = 0
        self.duplicates = 0
        self.keyframe_count = 0
        self.bitrate_bps = 0
        self.level: int | None = None
        self.loss = 0.0
        self.voice = Voice()
        self.codec: Codec | None = None
        self.ssrc = 0
        self.is_flowing = False
        self.outrun_since: float | None = None
        self.outrun_at = 0.0
        self._lost_before = 0
        self._recovered_before = 0
        self._leaps = LeapRation()
        self._begin(90000)

    def restart(self, ssrc: int, codec: Codec) -> None:
        """Another stream takes over: forget the old numbering. Slots must settle before."""
        self._lost_before = self.lost
        self._recovered_before = self.recovered
        self.ssrc = ssrc
        self.codec = codec
        self._begin(codec.clock_rate)

    def _begin(self, clock_rate: int) -> None:
        self.ring = PacketRing(AUDIO_RING if self.kind == "audio" else DEFAULT_CAPACITY)
        self.reception = ReceptionStatistics(clock_rate)
        self.missing = MissingPackets()
        self.head: Head | None = None
        self.clock: ClockPair | None = None
        self.size: tuple[int, int] | None = None
        self.highest_timestamp = 0
        self.last_arrival = float("-inf")
        self._sequence = SequenceUnwrapper()

    @property
    def has_begun(self) -> bool:
        """Whether a packet ever came."""
        return self.codec is not None

    @property
    def lost(self) -> int:
        """Packets that never arrived the first time, since the layer started."""
        return self._lost_before + max(0, self.reception.lost)

    @property
    def recovered(self) -> int:
        """Packets that came late or by retransmission."""
        return self._recovered_before + self.missing.recovered

    def is_discontinuous(self, packet: RtpPacket, now: float) -> bool:
        """Whether this original packet counts or dates from elsewhere: its publisher began anew."""
        highest = self._sequence.highest
        if highest is None or self.codec is None:
            return False
        rate = self.codec.clock_rate
        skipped = (packet.seq16 - highest - 1) & 0xFFFF
        if skipped and (
            self.is_far(packet.seq16) or (skipped < 0x8000 and not self._leaps.may_skip(skipped, now))
        ):
            return True
        if (packet.timestamp - self.highest_timestamp) & 0xFFFFFFFF < rate:
            return False  # the usual case, for the price of little
        ahead_s = (unwrap32(packet.timestamp, self.highest_timestamp) - self.highest_timestamp) / rate
        return ahead_s < -MAX_CLOCK_BACK_S or ahead_s > now - self.last_arrival + MAX_CLOCK_AHEAD_S

    def is_far(self, seq16: int) -> bool:
        """Whether this number is too far from the newest one to be of the same stream."""
        highest = self._sequence.highest
        if highest is None:
            return False
        return MAX_SEQUENCE_JUMP < (seq16 - highest) & 0xFFFF < 0x10000 - MAX_SEQUENCE_JUMP

    def may_repeat(self, seq16: int) -> bool:
        """Whether a retransmission may have this number: ahead of the newest one only within the ration."""
        highest = self._sequence.highest
        if highest is None or self.is_far(seq16):
            return highest is None
        skipped = (seq16 - highest - 1) & 0xFFFF
        return skipped >= 0x8000 or skipped <= self._leaps.left

    def receive(
        self,
        packet: RtpPacket,
        seq16: int,
        payload: bytes,
        uris: dict[int, str],
        now: float,
        *,
        is_original: bool,
    ) -> ForwardPacket | None:
        """Take in one packet (`seq16` and `payload` of the original, if it is a retransmission).

        `uris` are the header extensions to forward, by the publisher's numbers.

        Returns it in the form for subscribers, or None when it was here before.
        """
        sequence, ring, size = self._sequence, self.ring, len(payload)
        before = sequence.highest
        ext_seq = sequence.unwrap(seq16)
        if before is not None and ext_seq - before > 1:
            self._leaps.skip(ext_seq - before - 1, now)
        near = packet.timestamp if ring.highest is None else self.highest_timestamp
        timestamp = unwrap32(packet.timestamp, near)
        if is_original:
            self.reception.receive_packet(ext_seq, timestamp, now)
        self.missing.receive_packet(ext_seq, now)
        extensions: tuple[tuple[str, bytes], ...] = ()
        if uris:
            extensions = tuple([(uris[n], value) for n, value in packet.extensions if n in uris])
        assert self.codec is not None
        found = None if self.kind == "audio" else describe(self.codec.name, payload)
        picture_id_at, tl0_at = (-1, -1) if found is None else (found.picture_id_at, found.tl0_pic_idx_at)
        forwarded = ForwardPacket(
            ext_seq, timestamp, packet.marker, extensions, payload, now, picture_id_at, tl0_at
        )
        if not ring.insert(forwarded):
            self.duplicates += 1
            return None
        self.packets += 1
        self.octets += size
        self.bitrate.receive(size + PACKET_OVERHEAD_OCTETS, now)
        if ext_seq == ring.highest:
            self.highest_timestamp = timestamp
            self.last_arrival = now
        if self.kind == "audio":
            self._listen(extensions)
        elif is_keyframe_start(found) if found is not None else starts_keyframe(self.codec.name, payload):
            self._note_keyframe(forwarded, self.codec.name)
        return forwarded

    def _listen(self, extensions: tuple[tuple[str, bytes], ...]) -> None:
        for uri, value in extensions:
            if uri == AUDIO_LEVEL:
                self.level = audio_level(value)
                if self.level is not None:
                    self.voice.receive_level(self.level)

    def _note_keyframe(self, packet: ForwardPacket, name: str) -> None:
        """This packet is the first of a keyframe."""
        head = self.head
        if head is None or packet.timestamp > head.timestamp:
            self.keyframe_count += 1
            self.keyframes.arrived()
            self.head = Head(packet.ext_seq, packet.timestamp, packet.arrival)
            self.size = picture_size(name, packet.payload) or self.size
        elif packet.timestamp == head.timestamp and packet.ext_seq < head.ext_seq:
            self.head = Head(packet.ext_seq, packet.timestamp, head.arrival)

    def receive_sender_report(self, report: SenderReport, now: float) -> ClockPair:
        """Note the publisher's clocks, for our own sender reports and for the recorder."""
        self.reception.receive_sender_report(report.ntp, now)
        timestamp = unwrap32(report.rtp_timestamp, self.highest_timestamp)
        self.clock = ClockPair(report.ntp / NTP_FRACTION, timestamp)
        return self.clock

    def may_start_with(self, packet: ForwardPacket) -> bool:
        """Whether a subscriber can begin with this packet, which was just received."""
        return self.kind == "audio" or (self.head is not None and self.head.ext_seq == packet.ext_seq)

    def recent_head(self, now: float) -> Head | None:
        """The keyframe from which a late joiner can be served at once."""
        head = self.complete_head()
        if head is None or self.ring.highest is None:
            return None
        if now - head.arrival > CACHED_KEYFRAME_MAX_AGE_S:
            return None
        return head if self.ring.highest - head.ext_seq <= CACHED_KEYFRAME_MAX_PACKETS else None

    def complete_head(self) -> Head | None:
        """The last keyframe, however old, if everything since is still here."""
        head = self.head
        return head if head is not None and self.ring.holds_from(head.ext_seq) else None

    def flows(self, now: float) -> bool:
        """Whether packets came lately."""
        return now - self.last_arrival < INACTIVE_AFTER_S

    def measure(self, now: float) -> int:
        """What it costs a link, bits per second over the last second; while it rests, what it cost before."""
        measured = self.bitrate.bps(now)
        if self.is_flowing and measured:
            self.bitrate_bps = measured
        return self.bitrate_bps
