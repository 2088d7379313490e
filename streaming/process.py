"""The media process: sockets, clock and control connection around the forwarding plane.

    python -m streaming.process --control PATH --port 7882 [--host ADDRESS] [--public-ip ADDRESS]… [--no-tcp]
                                [--tap module:function]

It ends on SIGTERM, or when its stdin closes if that is a pipe (the server that started it is gone), after
finishing recordings.
"""

import argparse
import asyncio
import gc
import importlib
import logging
import os
import random
import signal
import stat
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO, cast

import msgspec
import structlog
import uvloop

from lectern.kernel.log_stream import LogStream
from streaming.control import messages as m
from streaming.control.ends import ControlEnd, control_end
from streaming.control.server import ControlServer, Respond
from streaming.dtls import Identity
from streaming.forwarding import hot_path
from streaming.forwarding.hot_path.latency import Latencies
from streaming.forwarding.plane import TICK_S, ForwardingPlane, PlaneRefusal
from streaming.guarded_tap import GuardedTap
from streaming.local_sockets import LocalSockets
from streaming.own_folder import recording_below
from streaming.sockets import (
    MediaPorts,
    PortInUse,
    local_addresses,
    open_ports,
    path_between,
)
from streaming.tap import CreateTap
from streaming.tcp_paths import FIRST_NUMBER, TcpPaths

STALL_S: Final = 0.5
"""Timers that come so late mean that the machine, or this process, stood still."""
TURNS_AFTER_STALL: Final = 256
FAILED_TICK_S: Final = 0.2
"""After a tick that failed: the fault may come again, and each is a traceback in the log."""
FINISH_TIMEOUT_S: Final = 15.0
NTP_EPOCH_OFFSET_S: Final = 2_208_988_800
EXIT_PORT_IN_USE: Final = 3
EXIT_NO_TWIN: Final = 4

log = structlog.get_logger()

SECRET: Final = "LECTERN_MEDIA_CONTROL_SECRET"  # noqa: S105 (a name)
SECRET_FILE: Final = "LECTERN_MEDIA_CONTROL_SECRET_FILE"  # noqa: S105 (a name)


class MediaProcess:
    """Owns the sockets and the timer; everything runs on one event loop, `run` is the owner of all tasks."""

    def __init__(
        self, host: str, ports: MediaPorts, public_ips: Sequence[str], create_tap: CreateTap | None
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._local = LocalSockets(host, ports, time.monotonic())
        self._sockets = self._local.udp
        self._public_ips = tuple(public_ips)
        self._listeners = ports.tcp
        self._output = hot_path.Batch(ports.udp)
        self._readers = [hot_path.Reader(number, one) for number, one in enumerate(ports.udp)]
        self._waits_to_send = False
        self._tick_due = 0.0
        self._lag = Latencies()
        self._create_tap = create_tap
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._ticked_at = 0.0
        self._closers: asyncio.TaskGroup | None = None
        self._recordings: dict[str, object] = {}
        wall = datetime.now(UTC)
        self._plane = ForwardingPlane(
            identity=Identity.generate(wall),
            candidates=self._local.candidates(public_ips),
            rng=random.SystemRandom(),
            ntp_offset_s=wall.timestamp() + NTP_EPOCH_OFFSET_S - time.monotonic(),
            output=self._output,
        )
        self._tcp = TcpPaths(self._plane, self.counters, self._flush)
        self.control = ControlServer(self._handle)

    async def run(self, control: ControlEnd) -> None:
        """Serve until `stop`; then finish recordings and say goodbye to peers.

        Raises OSError: orders cannot be taken at `control`.
        """
        remove_socket(control.path)
        async with asyncio.TaskGroup() as closers:
            self._closers = closers
            listener = await self.control.listen(control)
            for reader, one in zip(self._readers, self._sockets, strict=True):
                self._loop.add_reader(one.fileno(), self._readable, reader)
            await self._tcp.listen(self._listeners)
            gc.collect()
            gc.freeze()  # what is here now stays: the collector need not look through it while packets wait
            log.info(
                "media_started",
                addresses=len(self._sockets),
                tcp=bool(self._listeners),
                hot_path=hot_path.IMPLEMENTATION,
            )
            try:
                await self._stopping.wait()
            finally:
                listener.close()
                await self._finish()
                self._tcp.close()
                for one in self._sockets:
                    self._loop.remove_reader(one.fileno())
                    self._loop.remove_writer(one.fileno())
                    one.close()
                if self._timer is not None:
                    self._timer.cancel()
                self.control.close()
                remove_socket(control.path)
        log.info("media_stopped", **self.counters)

    def stop(self) -> None:
        """End `run`."""
        self._stopping.set()

    async def _finish(self) -> None:
        taps = [self._plane.close_room(room) for room in self._recordings]
        self._recordings.clear()
        for transport in self._plane.stats("").transports:
            self._plane.close_transport(transport.transport)
        self._flush()
        try:
            async with asyncio.timeout(FINISH_TIMEOUT_S), asyncio.TaskGroup() as group:
                for tap in taps:
                    if tap is not None:
                        group.create_task(tap.close())
        except TimeoutError:
            log.error("recording_unfinished", seconds=FINISH_TIMEOUT_S)

    # ── network ──

    def _follow_addresses(self) -> None:
        """Before somebody is told where we are: the machine may be elsewhere by now."""
        opened = self._local.reread(time.monotonic())
        if opened is None:
            return
        listeners = [new.listener for new in opened if new.listener is not None]
        for new in opened:
            if new.replaced is not None:
                self._loop.remove_reader(new.replaced.fileno())
                self._loop.remove_writer(new.replaced.fileno())
                new.replaced.close()
            reader = hot_path.Reader(new.number, new.udp)
            self._readers[new.number : new.number + 1] = [reader]
            self._output.put_socket(new.number, new.udp)
            self._loop.add_reader(new.udp.fileno(), self._readable, reader)
        if opened and self._waits_to_send:  # perhaps for one that is closed
            self._loop.call_soon(self._send)
        assert self._closers is not None
        self._closers.create_task(self._tcp.listen(listeners))
        self._plane.offer(self._local.candidates(self._public_ips))
        log.info("media_addresses_changed", addresses=len(self._local.current), opened=len(opened))

    def _read_what_waited(self) -> None:
        """We stood still: hear our peers before a timer takes them for silent."""
        for reader in self._readers:
            for _ in range(TURNS_AFTER_STALL):
                if self._readable(reader):
                    break

    def _readable(self, reader: hot_path.Reader) -> bool:
        """One turn: what came in, then a slice of what it causes; the rest waits. Whether nothing came."""
        plane, output, now = self._plane, self._output, time.monotonic()
        datagrams = reader.read(now)
        for data, path, arrival in datagrams:
            output.arrived(arrival)
            plane.receive_datagram(data, path, now)
        output.arrived(0.0)
        self._flush()
        return not datagrams

    def _flush(self) -> None:
        """Send, unless that is under way already, and pass on what servers should hear."""
        if not self._waits_to_send:
            self._send()
        for path, datagram in self._output.others():
            if path[0] >= FIRST_NUMBER:
                self._tcp.send(path, datagram)
            else:
                self.counters["send_errors"] += 1
        for event in self._plane.events():
            self.control.notify(event)
            if isinstance(event, m.TransportState):
                log.info(
                    "transport_changed", transport=event.transport, state=event.state, reason=event.reason
                )

    def _send(self) -> None:
        """A slice; goes on after others had their turn, or when the socket has room again."""
        self._waits_to_send = False
        output = self._output
        if output.send(output.SLICE) or self._stopping.is_set():
            return
        self._waits_to_send = True
        if output.blocked < 0:
            self._loop.call_soon(self._send)
        else:
            self.counters["send_buffer_full"] += 1
            descriptor = self._sockets[output.blocked].fileno()
            self._loop.add_writer(descriptor, self._writable, descriptor)

    def _writable(self, descriptor: int) -> None:
        self._loop.remove_writer(descriptor)
        self._send()

    def _tick(self) -> None:
        now = time.monotonic()
        self._lag.add(max(0.0, now - self._tick_due))
        if now - self._ticked_at > STALL_S:
            self._read_what_waited()
        self._ticked_at = now
        wait_s = FAILED_TICK_S
        try:
            self._plane.handle_timer(now)
            self._flush()
            wait_s = TICK_S
        finally:  # the loop logs the fault; without a next tick it would be the end of every lesson here
            if self._plane.is_idle:
                self._timer = None
            else:
                self._tick_due = now + wait_s
                self._timer = self._loop.call_later(wait_s, self._tick)

    # ── control ──

    def _handle(self, request: m.Request, respond: Respond) -> None:
        try:
            answer = self._answer(request, respond)
        except PlaneRefusal as refusal:
            answer = m.Refused(refusal.code, str(refusal))
        if answer is not None:
            respond(answer)
        self._flush()
        if self._timer is None:
            self._tick_due = time.monotonic()
            self._tick()

    def _answer(self, request: m.Request, respond: Respond) -> m.Answer | None:
        """The answer, or None when it will be given later."""
        return HANDLERS[type(request)](self, request, respond)

    def _receive_hello(self, _request: m.Hello, _respond: Respond) -> m.Answer:
        self._follow_addresses()
        addresses = tuple((one.getsockname()[0], one.getsockname()[1]) for one in self._local.current)
        return m.Welcome(m.VERSION, hot_path.IMPLEMENTATION, os.getpid(), addresses)

    def _receive_open_room(self, request: m.OpenRoom, respond: Respond) -> m.Answer | None:
        self._plane.open_room(request.room)
        if request.record is None or request.room in self._recordings:
            return m.Done()
        self._record_later(request.room, request.record, respond)
        return None

    def _receive_close_room(self, request: m.CloseRoom, respond: Respond) -> None:
        self._close_later(request.room, self._plane.close_room(request.room), respond)

    def _receive_start_recording(self, request: m.StartRecording, respond: Respond) -> None:
        if request.room in self._recordings:
            raise PlaneRefusal("already_recording", "this room is being recorded")
        self._record_later(request.room, request.record, respond)

    def _receive_stop_recording(self, request: m.StopRecording, respond: Respond) -> None:
        self._close_later(request.room, self._plane.stop_recording(request.room), respond)

    def _receive_create_transport(self, request: m.CreateTransport, _respond: Respond) -> m.Answer:
        self._follow_addresses()
        return m.TransportCreated(self._plane.create_transport(request, time.monotonic()))

    def _receive_close_transport(self, request: m.CloseTransport, _respond: Respond) -> m.Answer:
        self._plane.close_transport(request.transport)
        return m.Done()

    def _receive_open_pipe(self, request: m.OpenPipe, _respond: Respond) -> m.Answer:
        self._follow_addresses()
        path = path_between(self._sockets, request)
        if path is None:
            raise PlaneRefusal("address_unreachable", f"no socket here reaches {request.remote_address}")
        self._plane.open_pipe(request, path, time.monotonic())
        return m.Done()

    def _receive_set_pipe(self, request: m.SetPipe, _respond: Respond) -> m.Answer:
        self._plane.set_pipe(request, time.monotonic())
        return m.Done()

    def _receive_close_pipe(self, request: m.ClosePipe, _respond: Respond) -> m.Answer:
        self._plane.close_transport(request.pipe)
        return m.Done()

    def _receive_restart_ice(self, request: m.RestartIce, _respond: Respond) -> m.Answer:
        self._follow_addresses()
        return self._plane.restart_ice(request)

    def _receive_set_routes(self, request: m.SetRoutes, _respond: Respond) -> m.Answer:
        return m.RoutesSet(self._plane.set_routes(request.routes, time.monotonic()))

    def _receive_set_publishing(self, request: m.SetPublishing, _respond: Respond) -> m.Answer:
        self._plane.set_publishing(request)
        return m.Done()

    def _receive_request_keyframe(self, request: m.RequestKeyframe, _respond: Respond) -> m.Answer:
        self._plane.request_keyframe(request.track)
        return m.Done()

    def _receive_get_stats(self, request: m.GetStats, _respond: Respond) -> m.Answer:
        stats = self._plane.stats(request.room)
        ours = {
            **self.counters,
            "tcp_connections": self._tcp.connections,
            "closed_slow_peers": self.control.closed_slow_peers,
            "closed_silent_peers": self.control.closed_silent_peers,
            **self._network_counters(),
        }
        return msgspec.structs.replace(
            stats,
            process={**stats.process, **ours},
            latency=self._output.latencies.histogram(),
            loop_lag=self._lag.histogram(),
            hot_path=hot_path.IMPLEMENTATION,
        )

    def _network_counters(self) -> dict[str, int]:
        """Only what happened."""
        output, readers = self._output, self._readers
        counts = {
            "send_queue_full": output.dropped,
            "send_errors": output.errors + self.counters["send_errors"],
            "receive_errors": sum(reader.errors for reader in readers),
            "receive_too_long": sum(reader.too_long for reader in readers),
        }
        return {name: count for name, count in counts.items() if count}

    def _record_later(self, room: str, spec: m.RecordSpec, respond: Respond) -> None:
        """Begin to record; answered when its files are there. A disk that stands still holds up nobody."""
        create_tap = self._create_tap
        if create_tap is None:
            raise PlaneRefusal("no_recorder", "this media process was started without --tap")
        mark = self._recordings[room] = object()

        def notify(event: str, code: str) -> None:
            self._loop.call_soon_threadsafe(self._notify_recording, room, event, code)

        def report(error: Exception) -> None:
            log.error("tap_failed", room=room, error=type(error).__name__, exc_info=error)
            notify("recording_problem", "tap_failed")

        async def record() -> m.Answer:
            made = GuardedTap(await create_tap(spec, self._plane.request_keyframe, notify), report)
            try:
                if self._recordings.get(room) is not mark:
                    raise PlaneRefusal("recording_unavailable", "it was stopped before it had begun")
                self._plane.start_recording(room, made)
            except PlaneRefusal:
                await made.close()
                raise
            return m.Done()

        async def answer() -> None:
            try:
                answered = await record()
            except Exception as error:  # noqa: BLE001 - a recorder's bug must not end all lessons here
                if self._recordings.get(room) is mark:
                    del self._recordings[room]
                answered = self._no_recording(error)
            respond(answered)
            self._flush()

        assert self._closers is not None
        self._closers.create_task(answer())

    @staticmethod
    def _no_recording(error: Exception) -> m.Refused:
        if isinstance(error, PlaneRefusal):
            return m.Refused(error.code, str(error))
        if isinstance(error, OSError):
            log.error("recording_refused", error=error.strerror)
            return m.Refused("recording_unavailable", f"the recording cannot be written: {error.strerror}")
        log.error("recording_refused", error=type(error).__name__, exc_info=error)
        return m.Refused("recording_unavailable", "the recorder failed")

    def _notify_recording(self, room: str, event: str, code: str) -> None:
        if event == "recording_problem":
            self.control.notify(m.RecordingProblem(room, code))
        else:
            self.control.notify(m.RecordingProgress(room, code, event))

    def _close_later(self, room: str, tap: GuardedTap | None, respond: Respond) -> None:
        self._recordings.pop(room, None)
        if tap is None:
            respond(m.Done())
            return

        async def close() -> None:
            await tap.close()
            respond(m.Done())

        assert self._closers is not None
        self._closers.create_task(close())


HANDLERS: Final[dict[type[m.Request], Callable[[MediaProcess, Any, Respond], m.Answer | None]]] = {
    m.Hello: MediaProcess._receive_hello,
    m.OpenRoom: MediaProcess._receive_open_room,
    m.CloseRoom: MediaProcess._receive_close_room,
    m.StartRecording: MediaProcess._receive_start_recording,
    m.StopRecording: MediaProcess._receive_stop_recording,
    m.CreateTransport: MediaProcess._receive_create_transport,
    m.CloseTransport: MediaProcess._receive_close_transport,
    m.OpenPipe: MediaProcess._receive_open_pipe,
    m.SetPipe: MediaProcess._receive_set_pipe,
    m.ClosePipe: MediaProcess._receive_close_pipe,
    m.RestartIce: MediaProcess._receive_restart_ice,
    m.SetRoutes: MediaProcess._receive_set_routes,
    m.SetPublishing: MediaProcess._receive_set_publishing,
    m.RequestKeyframe: MediaProcess._receive_request_keyframe,
    m.GetStats: MediaProcess._receive_get_stats,
}
"""Who answers what."""


def load_tap(entry: str) -> CreateTap:
    """The function behind `module:function`. Raises ImportError, AttributeError."""
    module, _, function = entry.partition(":")
    return cast("CreateTap", getattr(importlib.import_module(module), function))


def remove_socket(path: str) -> None:
    """Take away the control socket of an earlier life, or ours at the end; there is none without a path."""
    if path:
        Path(path).unlink(missing_ok=True)


def watch_parent(loop: asyncio.AbstractEventLoop, process: MediaProcess) -> None:
    """Stop the process when its stdin reaches the end, if a parent holds the other end of it.

    A media process that runs by itself (a container, a unit of its own) has /dev/null there, or a terminal.
    """
    descriptor = sys.stdin.fileno()
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        log.info("parent_unwatched")
        return

    def readable() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            process.stop()

    loop.add_reader(descriptor, readable)


def configure_logging() -> None:
    """One JSON line per event on stderr."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", LogStream(sys.stderr))),
    )


async def serve(arguments: argparse.Namespace) -> None:
    """Run until the parent goes away. Raises PortInUse."""
    os.umask(0o077)  # the control socket is for our own user
    loop = asyncio.get_running_loop()
    ports = open_ports(local_addresses(arguments.host), arguments.port, tcp=not arguments.no_tcp)
    if not ports.tcp and not arguments.no_tcp:
        log.warning("media_tcp_unavailable", port=arguments.port)
    create_tap = load_tap(arguments.tap) if arguments.tap else None
    if create_tap is not None and arguments.data is not None:
        create_tap = recording_below(arguments.data.absolute(), create_tap)
    process = MediaProcess(arguments.host, ports, arguments.public_ip, create_tap)
    watch_parent(loop, process)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.stop)
    await process.run(arguments.control)


def control_of(text: str) -> ControlEnd:
    """What `--control` names; the secret of TCP comes from the environment, where no list of processes
    shows it.

    Raises:
        argparse.ArgumentTypeError: it cannot be used; with the reason.
    """
    secret = os.environ.get(SECRET, "")
    try:
        if SECRET_FILE in os.environ:
            secret = Path(os.environ[SECRET_FILE]).read_text(encoding="utf-8").strip()
        return control_end(str(Path(text).absolute()) if "://" not in text else text, secret)
    except (OSError, ValueError) as error:
        msg = f"{error} ({SECRET}, or a file that {SECRET_FILE} names)"
        raise argparse.ArgumentTypeError(msg) from None


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; see the module."""
    parser = argparse.ArgumentParser(
        prog="python -m streaming.process", description="A Lectern media process."
    )
    parser.add_argument(
        "--control",
        required=True,
        type=control_of,
        help=f"where orders come in: path of a socket to create, or tcp://ADDRESS:PORT with {SECRET} set",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to bind; 0.0.0.0 or :: for every one")
    parser.add_argument("--port", type=int, default=7882, help="UDP and TCP port, 0 picks one")
    parser.add_argument("--no-tcp", action="store_true", help="no ICE-TCP")
    parser.add_argument("--public-ip", action="append", default=[], help="address to announce (behind NAT)")
    parser.add_argument("--tap", default="", help="recorder, module:function")
    parser.add_argument(
        "--data", type=Path, help="record below this folder of ours, not where the server says (its own disk)"
    )
    return parser.parse_args(arguments)


def main() -> int:
    """Entry point; the exit code says why it ended."""
    configure_logging()
    if hot_path.PROBLEM:
        log.error("hot_path_unavailable", message=hot_path.PROBLEM)
        return EXIT_NO_TWIN
    try:
        uvloop.run(serve(parse_arguments()))
    except PortInUse as error:
        log.error("port_in_use", message=str(error))
        return EXIT_PORT_IN_USE
    return 0


if __name__ == "__main__":
    sys.exit(main())
