"""Erasing for good what was said aside, wherever copies of it lie.

`sessions/<id>/rec/erased.json` is the word: what was said aside in recordings 1 to `up_to` is erased. It
lies in the bucket before the first file goes, and stays. Who holds copies (the machine that recorded, the
one that packaged) reads it there before it carries anything more of an aside, and again after: also a
machine without a database, and one that comes back after weeks.
"""

from pathlib import Path
from shutil import rmtree
from typing import Final, Protocol

import msgspec

from lectern.kernel.errors import NotFound
from lectern.storage import pieces
from lectern.storage.files import Files, unavailable
from lectern.storage.local import write_whole

NAME: Final = "erased.json"
_LONGEST_FIRST_LINE_BYTES: Final = 4096


class Asides(Protocol):
    """What the files of a session tell of asides; `lectern.manifest.asides` is one."""

    def aside_folder(self, recording: int) -> str:
        """Return the folder, relative to `hls/`, of what a recording holds aside."""

    def recording_of(self, folder: str) -> int | None:
        """Return the recording whose folder relative to `hls/` this is; None: it is of no aside."""

    def emptied(self, manifest: bytes, length: int = 0) -> bytes | None:
        """Return an aside's manifest without what it lists, `length` long or longer; None: of no aside."""


class Erased(msgspec.Struct, frozen=True):
    """Content of `erased.json`: every aside among recordings 1 to `up_to` is erased."""

    up_to: int


def erased_key(session_key: str) -> str:
    """Return where the word of a session (`sessions/<id>`) lies."""
    return f"{session_key}/rec/{NAME}"


async def erased_up_to(files: Files, session_key: str) -> int:
    """Return up to which recording of a session asides are erased; 0: none.

    Raises:
        Gone: that cannot be read now; nothing of an aside is to be carried then.
    """
    try:
        return msgspec.json.decode(await files.get(erased_key(session_key)), type=Erased).up_to
    except NotFound:
        return 0
    except msgspec.DecodeError as error:
        raise unavailable() from error


async def tell(files: Files, session_key: str, up_to: int) -> None:
    """Say that asides are erased up to a recording; what was said before stays. Raises Gone."""
    if await erased_up_to(files, session_key) < up_to:
        await files.put(erased_key(session_key), msgspec.json.encode(Erased(up_to)))


async def erase_recording(
    files: Files, session_key: str, number: int, asides: Asides, manifest: bytes | None = None
) -> bool:
    """Delete what `files` hold of recording `number`, if that is an aside; return whether there was anything.

    Its manifest stays, empty and at its length. `manifest` is what somebody else knows of it, who may know
    more. May be interrupted and repeated at will. Raises Gone.
    """
    base = f"{session_key}/rec/{number}"
    key = f"{base}/{pieces.MANIFEST}"
    there = {file.key: file.size_bytes for file in await files.list(base)}
    before = await _content(files, key)
    known = manifest or before or await _content(files, pieces.piece_key(key, 0))
    carried = pieces.carried_to(key, there.items())
    empty = None if known is None else asides.emptied(known, max(carried, len(before or b"")))
    if known is not None and empty is None:
        return False
    # Nothing but an aside lies there, whether its manifest has come or not.
    found = await files.delete(f"{session_key}/hls/{asides.aside_folder(number)}") > 0
    if empty is None:
        return found
    for part in sorted({name.removeprefix(f"{base}/").partition("/")[0] for name in there}):
        if part != pieces.MANIFEST:
            found = await files.delete(f"{base}/{part}") > 0 or found
    if before != empty:
        await files.put(key, empty)
        found = True
    return found


async def _content(files: Files, key: str) -> bytes | None:
    try:
        return await files.get(key)
    except NotFound:
        return None


def is_aside(recording: Path, asides: Asides) -> bool | None:
    """Return whether a recording in this folder is an aside; None: its first line is not there yet. Blocks.

    Raises OSError.
    """
    try:
        with (recording / pieces.MANIFEST).open("rb") as file:
            first, newline, _ = file.read(_LONGEST_FIRST_LINE_BYTES).partition(b"\n")
    except FileNotFoundError:
        return None
    return asides.emptied(first + newline) is not None if newline else None


def copies(recording: Path, asides: Asides) -> list[Path]:
    """Return what of an aside a folder holds that has to go, its manifest last. Blocks. Raises OSError."""
    try:
        inside = sorted(recording.iterdir())
    except FileNotFoundError:
        return []
    manifest = recording / pieces.MANIFEST
    found = [path for path in inside if path != manifest]
    if manifest not in inside:
        return found
    content = manifest.read_bytes()
    empty = asides.emptied(content)
    if empty is None:
        return []
    return found if empty == content else [*found, manifest]


def erase_copies(recording: Path, asides: Asides) -> None:
    """Erase an aside in this folder, as `erase_recording` does elsewhere. Blocks. Raises OSError."""
    for path in copies(recording, asides):
        if path.name == pieces.MANIFEST:
            content = path.read_bytes()
            write_whole(path, asides.emptied(content) or content)
        elif path.is_dir():
            rmtree(path)
        else:
            path.unlink()
