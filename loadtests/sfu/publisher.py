"""A publisher: plays the clip to the server, answers PLI with a keyframe and NACK with the same packet."""

import asyncio
import random
import struct
import time
from collections import Counter
from typing import Final

from loadtests.sfu.clip import Clip
from loadtests.sfu.clip_player import ClipPlayer, MediaPacket
from loadtests.sfu.codecs import AUDIO, AUDIO_MID, EXTENSIONS, OPUS, VIDEO, VIDEO_MID, VP8
from loadtests.sfu.link import Link
from loadtests.sfu.send_log import SendLog
from streaming.control.extensions import ABS_SEND_TIME, AUDIO_LEVEL, MID
from streaming.rtp import rtcp
from streaming.rtp.demux import DatagramKind, kind_of
from streaming.rtp.packet import build_extensions
from streaming.rtp.sequence import unwrap16

REPORT_S: Final = 1.0
HISTORY: Final = 1024
_NTP_EPOCH_S: Final = 2_208_988_800
_LEVEL: Final = bytes((0x80 | 30,))
_HEADER: Final = struct.Struct("!BBHII")
_CLOCKS: Final = {AUDIO: OPUS.clock_rate, VIDEO: VP8.clock_rate}
_TYPES: Final = {AUDIO: OPUS.pt, VIDEO: VP8.pt}


class Publisher:
    """Owned by the generator's loop, which calls `handle_timer` at `next_deadline`, `readable` on input."""

    def __init__(self, ssrcs: tuple[int, int], rng: random.Random) -> None:
        """`ssrcs` of sound and picture."""
        self.ssrcs = ssrcs
        self.heard: Counter[str] = Counter()
        """Feedback that reached us: `pli`, `nack` (packets asked for), `remb`."""
        self.logs = (SendLog(rng.randrange(1, 1 << 14)), SendLog(rng.randrange(1, 1 << 14)))
        self._timestamps = (rng.getrandbits(31), rng.getrandbits(31))
        self._rng = rng
        self._link: Link | None = None
        self._player: ClipPlayer | None = None
        self._report_at = 0.0
        self._last: dict[int, tuple[int, float]] = {}
        self._octets = [0, 0]
        self._keyframe_began = 0
        self._history: dict[tuple[int, int], bytes] = {}

    def start(self, link: Link, clip: Clip, now: float) -> None:
        """The link is up: play from some keyframe on."""
        self._link = link
        first = self._rng.randrange(len(clip.video))
        self._player = ClipPlayer(clip, now + self._rng.random() * 0.04, first_frame=first)
        self._report_at = now + 0.1

    def next_deadline(self) -> float:
        """Monotonic seconds."""
        assert self._player is not None
        assert self._link is not None
        assert self._link.ice is not None
        return min(self._player.next_deadline(), self._report_at, self._link.ice.check_at)

    def handle_timer(self, now: float) -> None:
        """Send all that is due."""
        assert self._player is not None
        assert self._link is not None
        assert self._link.ice is not None
        for packet in self._player.poll(now):
            self._send(packet, now)
        if now >= self._report_at:
            self._report_at = now + REPORT_S
            self._send_report(now)
        check = self._link.ice.handle_timer(now)
        if check is not None:
            self._link.send(check)

    def _send(self, packet: MediaPacket, now: float) -> None:
        assert self._link is not None
        assert self._link.srtp is not None
        stream, log = packet.stream, self.logs[packet.stream]
        index = log.next_seq
        timestamp = self._timestamps[stream] + packet.timestamp
        header = _HEADER.pack(
            0x90,
            _TYPES[stream] | (0x80 if packet.marker else 0),
            index & 0xFFFF,
            timestamp & 0xFFFFFFFF,
            self.ssrcs[stream],
        ) + _extension_block(stream, now)
        datagram = self._link.srtp.sender.protect_rtp(header, packet.payload, self.ssrcs[stream], index)
        assert datagram is not None
        if packet.starts_keyframe:
            self._keyframe_began = len(log.sent_ns)
        log.add(len(datagram), time.clock_gettime_ns(time.CLOCK_REALTIME))
        self._link.send(datagram)
        if packet.ends_keyframe:
            log.keyframes.append((self._keyframe_began, len(log.sent_ns) - 1))
        self._last[stream] = timestamp, now
        self._octets[stream] += len(packet.payload)
        self._history[stream, index] = datagram
        if len(self._history) > HISTORY:
            del self._history[next(iter(self._history))]

    def _send_report(self, now: float) -> None:
        assert self._link is not None
        assert self._link.srtp is not None
        wall_s = time.clock_gettime(time.CLOCK_REALTIME) + _NTP_EPOCH_S
        for stream, (timestamp, at) in self._last.items():
            report = rtcp.SenderReport(
                self.ssrcs[stream],
                int(wall_s * (1 << 32)),
                timestamp + int((now - at) * _CLOCKS[stream]),
                len(self.logs[stream].sent_ns),
                self._octets[stream],
            )
            compound = rtcp.build_sender_report(report) + rtcp.build_cname(self.ssrcs[stream], "publisher")
            protected = self._link.srtp.sender.protect_rtcp(compound)
            if protected is not None:
                self._link.send(protected)

    def readable(self) -> None:
        """Feedback waits in the socket."""
        assert self._link is not None
        self._link.drain(self._receive)

    def _receive(self, data: bytes) -> None:
        assert self._link is not None
        assert self._link.srtp is not None
        kind = kind_of(data)
        if kind is DatagramKind.STUN:
            self._link.receive_stun(data, time.monotonic())
        elif kind is DatagramKind.RTCP:
            plain = self._link.srtp.receiver.unprotect_rtcp(data)
            for message in () if plain is None else rtcp.parse(plain):
                self._follow(message)

    def _follow(self, message: rtcp.Rtcp) -> None:
        match message:
            case rtcp.PictureLoss():
                self.heard["pli"] += 1
                if self._player is not None:
                    self._player.request_keyframe()
            case rtcp.Nack() if message.media_ssrc in self.ssrcs:
                self.heard["nack"] += len(message.lost)
                self._repeat(self.ssrcs.index(message.media_ssrc), message.lost)
            case rtcp.Remb():
                self.heard["remb"] += 1
            case _:
                pass

    def _repeat(self, stream: int, lost: tuple[int, ...]) -> None:
        assert self._link is not None
        newest = self.logs[stream].next_seq
        for seq16 in lost:
            datagram = self._history.get((stream, unwrap16(seq16, newest)))
            if datagram is not None:
                self._link.send(datagram)

    def forget(self, loop: asyncio.AbstractEventLoop) -> None:
        """Leave without a word."""
        if self._link is not None:
            loop.remove_reader(self._link.socket.fileno())
            self._link.close()


def _extension_block(stream: int, now: float) -> bytes:
    ids = EXTENSIONS["audio" if stream == AUDIO else "video"]
    mid = AUDIO_MID if stream == AUDIO else VIDEO_MID
    elements = [(ids[MID], mid.encode()), (ids[ABS_SEND_TIME], int(now * (1 << 18)).to_bytes(8, "big")[-3:])]
    if stream == AUDIO:
        elements.append((ids[AUDIO_LEVEL], _LEVEL))
    return build_extensions(elements)
