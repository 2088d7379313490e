"""ICE-TCP: connections of peers whose network lets no UDP through (RFC 6544, passive candidates).

A connection is a path like any other: (its number, its remote address), with numbers from `FIRST_NUMBER` on,
which no socket of ours has. Its frames are datagrams to the plane, and what the plane sends to the path is
framed and written. A peer that reads too slowly loses the newest datagrams, as on a full router (policy
drop_newest, `tcp_buffer_full`), and the connection when that lasts (close_slow_peer, `tcp_closed_slow`).
"""

import asyncio
import itertools
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Protocol, cast

from streaming.forwarding.hot_path import Path
from streaming.ice.doorkeeper import Doorkeeper
from streaming.ice.framing import FrameReader, FrameTooLong, frame

FIRST_NUMBER: Final = 1 << 16
BUFFER_BYTES: Final = 256 * 1024
"""Of one connection, in this process; about a second of a lesson."""
SLOW_FOR_S: Final = 5.0
SWEEP_S: Final = 1.0


class Plane(Protocol):
    """What paths need of the forwarding plane."""

    def receive_datagram(self, data: bytes, path: Path, now: float) -> None:
        """Take in one datagram."""

    def is_proven(self, path: Path) -> bool:
        """Whether a peer has passed a check from there."""

    def lose_path(self, path: Path) -> None:
        """The path has ended."""


class TcpPaths:
    """All connections of the media process. `flush` sends what the plane has to say."""

    def __init__(self, plane: Plane, counters: Counter[str], flush: Callable[[], None]) -> None:
        self._plane = plane
        self._counters = counters
        self._flush = flush
        self._numbers = itertools.count(FIRST_NUMBER)
        self._doorkeeper = Doorkeeper()
        self._open: dict[int, _Connection] = {}
        self._servers: list[asyncio.Server] = []
        self._timer: asyncio.TimerHandle | None = None

    async def listen(self, listeners: Sequence[socket.socket]) -> None:
        """Accept connections at these listening sockets, which become ours."""
        loop = asyncio.get_running_loop()
        for listener in listeners:
            self._servers.append(await loop.create_server(lambda: _Connection(self), sock=listener))

    def send(self, path: Path, datagram: bytes) -> None:
        """Write one datagram to the connection that this path is."""
        connection = self._open.get(path[0])
        if connection is None:
            self._counters["tcp_gone"] += 1
        else:
            connection.send(datagram)

    def close(self) -> None:
        """Stop listening; connections end when what was written to them is sent."""
        for server in self._servers:
            server.close()
        for connection in tuple(self._open.values()):
            connection.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._open)

    # ── called by connections ──

    def opened(self, connection: "_Connection", host: str) -> int:
        """A new connection; returns its number."""
        number = next(self._numbers)
        self._open[number] = connection
        sent_away = self._doorkeeper.arrived(number, host, time.monotonic())
        if sent_away is not None:
            self._shut(sent_away, "tcp_too_many_strangers")
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)
        return number

    def closed(self, path: Path) -> None:
        """A connection has ended."""
        self._open.pop(path[0], None)
        self._doorkeeper.left(path[0])
        self._plane.lose_path(path)

    def received(self, connection: "_Connection", path: Path, datagrams: list[bytes], size: int) -> None:
        """Bytes came in, and completed these datagrams."""
        number = path[0]
        if not self._doorkeeper.received(number, size):
            self._shut(number, "tcp_stranger_talks")
            return
        now = time.monotonic()
        for datagram in datagrams:
            if self._open.get(number) is not connection:
                return
            self._plane.receive_datagram(datagram, path, now)
        if datagrams:
            self._flush()
        if self._doorkeeper.is_stranger(number) and self._plane.is_proven(path):
            self._doorkeeper.left(number)

    def refused(self, connection: "_Connection", reason: str) -> None:
        """This connection cannot go on."""
        self._counters[reason] += 1
        connection.abort()

    def dropped(self) -> None:
        """A datagram found the buffer full."""
        self._counters["tcp_buffer_full"] += 1

    def _shut(self, number: int, reason: str) -> None:
        connection = self._open.get(number)
        if connection is not None:
            self.refused(connection, reason)

    def _sweep(self) -> None:
        now = time.monotonic()
        for number in self._doorkeeper.due(now):
            self._shut(number, "tcp_never_proven")
        for number, connection in tuple(self._open.items()):
            if connection.is_slow(now):
                self._shut(number, "tcp_closed_slow")
            elif not self._doorkeeper.is_stranger(number) and not self._plane.is_proven(connection.path):
                connection.close()  # its peer has ended
        self._timer = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep) if self._open else None


class _Connection(asyncio.Protocol):
    """One connection: frames in, frames out."""

    def __init__(self, owner: TcpPaths) -> None:
        self.path: Path = (-1, ("", 0))
        self._owner = owner
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._full_since: float | None = None
        self._ending_since: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        opened = self._transport = cast("asyncio.Transport", transport)
        opened.set_write_buffer_limits(high=BUFFER_BYTES, low=BUFFER_BYTES // 2)
        address = opened.get_extra_info("peername") or ("", 0)
        self.path = (self._owner.opened(self, address[0]), address)

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        try:
            datagrams = self._reader.receive_data(data)
        except FrameTooLong:
            self._owner.refused(self, "tcp_foreign_protocol")
            return
        self._owner.received(self, self.path, datagrams, len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        self._transport = None
        self._owner.closed(self.path)

    def pause_writing(self) -> None:
        """Part of asyncio.Protocol: the buffer is full."""
        self._full_since = time.monotonic()

    def resume_writing(self) -> None:
        """Part of asyncio.Protocol: the peer reads again."""
        self._full_since = None

    def is_slow(self, now: float) -> bool:
        """Whether the buffer has been full too long, or the last of it still waits to be read."""
        since = self._full_since if self._ending_since is None else self._ending_since
        return since is not None and now - since > SLOW_FOR_S

    def send(self, datagram: bytes) -> None:
        """Write it, or drop it where the buffer is full."""
        if self._transport is None or self._full_since is not None:
            self._owner.dropped()
        else:
            self._transport.write(frame(datagram))

    def close(self) -> None:
        """End it when everything is sent; once more is fine."""
        if self._transport is not None and self._ending_since is None:
            self._ending_since = time.monotonic()
            self._transport.close()

    def abort(self) -> None:
        """End it now."""
        if self._transport is not None:
            self._transport.abort()
