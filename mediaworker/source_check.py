"""Can the replay be read at all? Asked before minutes of work, answered in words for its owner."""

from pathlib import Path

import av
import msgspec

from lectern.manifest import Replay, read_replay
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


def check_playlist(playlist: Path, kind: str) -> None:
    """All files that a playlist names are there, and its first frame decodes; else MediaFailedError."""
    try:
        text = playlist.read_text()
    except (OSError, UnicodeDecodeError):
        raise _unreadable(kind, "its playlist is missing") from None
    names = {line for line in text.splitlines() if line and not line.startswith("#")}
    names |= {line.split('"')[1] for line in text.splitlines() if line.startswith('#EXT-X-MAP:URI="')}
    for name in sorted(names):
        path = playlist.parent / name
        if "/" in name or not path.is_file() or path.stat().st_size == 0:
            raise _unreadable(kind, "a part is missing")
    try:
        with av.open(str(playlist)) as container:
            if next(container.decode(container.streams[0]), None) is None:
                raise _unreadable(kind, "it holds no frames")
    except (OSError, IndexError, av.FFmpegError):
        raise _unreadable(kind, "it cannot be decoded") from None


def _unreadable(part: str, what: str) -> MediaFailedError:
    return MediaFailedError("source_unreadable", f"The recording cannot be read ({part}): {what}.")
