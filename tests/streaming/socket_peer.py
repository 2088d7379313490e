"""A peer of our own over real sockets, UDP or TCP, that can change its network: STUN, DTLS, SRTP, counters.

It speaks like a browser: nominating checks, answers to questions, receiver reports. Pictures carry a counter.
"""

import asyncio
import secrets
import socket
import time
from datetime import UTC, datetime

from streaming.control import messages as m
from streaming.dtls import DtlsEndpoint, DtlsState, Identity
from streaming.ice import stun
from streaming.ice.framing import FrameReader, frame
from streaming.rtp import packet as rtp
from streaming.rtp import rtcp
from streaming.rtp.demux import DatagramKind, kind_of
from streaming.srtp import SrtpSessions
from tests.streaming.media_process import ROOM, Media

VP8 = m.Codec(96, "VP8", 90000, rtcp_fb=("nack", "nack pli"))
KEY = bytes.fromhex("1000")
PICTURES_S = 0.04
CHECK_S = 0.5
IDENTITY = Identity.generate(datetime.now(UTC))
CONTEXT = IDENTITY.context()
"""OpenSSL keeps it for all connections."""


class SocketPeer:
    """`publish` or `subscribe` one video m-line with mid 0. `run` owns its socket, until cancelled."""

    def __init__(self, media: Media, name: str, direction: m.Direction) -> None:
        self.media = media
        self.name = name
        self.ufrag, self.pwd = secrets.token_hex(4), secrets.token_hex(16)
        section = m.MediaSection("0", "video", direction, (VP8,), {}, ssrcs=(1,), source="camera")
        if direction == "subscribe":
            section = m.MediaSection("0", "video", direction, (VP8,))
        self.section = section
        self.received: list[tuple[float, int]] = []
        self.srtp: SrtpSessions | None = None
        self.connected = asyncio.Event()
        self.questions = 0
        self.sent = 0
        self.is_dead = False
        self._socket: socket.socket | None = None
        self._reader = FrameReader()
        self._is_tcp = False
        self._server: tuple[str, int] = ("", 0)
        self._user = self._password = ""
        self._dtls: DtlsEndpoint | None = None

    async def negotiate(self) -> m.LocalParameters:
        """Create the transport; keeps our credentials for checks."""
        remote = m.RemoteParameters(self.ufrag, self.pwd, "client", (IDENTITY.fingerprint,), (self.section,))
        local = await self.media.client.create_transport(self.name, ROOM, f"person-{self.name}", remote)
        self._take(local.ice_ufrag, local.ice_pwd)
        self._dtls = DtlsEndpoint(CONTEXT, "client", (local.fingerprint,))
        return local

    async def restart(self) -> None:
        """An ICE restart: the next check uses new credentials."""
        self.ufrag, self.pwd = secrets.token_hex(4), secrets.token_hex(16)
        ice = await self.media.client.restart_ice(self.name, self.ufrag, self.pwd)
        self._take(ice.ice_ufrag, ice.ice_pwd)

    def _take(self, ufrag: str, pwd: str) -> None:
        self._user, self._password = f"{ufrag}:{self.ufrag}", pwd

    def use(self, one: socket.socket, server: tuple[str, int]) -> None:
        """Speak through this socket from now on (a TCP one is connected); the earlier one is forgotten."""
        loop = asyncio.get_running_loop()
        if self._socket is not None:
            loop.remove_reader(self._socket)
            self._socket.close()
        one.setblocking(False)
        self._socket, self._server, self._reader = one, server, FrameReader()
        self._is_tcp = one.type == socket.SOCK_STREAM
        loop.add_reader(one, self._readable)
        self.check()

    async def run(self) -> None:
        """Checks, handshake, pictures and reports in time, until cancelled."""
        next_check = next_picture = next_report = time.monotonic()
        try:
            while True:
                await asyncio.sleep(0.01)
                now = time.monotonic()
                if self.is_dead or self._socket is None:
                    continue
                if now >= next_check:
                    next_check = now + CHECK_S
                    self.check()
                self._handshake(now)
                if self.srtp is not None and now >= next_report:
                    next_report = now + 1.0
                    report = rtcp.build_receiver_report(rtcp.ReceiverReport(7))
                    sealed = self.srtp.sender.protect_rtcp(report + rtcp.build_cname(7, self.name))
                    assert sealed is not None
                    self._send(sealed)
                while self.srtp is not None and self.section.direction == "publish" and now >= next_picture:
                    next_picture += PICTURES_S
                    self._send_picture()
        finally:
            if self._socket is not None:
                asyncio.get_running_loop().remove_reader(self._socket)
                self._socket.close()

    def check(self) -> None:
        """A nominating connectivity check."""
        attributes = [
            (stun.USERNAME, self._user.encode()),
            (stun.ICE_CONTROLLING, bytes(8)),
            (stun.USE_CANDIDATE, b""),
        ]
        transaction = secrets.token_bytes(12)
        self._send(stun.build(stun.BINDING_REQUEST, transaction, attributes, self._password.encode()))

    def _send_picture(self) -> None:
        assert self.srtp is not None
        self.sent += 1
        number = self.sent
        payload = KEY + number.to_bytes(4, "big") + bytes(900)
        data = rtp.build(rtp.RtpPacket(True, 96, number & 0xFFFF, number * 3600, 1, (), payload))
        length = rtp.header_length(data)
        assert length is not None
        sealed = self.srtp.sender.protect_rtp(data[:length], data[length:], 1, number)
        assert sealed is not None
        self._send(sealed)

    def _send(self, datagram: bytes) -> None:
        assert self._socket is not None
        try:
            if self._is_tcp:
                self._socket.send(frame(datagram))
            else:
                self._socket.sendto(datagram, self._server)
        except OSError:
            return  # this network is gone, as in life

    def _readable(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(65536)
        except OSError:
            return
        if not data and self._is_tcp:
            asyncio.get_running_loop().remove_reader(self._socket)
            return
        if not self.is_dead:
            for datagram in self._reader.receive_data(data) if self._is_tcp else [data]:
                self._receive(datagram)

    def _receive(self, datagram: bytes) -> None:
        now = time.monotonic()
        match kind_of(datagram):
            case DatagramKind.STUN:
                self._receive_stun(datagram)
            case DatagramKind.DTLS:
                assert self._dtls is not None
                self._dtls.receive_datagram(datagram, now)
                self._handshake(now)
            case DatagramKind.RTP if self.srtp is not None:
                plain = self.srtp.receiver.unprotect_rtp(datagram)
                packet = None if plain is None else rtp.parse(plain)
                if packet is not None:
                    self.received.append((now, int.from_bytes(packet.payload[2:6], "big")))
            case _:
                pass

    def _receive_stun(self, datagram: bytes) -> None:
        message = stun.parse(datagram)
        assert message is not None
        if message.message_type == stun.BINDING_REQUEST:
            if not message.is_signed_with(self.pwd.encode()):
                return  # asked before our restart
            self.questions += 1
            self._send(stun.build(stun.BINDING_SUCCESS, message.transaction_id, [], self.pwd.encode()))
        elif message.message_type == stun.BINDING_SUCCESS and self._dtls is not None:
            self._dtls.start(time.monotonic())
            self._handshake(time.monotonic())

    def _handshake(self, now: float) -> None:
        dtls = self._dtls
        if dtls is None:
            return
        deadline = dtls.next_deadline()
        if deadline is not None and now >= deadline:
            dtls.handle_timer(now)
        for datagram in dtls.poll_output():
            self._send(datagram)
        if dtls.state is DtlsState.CONNECTED and self.srtp is None:
            self.srtp = dtls.srtp
            self.connected.set()

    async def receive(self, count: int, timeout: float = 15.0) -> list[tuple[float, int]]:
        """Wait for so many more pictures."""
        have = len(self.received)
        async with asyncio.timeout(timeout):
            while len(self.received) < have + count:
                await asyncio.sleep(0.01)
        return self.received[have:]


def udp(host: str = "127.0.0.1") -> socket.socket:
    """A new UDP socket at a port of its own."""
    one = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((host, 0))
    return one


def tcp(server: tuple[str, int]) -> socket.socket:
    """A TCP connection to the media process."""
    return socket.create_connection(server, timeout=5)


def candidate_of(local: m.LocalParameters, protocol: str = "udp") -> tuple[str, int]:
    """Where the media process listens."""
    found = next(c for c in local.candidates if c.protocol == protocol)
    return found.address, found.port
