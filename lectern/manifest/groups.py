"""Where what groups of the class recorded for themselves lies: beside the replay's segments, never in it."""

import re
from pathlib import PurePosixPath
from typing import Final

_PREFIX: Final = "group-"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def group_folder(group: str) -> str:
    """Return the folder, relative to `hls/`, of what a group recorded.

    Raises:
        ValueError: that is no id of a group (a manifest of another machine may say anything).
    """
    if not _NAME.fullmatch(group):
        raise ValueError("no id of a group")
    return f"{_PREFIX}{group}"


def is_of_group(path: str) -> bool:
    """Whether a path below `hls/` leads to what a group recorded."""
    return any(part.startswith(_PREFIX) for part in PurePosixPath(path).parts)
