"""A virtual subscriber that behaves like a browser: RTX, NACK, PLI, receiver reports, REMB, playout."""

from typing import Final

from streaming.control import messages as m
from streaming.control.extensions import ABS_SEND_TIME, AUDIO_LEVEL, MID
from streaming.rtp import rtcp
from streaming.rtp.packet import RtpPacket
from streaming.rtp.reception import ReceptionStatistics
from streaming.rtp.sequence import SequenceUnwrapper, unwrap32
from tests.streaming.network.playout import SOUND_S, SoundPlayout, VideoPlayout
from tests.streaming.network.remb import RembSender
from tests.streaming.network.world import NetworkWorld

VIDEO: Final = m.Codec(120, "VP8", 90000, rtcp_fb=("nack", "nack pli", "goog-remb"), rtx_pt=121)
SOUND: Final = m.Codec(122, "opus", 48000, 2)
SEND_TIME_ID: Final = 3
LOOK_EVERY_S: Final = 0.02
REPORT_EVERY_S: Final = 1.0
OUR_SSRC: Final = 99


class VirtualViewer:
    """Video slots `0`… and one sound slot `s`, or less. `says_nothing`: it sends no reports at all."""

    def __init__(
        self,
        world: NetworkWorld,
        name: str = "viewer",
        *,
        videos: int = 1,
        sounds: int = 1,
        has_remb: bool = True,
        says_nothing: bool = False,
        answers: bool = True,
    ) -> None:
        self.world = world
        sections = [
            m.MediaSection(str(n), "video", "subscribe", (VIDEO,), {MID: 9, ABS_SEND_TIME: SEND_TIME_ID})
            for n in range(videos)
        ] + [
            m.MediaSection(f"s{n}" if n else "s", "audio", "subscribe", (SOUND,), {MID: 9, AUDIO_LEVEL: 6})
            for n in range(sounds)
        ]
        self.peer = world.enter(name, *sections, answers=answers)
        self.name = name
        self.video = {s.mid: VideoPlayout() for s in sections if s.kind == "video"}
        self.sound = {s.mid: SoundPlayout() for s in sections if s.kind == "audio"}
        self.remb: RembSender | None = RembSender() if has_remb else None
        self.rtx_packets = 0
        self.received_bytes = 0
        self.rembs: list[tuple[float, int]] = []
        self._by_ssrc: dict[int, tuple[str, bool]] = {}
        for section in sections:
            ssrc, rtx_ssrc = self.peer.local_ssrc(section.mid)
            self._by_ssrc[ssrc] = section.mid, False
            if rtx_ssrc is not None:
                self._by_ssrc[rtx_ssrc] = section.mid, True
        self._ssrc_of = {mid: ssrc for ssrc, (mid, is_rtx) in self._by_ssrc.items() if not is_rtx}
        self._reception: dict[int, _Stream] = {}
        self.peer.on_rtp = self._receive
        self.peer.on_rtcp = self._hear
        world.every(SOUND_S, self._play)
        if not says_nothing:
            world.every(LOOK_EVERY_S, self._look)
            world.every(REPORT_EVERY_S, self._report)

    def watch(self, publisher_track: str, mid: str, **route: int) -> None:
        """Have a slot fed."""
        kind = 0 if mid.startswith("s") else 2
        wanted = m.Route(self.name, mid, publisher_track, priority=route.get("priority", kind))
        self.world.plane.set_routes([wanted], self.world.now)
        self.world.pump()

    def _receive(self, packet: RtpPacket, size: int) -> None:
        now = self.world.now
        known = self._by_ssrc.get(packet.ssrc)
        if known is None:
            return
        mid, is_rtx = known
        self.received_bytes += size
        if self.remb is not None:
            for number, value in packet.extensions:
                if number == SEND_TIME_ID:
                    self.remb.receive(value, size, now)
        if is_rtx:
            self.rtx_packets += 1
            if len(packet.payload) > 2:
                seq16 = int.from_bytes(packet.payload[:2], "big")
                self.video[mid].receive(packet, seq16, packet.payload[2:], now)
            return
        stream = self._reception.get(packet.ssrc)
        if stream is None:
            stream = self._reception[packet.ssrc] = _Stream(48000 if mid in self.sound else 90000)
        stream.receive(packet, now)
        if mid in self.sound:
            self.sound[mid].receive(packet)
        else:
            self.video[mid].receive(packet, packet.seq16, packet.payload, now)

    def _hear(self, message: rtcp.Rtcp) -> None:
        if isinstance(message, rtcp.SenderReport) and message.ssrc in self._reception:
            self._reception[message.ssrc].statistics.receive_sender_report(message.ntp, self.world.now)

    def _play(self) -> None:
        for playout in self.sound.values():
            playout.step(self.world.now)

    def _look(self) -> None:
        now = self.world.now
        for mid, playout in self.video.items():
            asks = playout.asks(now)
            if asks:
                self._send(rtcp.build_nack(OUR_SSRC, self._ssrc_of[mid], asks))
            if playout.needs_keyframe(now):
                self._send(rtcp.build_picture_loss(OUR_SSRC, self._ssrc_of[mid]))
        bitrate_bps = None if self.remb is None else self.remb.due(now)
        if bitrate_bps is not None:
            self.rembs.append((now, bitrate_bps))
            self._send(rtcp.build_remb(OUR_SSRC, bitrate_bps, tuple(self._ssrc_of.values())))

    def _report(self) -> None:
        now = self.world.now
        blocks = tuple(s.statistics.report(ssrc, now) for ssrc, s in self._reception.items())
        self._send(b"", blocks)

    def _send(self, feedback: bytes, blocks: tuple[rtcp.ReportBlock, ...] = ()) -> None:
        report = rtcp.build_receiver_report(rtcp.ReceiverReport(OUR_SSRC, blocks))
        self.peer.send_rtcp(report + rtcp.build_cname(OUR_SSRC, "viewer") + feedback)


class _Stream:
    """One incoming SSRC."""

    def __init__(self, clock_rate: int) -> None:
        self.statistics = ReceptionStatistics(clock_rate)
        self._sequence = SequenceUnwrapper()
        self._timestamp: int | None = None

    def receive(self, packet: RtpPacket, now: float) -> None:
        """Count it."""
        near = packet.timestamp if self._timestamp is None else self._timestamp
        self._timestamp = unwrap32(packet.timestamp, near)
        self.statistics.receive_packet(self._sequence.unwrap(packet.seq16), self._timestamp, now)
