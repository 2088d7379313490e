"""A manifest in the bucket while it grows: what was appended since the piece before, as objects that never
change. Pure.

`rec/<n>/pieces/<offset>.jsonl` holds whole lines from byte `offset` of the manifest on; `over.json` beside
them says how long the manifest is, once nobody writes it any more and everything that it names is there.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

MANIFEST: Final = "manifest.jsonl"
_OVER: Final = "over.json"
_DIGITS: Final = 12


class Over(msgspec.Struct, frozen=True):
    """Content of `over.json`."""

    bytes: int


def pieces_folder(manifest_key: str) -> str:
    """Return the folder of a manifest's pieces."""
    return manifest_key.removesuffix(MANIFEST) + "pieces"


def piece_key(manifest_key: str, offset: int) -> str:
    """Return the key of the piece that begins at byte `offset`."""
    return f"{pieces_folder(manifest_key)}/{offset:0{_DIGITS}d}.jsonl"


def over_key(manifest_key: str) -> str:
    """Return the key of the note that a manifest is over."""
    return f"{pieces_folder(manifest_key)}/{_OVER}"


def offset_of(key: str) -> int | None:
    """Return where a piece begins; None: this is no piece."""
    folder, _, name = key.rpartition("/")
    digits = name.removesuffix(".jsonl")
    is_piece = folder.endswith("/pieces") and name.endswith(".jsonl") and digits.isdigit()
    return int(digits) if is_piece and len(digits) == _DIGITS else None


def carried_to(manifest_key: str, in_bucket: Iterable[tuple[str, int]]) -> int:
    """Return how much of a manifest is there in pieces, given keys and sizes: up to the first gap."""
    folder = pieces_folder(manifest_key) + "/"
    end = 0
    for offset, size in sorted(
        (offset, size)
        for key, size in in_bucket
        if key.startswith(folder) and (offset := offset_of(key)) is not None
    ):
        if offset > end:
            break
        end = max(end, offset + size)
    return end


def whole_lines(content: bytes) -> bytes:
    """Return `content` without a last line that is not complete."""
    return content[: content.rfind(b"\n") + 1]
