"""The media process's end of the control protocol."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final, cast

from streaming.control import messages as m
from streaming.control.client import MediaClient
from streaming.control.codec import FrameError, FrameReader, encode

MAX_UNREAD_BYTES: Final = 8 << 20

Respond = Callable[[m.Answer], None]
Handle = Callable[[m.Request, Respond], None]
"""Takes a request and calls its second argument exactly once, at once or later."""


class ControlServer:
    """All control connections of one media process; requests go to `handle`, notifications to everybody."""

    def __init__(self, handle: Handle) -> None:
        self.closed_slow_peers = 0
        self._handle = handle
        self._connections: set[_Connection] = set()

    def notify(self, body: m.Notification) -> None:
        """Tell every connected server; a peer that does not read is closed (close_slow_peer)."""
        if not self._connections:
            return
        frame = encode(m.Notice(body))
        for connection in tuple(self._connections):
            connection.send(frame)

    async def listen(self, path: str) -> asyncio.Server:
        """Accept connections at a Unix domain socket."""
        return await asyncio.get_running_loop().create_unix_server(self._connection, path)

    def close(self) -> None:
        """End all connections."""
        for connection in tuple(self._connections):
            connection.close()

    def _connection(self) -> "_Connection":
        return _Connection(self, self._handle, self._connections)


class _Connection(asyncio.Protocol):
    def __init__(self, server: ControlServer, handle: Handle, connections: set["_Connection"]) -> None:
        self._server = server
        self._handle = handle
        self._connections = connections
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._connections.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            envelopes = self._reader.receive_data(data)
        except FrameError:
            self.close()
            return
        for envelope in envelopes:
            if isinstance(envelope, m.Ask):
                self._receive_ask(envelope)

    def _receive_ask(self, ask: m.Ask) -> None:
        def respond(answer: m.Answer) -> None:
            self.send(encode(m.Reply(ask.id, answer)))

        if isinstance(ask.body, m.Hello):
            if ask.body.version != m.VERSION:
                respond(m.Refused("version_mismatch", f"this media process speaks version {m.VERSION}"))
                return
            self._greeted = True
            self._connections.add(self)
        if not self._greeted:
            respond(m.Refused("hello_first", "the first request must be Hello"))
            return
        self._handle(ask.body, respond)

    def send(self, frame: bytes) -> None:
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self._server.closed_slow_peers += 1
            self._transport.abort()
            return
        self._transport.write(frame)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def connect_in_process(server: ControlServer) -> MediaClient:
    """A client that talks to `server` in the same process, over a socket pair: for tests."""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    await loop.connect_accepted_socket(server._connection, theirs)
    _, client = await loop.create_connection(MediaClient, sock=ours)
    await client.hello()
    return client
