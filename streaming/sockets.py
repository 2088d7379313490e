"""The sockets of a media process: UDP and TCP, one per local address, all on one port; their candidates."""

import errno
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import ifaddr

from streaming.control.messages import Candidate, OpenPipe
from streaming.forwarding.hot_path import Path
from streaming.forwarding.hot_path.batch import IP_MTU_DISCOVER, IP_PMTUDISC_DO

BUFFER_BYTES: Final = 4 << 20
UNSENT_BYTES: Final = 64 * 1024
"""Of one TCP connection, in the kernel: what waits there can neither be dropped nor overtaken."""
_HOST_PREFERENCE: Final = 126
_TCP_HOST_PREFERENCE: Final = 90
"""Below UDP of any kind but a relay: TCP is for those whom nothing else lets through."""
_PASSIVE_PREFERENCE: Final = 4
_BACKLOG: Final = 256
_PICKS: Final = 20


class PortInUse(Exception):
    """Somebody else listens at the media port."""


def local_addresses(host: str) -> list[str]:
    """The addresses to bind for `--host`: that one, or all of the machine for `0.0.0.0` and `::`."""
    if host == "localhost":
        return ["127.0.0.1"]
    wanted = ipaddress.ip_address(host)
    if not wanted.is_unspecified:
        return [host]
    found = [
        ipaddress.ip_address(address.ip if isinstance(address.ip, str) else address.ip[0])
        for adapter in ifaddr.get_adapters()
        for address in adapter.ips
    ]
    usable = sorted(
        {
            a
            for a in found
            if not (a.is_loopback or a.is_link_local) and (a.version == 4 or wanted.version == 6)
        },
        key=lambda a: (a.version, int(a)),
    )
    return [str(address) for address in usable] or ["127.0.0.1"]


@dataclass(frozen=True, slots=True)
class MediaPorts:
    """The sockets of a media process: `udp` and, unless TCP is off or its port taken, listening `tcp`."""

    udp: list[socket.socket]
    tcp: list[socket.socket]


def open_ports(addresses: Sequence[str], port: int, *, tcp: bool = True) -> MediaPorts:
    """UDP and TCP at the same port number; port 0 picks one that both can have.

    A TCP port that somebody else has costs ICE-TCP and nothing else. Raises PortInUse (UDP), OSError.
    """
    for _ in range(_PICKS if port == 0 else 1):
        udp = bind_all(addresses, port)
        if not tcp:
            return MediaPorts(udp, [])
        try:
            return MediaPorts(udp, listen_all(addresses, udp[0].getsockname()[1]))
        except PortInUse:
            if port:
                return MediaPorts(udp, [])
            for one in udp:
                one.close()
    msg = "no port is free for both UDP and TCP"
    raise PortInUse(msg)


def bind_all(addresses: Sequence[str], port: int) -> list[socket.socket]:
    """One non-blocking UDP socket per address; port 0 picks one for all. Raises PortInUse, OSError."""
    return _bind(addresses, port, socket.SOCK_DGRAM)


def listen_all(addresses: Sequence[str], port: int) -> list[socket.socket]:
    """One listening, non-blocking TCP socket per address. Raises PortInUse, OSError."""
    return _bind(addresses, port, socket.SOCK_STREAM)


def _bind(addresses: Sequence[str], port: int, kind: socket.SocketKind) -> list[socket.socket]:
    bound: list[socket.socket] = []
    try:
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            one = socket.socket(family, kind)
            bound.append(one)
            one.setblocking(False)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if kind is socket.SOCK_DGRAM:
                for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                    one.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
                if family == socket.AF_INET:  # what may not be cut needs no identification, which costs 5 %
                    one.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
            else:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((address, port))
            port = one.getsockname()[1]
            if kind is socket.SOCK_STREAM:
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
                one.listen(_BACKLOG)  # connections inherit the options
    except OSError as error:
        for one in bound:
            one.close()
        if error.errno == errno.EADDRINUSE:
            protocol = "UDP" if kind is socket.SOCK_DGRAM else "TCP"
            msg = f"{protocol} port {port} of {address} is in use; choose another with LECTERN_MEDIA_PORT"
            raise PortInUse(msg) from error
        raise
    return bound


def candidates(
    bound: Iterable[socket.socket], public_ips: Sequence[str], *, tcp: bool = False
) -> list[Candidate]:
    """Host candidates, public addresses first: some clients use only the first (RFC 8445 section 5.1.2.1).

    With `tcp`, passive TCP candidates of the same addresses follow (RFC 6544 section 4.5).
    """
    port = 0
    local: list[str] = []
    for one in bound:
        address, port = one.getsockname()[:2]
        local.append(address)
    addresses = list(dict.fromkeys([*public_ips, *local]))
    udp = [
        Candidate(str(number + 1), _HOST_PREFERENCE << 24 | (65535 - number) << 8 | 255, address, port)
        for number, address in enumerate(addresses)
    ]
    if not tcp:
        return udp
    return udp + [
        Candidate(
            str(len(addresses) + number + 1),
            _TCP_HOST_PREFERENCE << 24 | (_PASSIVE_PREFERENCE << 13 | 8191 - number) << 8 | 255,
            address,
            port,
            protocol="tcp",
            tcptype="passive",
        )
        for number, address in enumerate(addresses)
    ]


def path_between(bound: Sequence[socket.socket], request: OpenPipe) -> Path | None:
    """From which socket to where a pipe goes, as `recvfrom` will name it; None when no socket fits."""
    family = socket.AF_INET6 if ":" in request.remote_address else socket.AF_INET
    for number, one in enumerate(bound):
        if one.family == family and request.local_address in {"", one.getsockname()[0]}:
            remote = request.remote_address, request.remote_port
            return number, remote if family == socket.AF_INET else (*remote, 0, 0)
    return None
