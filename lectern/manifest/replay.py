"""`hls/replay.json`: what the closed playlists of a session hold, for the catalogue, the player and the
workers."""

from pathlib import Path
from typing import Literal

import msgspec

from lectern.manifest.clock_map import ClockMap, ClockPiece
from lectern.manifest.lines import Source, Why


class ReplaySpan(msgspec.Struct, frozen=True):
    """A stretch of the replay, in media milliseconds."""

    start_ms: int
    end_ms: int


class ReplayVideo(msgspec.Struct, frozen=True):
    """One video of the replay; outside `spans` its playlist shows a dark still.

    `playlist` is relative to `hls/`.
    """

    source: Literal["camera", "screen"]
    playlist: str
    spans: tuple[ReplaySpan, ...]


class ReplayGap(msgspec.Struct, frozen=True):
    """A stretch of the replay, in media milliseconds, in which `missing_ms` of what somebody sent is gone."""

    from_ms: int
    to_ms: int
    missing_ms: int
    source: Source
    participant: str
    why: Why


class ReplayGroup(msgspec.Struct, frozen=True):
    """What a group of the class recorded for itself: as `Replay`, below `group_folder(id)` of `hls/`.

    Its time 0 is when the first of its members was heard.
    """

    id: str
    duration_ms: int
    utc_ms: int
    videos: tuple[ReplayVideo, ...]
    clock: tuple[ClockPiece, ...]
    has_sound: bool = True
    gaps: tuple[ReplayGap, ...] = ()

    @property
    def clock_map(self) -> ClockMap:
        """Between the session's clock and what this group recorded."""
        return ClockMap(self.clock)


class Replay(msgspec.Struct, frozen=True):
    """Everything about a finished replay that its files alone do not say. Written once, last."""

    duration_ms: int
    utc_ms: int
    videos: tuple[ReplayVideo, ...]
    clock: tuple[ClockPiece, ...]
    audio: str = "audio/index.m3u8"
    program: str = "program.m3u8"
    has_sound: bool = True
    gaps: tuple[ReplayGap, ...] = ()
    version: int = 1
    groups: tuple[ReplayGroup, ...] = ()

    @property
    def clock_map(self) -> ClockMap:
        """Between the session's clock and this replay."""
        return ClockMap(self.clock)


def read_replay(path: Path) -> Replay:
    """Raises FileNotFoundError while the replay is not finished, DecodeError if the file is damaged."""
    return msgspec.json.decode(path.read_bytes(), type=Replay)


def write_replay(path: Path, replay: Replay) -> None:
    """Replaces the file at once: a reader sees the old one or the new one."""
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(replay), indent=1))
    temporary.replace(path)
