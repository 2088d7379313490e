"""A folder of this machine with a bucket behind it.

Recorder and packager know the folder alone; `lectern.storage.carrier` brings what they finish into the
bucket, and takes old media off this disk. So what never changes is the same in both places, and the nearer
one answers. What changes (playlists, descriptions) is true where it is written: here if this server is
alone; in the bucket if several servers have folders of their own.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final, Protocol, TypeVar

from lectern.kernel.errors import Gone, NotFound
from lectern.storage.files import Files, FoundFile, StoredFile, unavailable
from lectern.storage.kinds import is_final
from lectern.storage.local import LocalFiles
from lectern.storage.read_cache import LARGEST_BYTES, ReadCache

_FRESH_S: Final = 1.0
"""So old may a playlist from the bucket be that is shown to viewers: many ask for it at once."""
_AWAY_S: Final = 5.0
"""So long a bucket that did not answer is not asked again for viewers."""
_ANSWER_S: Final = 8.0
"""So long viewers wait for a bucket that takes connections and says nothing."""
_REMEMBERED: Final = 512

ResultT = TypeVar("ResultT")


class TieredFiles:
    """`Files` over a folder and a bucket; see the module."""

    def __init__(
        self,
        local: LocalFiles,
        bucket: Files,
        cache: ReadCache,
        *,
        alone: bool,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`alone`: whatever changes is written in this machine's folder. `now` in monotonic seconds."""
        self._local = local
        self._bucket = bucket
        self._cache = cache
        self._alone = alone
        self._now = now
        self._shown: OrderedDict[str, tuple[float, FoundFile]] = OrderedDict()
        self._asking: dict[str, asyncio.Lock] = {}
        self._away_until = 0.0

    async def put(self, key: str, content: bytes) -> None:
        """See `Files`: safe in the bucket, and here too if it belongs here (see `_belongs_here`)."""
        await self._bucket.put(key, content)
        self._shown.pop(key, None)
        if await self._belongs_here(key):
            await self._local.put(key, content)

    async def put_file(self, key: str, source: Path) -> None:
        """See `Files`."""
        await self._bucket.put_file(key, source)
        self._shown.pop(key, None)
        if await self._belongs_here(key):
            await self._local.put_file(key, source)

    async def get(self, key: str) -> bytes:
        """See `Files`."""
        return await self._from_holder(key, lambda files: files.get(key))

    async def read(self, key: str, start: int, length: int) -> bytes:
        """See `Files`."""
        return await self._from_holder(key, lambda files: files.read(key, start, length))

    async def stream(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        """See `Files`."""
        holder = await self._holder(key)
        async for piece in holder.stream(key, start, length):
            yield piece

    async def fetch(self, key: str, target: Path) -> None:
        """See `Files`."""
        await self._from_holder(key, lambda files: files.fetch(key, target))

    async def find(self, key: str) -> FoundFile:
        """See `Files`. While the bucket is away, what is here answers."""
        holder = await self._holder(key)
        if holder is self._local:
            return await self._local.find(key)
        try:
            return await (self._final(key) if is_final(key) else self._changing(key))
        except Gone:
            if not await self._is_here(key):
                raise
            return await self._local.find(key)

    async def list(self, prefix: str) -> list[StoredFile]:
        """See `Files`: of both places together."""
        here = await self._local.list(prefix)
        there = await self._bucket.list(prefix)
        nearer, farther = (here, there) if self._alone else (there, here)
        merged = {file.key: file for file in (*farther, *nearer)}
        return [merged[key] for key in sorted(merged)]

    async def delete(self, prefix: str) -> int:
        """See `Files`. First here, so that nothing carries it away again; copies for viewers go, too."""
        here = {file.key for file in await self._local.list(prefix)}
        deleted = await self._local.delete(prefix)
        self._shown.clear()
        there = await self._bucket.delete(prefix)
        await self._cache.forget(prefix)
        return max(deleted, len(here), there)

    async def _holder(self, key: str) -> Files:
        """Whose answer counts."""
        near = self._alone or is_final(key)
        return self._local if near and await self._is_here(key) else self._bucket

    async def _from_holder(self, key: str, ask: Callable[[Files], Awaitable[ResultT]]) -> ResultT:
        """Ask whose answer counts; what has just left this disk is in the bucket."""
        holder = await self._holder(key)
        try:
            return await ask(holder)
        except NotFound:
            if holder is self._bucket:
                raise
            return await ask(self._bucket)

    async def _is_here(self, key: str) -> bool:
        return await asyncio.to_thread(self._local.path(key).is_file)

    async def _belongs_here(self, key: str) -> bool:
        """Whether this folder holds the recording that `key` belongs to (`sessions/<id>/…`), or this very
        file.

        What is made of a recording then stays beside it, and leaves this disk with it. Not if there may be
        other folders: what is deleted from one of them would come back from another.
        """
        if not self._alone:
            return False
        home = "/".join(key.split("/")[:2])
        return await self._is_here(key) or await asyncio.to_thread((self._local.path(home) / "hls").is_dir)

    async def _final(self, key: str) -> FoundFile:
        found = await self._remembered(key, with_content=False)
        if found.size_bytes > LARGEST_BYTES:
            return found
        path = await self._cache.path_of(self._bucket, key, found.size_bytes)
        return FoundFile(key, found.size_bytes, path, e_tag=found.e_tag)

    async def _changing(self, key: str) -> FoundFile:
        return await self._remembered(key, with_content=True)

    async def _remembered(self, key: str, *, with_content: bool) -> FoundFile:
        """What the bucket said a moment ago; one of those who ask at once asks it."""
        lock = self._asking.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                at, found = self._shown.get(key, (-_FRESH_S, None))
                if found is not None and (not with_content or self._now() - at < _FRESH_S):
                    return found
                found = await self._ask(key, with_content=with_content)
                self._shown[key] = self._now(), found
                self._shown.move_to_end(key)
                while len(self._shown) > _REMEMBERED:
                    self._shown.popitem(last=False)
                return found
        finally:
            if not lock.locked():
                self._asking.pop(key, None)

    async def _ask(self, key: str, *, with_content: bool) -> FoundFile:
        if self._now() < self._away_until:
            raise Gone(
                "storage_unavailable", "The recordings cannot be reached at the moment.", retry_after_s=5
            )
        try:
            async with asyncio.timeout(_ANSWER_S):
                if not with_content:
                    return await self._bucket.find(key)
                content = await self._bucket.get(key)
                return FoundFile(key, len(content), content=content)
        except (Gone, TimeoutError) as error:
            self._away_until = self._now() + _AWAY_S
            raise unavailable() from error


class Source(Protocol):
    """What `copy_folder` asks of `Files`."""

    async def list(self, prefix: str) -> list[StoredFile]:
        """See `Files`."""

    async def fetch(self, key: str, target: Path) -> None:
        """See `Files`."""


def everything(_name: str) -> bool:
    """What `copy_folder` copies if nobody says otherwise."""
    return True


async def copy_folder(
    files: Source, prefix: str, target: Path, wanted: Callable[[str], bool] = everything
) -> int:
    """Make `target` hold what is under the folder `prefix`; what is there already and never changes is kept.

    `wanted` says of a name relative to `prefix` whether it is copied. Returns how many files came. Raises
    NotFound, Gone: as `Files`; what has come so far stays.
    """
    came = 0
    for file in await files.list(prefix):
        name = file.key.removeprefix(prefix + "/")
        if not wanted(name):
            continue
        path = target / name
        size = await asyncio.to_thread(_size_of, path)
        if size == file.size_bytes and is_final(file.key):
            continue
        await asyncio.to_thread(path.unlink, missing_ok=True)
        try:
            await files.fetch(file.key, path)
        except NotFound:
            continue  # deleted, or replaced by another name, since the list was made
        came += 1
    return came


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
