"""Has the system notice that the other end of a TCP connection is gone."""

import asyncio
import socket
from typing import Final

GONE_MS: Final = 10_000
"""So long may what was sent stay unacknowledged."""
_OPTIONS: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    # Not every system has these; without them it takes its own, longer time.
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (
            ("TCP_KEEPIDLE", 5),
            ("TCP_KEEPINTVL", 2),
            ("TCP_KEEPCNT", 3),
            ("TCP_USER_TIMEOUT", GONE_MS),
        )
        if hasattr(socket, name)
    ),
)


def stay_awake(transport: asyncio.BaseTransport) -> None:
    """Set keep-alive and time-outs on a transport over TCP; nothing else has such a socket."""
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.family in {socket.AF_INET, socket.AF_INET6}:
        for level, option, value in _OPTIONS:
            connection.setsockopt(level, option, value)
