"""The media process's end of the control protocol."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final, cast

from streaming.control import messages as m
from streaming.control.client import MediaClient
from streaming.control.codec import FrameError, FrameReader, encode
from streaming.control.ends import ControlEnd
from streaming.control.proof import context_of
from streaming.control.wakeful import stay_awake

MAX_UNREAD_BYTES: Final = 8 << 20
SILENCE_S: Final = 20.0
"""Over TCP. A server process that is alive asks every 5 s (`signaling.plane.node`)."""
HANDSHAKE_S: Final = 5.0
BACKLOG: Final = 32

Respond = Callable[[m.Answer], None]
Handle = Callable[[m.Request, Respond], None]
"""Takes a request and calls its second argument exactly once, at once or later."""


class ControlServer:
    """All control connections of one media process; requests go to `handle`, notifications to everybody."""

    def __init__(self, handle: Handle) -> None:
        self.closed_slow_peers = 0
        self.closed_silent_peers = 0
        self._handle = handle
        self._connections: set[_Connection] = set()

    def notify(self, body: m.Notification) -> None:
        """Tell every connected server; a peer that does not read is closed (close_slow_peer)."""
        if not self._connections:
            return
        frame = encode(m.Notice(body))
        for connection in tuple(self._connections):
            connection.send(frame)

    async def listen(self, end: ControlEnd) -> asyncio.Server:
        """Accept connections. Raises OSError: it is no address of this machine, or somebody has it."""
        loop = asyncio.get_running_loop()
        if end.path:
            return await loop.create_unix_server(self._connection, end.path)
        context = await asyncio.to_thread(context_of, "media", end.secret)
        return await loop.create_server(
            lambda: self._connection(silence_s=SILENCE_S),
            end.host,
            end.port,
            ssl=context,
            ssl_handshake_timeout=HANDSHAKE_S,
            reuse_address=True,
            backlog=BACKLOG,
        )

    def close(self) -> None:
        """End all connections."""
        for connection in tuple(self._connections):
            connection.close()

    def _connection(self, silence_s: float = 0.0) -> "_Connection":
        return _Connection(self, self._handle, self._connections, silence_s)


class _Connection(asyncio.Protocol):
    def __init__(
        self, server: ControlServer, handle: Handle, connections: set["_Connection"], silence_s: float
    ) -> None:
        """A peer that says nothing for `silence_s` is closed; 0: it may be silent for ever."""
        self._silence_s = silence_s
        self._heard_at = 0.0
        self._patience: asyncio.TimerHandle | None = None
        self._server = server
        self._handle = handle
        self._connections = connections
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self._silence_s:
            stay_awake(self._transport)
            self._heard_at = asyncio.get_running_loop().time()
            self._be_patient()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._connections.discard(self)
        if self._patience is not None:
            self._patience.cancel()

    def _be_patient(self) -> None:
        """A server process asks something every few seconds; one that is gone without a word does not."""
        loop = asyncio.get_running_loop()
        if self._heard_at + self._silence_s <= loop.time():
            self._server.closed_silent_peers += 1
            if self._transport is not None:
                self._transport.abort()
            return
        self._patience = loop.call_at(self._heard_at + self._silence_s, self._be_patient)

    def data_received(self, data: bytes) -> None:
        if self._silence_s:
            self._heard_at = asyncio.get_running_loop().time()
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
