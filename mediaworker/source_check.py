"""Can the replay be read at all? Asked before minutes of work, answered in words for its owner."""

from pathlib import Path

import av
import msgspec

from lectern.manifest import Replay, read_replay
from mediaworker.excerpt import touched, write_excerpt
from mediaworker.media_job import MediaFailedError


def open_replay(hls: Path) -> Replay:
    """Raises MediaFailedError: `replay_not_ready` or `source_unreadable`."""
    try:
        return read_replay(hls / "replay.json")
    except FileNotFoundError:
        raise MediaFailedError(
            "replay_not_ready", "The replay of this session is not finished yet."
        ) from None
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        raise _unreadable("replay", "its description is damaged") from None


def check_playlist(playlist: Path, excerpt: Path, kind: str, start_s: float, duration_s: float) -> None:
    """All files of a range are there, and its first frame decodes; else MediaFailedError.

    Writes `excerpt`, a playlist of the range. Raises OSError where that is impossible.
    """
    check_there(playlist, kind, start_s, duration_s)
    write_excerpt(playlist, excerpt, start_s, duration_s)
    try:
        with av.open(str(excerpt), options={"allowed_extensions": "ALL"}) as container:
            if next(container.decode(container.streams[0]), None) is None:
                raise _unreadable(kind, "it holds no frames")
    except (OSError, IndexError, av.FFmpegError):
        raise _unreadable(kind, "it cannot be decoded") from None


def check_there(playlist: Path, kind: str, start_s: float, duration_s: float) -> None:
    """All files of a range are there; else MediaFailedError."""
    try:
        text = playlist.read_text()
        needed = touched(text, start_s, duration_s)
    except (OSError, ValueError, IndexError):
        raise _unreadable(kind, "its playlist is missing") from None
    for name in sorted({name for entry in needed for name in (entry.map, entry.name)}):
        path = playlist.parent / name
        if "/" in name or not path.is_file() or path.stat().st_size == 0:
            raise _unreadable(kind, "a part is missing")


def _unreadable(part: str, what: str) -> MediaFailedError:
    return MediaFailedError(
        "source_unreadable",
        f"The recording cannot be read ({part}): {what}. Nothing was deleted: an administrator can bring the "
        "files back and try again.",
    )
