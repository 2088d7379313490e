"""Files in a folder of this machine."""

import asyncio
import contextlib
import errno
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from lectern.kernel.ids import new_id
from lectern.storage.files import CHUNK_BYTES, FoundFile, StoredFile, missing
from lectern.storage.keys import file_key

_NO_LINKS: Final = frozenset({errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK})
"""Another file system, or one without hard links: copy instead."""


class LocalFiles:
    """`Files` in a folder of this machine, `LECTERN_DATA`."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._root = root.resolve()

    def path(self, key: str) -> Path:
        """Return where `key` is or would be, links followed.

        Raises:
            NotFound: the key is malformed, or a link leads out of the folder.
        """
        path = (self._root / file_key(key)).resolve()
        if not path.is_relative_to(self._root):
            raise missing()
        return path

    async def put(self, key: str, content: bytes) -> None:
        """See `Files`. The content is on the disk when this returns."""
        await asyncio.to_thread(write_whole, self.path(key), content)

    async def put_file(self, key: str, source: Path) -> None:
        """See `Files`."""
        await asyncio.to_thread(_copy_whole, self.path(key), source)

    async def get(self, key: str) -> bytes:
        """See `Files`."""
        path = self.path(key)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise missing() from None

    async def read(self, key: str, start: int, length: int) -> bytes:
        """See `Files`."""
        return await asyncio.to_thread(_read_range, self.path(key), start, length)

    async def find(self, key: str) -> FoundFile:
        """See `Files`."""
        path = self.path(key)
        size = await asyncio.to_thread(_size_of, path)
        return FoundFile(key, size, path)

    async def stream(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        """See `Files`."""
        while length > 0 and (piece := await self.read(key, start, min(length, CHUNK_BYTES))):
            yield piece
            start += len(piece)
            length -= len(piece)

    async def fetch(self, key: str, target: Path) -> None:
        """See `Files`. A second name for the same file, where the file system knows such."""
        await asyncio.to_thread(_second_name, self.path(key), target)

    async def list(self, prefix: str) -> list[StoredFile]:
        """See `Files`."""
        return await asyncio.to_thread(_listing, self._root, self.path(prefix))

    async def delete(self, prefix: str) -> int:
        """See `Files`."""
        return await asyncio.to_thread(_delete, self._root, self.path(prefix))


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file at once, safely on the disk. Blocks. Raises OSError."""
    with _replacing(path) as temporary, temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _copy_whole(path: Path, source: Path) -> None:
    with _replacing(path) as temporary:
        try:
            shutil.copyfile(source, temporary)
        except FileNotFoundError:
            raise missing() from None
        with temporary.open("rb") as file:
            os.fsync(file.fileno())


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{new_id()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _size_of(path: Path) -> int:
    if not path.is_file():
        raise missing()
    return path.stat().st_size


def _second_name(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        try:
            os.link(path, target)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            shutil.copyfile(path, target)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise missing() from None


def _read_range(path: Path, start: int, length: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(length)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise missing() from None


def _listing(root: Path, folder: Path) -> list[StoredFile]:
    """What is there; a file that goes away meanwhile is not."""
    found: list[StoredFile] = []
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            if not path.name.startswith(".") and path.is_file():
                found.append(StoredFile(path.relative_to(root).as_posix(), path.stat().st_size))
    return found


def _delete(root: Path, target: Path) -> int:
    if target.is_file():
        target.unlink()
        return 1
    count = len(_listing(root, target))
    shutil.rmtree(target, ignore_errors=True)
    return count
