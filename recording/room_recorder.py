"""One recording of one room: what the media process reports in, ordered lines and files out (pure).

Events are taken in the order in which they happened. `cut(now)` returns everything since the cut before, in
the order in which it must reach the disk; its last line is a `Clock` that promises that all earlier media is
in.
"""

from typing import NamedTuple

from lectern.manifest import Clock, Line, RecordingEnded, TrackEnded, TrackStarted
from lectern.manifest.lines import Kind, Source
from recording.fragments import FragmentFile, TrackRecorder
from recording.media_clock import DelayFloor

SETTLED_MS = 800.0
"""Media older than this at a cut is complete: the reorder window plus ordinary jitter."""
KEYFRAME_RETRY_S = 1.0


class TrackOpened(NamedTuple):
    """A track starts, or goes on with another codec or numbering. `group`: see `TrackStarted`."""

    track: str
    source: Source
    kind: Kind
    codec: str
    clock_rate: int
    participant: str
    at_s: float
    group: str = ""


class PacketArrived(NamedTuple):
    """One RTP packet."""

    track: str
    data: bytes
    arrival_s: float


class ReportArrived(NamedTuple):
    """One sender report."""

    track: str
    ntp_s: float
    timestamp: int


class TrackClosed(NamedTuple):
    """No more packets of this track."""

    track: str
    at_s: float


TapEvent = TrackOpened | PacketArrived | ReportArrived | TrackClosed
Written = Line | FragmentFile


class RoomRecorder:
    """See the module. `start_s` is the monotonic time that the recording calls 0.

    `unsupported` are the tracks there now that cannot be recorded, with their codecs.
    """

    def __init__(self, start_s: float) -> None:
        self.unknown_track = 0
        self.unsupported: dict[str, str] = {}
        self._start_s = start_s
        self._tracks: dict[str, TrackRecorder] = {}
        self._senders: dict[str, DelayFloor] = {}
        self._lives = 0
        self._pending: list[Written] = []
        self._asked_s: dict[str, float] = {}
        self._malformed = 0

    @property
    def malformed(self) -> int:
        """Packets that made no sense, over all tracks."""
        return self._malformed + sum(track.malformed for track in self._tracks.values())

    def receive(self, event: TapEvent) -> None:
        """Never raises for what a peer sent."""
        if isinstance(event, PacketArrived):
            if recorder := self._tracks.get(event.track):
                recorder.receive_rtp(event.data, event.arrival_s)
            else:
                self.unknown_track += 1
        elif isinstance(event, ReportArrived):
            if recorder := self._tracks.get(event.track):
                recorder.receive_report(event.ntp_s, event.timestamp)
        elif isinstance(event, TrackOpened):
            self._open(event)
        else:
            self._close(event.track, event.at_s)

    def cut(self, now: float, *, last: bool = False) -> list[Written]:
        """What is to be written now. `last`: closes all tracks and ends the recording at `now`."""
        now_ms = max(0.0, (now - self._start_s) * 1000)
        if last:
            for track in list(self._tracks):
                self._close(track, now)
        for recorder in self._tracks.values():
            self._pending += recorder.cut(now)
        out, self._pending = self._pending, []
        return [*out, RecordingEnded(now_ms) if last else Clock(max(0.0, now_ms - SETTLED_MS))]

    def keyframes_wanted(self, now: float) -> list[str]:
        """Tracks whose publisher must be asked for a keyframe; each at most once a second."""
        wanted = []
        for track, recorder in self._tracks.items():
            if (
                recorder.wants_keyframe
                and now - self._asked_s.get(track, -KEYFRAME_RETRY_S) >= KEYFRAME_RETRY_S
            ):
                self._asked_s[track] = now
                wanted.append(track)
        return wanted

    def _open(self, event: TrackOpened) -> None:
        known = self._tracks.get(event.track)
        goes_on_as = None if known is None else (known.started.codec, known.started.group)
        if known is not None and goes_on_as == (event.codec, event.group):
            self._pending += known.cut(event.at_s, last=True)
            known.restart()
            return
        if known is not None:
            self._close(event.track, event.at_s)
        self._lives += 1
        started = TrackStarted(
            track=event.track,
            source=event.source,
            kind=event.kind,
            participant=event.participant,
            codec=event.codec,
            clock_rate=event.clock_rate,
            start_ms=max(0.0, (event.at_s - self._start_s) * 1000),
            group=event.group,
        )
        sender = self._senders.setdefault(event.participant, DelayFloor())
        try:
            recorder = TrackRecorder(started, f"{event.source}-{self._lives}", sender, self._start_s)
        except ValueError:
            self.unsupported[event.track] = event.codec
            return
        self.unsupported.pop(event.track, None)
        self._tracks[event.track] = recorder
        self._pending.append(started)

    def _close(self, track: str, at_s: float) -> None:
        self.unsupported.pop(track, None)
        recorder = self._tracks.pop(track, None)
        if recorder is None:
            return
        self._pending += recorder.cut(at_s, last=True)
        self._malformed += recorder.malformed
        self._asked_s.pop(track, None)
        self._pending.append(TrackEnded(track, max(0.0, (at_s - self._start_s) * 1000)))
