"""Writing frames to Socket.IO connections: encoded once, straight into the queue of each transport.

`server.emit` starts a task per recipient and encodes per call; a class of hundreds cannot afford that.
"""

from typing import Any, Protocol

import socketio
from engineio.packet import MESSAGE, Packet
from socketio.packet import EVENT

Frame = list[Packet]


class Outlet(Protocol):
    """Where the fan-out writes to."""

    def frame(self, event: str, data: dict[str, Any]) -> Frame:
        """Encode a message once, for any number of connections."""

    async def send(self, sid: str, frame: Frame) -> None:
        """Queue a frame for a connection; one that is gone loses it."""

    def backlog(self, sid: str) -> int | None:
        """Return how many packets wait in the connection's queue; None if the connection is gone."""

    async def drop(self, sid: str) -> None:
        """End a connection; its `disconnect` handler is called."""


class SocketOutlet:
    """The outlet over python-socketio. Knows the connections of this process only, as the fan-out does."""

    def __init__(self, server: socketio.AsyncServer, namespace: str) -> None:
        self._server = server
        self._namespace = namespace

    def frame(self, event: str, data: dict[str, Any]) -> Frame:
        """See `Outlet`."""
        encoded = self._server.packet_class(EVENT, namespace=self._namespace, data=[event, data]).encode()
        parts = encoded if isinstance(encoded, list) else [encoded]
        return [Packet(MESSAGE, part) for part in parts]

    async def send(self, sid: str, frame: Frame) -> None:
        """See `Outlet`."""
        transport = self._transport(sid)
        if transport is not None:
            for packet in frame:
                await self._server.eio.send_packet(transport, packet)

    def backlog(self, sid: str) -> int | None:
        """See `Outlet`."""
        transport = self._transport(sid)
        if transport is None:
            return None
        waiting: int = self._server.eio.sockets[transport].queue.qsize()
        return waiting

    async def drop(self, sid: str) -> None:
        """See `Outlet`."""
        await self._server.disconnect(sid, namespace=self._namespace)

    def _transport(self, sid: str) -> str | None:
        transport: str | None = self._server.manager.eio_sid_from_sid(sid, self._namespace)
        socket = None if transport is None else self._server.eio.sockets.get(transport)
        return None if socket is None or socket.closed else transport
