"""A virtual publisher: 25 pictures a second of several packets, keyframes on PLI, Opus, RTX, reports."""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from streaming.control import messages as m
from streaming.control.extensions import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    MID,
    REPAIRED_RID,
    RID,
    TRANSPORT_WIDE,
)
from streaming.rtp import packet as rtp
from streaming.rtp import rtcp
from tests.streaming.network.world import NetworkPeer, NetworkWorld

PICTURES_PER_S: Final = 25
SOUND_S: Final = 0.02
PACKET_BYTES: Final = 1150
KEYFRAME_FACTOR: Final = 5
"""A keyframe has so many times the bytes of the average picture."""
PACING_FACTOR: Final = 2.5
"""As libwebrtc's pacer: a picture leaves at so many times the bitrate."""
HISTORY: Final = 2000
EXTENSIONS: Final = {MID: 4, ABS_SEND_TIME: 3}
RID_ID: Final = 10
REPAIRED_RID_ID: Final = 11
LAYERS_BPS: Final = {"q": 150_000, "h": 500_000, "f": 1_200_000}
WORD_TAKES_S: Final = 0.1
"""From the media process to the browser's encoder."""
VP8: Final = m.Codec(96, "VP8", 90000, rtcp_fb=("nack", "nack pli", "goog-remb"), rtx_pt=97)
OPUS: Final = m.Codec(111, "opus", 48000, 2)

KEY: Final = bytes.fromhex("1000")
DELTA: Final = bytes.fromhex("1001")
MORE: Final = bytes.fromhex("0000")


def camera(mid: str, extensions: dict[str, int], rids: tuple[str, ...] = ()) -> m.MediaSection:
    """Return its m-line."""
    return m.MediaSection(mid, "video", "publish", (VP8,), extensions, source="camera", rids=rids)


def microphone(mid: str = "1") -> m.MediaSection:
    """Return its m-line."""
    return m.MediaSection(mid, "audio", "publish", (OPUS,), {MID: 4, AUDIO_LEVEL: 1}, source="mic")


def abs_send_time(now: float) -> bytes:
    """Return the extension's value: 24 bits of 6.18 fixed point seconds."""
    return (int(now * (1 << 18)) & 0xFFFFFF).to_bytes(3, "big")


@dataclass(slots=True)
class Stream:
    """One outgoing SSRC; `number` is the extended sequence number of the last packet."""

    world: NetworkWorld
    peer: NetworkPeer
    mid: str
    ssrc: int
    payload_type: int
    number: int = 1000
    packets: int = 0
    octets: int = 0
    transport_wide: int | None = None
    rid: tuple[int, str] | None = None

    def send(self, timestamp: int, payload: bytes, *, marker: bool) -> int:
        """Seal and send; returns the 16-bit sequence number."""
        assert self.peer.srtp is not None
        self.number += 1
        seq16 = self.number & 0xFFFF
        extensions = [(4, self.mid.encode()), (3, abs_send_time(self.world.now))]
        if self.rid is not None:
            extensions.append((self.rid[0], self.rid[1].encode()))
        if self.transport_wide is not None:
            extensions.append((self.transport_wide, self.peer.next_transport_wide()))
        data = rtp.build(
            rtp.RtpPacket(
                marker,
                self.payload_type,
                seq16,
                timestamp & 0xFFFFFFFF,
                self.ssrc,
                tuple(extensions),
                payload,
            )
        )
        length = rtp.header_length(data)
        assert length is not None
        sealed = self.peer.srtp.sender.protect_rtp(data[:length], data[length:], self.ssrc, self.number)
        assert sealed is not None
        self.packets += 1
        self.octets += len(payload)
        self.world.to_plane(self.peer.path, sealed)
        return seq16


@dataclass(slots=True)
class VirtualCamera:
    """A VP8 encoder of steady bitrate; the first packet of each picture carries its number."""

    stream: Stream
    rtx: Stream
    bitrate_bps: float
    wants_key: bool = True
    pictures: int = 0
    keyframes: int = 0
    stopped: bool = False
    sent: dict[int, tuple[int, bytes, bool]] = field(default_factory=dict)

    def picture(self) -> None:
        """Encode and send one picture, its packets spread as a pacer does."""
        if self.stopped:
            return
        world = self.stream.world
        is_key, self.wants_key = self.wants_key, False
        self.keyframes += is_key
        size = self.bitrate_bps / 8 / PICTURES_PER_S * (KEYFRAME_FACTOR if is_key else 1)
        self.pictures += 1
        timestamp = int(world.now * 90000)
        count = max(1, round(size / PACKET_BYTES))
        gap_s = 8 * PACKET_BYTES / (PACING_FACTOR * max(self.bitrate_bps, 300_000))
        for part in range(count):
            head = (KEY if is_key else DELTA) if part == 0 else MORE
            body = self.pictures.to_bytes(4, "big") + bytes(max(1, int(size / count) - 8))
            world.at(world.now + part * gap_s, self._later(timestamp, head + body, marker=part == count - 1))

    def _later(self, timestamp: int, payload: bytes, *, marker: bool) -> "Sending":
        return Sending(self, timestamp, payload, marker)

    def send(self, timestamp: int, payload: bytes, *, marker: bool) -> None:
        """Send one packet and remember it for retransmission."""
        seq16 = self.stream.send(timestamp, payload, marker=marker)
        self.sent.pop(seq16, None)
        self.sent[seq16] = timestamp, payload, marker
        if len(self.sent) > HISTORY:
            del self.sent[next(iter(self.sent))]

    def repair(self, lost: tuple[int, ...]) -> None:
        """Answer a NACK on the RTX stream (RFC 4588)."""
        for seq16 in lost:
            held = self.sent.get(seq16)
            if held is not None:
                timestamp, payload, marker = held
                self.rtx.send(timestamp, seq16.to_bytes(2, "big") + payload, marker=marker)


@dataclass(frozen=True, slots=True)
class Sending:
    """A packet that waits for the pacer."""

    camera: VirtualCamera
    timestamp: int
    payload: bytes
    marker: bool

    def __call__(self) -> None:
        self.camera.send(self.timestamp, self.payload, marker=self.marker)


class VirtualPublisher:
    """Camera at m-line 0 and microphone at 1, sending from the moment it is made.

    `layers` {rid: bits per second} from the smallest; it stops those that nobody wants, as our client does.
    A subclass may bring another `Camera` and another `voice`.
    """

    Camera: ClassVar[type[VirtualCamera]] = VirtualCamera

    def __init__(
        self,
        world: NetworkWorld,
        name: str = "presenter",
        *,
        bitrate_bps: float = 1_000_000,
        layers: dict[str, int] | None = None,
        transport_wide: int | None = None,
    ) -> None:
        self.world = world
        rates: dict[str, float] = {**layers} if layers else {"": bitrate_bps}
        extensions = dict(EXTENSIONS)
        if transport_wide is not None:
            extensions[TRANSPORT_WIDE] = transport_wide
        if layers:
            extensions |= {RID: RID_ID, REPAIRED_RID: REPAIRED_RID_ID}
        self.peer = world.enter(name, camera("0", extensions, tuple(layers or ())), microphone("1"))
        self.heard: list[rtcp.Rtcp] = []
        self.cameras: dict[str, VirtualCamera] = {}
        for number, (rid, rate) in enumerate(rates.items()):
            media = Stream(world, self.peer, "0", 100 + number, VP8.pt, transport_wide=transport_wide)
            rtx = Stream(world, self.peer, "0", 200 + number, 97, transport_wide=transport_wide)
            if rid:
                media.rid, rtx.rid = (RID_ID, rid), (REPAIRED_RID_ID, rid)
            self.cameras[rid] = self.Camera(media, rtx, rate)
        self.sound = Stream(world, self.peer, "1", 13, OPUS.pt)
        self._words_heard = 0
        self.peer.on_rtcp = self._hear
        for one in self.cameras.values():
            world.every(1 / PICTURES_PER_S, one.picture)
        world.every(SOUND_S, self._speak)
        world.every(1.0, self._report)
        world.every(WORD_TAKES_S, self._obey)
        world.advance(0.2)

    @property
    def camera(self) -> VirtualCamera:
        """The only layer, or the largest."""
        return list(self.cameras.values())[-1]

    def track(self, mid: str) -> str:
        """Return the id of a track, for routes."""
        return self.peer.track(mid)

    def voice(self) -> bytes:
        """Return the next 20 ms of Opus."""
        return b"\x78" + bytes(79)

    def _speak(self) -> None:
        self.sound.send(int(self.world.now * 48000), self.voice(), marker=False)

    def _report(self) -> None:
        ntp = int((self.world.now + 3_900_000_000) * (1 << 32))
        streams = [(one.stream, 90000) for one in self.cameras.values()] + [(self.sound, 48000)]
        for stream, rate in streams:
            report = rtcp.SenderReport(
                stream.ssrc, ntp, int(self.world.now * rate), stream.packets, stream.octets
            )
            self.peer.send_rtcp(rtcp.build_sender_report(report))

    def _obey(self) -> None:
        """Stop and start layers as we are told; one that starts begins with a keyframe."""
        words = [n for n in self.world.heard[self._words_heard :] if isinstance(n, m.LayersWanted)]
        self._words_heard = len(self.world.heard)
        for word in words:
            if word.transport == self.peer.name:
                for rid, one in self.cameras.items():
                    one.wants_key = one.wants_key or (one.stopped and rid in word.rids)
                    one.stopped = rid not in word.rids

    def _hear(self, message: rtcp.Rtcp) -> None:
        for one in self.cameras.values():
            match message:
                case rtcp.Nack() if message.media_ssrc == one.stream.ssrc:
                    one.repair(message.lost)
                case rtcp.PictureLoss() if message.media_ssrc == one.stream.ssrc:
                    one.wants_key = True
                case _:
                    pass
        self.heard.append(message)
