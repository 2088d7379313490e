"""Copies of files from far away on this machine's disk: bounded, least recently used first out."""

import asyncio
import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final

from lectern.storage.files import Files

LARGEST_BYTES: Final = 16 << 20
"""Larger files are streamed: nobody waits until a whole film is here."""
FOLDER: Final = "cache"
"""In `LECTERN_DATA`."""
PASSING_S: Final = 120.0
"""So long copies stay of what is only watched while it is live."""
_PASSING: Final = "passing-"


class ReadCache:
    """Whole copies of files that never change. Whoever asks for one that is on its way waits for the same
    copy.

    Used on the event loop. `hits` and `misses` count; several processes may share the folder.
    """

    def __init__(
        self, folder: Path, bound_bytes: int, passing: Callable[[str], bool] = lambda _key: False
    ) -> None:
        """`passing` says of a key whether it is only watched while it is live: `sweep_passing` deletes it
        soon."""
        self.hits = 0
        self.misses = 0
        self._folder = folder
        self._bound_bytes = bound_bytes
        self._passing = passing
        self._sizes: OrderedDict[Path, int] | None = None
        self._total = 0
        self._coming: dict[Path, asyncio.Lock] = {}

    async def path_of(self, files: Files, key: str, size_bytes: int) -> Path:
        """Return the copy of a file of `files` that is `size_bytes` long.

        Raises:
            NotFound, Gone: as `Files.fetch`. OSError: it cannot be written here.
        """
        sizes = self._sizes if self._sizes is not None else await self._look()
        kind = _PASSING if self._passing(key) else ""
        name = hashlib.sha256(key.encode()).hexdigest() + PurePosixPath(key).suffix
        path = self._folder / (kind + _owner(key) + name)
        lock = self._coming.setdefault(path, asyncio.Lock())
        try:
            async with lock:
                if await asyncio.to_thread(_size, path) == size_bytes:
                    self.hits += 1
                else:
                    self.misses += 1
                    await files.fetch(key, path)
                    self._total += size_bytes - sizes.pop(path, 0)
                sizes.setdefault(path, size_bytes)
                sizes.move_to_end(path)
        finally:
            if not lock.locked():
                self._coming.pop(path, None)
        while self._total > self._bound_bytes and len(sizes) > 1:
            old, size = sizes.popitem(last=False)
            self._total -= size
            await asyncio.to_thread(old.unlink, missing_ok=True)
        return path

    async def forget(self, key: str) -> None:
        """Delete the copies of all that belongs to the same session as `key` (`sessions/<id>/…`), whichever
        process made them."""
        sizes = self._sizes if self._sizes is not None else await self._look()
        for path in await asyncio.to_thread(lambda: list(self._folder.glob(f"*{_owner(key)}*"))):
            self._total -= sizes.pop(path, 0)
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _look(self) -> OrderedDict[Path, int]:
        """What an earlier process left here, oldest first."""
        found = await asyncio.to_thread(_copies, self._folder)
        if self._sizes is None:
            self._sizes = OrderedDict(found)
            self._total = sum(self._sizes.values())
        return self._sizes


def sweep_passing(folder: Path, now_s: float) -> int:
    """Delete copies of what was only watched while it was live; return how many. Blocks.

    `now_s` is the wall clock; what lies in its future counts as old.
    """
    swept = 0
    for path in folder.glob(f"{_PASSING}*"):
        try:
            if not 0 <= now_s - path.stat().st_mtime <= PASSING_S:
                path.unlink()
                swept += 1
        except FileNotFoundError:  # another process was a moment faster
            continue
    return swept


def _owner(key: str) -> str:
    """Return how the names of copies begin that belong to the same session."""
    session = "/".join(key.split("/")[:2])
    return hashlib.sha256(session.encode()).hexdigest()[:16] + "-"


def _copies(folder: Path) -> list[tuple[Path, int]]:
    folder.mkdir(parents=True, exist_ok=True)
    seen = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                Path(entry).unlink(missing_ok=True)  # half a copy, of a process that was killed
            else:
                stat = entry.stat()
                seen.append((stat.st_mtime, Path(entry), stat.st_size))
    return [(path, size) for _, path, size in sorted(seen)]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
