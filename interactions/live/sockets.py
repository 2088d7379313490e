"""Engine.IO sockets that cost little while they wait: python-engineio's own, on wires instead of tasks.

What python-engineio keeps per WebSocket (a writer task, a reader task, a queue, a sleeping ping task) is one
timer here. Everything else is the library's: the handshake, polling, the upgrade from it, the packets.

How a connection ends: the peer goes or breaks a rule (`Wire` reports the loss), is silent for longer than a
ping may take, or the application disconnects it. In each case `close` runs once, tells the application, and
the wire, if there is one, is closed after what was written.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any

import engineio
from aiohttp import web
from engineio.async_socket import AsyncSocket
from engineio.exceptions import SocketIsClosedError, UnknownPacketError
from engineio.packet import CLOSE, NOOP, OPEN, PING, PONG, UPGRADE, Packet
from wsproto.frame_protocol import CloseReason

from interactions.live.wire import Caller, Wire, take_over, text_frame

MOST_UNSERVED = 16
"""Packets of one peer that may wait to be served; then its transport is not read until they are."""
POLLED_PACKET_BYTES = 16 * 1024
"""What a packet that waits for a poll counts as, beside the bytes that wait on a wire."""

GO_AWAY_WITHIN_S = 2.0

_PING_FRAME = text_frame(str(PING))


class Carriage(StrEnum):
    """What carries a socket's packets."""

    POLLING = "polling"
    PROBED = "probed"
    """A wire was offered beside the polls, and answered one probe."""
    WIRE = "wire"


class LeanSocket(AsyncSocket):  # type: ignore[misc] # engineio ships no types
    """One Engine.IO connection."""

    server: "LeanEngine"
    connected: bool
    closing: bool
    closed: bool

    def __init__(self, server: "LeanEngine", sid: str, environ: dict[str, Any]) -> None:
        super().__init__(server, sid)
        self.carriage = Carriage.POLLING
        self._environ: dict[str, Any] | None = environ
        self._wire: Wire | None = None
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._awaits_pong = True
        self._unserved: list[Packet] = []
        self._is_serving = False

    def backlog_bytes(self) -> int | None:
        """Return about how much waits for the peer to take it; None if the connection is over."""
        if self.closed or self.closing:
            return None
        if self._wire is not None and self.carriage is Carriage.WIRE:
            return self._wire.waiting_bytes
        return int(self.queue.qsize()) * POLLED_PACKET_BYTES

    def write(self, packet: Packet, frame: bytes) -> None:
        """Send a packet whose frame was made before; lost if the connection is over."""
        if self.closed:
            return
        if self._wire is not None and self.carriage is Carriage.WIRE:
            self._wire.write(frame)
        else:
            self.queue.put_nowait(packet)

    async def send(self, pkt: Packet) -> None:
        """See the library: send a packet, in order."""
        if self.closed:
            raise SocketIsClosedError
        if self._wire is not None and self.carriage is Carriage.WIRE:
            self._wire.send(pkt.encode())
        else:
            self.queue.put_nowait(pkt)

    async def check_ping_timeout(self) -> bool:
        """See the library. The timer notices silence, so nothing else has to look."""
        if self.closed:
            raise SocketIsClosedError
        return True

    def schedule_ping(self) -> None:
        """See the library: the peer was heard; ping it after the interval."""
        if self._awaits_pong and not self.closing:
            self._awaits_pong = False
            self._rearm(self.server.ping_interval, self._ping)

    def _ping(self) -> None:
        self._awaits_pong = True
        self._rearm(self.server.ping_timeout, self._give_up)
        if self._wire is not None and self.carriage is Carriage.WIRE:
            self._wire.write(_PING_FRAME)
        else:
            self.queue.put_nowait(Packet(PING))

    def _give_up(self) -> None:
        self.server.errand(self.close(wait=False, abort=False, reason=self.server.reason.PING_TIMEOUT))

    def _rearm(self, after_s: float, act: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(after_s, act)

    async def close(
        self,
        wait: bool = True,
        abort: bool = False,
        reason: str | None = None,
        code: int = CloseReason.NORMAL_CLOSURE,
    ) -> None:
        """See the library: tell the application, say goodbye unless `abort`, and end.

        Never waits, whatever `wait` says: what is written goes out without anybody's help.
        """
        del wait
        if self.closed or self.closing:
            return
        if self._timer is not None:
            self._timer.cancel()
        wire, self._wire = self._wire, None
        if self.carriage is not Carriage.WIRE:
            if wire is not None:
                wire.close()
            # Whoever polls may fetch what is queued once more.
            self._loop.call_later(self.server.ping_timeout, self._vanish)
            await super().close(wait=False, abort=abort, reason=reason)
            return
        self.closing = True
        try:
            why = reason or self.server.reason.SERVER_DISCONNECT
            await self.server._trigger_event("disconnect", self.sid, why, run_async=False)
        finally:
            self.closed = True
            self._vanish()
            if wire is not None:
                if not abort:
                    wire.send(Packet(CLOSE).encode())
                wire.close(code)

    def _vanish(self) -> None:
        self.server.sockets.pop(self.sid, None)

    async def _upgrade_websocket(self, environ: dict[str, Any]) -> Any:
        """Take the transport over: at once for a new connection, after a probe for one that polls."""
        if self._wire is not None or self.carriage is not Carriage.POLLING:
            return self.server._bad_request()
        is_probe = self.connected
        wire = Wire(
            self.server.max_http_buffer_size, self._receive_probe if is_probe else self._take, self._lost
        )
        if not is_probe:
            self.connected = True
            self._wire = wire
        try:
            response = take_over(environ["aiohttp.request"], wire)
        except web.HTTPBadRequest as error:
            self._wire = None
            return self.server._bad_request(error.text)
        self._wire = wire
        if not is_probe:
            self._settle()
        return response

    def _receive_probe(self, message: str | bytes) -> None:
        """Follow the upgrade of a polling connection: a probe is answered, then polls make way."""
        assert self._wire is not None
        step = _PROBE.get((self.carriage, message if isinstance(message, str) else ""))
        if step is None:
            self._wire.close(CloseReason.PROTOCOL_ERROR)
        else:
            step(self)

    def _answer_probe(self) -> None:
        assert self._wire is not None
        self.carriage = Carriage.PROBED
        self.upgrading = True
        self._wire.send(Packet(PONG, data="probe").encode())
        self.queue.put_nowait(Packet(NOOP))  # ends the pending poll

    def _settle(self) -> None:
        """Carry everything on the wire from now on, what is queued first."""
        assert self._wire is not None
        self.carriage = Carriage.WIRE
        self.upgraded, self.upgrading = True, False
        self._wire.receive = self._take
        while not self.queue.empty():
            packet = self.queue.get_nowait()
            if packet is not None:
                self._wire.send(packet.encode())
        if self._environ is not None:
            request = self._environ["aiohttp.request"]
            self._environ.clear()
            self._environ["aiohttp.request"] = Caller(request.remote, dict(request))
            self._environ = None

    def _take(self, message: str | bytes) -> None:
        """Serve a packet of the peer: a pong at once, others one after the other."""
        try:
            packet = Packet(encoded_packet=message)
        except ValueError:
            return
        if packet.packet_type == PONG:
            self.schedule_ping()
            return
        self._unserved.append(packet)
        if len(self._unserved) > MOST_UNSERVED and self._wire is not None:
            self._wire.pause()
        if not self._is_serving:
            self._is_serving = True
            self.server.errand(self._serve())

    async def _serve(self) -> None:
        try:
            while self._unserved and not self.closed:
                try:
                    await self.receive(self._unserved.pop(0))
                except UnknownPacketError:
                    continue
                if len(self._unserved) == MOST_UNSERVED and self._wire is not None:
                    self._wire.resume()
        except SocketIsClosedError:
            return
        finally:
            self._is_serving = False

    def _lost(self) -> None:
        if self._wire is not None and self._wire.was_cut_off:
            self.server.cut_off += 1
        if self.closed or self.closing:
            return
        if self.carriage is Carriage.WIRE:
            self.server.errand(self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_CLOSE))
        else:  # an upgrade that failed: polling goes on
            self._wire = None
            self.carriage = Carriage.POLLING
            self.upgrading = False


_PROBE: Mapping[tuple[Carriage, str], Callable[[LeanSocket], None]] = {
    (Carriage.POLLING, f"{PING}probe"): LeanSocket._answer_probe,
    (Carriage.PROBED, str(UPGRADE)): LeanSocket._settle,
}


class LeanEngine(engineio.AsyncServer):  # type: ignore[misc] # engineio ships no types
    """python-engineio's server with lean sockets, and an owner for what they have to do later."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "monitor_clients": False})
        self._errands: set[asyncio.Task[None]] = set()
        self.cut_off = 0
        """How many peers were cut off because they left too much unread."""

    def errand(self, work: Awaitable[None]) -> None:
        """Do something for a socket from a callback; a failure is logged and is that socket's own."""
        task: asyncio.Task[None] = self.start_background_task(self._run_errand, work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _run_errand(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            self.logger.exception("a connection could not be served")

    async def go_away(self) -> None:
        """Part with everybody; call it when the application stops serving."""
        for socket in list(self.sockets.values()):
            why = self.reason.SERVER_DISCONNECT
            self.errand(socket.close(wait=False, abort=True, reason=why, code=CloseReason.GOING_AWAY))
        if self._errands:
            _, unfinished = await asyncio.wait(self._errands, timeout=GO_AWAY_WITHIN_S)
            for task in unfinished:
                task.cancel()

    async def _handle_connect(
        self, environ: dict[str, Any], transport: str, jsonp_index: int | None = None
    ) -> Any:
        """Open a connection: the library's own steps, with another kind of socket."""
        sid = self.generate_id()
        socket = self.sockets[sid] = LeanSocket(self, sid, environ)
        opened = {
            "sid": sid,
            "upgrades": self._upgrades(sid, transport),
            "pingTimeout": int(self.ping_timeout * 1000),
            "pingInterval": int(self.ping_interval * 1000),
            "maxPayload": self.max_http_buffer_size,
        }
        await socket.send(Packet(OPEN, opened))
        if await self._trigger_event("connect", sid, environ, run_async=False) not in (None, True):
            del self.sockets[sid]
            return self._unauthorized()
        socket.schedule_ping()
        if transport == "websocket":
            return await socket.handle_get_request(environ)
        socket.connected = True
        return self._ok(await socket.poll(), jsonp_index=jsonp_index)
