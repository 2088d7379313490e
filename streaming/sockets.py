"""The UDP sockets of a media process: one per local address, all on one port, and their candidates."""

import errno
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Final

import ifaddr

from streaming.control.messages import Candidate, OpenPipe
from streaming.forwarding.hot_path import Path

BUFFER_BYTES: Final = 4 << 20
_HOST_PREFERENCE: Final = 126


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


def bind_all(addresses: Sequence[str], port: int) -> list[socket.socket]:
    """One non-blocking socket per address; port 0 picks one for all. Raises PortInUse, OSError."""
    bound: list[socket.socket] = []
    try:
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            one = socket.socket(family, socket.SOCK_DGRAM)
            bound.append(one)
            one.setblocking(False)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                one.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
            one.bind((address, port))
            port = one.getsockname()[1]
    except OSError as error:
        for one in bound:
            one.close()
        if error.errno == errno.EADDRINUSE:
            msg = f"UDP port {port} of {address} is in use; choose another with LECTERN_MEDIA_PORT"
            raise PortInUse(msg) from error
        raise
    return bound


def candidates(bound: Iterable[socket.socket], public_ips: Sequence[str]) -> list[Candidate]:
    """Host candidates, public addresses first: some clients use only the first (RFC 8445 section 5.1.2.1)."""
    port = 0
    local: list[str] = []
    for one in bound:
        address, port = one.getsockname()[:2]
        local.append(address)
    addresses = list(dict.fromkeys([*public_ips, *local]))
    return [
        Candidate(str(number + 1), _HOST_PREFERENCE << 24 | (65535 - number) << 8 | 255, address, port)
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
