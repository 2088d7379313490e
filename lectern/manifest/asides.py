"""What of a session's files was said aside: the live segments beside those of the replay, and never in it;
and recordings that say so in their first line. Pure."""

from pathlib import PurePosixPath
from typing import Final

import msgspec

from lectern.manifest.lines import Line, RecordingEnded, RecordingStarted

_PREFIX: Final = "aside-"
_FILLING: Final = b'{"type":"erased"}'


def aside_folder(recording: int) -> str:
    """Return the folder, relative to `hls/`, of what recording `recording` of a session holds aside."""
    return f"{_PREFIX}{recording}"


def is_aside(path: str) -> bool:
    """Whether a path below `hls/` leads to something that is not for the replay."""
    return any(part.startswith(_PREFIX) for part in PurePosixPath(path).parts)


def recording_of(folder: str) -> int | None:
    """Return the recording whose folder relative to `hls/` this is; None: it is of no aside."""
    digits = folder.removeprefix(_PREFIX)
    return int(digits) if folder != digits and digits.isascii() and digits.isdigit() else None


def emptied(manifest: bytes, length: int = 0) -> bytes | None:
    """Return the manifest of an aside without what it lists, as long as before; None: it is of no aside.

    Its first line stays, and its last one if the recording was closed; between them is room. With `length`
    it becomes so long, where it was shorter: whoever follows recordings by number and length finds what they
    expect.
    """
    first, *others = manifest.splitlines(keepends=True) or [b""]
    if not isinstance(begun := _line(first), RecordingStarted) or not begun.aside:
        return None
    last = others[-1] if others and isinstance(_line(others[-1]), RecordingEnded) else b""
    room = max(len(manifest), length) - len(first) - len(last)
    if room <= 0 or not first.endswith(b"\n"):
        return manifest
    filling = _FILLING.ljust(room - 1) if room > len(_FILLING) else b" " * (room - 1)
    return first + filling + b"\n" + last


def _line(text: bytes) -> Line | None:
    try:
        line: Line = msgspec.json.decode(text, type=Line)
    except msgspec.DecodeError:
        return None
    return line
