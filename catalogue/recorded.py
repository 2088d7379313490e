"""What the packager says about a closed recording: `hls/replay.json` (docs/recording.md). Pure."""

from collections.abc import Sequence

import msgspec


class Piece(msgspec.Struct, frozen=True):
    """One recording of the session: `duration_ms` of it lie at `media_ms` of the replay."""

    session_ms: int
    media_ms: int
    duration_ms: int


class Video(msgspec.Struct, frozen=True):
    """One video of the replay; `playlist` is relative to `hls/`."""

    source: str
    playlist: str


class Recorded(msgspec.Struct, frozen=True):
    """A closed recording. Fields that a later packager adds are ignored."""

    duration_ms: int
    videos: tuple[Video, ...] = ()
    clock: tuple[Piece, ...] = ()
    audio: str | None = None
    program: str | None = "program.m3u8"
    has_sound: bool = True


def read_recorded(content: bytes) -> Recorded:
    """Decode `replay.json`.

    Raises:
        msgspec.DecodeError: it is damaged.
    """
    return msgspec.json.decode(content, type=Recorded)


def media_ms(clock: Sequence[Piece], session_ms: int) -> int:
    """Return where in the replay a moment of the session is seen.

    A moment between two recordings falls on their joint; before the first and after the last one the
    answer is clamped. Never decreases with `session_ms`.
    """
    found = 0
    for piece in sorted(clock, key=lambda piece: piece.media_ms):
        if session_ms < piece.session_ms:
            break
        found = piece.media_ms + min(session_ms - piece.session_ms, piece.duration_ms)
    return found
