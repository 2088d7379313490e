"""One peer connection's transport: a UDP socket, ICE, then DTLS, until there are SRTP keys."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from OpenSSL import SSL

from loadtests.sfu.full_ice import FullIce, IceCredentials
from streaming.control.messages import DtlsRole, Fingerprint
from streaming.dtls import DtlsEndpoint, DtlsState, Identity
from streaming.rtp.demux import DatagramKind, kind_of
from streaming.srtp import SrtpSessions

CONNECT_TIMEOUT_S: Final = 20.0
_POLL_S: Final = 0.01
_BUFFER_BYTES: Final = 1 << 20
_SO_TIMESTAMPNS: Final = 35
MAX_DATAGRAM_BYTES: Final = 2048


class NoConnection(Exception):
    """The server could not be reached, or it refused the handshake."""


@dataclass(frozen=True, slots=True)
class Browser:
    """What all links of one run share: one certificate, and the address that they send from."""

    address: str
    identity: Identity
    context: SSL.Context


@dataclass(frozen=True, slots=True)
class RemoteEnd:
    """What the server's description says. `dtls_role` is ours, as is `is_controlling`."""

    address: str
    port: int
    credentials: IceCredentials
    fingerprints: tuple[Fingerprint, ...]
    dtls_role: DtlsRole
    is_controlling: bool


class Link:
    """See the module. After `connect` there are `srtp` and `ice`, and whoever takes over reads the socket."""

    def __init__(self, browser: Browser) -> None:
        self.credentials = IceCredentials.random()
        self.fingerprint = browser.identity.fingerprint
        self.srtp: SrtpSessions | None = None
        self.ice: FullIce | None = None
        self._context = browser.context
        self._remote: RemoteEnd | None = None
        self.early: list[tuple[bytes, int]] = []
        """Media that came together with the end of the handshake, and when (wall clock, ns)."""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self.socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.socket.bind((browser.address, 0))

    @property
    def address(self) -> str:
        """Our candidate's."""
        return str(self.socket.getsockname()[0])

    @property
    def port(self) -> int:
        """Our candidate's."""
        return int(self.socket.getsockname()[1])

    async def connect(self, remote: RemoteEnd) -> None:
        """Returns when there are keys. Raises NoConnection."""
        self._remote = remote
        self.socket.connect((remote.address, remote.port))
        now = time.monotonic()
        self.ice = FullIce(
            self.credentials, remote.credentials, is_controlling=remote.is_controlling, now=now
        )
        dtls = DtlsEndpoint(self._context, remote.dtls_role, remote.fingerprints)
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()
        loop.add_reader(self.socket.fileno(), arrived.set)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                while dtls.state is not DtlsState.CONNECTED:
                    self._advance(dtls, self.ice)
                    if dtls.state in {DtlsState.FAILED, DtlsState.CLOSED}:
                        msg = f"DTLS: {dtls.reason}"
                        raise NoConnection(msg)
                    arrived.clear()
                    if self._is_quiet():
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(arrived.wait(), _POLL_S)
        except TimeoutError:
            stage = "DTLS" if self.ice.is_connected else "ICE"
            msg = f"{stage} took longer than {CONNECT_TIMEOUT_S:g} s"
            raise NoConnection(msg) from None
        finally:
            loop.remove_reader(self.socket.fileno())
        self._send_all(dtls.poll_output())
        self.srtp = dtls.srtp

    def _is_quiet(self) -> bool:
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False

    def _advance(self, dtls: DtlsEndpoint, ice: FullIce) -> None:
        now = time.monotonic()
        self.drain(lambda data: self._take(data, dtls, ice, now))
        check = ice.handle_timer(now)
        if check is not None:
            self.send(check)
        if ice.is_connected:
            dtls.start(now)
            deadline = dtls.next_deadline()
            if deadline is not None and now >= deadline:
                dtls.handle_timer(now)
        self._send_all(dtls.poll_output())

    def _take(self, data: bytes, dtls: DtlsEndpoint, ice: FullIce, now: float) -> None:
        kind = kind_of(data)
        if kind is DatagramKind.STUN:
            self.receive_stun(data, now)
        elif kind is DatagramKind.DTLS:
            dtls.start(now)
            dtls.receive_datagram(data, now)
        elif kind is not DatagramKind.UNKNOWN:
            self.early.append((data, time.clock_gettime_ns(time.CLOCK_REALTIME)))

    def receive_stun(self, data: bytes, now: float) -> None:
        """Answer a check, note an answer."""
        assert self.ice is not None
        assert self._remote is not None
        answer = self.ice.receive_datagram(data, self._remote.address, self._remote.port, now)
        if answer is not None:
            self.send(answer)

    def drain(self, take: Callable[[bytes], None]) -> None:
        """Read all that waits in the socket."""
        while True:
            try:
                data = self.socket.recv(MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error of an earlier send
                continue
            take(data)

    def send(self, datagram: bytes) -> None:
        """What does not fit is lost, as on a network."""
        with contextlib.suppress(OSError):
            self.socket.send(datagram)

    def _send_all(self, datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            self.send(datagram)

    def close(self) -> None:
        """Go without a word."""
        self.socket.close()
