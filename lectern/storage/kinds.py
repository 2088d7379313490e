"""Which files never change once they are there, and which are nobody's business elsewhere. Pure."""

from pathlib import PurePosixPath
from typing import Final

_FINAL: Final = frozenset({".m4s", ".mp4", ".m4a", ".jpg", ".png", ".vtt"})
_UNFINISHED: Final = frozenset({".part", ".tmp", ".pid", ".log"})
_LOCAL: Final = frozenset({"ended", "order.json", "shelved.txt", "erased.json"})


def is_final(key: str) -> bool:
    """Whether a file under this key is written once: media, pictures, captions.

    Anything else (playlists, descriptions, manifests) may be replaced or grow, and is compared each time.
    """
    return PurePosixPath(key).suffix in _FINAL


def is_carried(key: str) -> bool:
    """Whether a file belongs into object storage too: not what is hidden, half written, or for this machine
    alone (`ended` and `order.json` are words to the packager here, `shelved.txt` says what this folder
    lacks), nor `erased.json`, which whoever erases puts there."""
    path = PurePosixPath(key)
    if any(part.startswith(".") for part in path.parts):
        return False
    return path.name not in _LOCAL and path.suffix not in _UNFINISHED
