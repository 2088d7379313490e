"""The Socket.IO server as a class of hundreds needs it: no per-connection compression, bounded messages."""

from typing import Any

import socketio
from aiohttp import web
from socketio.packet import ACK, BINARY_ACK, BINARY_EVENT, EVENT, Packet

from interactions.live.sockets import LeanEngine

MAX_TRANSPORT_BYTES = 256 * 1024
"""Larger packets end the connection that sent them; namespaces answer smaller ones that they refuse."""

_AS_TEXT = {BINARY_EVENT: EVENT, BINARY_ACK: ACK}


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


class LeanServer(socketio.AsyncServer):  # type: ignore[misc] # python-socketio ships no types
    """python-socketio's server over lean Engine.IO sockets."""

    def _engineio_server_class(self) -> type[LeanEngine]:
        """See the library: which Engine.IO server it builds."""
        return LeanEngine

    def attach(self, app: web.Application, socketio_path: str = "socket.io") -> None:
        """Serve within `app`; its connections end with it."""
        super().attach(app, socketio_path)

        async def go_away(_app: web.Application) -> None:
            await self.eio.go_away()

        app.on_shutdown.append(go_away)


def socket_server(*, origins: list[str] | str | None = None, **options: Any) -> socketio.AsyncServer:
    """Return a server to attach to an aiohttp application.

    `origins`: None allows the same origin only. A client that vanished is noticed after at most
    `ping_interval` + `ping_timeout`, 20 s.
    """
    return LeanServer(
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
