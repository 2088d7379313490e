"""A WebSocket (RFC 6455) on the bare transport of its upgrade: no task, no queue, no request behind it.

aiohttp keeps a request, a parser, a task and two queues per WebSocket, and a send there is a coroutine per
viewer. Here the upgrade is answered, the transport gets a protocol of its own, and aiohttp is told that the
connection is over. What a broadcast costs is then one `write` of shared bytes per viewer. wsproto parses what
comes in and makes what goes out; extensions are declined by not naming any.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from aiohttp import web
from wsproto.connection import SERVER, Connection, ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError, generate_accept_token

MOST_UNREAD_BYTES = 4 * 1024 * 1024
"""A peer that leaves more than this unread is cut off: frames are held back long before, answers are not."""
MOST_PARTS = 1_000
"""Of one message. Empty ones cost no size, but they are kept too."""

_FINAL, _TEXT, _BYTES = 0x80, 0x1, 0x2
_LONG, _LONGER = 126, 127
"""The size follows in two octets, or in eight."""


def text_frame(text: str) -> bytes:
    """Return a whole text message as a server sends it: unmasked, so the same bytes serve every viewer.

    Made by hand (RFC 6455 section 5.2): wsproto would copy a welcome of 300 KB four times.
    """
    return _whole(_TEXT, text.encode())


def _whole(kind: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < _LONG:
        return bytes((_FINAL | kind, size)) + payload
    if size < 1 << 16:
        return bytes((_FINAL | kind, _LONG)) + size.to_bytes(2) + payload
    return bytes((_FINAL | kind, _LONGER)) + size.to_bytes(8) + payload


class Wire(asyncio.Protocol):
    """One upgraded connection. `receive` gets each whole message, `lost` is called once, at the end."""

    __slots__ = (
        "_is_closing",
        "_lost",
        "_parser",
        "_parts",
        "_parts_size",
        "_transport",
        "limit_bytes",
        "receive",
        "was_cut_off",
    )

    def __init__(
        self, limit_bytes: int, receive: Callable[[str | bytes], None], lost: Callable[[], None]
    ) -> None:
        """`limit_bytes` bounds a message of the peer's; a larger one ends the connection (1009)."""
        self.limit_bytes = limit_bytes
        self.receive = receive
        self._lost = lost
        self._parser = Connection(SERVER)
        self._parts: list[str | bytes] = []
        self._parts_size = 0
        self._transport: asyncio.Transport | None = None
        self._is_closing = False
        self.was_cut_off = False

    @property
    def waiting_bytes(self) -> int:
        """How much of what was written has not left the process."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def write(self, frame: bytes) -> None:
        """Send a frame as it is; lost if the connection is closing."""
        transport = self._transport
        if transport is None or self._is_closing:
            return
        transport.write(frame)
        if transport.get_write_buffer_size() > MOST_UNREAD_BYTES:
            self.was_cut_off = True
            transport.abort()

    def send(self, message: str | bytes) -> None:
        """Send one message to this peer."""
        if isinstance(message, str):
            self.write(text_frame(message))
        else:
            self.write(_whole(_BYTES, message))

    def pause(self) -> None:
        """Take nothing in for now: the peer sends faster than it is served."""
        if self._transport is not None and not self._is_closing:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Take in again."""
        if self._transport is not None and not self._is_closing:
            self._transport.resume_reading()

    def close(self, code: int = CloseReason.NORMAL_CLOSURE) -> None:
        """Send what is written, then a close frame, and end."""
        if self._transport is None or self._is_closing:
            return
        if self._parser.state in (ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING):
            self._transport.write(self._parser.send(CloseConnection(code=code)))
        self._is_closing = True
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        del exc
        self._is_closing = True
        self._transport = None
        self._lost()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self._is_closing:
            return
        try:
            self._parser.receive_data(data)
            for event in self._parser.events():
                self._take(event)
        except RemoteProtocolError as error:
            self.close(error.event_hint.code if isinstance(error.event_hint, CloseConnection) else 1002)
        except LocalProtocolError:
            self.close(CloseReason.PROTOCOL_ERROR)

    def _take(self, event: object) -> None:
        match event:
            case TextMessage() | BytesMessage():
                self._gather(event)
            case Ping():
                self.write(self._parser.send(event.response()))
            case CloseConnection():
                self.close(event.code)

    def _gather(self, event: TextMessage | BytesMessage) -> None:
        """Put together what came in parts, within the limit."""
        self._parts_size += len(event.data)
        if self._parts_size > self.limit_bytes or len(self._parts) >= MOST_PARTS:
            self._parts.clear()
            self.close(CloseReason.MESSAGE_TOO_BIG)
            return
        part = event.data if isinstance(event, TextMessage) else bytes(event.data)
        if not event.message_finished:
            self._parts.append(part)
            return
        whole = part
        if self._parts:
            parts = [*self._parts, part]
            self._parts.clear()
            whole = (
                "".join(map(str, parts)) if isinstance(part, str) else b"".join(cast("list[bytes]", parts))
            )
        self._parts_size = 0
        if not self._is_closing:
            self.receive(whole)


@dataclass(frozen=True, slots=True)
class Caller:
    """What is kept of the request behind a wire: who asked, and what the outer wall noted (`CLIENT_IP`)."""

    remote: str | None
    notes: dict[Any, Any]

    def get(self, key: Any, default: Any = None) -> Any:
        """Return a note, as `web.Request.get` does."""
        return self.notes.get(key, default)


class HandedOver(web.StreamResponse):
    """What aiohttp gets instead of a response: the connection is not its own any more."""

    async def prepare(self, request: web.BaseRequest) -> None:
        """Stop aiohttp as if its client had gone."""
        del request
        raise ConnectionResetError("the connection was taken over")


def take_over(request: web.BaseRequest, wire: Wire) -> web.StreamResponse:
    """Answer the upgrade that `request` asks for, and give its transport to `wire`.

    Raises:
        web.HTTPBadRequest: it does not ask for one that we speak.
    """
    if not web.WebSocketResponse(compress=False).can_prepare(request):
        raise web.HTTPBadRequest(text="This is no WebSocket upgrade (RFC 6455, version 13).")
    transport = request.transport
    if transport is None or transport.is_closing():
        wire.connection_lost(None)
        return HandedOver()
    accept = generate_accept_token(request.headers["Sec-WebSocket-Key"].encode()).decode()
    head = (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    transport.write(head.encode())
    transport.set_protocol(wire)
    wire.connection_made(transport)
    request.protocol.transport = None  # it would be closed with what follows
    request.protocol.connection_lost(None)
    return HandedOver()
