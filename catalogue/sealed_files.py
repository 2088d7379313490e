"""Files as they go out sealed: read, rewritten or encrypted once for all who ask at the same time."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Final

from catalogue.sealing import Piece, Seal
from lectern.storage.files import Files, FoundFile, missing

REMEMBERED_BYTES: Final = 64 << 20
"""Pieces that were asked for lately, for the many who follow a broadcast."""
LARGEST_PIECE_BYTES: Final = 64 << 20
_LARGEST_PLAYLIST_BYTES: Final = 32 << 20


class SealedFiles:
    """Sealed playlists and pieces of `files`.

    What was made lately is kept, the oldest goes first; of those who want the same at once, one makes it.
    """

    def __init__(self, files: Files, remembered_bytes: int = REMEMBERED_BYTES) -> None:
        self._files = files
        self._bound = remembered_bytes
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._making: dict[Hashable, asyncio.Lock] = {}
        self.made = 0
        """How many were rewritten or encrypted since the start."""

    async def playlist(self, seal: Seal, key: str) -> bytes:
        """Return a playlist that names sealed pieces.

        Raises:
            NotFound, Gone: as `Files`.
        """
        clear = await self._read(key, Piece("i", 0), _LARGEST_PLAYLIST_BYTES)
        which = (seal, key, hashlib.blake2b(clear, digest_size=16).digest())
        return await self._once(which, lambda: seal.playlist(key, clear.decode()).encode())

    async def piece(self, seal: Seal, key: str, piece: Piece) -> bytes:
        """Return a piece of the file `key`, encrypted if it is one to be.

        Raises:
            NotFound: no such piece. Gone: as `Files`.
        """
        which = (seal, key, piece)
        kept = self._kept.get(which)
        if kept is not None:
            self._kept.move_to_end(which)
            return kept
        lock = self._making.setdefault(which, asyncio.Lock())
        try:
            async with lock:
                if which in self._kept:
                    return self._kept[which]
                clear = await self._read(key, piece, LARGEST_PIECE_BYTES)
                return await self._make(which, lambda: seal.closed(key, piece, clear))
        finally:
            if not lock.locked():
                self._making.pop(which, None)

    async def _once(self, which: Hashable, make: Callable[[], bytes]) -> bytes:
        kept = self._kept.get(which)
        if kept is None:
            return await self._make(which, make)
        self._kept.move_to_end(which)
        return kept

    async def _make(self, which: Hashable, make: Callable[[], bytes]) -> bytes:
        made = await asyncio.to_thread(make)
        self.made += 1
        if which not in self._kept and len(made) <= self._bound:
            self._kept[which] = made
            self._kept_bytes += len(made)
        while self._kept_bytes > self._bound:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest)
        return made

    async def _read(self, key: str, piece: Piece, most: int) -> bytes:
        found = await self._files.find(key)
        length = piece.length or found.size_bytes - piece.offset
        if not 0 < length <= most or piece.offset + length > found.size_bytes:
            raise missing()
        clear = await self._bytes_of(found, piece.offset, length)
        if len(clear) != length:  # it was replaced in between; the player asks again
            raise missing()
        return clear

    async def _bytes_of(self, found: FoundFile, offset: int, length: int) -> bytes:
        if found.content is not None:
            return found.content[offset : offset + length]
        if found.path is None:
            return await self._files.read(found.key, offset, length)
        try:
            return await asyncio.to_thread(_part_of, found.path, offset, length)
        except FileNotFoundError:  # it left this disk since it was found
            return await self._files.read(found.key, offset, length)


def _part_of(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)
