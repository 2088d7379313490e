"""A publisher whose packets are known in advance: real encoders, virtual time, a network that follows orders.

Each method encodes a stretch of one track and adds its packets, with their arrival times, to `events`.
`record` plays the events into a recorder as the media process would, cutting once a second, without waiting.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder

from lectern.manifest import RecordingStarted
from recording.durable_folder import DurableFolder
from recording.room_recorder import (
    PacketArrived,
    ReportArrived,
    RoomRecorder,
    TapEvent,
    TrackClosed,
    TrackOpened,
)
from tests.media_pattern import picture, sound_frame

NTP_AT_ZERO = 3_987_654_321.25
PAYLOAD_TYPES = {"VP8": 96, "H264": 102, "opus": 111}
VideoSource = Literal["camera", "screen"]
Deliver = Callable[[float, bytes], list[tuple[float, bytes]]]
"""What the network makes of a packet sent at a time: copies with arrival times."""


def steady(delay_s: float = 0.03) -> Deliver:
    """A network with one delay."""
    return lambda sent_s, packet: [(sent_s + delay_s, packet)]


def rough(seed: int, *, loss: float = 0.0, jitter_s: float = 0.04, duplicate: float = 0.0) -> Deliver:
    """A network that delays unevenly (so it reorders), loses and repeats."""
    rng = random.Random(seed)

    def deliver(sent_s: float, packet: bytes) -> list[tuple[float, bytes]]:
        if rng.random() < loss:
            return []
        copies = 2 if rng.random() < duplicate else 1
        return [(sent_s + 0.03 + rng.random() * jitter_s, packet) for _ in range(copies)]

    return deliver


@dataclass
class _Numbering:
    ssrc: int
    seq: int
    first_timestamp: int


class ScriptedPublisher:
    """One participant. `clock_error_s` is how wrong its wall clock is: only sender reports know it."""

    def __init__(self, participant: str = "p1", seed: int = 1) -> None:
        self.events: list[tuple[float, TapEvent]] = []
        self._participant = participant
        self._rng = random.Random(seed)
        self._numbering: dict[str, _Numbering] = {}

    def video(
        self,
        source: VideoSource,
        codec: Literal["VP8", "H264"],
        start_s: float,
        end_s: float,
        *,
        fps: int = 15,
        size: tuple[int, int] = (320, 180),
        keyframe_s: float = 2.0,
        network: Deliver | None = None,
        reports: bool = True,
        close: bool = True,
        open_track: bool = True,
        encode_delay_s: float = 0.0,
        group: str = "",
    ) -> None:
        """Pictures whose counter is `time × fps`, sent from `start_s` to `end_s` (seconds of the script)."""
        track = f"{self._participant}-{source}"
        numbering = self._number(track)
        encoder = Vp8Encoder() if codec == "VP8" else H264Encoder()
        if open_track:
            self._open(track, source, codec, 90_000, start_s, group)
        first, last = round(start_s * fps), round(end_s * fps)
        for index in range(first, last):
            frame = picture(index, *size)
            frame.pts, frame.time_base = index * 90_000 // fps, Fraction(1, 90_000)
            wants_key = index == first or (index - first) % round(keyframe_s * fps) == 0
            payloads, _ = encoder.encode(frame, force_keyframe=wants_key)
            self._send(
                track, codec, numbering, payloads, index * 90_000 // fps, index / fps, encode_delay_s, network
            )
        if reports:
            self._report(track, numbering, 90_000, start_s, end_s)
        if close:
            self.events.append((end_s + 0.2, TrackClosed(track, end_s + 0.2)))

    def mic(
        self,
        start_s: float,
        end_s: float,
        *,
        network: Deliver | None = None,
        reports: bool = True,
        close: bool = True,
        group: str = "",
    ) -> None:
        """The test sound, aligned with the pictures' counters."""
        track = f"{self._participant}-mic"
        numbering = self._number(track)
        encoder = OpusEncoder()
        self._open(track, "mic", "opus", 48_000, start_s, group)
        for index in range(round(start_s * 50), round(end_s * 50)):
            frame = sound_frame(index * 960)
            frame.time_base = Fraction(1, 48_000)
            payloads, _ = encoder.encode(frame)
            self._send(track, "opus", numbering, payloads, index * 960, index / 50 + 0.02, 0.0, network)
        if reports:
            self._report(track, numbering, 48_000, start_s, end_s)
        if close:
            self.events.append((end_s + 0.2, TrackClosed(track, end_s + 0.2)))

    def in_order(self) -> list[tuple[float, TapEvent]]:
        """All events by time."""
        return sorted(self.events, key=lambda event: event[0])

    def _number(self, track: str) -> _Numbering:
        if track not in self._numbering:
            self._numbering[track] = _Numbering(self._rng.getrandbits(32), 65_500, self._rng.getrandbits(32))
        return self._numbering[track]

    def _open(  # noqa: PLR0917 - private, one caller per medium
        self,
        track: str,
        source: Literal["mic", "camera", "screen"],
        codec: str,
        rate: int,
        at_s: float,
        group: str,
    ) -> None:
        kind: Literal["audio", "video"] = "audio" if source == "mic" else "video"
        opened = TrackOpened(track, source, kind, codec, rate, self._participant, at_s, group)
        self.events.append((at_s, opened))

    def _send(  # noqa: PLR0917 - private, one caller per medium
        self,
        track: str,
        codec: str,
        numbering: _Numbering,
        payloads: list[bytes],
        ticks: int,
        sent_s: float,
        delay_s: float,
        network: Deliver | None,
    ) -> None:
        deliver = network or steady()
        timestamp = (numbering.first_timestamp + ticks) % (1 << 32)
        for index, payload in enumerate(payloads):
            marker = 0x80 if index == len(payloads) - 1 else 0
            header = bytes([0x80, marker | PAYLOAD_TYPES[codec]]) + numbering.seq.to_bytes(2, "big")
            packet = header + timestamp.to_bytes(4, "big") + numbering.ssrc.to_bytes(4, "big") + payload
            numbering.seq = (numbering.seq + 1) % 65_536
            for arrival_s, copy in deliver(sent_s + delay_s, packet):
                self.events.append((arrival_s, PacketArrived(track, copy, arrival_s)))

    def _report(self, track: str, numbering: _Numbering, rate: int, start_s: float, end_s: float) -> None:
        at_s = start_s + 0.5
        while at_s < end_s:
            timestamp = (numbering.first_timestamp + round(at_s * rate)) % (1 << 32)
            self.events.append((at_s + 0.03, ReportArrived(track, NTP_AT_ZERO + at_s, timestamp)))
            at_s += 2.0


def record(
    publishers: list[ScriptedPublisher],
    directory: Path,
    end_s: float,
    *,
    session_ms: int = 0,
    utc_ms: int = 1_795_312_800_000,
    orderly: bool = True,
) -> RoomRecorder:
    """Record the script's seconds 0 to `end_s` into `directory`.

    Not `orderly`: as after a `kill -9` at `end_s`.
    """
    for _ in record_steps(
        publishers, directory, end_s, session_ms=session_ms, utc_ms=utc_ms, orderly=orderly
    ):
        pass
    return _last_recorder[0]


_last_recorder: list[RoomRecorder] = []


def record_steps(
    publishers: list[ScriptedPublisher],
    directory: Path,
    end_s: float,
    *,
    session_ms: int = 0,
    utc_ms: int = 1_795_312_800_000,
    orderly: bool = True,
) -> Iterator[float]:
    """Like `record`, and yields after each second that was written."""
    folder = DurableFolder(directory)
    folder.add([RecordingStarted(session_ms=session_ms, utc_ms=utc_ms)])
    room = RoomRecorder(0.0)
    _last_recorder[:] = [room]
    events = sorted((event for one in publishers for event in one.events), key=lambda event: event[0])
    cut_s = 1.0
    for at_s, event in [*events, (end_s, None)]:
        while cut_s <= min(at_s, end_s):
            folder.add(room.cut(cut_s))
            folder.write()
            yield cut_s
            cut_s += 1.0
        if at_s > end_s:
            break
        if event is not None:
            room.receive(event)
    if orderly:
        folder.add(room.cut(end_s, last=True))
        folder.write()
    folder.close()
    yield end_s
