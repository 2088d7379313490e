"""A published track: what came in last, what is missing, where a decoder can start, who watches."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from streaming.control.extensions import AUDIO_LEVEL, FORWARDED
from streaming.control.messages import Codec, Kind, Source
from streaming.forwarding.keyframe_requests import KeyframeRequests
from streaming.forwarding.speakers import Voice
from streaming.rtp.extensions import audio_level
from streaming.rtp.keyframe import starts_keyframe
from streaming.rtp.packet import RtpPacket
from streaming.rtp.packet_ring import DEFAULT_CAPACITY, ForwardPacket, PacketRing
from streaming.rtp.reception import MissingPackets, ReceptionStatistics
from streaming.rtp.rtcp import SenderReport
from streaming.rtp.sequence import SequenceUnwrapper, unwrap32

if TYPE_CHECKING:
    from streaming.forwarding.hot_path import Lane
    from streaming.forwarding.slot import Slot

AUDIO_RING: Final = 256
INACTIVE_AFTER_S: Final = 1.5
CACHED_KEYFRAME_MAX_AGE_S: Final = 4.0
CACHED_KEYFRAME_MAX_PACKETS: Final = 500
NTP_FRACTION: Final = 1 << 32


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


class PublisherClock:
    """How far a publisher's wall clock is behind ours: the least difference seen, so transit counts least.

    One per publisher: its tracks keep their sync exactly, and a slot that changes publishers keeps its clock.
    """

    __slots__ = ("behind_s",)

    def __init__(self) -> None:
        self.behind_s = float("inf")

    def observe(self, theirs_s: float, ours_s: float) -> None:
        """A sender report with their time arrived at our time; both in seconds since 1900."""
        self.behind_s = min(self.behind_s, ours_s - theirs_s)


class Track:
    """One m-line's media as long as its SSRC and codec stay; `restart` begins anew under the same id."""

    def __init__(self, track_id: str, kind: Kind, source: Source | None, wall: PublisherClock) -> None:
        self.id = track_id
        self.wall = wall
        self.kind = kind
        self.source = source
        self.slots: list[Slot] = []
        self.live_lanes: list[Lane] = []
        self.keyframes = KeyframeRequests()
        self.packets = 0
        self.octets = 0
        self.duplicates = 0
        self.keyframe_count = 0
        self.level: int | None = None
        self.announced_level: int | None = None
        self.voice = Voice()
        self.is_active = False
        self.codec: Codec | None = None
        self.ssrc = 0
        self._lost_before = 0
        self._recovered_before = 0
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
        self.highest_timestamp = 0
        self.last_arrival = float("-inf")
        self._sequence = SequenceUnwrapper()

    @property
    def lost(self) -> int:
        """Packets that never arrived the first time, since the track started."""
        return self._lost_before + max(0, self.reception.lost)

    @property
    def recovered(self) -> int:
        """Packets that came late or by retransmission."""
        return self._recovered_before + self.missing.recovered

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

        Returns it in the form for subscribers, or None when it was here before.
        """
        ext_seq = self._sequence.unwrap(seq16)
        first = self.ring.highest is None
        near = packet.timestamp if first else self.highest_timestamp
        timestamp = unwrap32(packet.timestamp, near)
        if is_original:
            self.reception.receive_packet(ext_seq, timestamp, now)
        self.missing.receive_packet(ext_seq, now)
        extensions = tuple(
            (uris[number], value)
            for number, value in packet.extensions
            if number in uris and uris[number] in FORWARDED
        )
        forwarded = ForwardPacket(ext_seq, timestamp, packet.marker, extensions, payload, now)
        if not self.ring.insert(forwarded):
            self.duplicates += 1
            return None
        self.packets += 1
        self.octets += len(payload)
        if ext_seq == self.ring.highest:
            self.highest_timestamp = timestamp
            self.last_arrival = now
        self._look_inside(forwarded)
        return forwarded

    def _look_inside(self, packet: ForwardPacket) -> None:
        if self.kind == "audio":
            for uri, value in packet.extensions:
                if uri == AUDIO_LEVEL:
                    self.level = audio_level(value)
                    if self.level is not None:
                        self.voice.receive_level(self.level)
            return
        assert self.codec is not None
        if not starts_keyframe(self.codec.name, packet.payload):
            return
        head = self.head
        if head is None or packet.timestamp > head.timestamp:
            self.keyframe_count += 1
            self.keyframes.arrived()
            self.head = Head(packet.ext_seq, packet.timestamp, packet.arrival)
        elif packet.timestamp == head.timestamp and packet.ext_seq < head.ext_seq:
            self.head = Head(packet.ext_seq, packet.timestamp, head.arrival)

    def receive_sender_report(self, report: SenderReport, now: float) -> ClockPair:
        """Note the publisher's clocks, for our own sender reports and for the recorder."""
        self.reception.receive_sender_report(report.ntp, now)
        timestamp = unwrap32(report.rtp_timestamp, self.highest_timestamp)
        self.clock = ClockPair(report.ntp / NTP_FRACTION, timestamp)
        return self.clock

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
