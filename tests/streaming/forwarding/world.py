"""A forwarding plane and peers around it in virtual time: real STUN, DTLS and SRTP, no sockets."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from streaming.control import messages as m
from streaming.control.extensions import AUDIO_LEVEL, MID
from streaming.dtls import DtlsEndpoint, DtlsState, Identity
from streaming.forwarding.hot_path import Path
from streaming.forwarding.plane import TICK_S, ForwardingPlane
from streaming.ice import stun
from streaming.rtp import packet as rtp
from streaming.rtp import rtcp
from streaming.rtp.demux import DatagramKind, kind_of
from streaming.srtp import SrtpSessions

SERVER = Identity.generate(datetime(2026, 1, 1, tzinfo=UTC))
CLIENT = Identity.generate(datetime(2026, 1, 1, tzinfo=UTC))
CLIENT_CONTEXT = CLIENT.context()
NTP_OFFSET_S = 4_000_000_000.0
ROOM = "room"

VP8 = m.Codec(96, "VP8", 90000, rtcp_fb=("nack", "nack pli"), rtx_pt=97)
VP8_BARE = m.Codec(100, "VP8", 90000)
H264 = m.Codec(102, "H264", 90000, fmtp="packetization-mode=1", rtx_pt=103)
OPUS = m.Codec(111, "opus", 48000, 2)

KEY = bytes.fromhex("1000") + b"key"
DELTA = bytes.fromhex("1001") + b"delta"
MORE = bytes.fromhex("0000") + b"more"


def camera(mid: str = "0", *codecs: m.Codec) -> m.MediaSection:
    return m.MediaSection(mid, "video", "publish", codecs or (VP8,), {MID: 4}, source="camera")


def mic(mid: str = "1") -> m.MediaSection:
    return m.MediaSection(mid, "audio", "publish", (OPUS,), {MID: 4, AUDIO_LEVEL: 1}, source="mic")


def slot(mid: str = "0", *codecs: m.Codec, audio_level: int = 6) -> m.MediaSection:
    chosen = codecs or (m.Codec(120, "VP8", 90000, rtx_pt=121),)
    kind: m.Kind = "audio" if chosen[0].name == "opus" else "video"
    extensions = {MID: 9, AUDIO_LEVEL: audio_level} if kind == "audio" else {MID: 9}
    return m.MediaSection(mid, kind, "subscribe", chosen, extensions)


class World:
    """The plane, its peers, and the network between them, which drops a datagram when `loses()`."""

    def __init__(self) -> None:
        self.now = 100.0
        self.plane = ForwardingPlane(
            identity=SERVER,
            candidates=[m.Candidate("1", 1, "192.0.2.1", 7882)],
            rng=Random(7),
            ntp_offset_s=NTP_OFFSET_S,
        )
        self.plane.open_room(ROOM)
        self.peers: dict[str, VirtualPeer] = {}
        self.by_path: dict[Path, VirtualPeer] = {}
        self.heard: list[m.Notification] = []
        self.loses: Callable[[], bool] = lambda: False

    def join(self, name: str, *media: m.MediaSection, connect: bool = True) -> "VirtualPeer":
        peer = VirtualPeer(self, name, media, len(self.peers))
        self.peers[name] = peer
        if connect:
            peer.connect()
            self.advance(0.1)
            assert peer.srtp is not None
        return peer

    def to_plane(self, path: Path, data: bytes) -> None:
        if not self.loses():
            self.plane.receive_datagram(data, path, self.now)
        self.pump()

    def pump(self) -> None:
        while True:
            output = self.plane.poll_output()
            self.heard += self.plane.events()
            if not output:
                return
            for path, datagram in output:
                peer = self.by_path.get(path)
                if peer is not None and not self.loses():
                    peer.receive(datagram)

    def advance(self, seconds: float) -> None:
        end = self.now + seconds - 1e-9
        while self.now < end:
            self.now += TICK_S
            self.plane.handle_timer(self.now)
            self.pump()
            for peer in self.peers.values():
                peer.handle_timer()

    def route(self, peer: "VirtualPeer", mid: str, track: str | None) -> tuple[m.Route, ...]:
        missing = self.plane.set_routes([m.Route(peer.name, mid, track)], self.now)
        self.pump()
        return missing

    def notices(self, kind: type[m.Notification]) -> list[m.Notification]:
        return [n for n in self.heard if isinstance(n, kind)]


class VirtualPeer:
    """A peer that offers `media`, and keeps everything that it receives."""

    def __init__(self, world: World, name: str, media: tuple[m.MediaSection, ...], number: int) -> None:
        self.world = world
        self.name = name
        self.path: Path = (0, (f"10.0.0.{number + 1}", 5000))
        self.answers = False
        self.received: list[rtp.RtpPacket] = []
        self.raw: list[bytes] = []
        self.feedback: list[rtcp.Rtcp] = []
        self.srtp: SrtpSessions | None = None
        self.ufrag, self.pwd = f"ufrag{number}", "p" * 24
        self.old_pwd = self.pwd
        remote = m.RemoteParameters(self.ufrag, self.pwd, "client", (CLIENT.fingerprint,), media)
        self.local = world.plane.create_transport(
            m.CreateTransport(name, ROOM, f"person-{name}", remote), world.now
        )
        self.user = f"{self.local.ice_ufrag}:{self.ufrag}"
        self.password = self.local.ice_pwd
        self.dtls = DtlsEndpoint(CLIENT_CONTEXT, "client", (self.local.fingerprint,))

    def track(self, mid: str = "0") -> str:
        return f"{self.name}:{mid}"

    def check(self, path: Path | None = None) -> None:
        """A nominating connectivity check."""
        self.path = path or self.path
        self.world.by_path[self.path] = self
        self.forge_check(self.path)

    def forge_check(self, path: Path) -> None:
        """A check of mine that seems to come from `path`, wherever I am."""
        attributes = [(stun.USERNAME, self.user.encode()), (stun.USE_CANDIDATE, b"")]
        request = stun.build(stun.BINDING_REQUEST, bytes(12), attributes, self.password.encode())
        self.world.to_plane(path, request)

    def restart(self) -> None:
        """Agree on new ICE credentials; the next check uses them."""
        self.old_pwd, self.ufrag, self.pwd = self.pwd, f"{self.ufrag}again", "q" * 24
        ours = self.world.plane.restart_ice(m.RestartIce(self.name, self.ufrag, self.pwd))
        self.user, self.password = f"{ours.ice_ufrag}:{self.ufrag}", ours.ice_pwd

    def _answer(self, datagram: bytes) -> None:
        """A browser's answer to a question of the plane."""
        question = stun.parse(datagram)
        if question is None or question.message_type != stun.BINDING_REQUEST or not self.answers:
            return
        used = next(p for p in (self.pwd, self.old_pwd) if question.is_signed_with(p.encode()))
        reply = stun.build(stun.BINDING_SUCCESS, question.transaction_id, [], used.encode())
        self.world.to_plane(self.path, reply)

    def connect(self) -> None:
        self.check()
        self.dtls.start(self.world.now)
        self._send_handshake()

    def _send_handshake(self) -> None:
        for datagram in self.dtls.poll_output():
            self.world.to_plane(self.path, datagram)
        if self.dtls.state is DtlsState.CONNECTED and self.srtp is None:
            self.srtp = self.dtls.srtp

    def handle_timer(self) -> None:
        deadline = self.dtls.next_deadline()
        if deadline is not None and self.world.now >= deadline:
            self.dtls.handle_timer(self.world.now)
            self._send_handshake()

    def receive(self, datagram: bytes) -> None:
        kind = kind_of(datagram)
        if kind is DatagramKind.STUN:
            self._answer(datagram)
        elif kind is DatagramKind.DTLS:
            self.dtls.receive_datagram(datagram, self.world.now)
            self._send_handshake()
        elif kind is DatagramKind.RTP:
            assert self.srtp is not None
            plain = self.srtp.receiver.unprotect_rtp(datagram)
            self.raw.append(datagram)
            if plain is not None:
                parsed = rtp.parse(plain)
                assert parsed is not None
                self.received.append(parsed)
        elif kind is DatagramKind.RTCP:
            assert self.srtp is not None
            plain = self.srtp.receiver.unprotect_rtcp(datagram)
            assert plain is not None
            self.feedback += rtcp.parse(plain)

    def seal(self, seq: int, timestamp: int, payload: bytes, *, pt: int = 96, ssrc: int = 1, mid: str = "0",
             extensions: tuple[tuple[int, bytes], ...] = ()) -> bytes:  # fmt: skip
        """An SRTP packet of mine; `seq` is extended."""
        assert self.srtp is not None
        everything = ((4, mid.encode()), *extensions)
        data = rtp.build(
            rtp.RtpPacket(True, pt, seq & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc, everything, payload)
        )
        length = rtp.header_length(data)
        assert length is not None
        sealed = self.srtp.sender.protect_rtp(data[:length], data[length:], ssrc, seq)
        assert sealed is not None
        return sealed

    def send(self, seq: int, timestamp: int, payload: bytes, *, pt: int = 96, ssrc: int = 1, mid: str = "0",
             extensions: tuple[tuple[int, bytes], ...] = ()) -> None:  # fmt: skip
        sealed = self.seal(seq, timestamp, payload, pt=pt, ssrc=ssrc, mid=mid, extensions=extensions)
        self.world.to_plane(self.path, sealed)

    def send_rtcp(self, compound: bytes) -> None:
        assert self.srtp is not None
        sealed = self.srtp.sender.protect_rtcp(compound)
        assert sealed is not None
        self.world.to_plane(self.path, sealed)

    def film(self, first: int, count: int, *, key_every: int = 0, ssrc: int = 1, mid: str = "0") -> None:
        """`count` pictures of one packet, 25 a second, beginning with a keyframe."""
        for i in range(count):
            is_key = i == 0 or (key_every and i % key_every == 0)
            self.send(first + i, (first + i) * 3600, KEY if is_key else DELTA, ssrc=ssrc, mid=mid)
            self.world.advance(0.04)

    def local_ssrc(self, mid: str = "0") -> tuple[int, int | None]:
        section = next(s for s in self.local.media if s.mid == mid)
        assert section.ssrc is not None
        return section.ssrc, section.rtx_ssrc

    def asked(self, kind: type[rtcp.Rtcp]) -> list[rtcp.Rtcp]:
        return [f for f in self.feedback if isinstance(f, kind)]
