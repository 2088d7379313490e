"""A recording that another machine makes: its manifest, followed in the bucket and kept in a file here."""

import asyncio
from pathlib import Path
from typing import Final, Protocol

import msgspec
import structlog

from lectern.kernel.errors import NotFound
from lectern.recordings.settling import Come
from lectern.storage import pieces
from lectern.storage.bucket import BucketFiles

_AT_ONCE: Final = 8
_log = structlog.get_logger()


class Followed(Protocol):
    """A recording, wherever it is made."""

    async def look(self) -> Come | None:
        """Return what has come; None: nothing is known of it yet. Raises Gone, OSError."""


class FarRecording:
    """See the module. Begins from nothing: what an earlier process left in the file is fetched again."""

    def __init__(self, bucket: BucketFiles, manifest_key: str, copy: Path) -> None:
        self._bucket = bucket
        self._key = manifest_key
        self._copy = copy
        self._come: Come | None = None

    async def look(self) -> Come | None:
        """See `Followed`."""
        if self._come is None:
            self._come = await self._begin()
        if self._come is None or self._come.is_over:
            return self._come
        offset = self._come.bytes
        folder = pieces.pieces_folder(self._key)
        # The piece that begins right where we are comes behind the key of the byte before.
        listed = await self._bucket.list_after(folder, pieces.piece_key(self._key, max(offset - 1, 0)))
        keys = [file.key for file in listed]
        if offset == 0:
            keys.insert(0, pieces.piece_key(self._key, 0))
        if not await self._take(keys):
            keys = [file.key for file in await self._bucket.list(folder)]
            if not await self._take(keys):
                _log.warning("manifest_piece_missing", key=self._key, offset=self._come.bytes)
        over_key = pieces.over_key(self._key)
        if over_key in keys:
            over = msgspec.json.decode(await self._bucket.get(over_key), type=pieces.Over)
            if self._come.bytes >= over.bytes:
                self._come = Come(self._come.bytes, is_over=True)
        return self._come

    async def _begin(self) -> Come | None:
        """The whole manifest, as it was carried last, or its first piece; None: there is neither."""
        content = b""
        for key in (self._key, pieces.piece_key(self._key, 0)):
            try:
                content = pieces.whole_lines(await self._bucket.get(key))
            except NotFound:
                continue
            if content:
                break
        else:
            return await self._empty()
        await asyncio.to_thread(_write, self._copy, content)
        return Come(len(content), is_over=False)

    async def _empty(self) -> Come | None:
        """A recorder that was killed before its first line: there is only the note that it is over."""
        try:
            await self._bucket.get(pieces.over_key(self._key))
        except NotFound:
            return None
        await asyncio.to_thread(_write, self._copy, b"")
        return Come(0, is_over=True)

    async def _take(self, keys: list[str]) -> bool:
        """Append these pieces, as far as they continue what is here; False: there is a gap."""
        offsets = {offset: key for key in keys if (offset := pieces.offset_of(key)) is not None}
        order = sorted(offsets)
        for start in range(0, len(order), _AT_ONCE):
            some = order[start : start + _AT_ONCE]
            contents = await asyncio.gather(*(self._content(offsets[offset]) for offset in some))
            for offset, content in zip(some, contents, strict=True):
                if not await self._append(offset, content):
                    return False
        return True

    async def _content(self, key: str) -> bytes:
        try:
            return await self._bucket.get(key)
        except NotFound:
            return b""

    async def _append(self, offset: int, content: bytes) -> bool:
        assert self._come is not None
        here = self._come.bytes
        if offset > here:
            return False
        fresh = content[here - offset :]
        if fresh:
            await asyncio.to_thread(_append, self._copy, here, fresh)
            self._come = Come(here + len(fresh), is_over=False)
        return True


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _append(path: Path, at: int, content: bytes) -> None:
    """Write at a place, so that one that is tried again after a full disk leaves nothing twice."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)
        file.truncate()
