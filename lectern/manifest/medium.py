"""What a finished medium consists of: the names of its files, and the word about it that is written last.

The worker makes them, the catalogue shows them, and who takes them in from elsewhere checks them.
"""

import re
from typing import Final

import msgspec

VIDEO: Final = "video.mp4"
THUMBNAIL: Final = "thumbnail.jpg"
RESULT: Final = "result.json"
MASTER: Final = "master.m3u8"
PICTURES: Final = "pictures.m3u8"
TILES: Final = "tiles.vtt"
TRACKS: Final = ("sound", "360", "720")
"""Of the ladder: each is a file and its playlist."""
_LADDER: Final = {f"{track}.{end}" for track in TRACKS for end in ("mp4", "m3u8")}
REQUIRED: Final = frozenset({VIDEO, THUMBNAIL, RESULT, MASTER, PICTURES, TILES} | _LADDER)
_SHEET: Final = re.compile(r"tiles-[0-9]{1,5}\.jpg")
MOST_FILES: Final = 2_000


class MediumResult(msgspec.Struct, frozen=True):
    """Of `result.json`, what others than the worker need."""

    duration_ms: int
    ladder: str = ""


def is_published(name: str) -> bool:
    """Whether a file of this name belongs to a finished medium."""
    return name in REQUIRED or _SHEET.fullmatch(name) is not None
