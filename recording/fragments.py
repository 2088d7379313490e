"""One track's packets → fragments: complete small files, and what the manifest says of them (pure).

`TrackRecorder.receive_*` take what the network brought; `cut(now)` hands out what has come together since.
Frames are remuxed, never re-encoded. A change of the decoder's configuration starts a new fragment.
"""

from dataclasses import dataclass

from lectern.manifest import Fragment, Missing, TrackStarted
from lectern.manifest.lines import Why
from recording.codec_config import CodecConfig
from recording.depacketise import AccessUnit, make_depacketiser
from recording.fmp4 import Sample, init_segment, media_segment, timescale
from recording.media_clock import DelayFloor, TrackClock
from recording.rtp_order import SEQ_MOD, Ordered, ReorderWindow, parse_rtp

LONG_START_MS = 1000.0
"""A picture that takes longer to begin has missed something."""
MAX_PENDING_FRAMES = 2000
"""Between two cuts (1 s); a sender beyond it is broken or hostile, and the rest of its second is dropped."""


@dataclass(frozen=True, slots=True)
class FragmentFile:
    """A fragment ready to be written: `line` goes into the manifest when `data` is safe."""

    line: Fragment
    data: bytes


Recorded = FragmentFile | Missing


@dataclass(frozen=True, slots=True)
class _Frame:
    tick: int
    unit: AccessUnit


def opus_ticks(packet: bytes) -> int:
    """Duration of an Opus packet in ticks of 48 kHz (RFC 6716 §3.1); `packet` is not empty."""
    config = packet[0] >> 3
    if config < 12:
        frame = (480, 960, 1920, 2880)[config % 4]
    elif config < 16:
        frame = (480, 960)[config % 2]
    else:
        frame = (120, 240, 480, 960)[config % 4]
    code = packet[0] & 3
    count = 1 if code == 0 else 2 if code < 3 else packet[1] & 0x3F if len(packet) > 1 else 0
    return min(max(1, count) * frame, 5760)


class TrackRecorder:
    """The recording of one published track. `number` counts its fragments over restarts of its numbering."""

    def __init__(self, started: TrackStarted, folder: str, sender: DelayFloor, start_s: float) -> None:
        self.started = started
        self.bad_packets = 0
        self.dropped_frames = 0
        self._folder = folder
        self._sender = sender
        self._start_s = start_s
        self._depacketiser = make_depacketiser(started.codec)
        self._order = ReorderWindow()
        self._clock = TrackClock(started.clock_rate, sender, start_s)
        self._ssrc: int | None = None
        self._newest: int | None = None  # sequence number
        self._config: CodecConfig | None = None
        self._frames: list[_Frame] = []
        self._ready: list[Recorded] = []
        self._broken: Why | None = None  # why what follows the last frame may not follow it at once
        self._lost_before = 0  # packets lost when the last frame came
        self._last_span = 0  # ticks for which the last frame lasts
        self._told_ms = 0.0  # what is missing before has been said
        self._number = 0
        self._last_tick = -1
        self._usual_ticks = 3000

    @property
    def wants_keyframe(self) -> bool:
        """Nothing can be recorded until the publisher sends one."""
        return self._depacketiser.wants_keyframe

    @property
    def malformed(self) -> int:
        """Packets that were not RTP, or whose payload broke the codec's format."""
        return self.bad_packets + self._depacketiser.malformed

    def receive_rtp(self, data: bytes, arrival_s: float) -> None:
        """A packet, in any order. What is malformed is counted."""
        packet = parse_rtp(data)
        if packet is None:
            self.bad_packets += 1
            return
        if packet.ssrc != self._ssrc:
            if self._ssrc is not None:
                self._take(self._order.flush())
                self.restart()
            self._ssrc = packet.ssrc
        if self._newest is None or 0 < (packet.seq - self._newest) % SEQ_MOD < SEQ_MOD // 2:
            self._newest = packet.seq
            self._clock.receive(packet.timestamp, arrival_s)
        self._take(self._order.receive(packet, arrival_s))

    def receive_report(self, ntp_s: float, timestamp: int) -> None:
        """A sender report of this track."""
        self._clock.receive_report(ntp_s, timestamp)

    def restart(self) -> None:
        """The same track goes on with another numbering: nothing of the old one can be continued."""
        self._depacketiser = make_depacketiser(self.started.codec)
        self._order = ReorderWindow()
        self._clock = TrackClock(self.started.clock_rate, self._sender, self._start_s)
        self._ssrc = self._newest = None
        self._broken, self._lost_before = "restarted", 0

    def cut(self, now: float, *, last: bool = False) -> list[Recorded]:
        """Everything recorded since the cut before, as fragments, and what is missing in them.

        `last`: nothing will follow, wait for nothing.
        """
        self._take(self._order.flush() if last else self._order.handle_timer(now))
        self._close_fragment()
        if last:
            self._miss_the_end(max(0.0, (now - self._start_s) * 1000))
        ready, self._ready = self._ready, []
        return ready

    def _take(self, packets: list[Ordered]) -> None:
        for packet, gap in packets:
            malformed = self._depacketiser.malformed
            units = self._depacketiser.receive(packet, gap=gap)
            if gap:
                self._broken = self._broken or "loss"
            for unit in units:
                self._append(unit)
            if self._depacketiser.malformed > malformed:
                self._broken = self._broken or "loss"

    def _append(self, unit: AccessUnit) -> None:
        if unit.config is not None and unit.config != self._config:
            self._close_fragment()
            self._config = unit.config
        if self._config is None or len(self._frames) >= MAX_PENDING_FRAMES:
            self.dropped_frames += 1
            self._broken = self._broken or "loss"
            return
        at_ms = self._clock.media_ms(unit.timestamp)
        tick = max(self._last_tick + 1, round(at_ms * timescale(self._config) / 1000))
        self._miss_until(tick)
        self._last_tick = tick
        self._last_span = opus_ticks(unit.data) if self._config.codec == "opus" else self._usual_ticks
        self._frames.append(_Frame(tick, unit))

    def _miss_until(self, tick: int) -> None:
        """A frame stands at `tick`: say what is missing between it and the one before."""
        assert self._config is not None
        per_ms = timescale(self._config) / 1000
        broken, self._broken = self._broken, None
        lost, self._lost_before = self._order.lost - self._lost_before, self._order.lost
        if self._last_tick < 0:
            if self._config.width and tick / per_ms - self.started.start_ms > LONG_START_MS:
                self._miss(self.started.start_ms, tick / per_ms, "no_keyframe")
        elif broken is not None and tick - self._last_tick > self._last_span * 3 // 2:
            from_ms = (self._last_tick + self._last_span) / per_ms
            counted = broken == "loss" and not self._config.width
            self._miss(from_ms, tick / per_ms, broken, lost * self._last_span / per_ms if counted else 0.0)

    def _miss_the_end(self, end_ms: float) -> None:
        """The track ends at `end_ms`: say what of its end is missing."""
        if self._last_tick < 0:
            if self.started.kind == "video" and end_ms - self.started.start_ms > LONG_START_MS:
                self._miss(self.started.start_ms, end_ms, "no_keyframe")
        elif self._broken is not None and self._config is not None:
            from_ms = (self._last_tick + self._last_span) * 1000 / timescale(self._config)
            self._miss(from_ms, end_ms, self._broken)

    def _miss(self, from_ms: float, to_ms: float, why: Why, at_most_ms: float = 0.0) -> None:
        """`at_most_ms`: how much of the stretch is gone, if that is known to be less than all."""
        from_ms = max(from_ms, self._told_ms)
        if to_ms <= from_ms:
            return
        self._told_ms = to_ms
        missing_ms = min(at_most_ms or to_ms - from_ms, to_ms - from_ms)
        self._ready.append(Missing(self.started.track, from_ms, to_ms, missing_ms, why))

    def _close_fragment(self) -> None:
        frames, self._frames = self._frames, []
        if not frames or self._config is None:
            return
        scale = timescale(self._config)
        following = [frame.tick for frame in frames[1:]]
        durations = [after - frame.tick for frame, after in zip(frames, following, strict=False)]
        if self._config.codec == "opus":
            usual = opus_ticks(frames[-1].unit.data)
        else:
            if durations:
                self._usual_ticks = min(max(durations[-1], scale // 120), scale // 5)
            usual = self._usual_ticks
        samples = [
            Sample(frame.unit.data, duration, frame.unit.keyframe)
            for frame, duration in zip(frames, [*durations, usual], strict=True)
        ]
        self._number += 1
        start = frames[0].tick
        data = init_segment(self._config) + media_segment(self._number, start, samples)
        keyframes = (f.tick * 1000 / scale for f in frames if f.unit.keyframe) if self._config.width else ()
        line = Fragment(
            track=self.started.track,
            file=f"{self._folder}/{self._number:06d}.mp4",
            start_ms=start * 1000 / scale,
            duration_ms=(frames[-1].tick + usual - start) * 1000 / scale,
            bytes=len(data),
            config=self._config.name,
            width=self._config.width,
            height=self._config.height,
            keyframes=tuple(keyframes) if self._config.width else (start * 1000 / scale,),
        )
        self._ready.append(FragmentFile(line, data))
