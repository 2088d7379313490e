"""The Socket.IO server as a class of hundreds needs it: no per-connection compression, bounded messages."""

from typing import Any

import socketio
from aiohttp.web import WebSocketResponse
from engineio.async_drivers import aiohttp as driver
from socketio.packet import BINARY_ACK, BINARY_EVENT, Packet

MAX_TRANSPORT_BYTES = 256 * 1024
"""Larger packets end the connection that sent them; namespaces answer smaller ones that they refuse."""


class PlainWebSocket(driver.WebSocket):  # type: ignore[misc] # engineio ships no types
    """A WebSocket without permessage-deflate, which would compress each shared frame once per viewer."""

    async def __call__(self, environ: dict[str, Any]) -> WebSocketResponse:
        """Serve one upgraded connection until it ends."""
        self._sock = WebSocketResponse(max_msg_size=self.server.max_http_buffer_size, compress=False)
        await self._sock.prepare(environ["aiohttp.request"])
        self.environ = environ
        await self.handler(self)
        return self._sock


class TextPacket(Packet):  # type: ignore[misc] # python-socketio ships no types
    """A packet without binary attachments: the library would keep as many as a client announces, unread."""

    def decode(self, encoded_packet: Any) -> int:
        """Decode a packet. The library drops one that raises.

        Raises:
            ValueError: it announces attachments.
        """
        attachments: int = super().decode(encoded_packet)
        if attachments or self.packet_type in {BINARY_EVENT, BINARY_ACK}:
            msg = "binary packets are not part of the protocol"
            raise ValueError(msg)
        return attachments


def socket_server(*, origins: list[str] | str | None = None, **options: Any) -> socketio.AsyncServer:
    """Return a server to attach to an aiohttp application.

    `origins`: None allows the same origin only. A client that vanished is noticed after at most
    `ping_interval` + `ping_timeout`, 20 s.
    """
    server = socketio.AsyncServer(
        async_mode="aiohttp",
        cors_allowed_origins=origins,
        max_http_buffer_size=MAX_TRANSPORT_BYTES,
        http_compression=False,
        ping_interval=10,
        ping_timeout=10,
        logger=False,
        engineio_logger=False,
        serializer=TextPacket,
        **options,
    )
    server.eio._async = {**server.eio._async, "websocket": PlainWebSocket}
    return server
