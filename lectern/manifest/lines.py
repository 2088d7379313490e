"""The lines of a recording's manifest.

All `*_ms` fields but `session_ms` and `utc_ms` are milliseconds since this recording's own start (the
recording clock). Fields may be added, never removed; readers ignore what they do not know.
"""

from typing import Literal

import msgspec

Source = Literal["mic", "camera", "screen"]
Kind = Literal["audio", "video"]
Why = Literal["loss", "restarted", "no_keyframe", "disk", "late"]
"""`late` is for the packager to say: it was recorded, and came when the replay had gone on without it."""


class RecordingStarted(msgspec.Struct, frozen=True, tag="recording_started", tag_field="type"):
    """First line: where this recording lies on the session's clock and on the wall clock.

    What is recorded `aside` is shown live, and is not for the replay.
    """

    session_ms: int
    utc_ms: int
    version: int = 1
    aside: bool = False


class TrackStarted(msgspec.Struct, frozen=True, tag="track_started", tag_field="type"):
    """A published track is being recorded from `start_ms` on. `codec` is `VP8`, `H264` or `opus`.

    With `group` it is what that group of the class records for itself, and in nothing for the main room.
    """

    track: str
    source: Source
    kind: Kind
    participant: str
    codec: str
    clock_rate: int
    start_ms: float
    group: str = ""


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


class Missing(msgspec.Struct, frozen=True, tag="missing", tag_field="type"):
    """Media of a track that was sent, or should have been, and is not in its fragments.

    It lies between `start_ms` and `end_ms`, where the frames before and after it stand; `missing_ms` is how
    much of that is gone (sound may only lack single packets of the stretch). `why` is `loss` (packets came
    too late or never), `restarted` (the sender began anew), `no_keyframe` (nothing could be decoded yet) or
    `disk` (it could not be written for so long that it was let go).
    """

    track: str
    start_ms: float
    end_ms: float
    missing_ms: float
    why: Why


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


Line = RecordingStarted | TrackStarted | Fragment | Missing | Clock | TrackEnded | RecordingEnded
