"""`hls/so-far.json`: how much of a lesson that goes on can be looked back at already."""

from pathlib import Path
from typing import Final

import msgspec

PAGE_MS: Final = 600_000
"""What a page of a look back covers of the replay's clock, in milliseconds."""


class SoFar(msgspec.Struct, frozen=True):
    """The end of what is listed: on the replay's clock, and its wall clock. Page `n` of a track holds its
    segments that begin in [n · page_ms, (n + 1) · page_ms)."""

    media_ms: int
    utc_ms: int
    tracks: tuple[str, ...]
    page_ms: int = PAGE_MS


def page_name(number: int) -> str:
    """File name of a page, in its track's folder."""
    return f"page-{number:06d}.m3u8"


def read_so_far(content: bytes) -> SoFar:
    """Raises msgspec.DecodeError if it is not what a packager wrote."""
    return msgspec.json.decode(content, type=SoFar)


def write_so_far(path: Path, so_far: SoFar) -> None:
    """Replaces the file at once; it is not synced, because it is written anew with every segment."""
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(msgspec.json.encode(so_far))
    temporary.replace(path)
