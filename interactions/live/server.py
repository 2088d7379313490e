"""The Socket.IO server as a class of hundreds needs it: no per-connection compression, bounded messages."""

from typing import Any

import socketio
from aiohttp.web import WebSocketResponse
from engineio.async_drivers import aiohttp as driver
from socketio.packet import ACK, BINARY_ACK, BINARY_EVENT, EVENT, Packet

MAX_TRANSPORT_BYTES = 256 * 1024
"""Larger packets end the connection that sent them; namespaces answer smaller ones that they refuse."""

_AS_TEXT = {BINARY_EVENT: EVENT, BINARY_ACK: ACK}


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
    """A packet without binary attachments: the library would keep as many as a client announces, unread.

    A binary message is taken as the text that announces its attachments, which no message of ours fits; what
    then comes as bytes is no packet, and dropped.
    """

    packet_type: int

    def decode(self, encoded_packet: Any) -> int:
        """Decode a packet, and wait for no attachments. Raises whatever the library drops a packet for."""
        super().decode(encoded_packet)
        self.packet_type = _AS_TEXT.get(self.packet_type, self.packet_type)
        return 0


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
