"""The server's end of the control protocol: ask the media process, and hear what happens there.

An asyncio protocol without tasks: bytes arrive, futures are resolved, notifications are queued.
"""

import asyncio
import itertools
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar, cast

from streaming.control import messages as m
from streaming.control.codec import FrameError, FrameReader, encode
from streaming.control.ends import ControlEnd
from streaming.control.proof import context_of
from streaming.control.wakeful import stay_awake

DEFAULT_TIMEOUT_S: Final = 5.0
CLOSE_ROOM_TIMEOUT_S: Final = 30.0
MAX_NOTIFICATIONS: Final = 4096
HANDSHAKE_S: Final = 5.0

AnswerT = TypeVar("AnswerT", bound=m.Answer)


class MediaGone(Exception):
    """The media process cannot be reached (any more); what was asked may or may not have happened."""

    code = "media_unavailable"


class MediaRefused(Exception):
    """The media process understood and said no."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message or code)
        self.code = code


class MediaClient(asyncio.Protocol):
    """Requests with answers, and a bounded queue of notifications.

    `TrackActivity` is dropped first when nobody reads the notifications (policy drop_oldest, counted in
    `dropped_notifications`); if the queue fills with others, the connection is closed: a server that misses
    a `TrackStarted` would show a wrong room.
    """

    def __init__(self) -> None:
        self.dropped_notifications = 0
        self.welcome: m.Welcome | None = None
        self._reader = FrameReader()
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[m.Answer]] = {}
        self._notices: deque[m.Notification] = deque()
        self._wakeup = asyncio.Event()
        self._transport: asyncio.Transport | None = None
        self._closed = asyncio.Event()

    # ── asyncio.Protocol ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        try:
            envelopes = self._reader.receive_data(data)
        except FrameError:
            self._abort()
            return
        for envelope in envelopes:
            if isinstance(envelope, m.Reply):
                future = self._waiting.pop(envelope.id, None)
                if future is not None and not future.done():
                    future.set_result(envelope.body)
            elif isinstance(envelope, m.Notice):
                self._queue(envelope.body)

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        self._transport = None
        self._closed.set()
        self._wakeup.set()
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(MediaGone("the media process went away"))

    # ── requests ──

    async def request(
        self, body: m.Request, answer: type[AnswerT], timeout: float = DEFAULT_TIMEOUT_S
    ) -> AnswerT:
        """Send one request and wait for its answer.

        Raises:
            MediaRefused: the media process said no.
            MediaGone: no connection, or no answer in `timeout` seconds.
        """
        if self._transport is None:
            raise MediaGone("not connected to the media process")
        number = next(self._ids)
        future: asyncio.Future[m.Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._transport.write(encode(m.Ask(number, body)))
            async with asyncio.timeout(timeout):
                reply = await future
        except TimeoutError:
            msg = f"no answer to {type(body).__name__} within {timeout} s"
            raise MediaGone(msg) from None
        finally:
            self._waiting.pop(number, None)
        if isinstance(reply, m.Refused):
            raise MediaRefused(reply.code, reply.message)
        if not isinstance(reply, answer):
            msg = f"{type(reply).__name__} is no answer to {type(body).__name__}"
            raise MediaGone(msg)
        return reply

    async def hello(self, timeout: float = DEFAULT_TIMEOUT_S) -> m.Welcome:
        """Agree on the version, hear its addresses; done by `connect`. The answer is kept in `welcome`."""
        self.welcome = await self.request(m.Hello(), m.Welcome, timeout)
        return self.welcome

    async def open_room(self, room: str, record: m.RecordSpec | None = None) -> None:
        """Make a room known, recorded or not."""
        await self.request(m.OpenRoom(room, record), m.Done)

    async def close_room(self, room: str, timeout: float = CLOSE_ROOM_TIMEOUT_S) -> None:
        """Close the room's transports; returns when its recording's files are closed."""
        await self.request(m.CloseRoom(room), m.Done, timeout)

    async def start_recording(self, room: str, record: m.RecordSpec) -> None:
        """Begin to record an open room."""
        await self.request(m.StartRecording(room, record), m.Done)

    async def stop_recording(self, room: str, timeout: float = CLOSE_ROOM_TIMEOUT_S) -> None:
        """Returns when the recording's files are closed."""
        await self.request(m.StopRecording(room), m.Done, timeout)

    async def create_transport(
        self, transport: str, room: str, participant: str, remote: m.RemoteParameters
    ) -> m.LocalParameters:
        """Prepare for one peer connection; the result goes into the SDP answer."""
        request = m.CreateTransport(transport, room, participant, remote)
        return (await self.request(request, m.TransportCreated)).local

    async def close_transport(self, transport: str) -> None:
        """Forget a peer connection."""
        await self.request(m.CloseTransport(transport), m.Done)

    async def restart_ice(self, transport: str, ice_ufrag: str, ice_pwd: str) -> m.IceRestarted:
        """Give the peer's new ICE credentials; the result goes into the answer to it."""
        return await self.request(m.RestartIce(transport, ice_ufrag, ice_pwd), m.IceRestarted)

    async def set_routes(self, *routes: m.Route) -> tuple[m.Route, ...]:
        """Point slots at tracks; returns those routes whose peer cannot decode the track."""
        return (await self.request(m.SetRoutes(routes), m.RoutesSet)).no_common_codec

    async def set_publishing(
        self, transport: str, mid: str, *, allowed: bool, recorded: bool = True, group: str = ""
    ) -> None:
        """Allow or mute a published m-line; keep it in or out of the recording, or in a group's own."""
        await self.request(m.SetPublishing(transport, mid, allowed, recorded, group), m.Done)

    async def request_keyframe(self, track: str) -> None:
        """Ask the publisher for a keyframe."""
        await self.request(m.RequestKeyframe(track), m.Done)

    async def get_stats(self, room: str = "") -> m.Stats:
        """Counters of a room or (empty) of everything."""
        return await self.request(m.GetStats(room), m.Stats)

    # ── notifications ──

    async def notifications(self) -> AsyncIterator[m.Notification]:
        """Everything that happens, in order, until the connection ends. For one reader."""
        while True:
            while self._notices:
                yield self._notices.popleft()
            if self._closed.is_set():
                return
            self._wakeup.clear()
            await self._wakeup.wait()

    def close(self) -> None:
        """End the connection; pending requests raise MediaGone, the notifications end."""
        if self._transport is not None:
            self._transport.close()

    async def wait_closed(self) -> None:
        """Returns when the connection has ended, from whichever side."""
        await self._closed.wait()

    def _queue(self, notice: m.Notification) -> None:
        if len(self._notices) >= MAX_NOTIFICATIONS:
            self.dropped_notifications += 1
            oldest = next((i for i, n in enumerate(self._notices) if isinstance(n, m.TrackActivity)), None)
            if oldest is not None:
                del self._notices[oldest]
            elif isinstance(notice, m.TrackActivity):
                return
            else:
                self._abort()
                return
        self._notices.append(notice)
        self._wakeup.set()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


@asynccontextmanager
async def connect(
    end: ControlEnd | str | Path, *, timeout: float = DEFAULT_TIMEOUT_S
) -> AsyncIterator[MediaClient]:
    """A client connected to the media process that listens at `end`, versions agreed. A path is a Unix
    socket.

    Tries again until `timeout` while the process is starting, or the network is away. Raises MediaGone,
    MediaRefused.
    """
    if not isinstance(end, ControlEnd):
        end = ControlEnd(path=str(end))
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    context = None if end.path else await asyncio.to_thread(context_of, "server", end.secret)
    while True:
        try:
            client = await _connected(end, context, max(0.1, deadline - loop.time()))
            break
        except ssl.SSLError as error:
            msg = f"who listens at {end} does not hold the same control secret"
            raise MediaGone(msg) from error
        except (OSError, TimeoutError) as error:
            if not _may_pass(end, error):
                raise
            if loop.time() >= deadline:
                msg = f"nobody listens at {end}"
                raise MediaGone(msg) from error
            await asyncio.sleep(0.02 if end.path else 0.25)
    try:
        await client.hello()
        yield client
    finally:
        client.close()
        await client.wait_closed()


async def _connected(end: ControlEnd, context: ssl.SSLContext | None, patience_s: float) -> MediaClient:
    loop = asyncio.get_running_loop()
    if context is None:
        _, client = await loop.create_unix_connection(MediaClient, end.path)
        return client
    async with asyncio.timeout(patience_s):
        transport, client = await loop.create_connection(
            MediaClient,
            end.host,
            end.port,
            ssl=context,
            server_hostname="",
            ssl_handshake_timeout=HANDSHAKE_S,
        )
    stay_awake(transport)
    return client


def _may_pass(end: ControlEnd, error: Exception) -> bool:
    """Whether it is worth trying again."""
    return not end.path or isinstance(error, (FileNotFoundError, ConnectionRefusedError))
