"""Where the live segments of what is said aside lie: beside those of the replay, and never in it."""

from pathlib import PurePosixPath
from typing import Final

_PREFIX: Final = "aside-"


def aside_folder(recording: int) -> str:
    """Return the folder, relative to `hls/`, of what recording `recording` of a session holds aside."""
    return f"{_PREFIX}{recording}"


def is_aside(path: str) -> bool:
    """Whether a path below `hls/` leads to something that is not for the replay."""
    return any(part.startswith(_PREFIX) for part in PurePosixPath(path).parts)
