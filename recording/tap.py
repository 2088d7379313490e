"""The recorder inside the media process: `--tap recording.tap:create`.

The event loop only appends to a bounded queue. One thread per recording depacketises, cuts a fragment per
track every second and writes it durably; whatever the disk does, forwarding does not notice. Problems go to
`notify`:

| code | meaning |
|---|---|
| `disk_full` | nothing can be written; fragments are kept in memory (64 MiB) and tried again every second |
| `disk_error` | the same, for any other error of the file system |
| `disk_slow` | the disk does not keep up: packets were dropped, or writing took more than two seconds |
| `codec_unsupported` | a track (VP9, AV1) cannot be recorded; forwarding goes on |
| `incomplete` | the recording was closed while the disk was still full |

`("recording_resumed", code)` follows when a disk problem is over, or the last such track is gone.
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog

from lectern.manifest import RecordingStarted
from lectern.manifest.lines import Kind, Source
from recording.durable_folder import DurableFolder, problem_code
from recording.room_recorder import (
    PacketArrived,
    ReportArrived,
    RoomRecorder,
    TapEvent,
    TrackClosed,
    TrackOpened,
)

log = structlog.get_logger(__name__)

MAX_QUEUED_EVENTS = 60_000
MAX_QUEUED_BYTES = 48 << 20
"""Many seconds of a room; a thread that is behind this far waits for a disk that does not answer."""
CUT_S = 1.0
DRAIN_S = 0.2
REMIND_S = 5.0


class RecordSpec(Protocol):
    """Where a recording goes and when it starts (`streaming.control` sends it)."""

    @property
    def directory(self) -> str:
        """`…/sessions/<id>/rec/<n>`, not used before."""

    @property
    def session_ms_at_start(self) -> int:
        """Session clock at this moment."""

    @property
    def utc_ms(self) -> int:
        """Wall clock at this moment."""

    @property
    def aside(self) -> bool:
        """Whether this is not for the replay."""


async def create(
    spec: RecordSpec, request_keyframe: Callable[[str], None], notify: Callable[[str, str], None]
) -> "RecorderTap":
    """Start recording; called on the event loop. Raises OSError when the directory cannot be written."""
    start_s = time.monotonic()  # the times of `spec` are of now, however long the disk takes
    folder = await asyncio.to_thread(DurableFolder, Path(spec.directory))
    tap = RecorderTap(spec, folder, request_keyframe, notify, start_s)
    tap.start()
    return tap


class RecorderTap:
    """One recording. `on_*` run on the event loop and are cheap; the thread owns everything else."""

    def __init__(
        self,
        spec: RecordSpec,
        folder: DurableFolder,
        request_keyframe: Callable[[str], None],
        notify: Callable[[str, str], None],
        start_s: float,
    ) -> None:
        """`start_s` is the monotonic time that `spec` means."""
        self.dropped_events = 0
        self._loop = asyncio.get_running_loop()
        self._request_keyframe = request_keyframe
        self._notify = notify
        self._folder = folder
        self._log = log.bind(recording="/".join(Path(spec.directory).parts[-3:]))
        self._queue: deque[TapEvent] = deque()
        self._bytes_in = 0  # only the loop writes it
        self._bytes_out = 0  # only the thread writes it
        self._closing = threading.Event()
        self._room = RoomRecorder(start_s)
        self._next_cut_s = time.monotonic() + CUT_S
        self._problem: str | None = None
        self._reminded_s = 0.0
        self._seen_dropped = 0
        self._seen_unsupported = False
        started = RecordingStarted(spec.session_ms_at_start, spec.utc_ms, aside=spec.aside)
        folder.add([started])
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Start the writing thread."""
        self._thread.start()

    def on_track(  # noqa: PLR0917 - the signature is that of streaming.tap.Tap
        self,
        track: str,
        source: Source,
        kind: Kind,
        codec: str,
        clock_rate: int,
        participant: str,
        group: str = "",
        /,
    ) -> None:
        """See `streaming.tap.Tap`."""
        self._put(TrackOpened(track, source, kind, codec, clock_rate, participant, time.monotonic(), group))

    def on_rtp(self, track: str, packet: bytes, arrival_s: float, /) -> None:
        """See `streaming.tap.Tap`.

        Drops the newest packet when the queue is full: its gap is noticed by itself.
        """
        if len(self._queue) >= MAX_QUEUED_EVENTS or self._bytes_in - self._bytes_out >= MAX_QUEUED_BYTES:
            self.dropped_events += 1
            return
        self._bytes_in += len(packet)
        self._queue.append(PacketArrived(track, packet, arrival_s))

    def on_sender_report(self, track: str, ntp_s: float, rtp_ts: int, /) -> None:
        """See `streaming.tap.Tap`."""
        if len(self._queue) < MAX_QUEUED_EVENTS:
            self._queue.append(ReportArrived(track, ntp_s, rtp_ts))

    def on_track_end(self, track: str, /) -> None:
        """See `streaming.tap.Tap`."""
        self._put(TrackClosed(track, time.monotonic()))

    async def close(self) -> None:
        """Write everything and end the manifest. May be called twice."""
        self._closing.set()
        await asyncio.to_thread(self._thread.join)

    def _put(self, event: TapEvent) -> None:
        """Track starts and ends are few, and nothing makes sense without them: they pass the bound of
        packets."""
        self._queue.append(event)

    def _run(self) -> None:
        while not self._closing.wait(DRAIN_S):
            self._drain()
            now = time.monotonic()
            self._ask_keyframes(now)
            if now >= self._next_cut_s:
                self._folder.add(self._room.cut(now))
                self._write(now)
                self._next_cut_s = max(self._next_cut_s + CUT_S, now)
        self._drain()
        self._folder.add(self._room.cut(time.monotonic(), last=True))
        self._write(time.monotonic())
        if self._folder.waiting:
            self._tell("recording_problem", "incomplete")
        self._folder.close()
        self._log.info(
            "recording_closed",
            bytes=self._folder.written_bytes,
            dropped_events=self.dropped_events,
            dropped_fragments=self._folder.dropped_fragments,
            malformed=self._room.malformed,
        )

    def _drain(self) -> None:
        for _ in range(len(self._queue)):
            event = self._queue.popleft()
            if isinstance(event, PacketArrived):
                self._bytes_out += len(event.data)
            self._room.receive(event)
        unsupported = bool(self._room.unsupported)
        if unsupported != self._seen_unsupported:
            self._seen_unsupported = unsupported
            self._tell("recording_problem" if unsupported else "recording_resumed", "codec_unsupported")

    def _write(self, started_s: float) -> None:
        code = None
        try:
            self._folder.write()
        except OSError as error:
            code = problem_code(error)
        now = time.monotonic()
        if code is None and (now - started_s > 2 * CUT_S or self.dropped_events > self._seen_dropped):
            code = "disk_slow"
        self._seen_dropped = self.dropped_events
        if code is not None and (code != self._problem or now - self._reminded_s >= REMIND_S):
            self._reminded_s = now
            self._tell("recording_problem", code)
        elif code is None and self._problem is not None:
            self._tell("recording_resumed", self._problem)
        self._problem = code

    def _ask_keyframes(self, now: float) -> None:
        for track in self._room.keyframes_wanted(now):
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to ask
                self._loop.call_soon_threadsafe(self._request_keyframe, track)

    def _tell(self, event: str, code: str) -> None:
        self._log.warning(event, code=code, waiting=self._folder.waiting)
        self._notify(event, code)
