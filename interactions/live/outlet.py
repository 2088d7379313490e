"""Writing frames to Socket.IO connections: encoded once, straight into each transport.

`server.emit` starts a task per recipient, and a queue and a send per connection follow; a class of thousands
cannot afford that.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import socketio
from engineio.packet import MESSAGE, Packet
from socketio.packet import EVENT

from interactions.live.sockets import LeanSocket
from interactions.live.wire import text_frame


@dataclass(frozen=True, slots=True)
class Frame:
    """A message as every connection gets it: a packet for those that poll, the same bytes for all others."""

    packet: Packet
    bytes: bytes


class Line(Protocol):
    """One connection's way out."""

    def backlog_bytes(self) -> int | None:
        """Return about how much waits for the peer to take it; None if the connection is over."""

    def write(self, packet: Packet, frame: bytes) -> None:
        """Send a frame; a connection that is over loses it. Returns at once."""


class Outlet(Protocol):
    """Where the fan-out writes to."""

    def frame(self, event: str, data: dict[str, Any]) -> Frame:
        """Encode a message once, for any number of connections."""

    def line(self, sid: str) -> Line | None:
        """Return the way out of a connection, for as long as it lasts; None if it is over already."""

    async def drop(self, sid: str) -> None:
        """End a connection; its `disconnect` handler is called."""


class SocketOutlet:
    """The outlet over python-socketio. Knows the connections of this process only, as the fan-out does."""

    def __init__(self, server: socketio.AsyncServer, namespace: str) -> None:
        self._server = server
        self._namespace = namespace

    def frame(self, event: str, data: dict[str, Any]) -> Frame:
        """See `Outlet`."""
        body = msgspec.json.encode([event, data]).decode()
        packet = Packet(MESSAGE, f"{EVENT}{self._namespace},{body}")
        return Frame(packet, text_frame(packet.encode()))

    def line(self, sid: str) -> Line | None:
        """See `Outlet`."""
        transport = self._server.manager.eio_sid_from_sid(sid, self._namespace)
        socket: LeanSocket | None = None if transport is None else self._server.eio.sockets.get(transport)
        return None if socket is None or socket.closed else socket

    async def drop(self, sid: str) -> None:
        """See `Outlet`."""
        await self._server.disconnect(sid, namespace=self._namespace)
