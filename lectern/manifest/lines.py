"""The lines of a recording's manifest.

All `*_ms` fields but `session_ms` and `utc_ms` are milliseconds since this recording's own start (the
recording clock). Fields may be added, never removed; readers ignore what they do not know.
"""

from typing import Literal

import msgspec

Source = Literal["mic", "camera", "screen"]
Kind = Literal["audio", "video"]


class RecordingStarted(msgspec.Struct, frozen=True, tag="recording_started", tag_field="type"):
    """First line: where this recording lies on the session's clock and on the wall clock."""

    session_ms: int
    utc_ms: int
    version: int = 1


class TrackStarted(msgspec.Struct, frozen=True, tag="track_started", tag_field="type"):
    """A published track is being recorded from `start_ms` on. `codec` is `VP8`, `H264` or `opus`."""

    track: str
    source: Source
    kind: Kind
    participant: str
    codec: str
    clock_rate: int
    start_ms: float


class Fragment(msgspec.Struct, frozen=True, tag="fragment", tag_field="type"):
    """A complete file of one track, readable without the others, named relative to the manifest's folder.

    `keyframes` lists the times of its keyframes; `config` names the decoder configuration (it changes with
    the resolution); `width` and `height` are 0 for sound.
    """

    track: str
    file: str
    start_ms: float
    duration_ms: float
    bytes: int
    config: str
    width: int = 0
    height: int = 0
    keyframes: tuple[float, ...] = ()

    @property
    def keyframe(self) -> bool:
        """Whether it can be decoded from its first frame on without what came before."""
        return bool(self.keyframes) and self.keyframes[0] == self.start_ms

    @property
    def end_ms(self) -> float:
        """Where its last sample ends."""
        return self.start_ms + self.duration_ms


class Clock(msgspec.Struct, frozen=True, tag="clock", tag_field="type"):
    """Everything before `media_ms` has been written: later lines only bring later media."""

    media_ms: float


class TrackEnded(msgspec.Struct, frozen=True, tag="track_ended", tag_field="type"):
    """No more fragments of this track."""

    track: str
    end_ms: float


class RecordingEnded(msgspec.Struct, frozen=True, tag="recording_ended", tag_field="type"):
    """Last line of a recording that was closed in order. It lasted until `media_ms`."""

    media_ms: float


Line = RecordingStarted | TrackStarted | Fragment | Clock | TrackEnded | RecordingEnded
