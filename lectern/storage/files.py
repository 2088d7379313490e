"""The files of an installation: written once under a key, read whole, in ranges, or as a local path."""

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lectern.kernel.errors import NotFound
from lectern.kernel.ids import new_id
from lectern.storage.keys import file_key


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as a listing shows it."""

    key: str
    size_bytes: int


class Files(Protocol):
    """Where files are. A key is immutable once put, unless its writer replaces it as a whole.

    Every operation checks its key (`lectern.storage.keys`) and raises `NotFound` (`file_not_found`) for what
    is not there.
    """

    async def put(self, key: str, content: bytes) -> None:
        """Store `content`; readers see the old file or the whole new one."""

    async def get(self, key: str) -> bytes:
        """Return a whole file; for small ones."""

    async def read(self, key: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`; fewer at the end of the file."""

    async def list(self, prefix: str) -> list[StoredFile]:
        """Return every file under the folder `prefix`, by key; nothing if there is no such folder."""

    async def delete(self, prefix: str) -> int:
        """Delete a file, or every file under a folder; return how many there were."""

    async def local_path(self, key: str) -> Path:
        """Return a readable file of this machine with the content (object storage: a cached copy)."""


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
            raise _missing()
        return path

    async def put(self, key: str, content: bytes) -> None:
        """See `Files`. The content is on the disk when this returns."""
        await asyncio.to_thread(_replace, self.path(key), content)

    async def get(self, key: str) -> bytes:
        """See `Files`."""
        path = self.path(key)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise _missing() from None

    async def read(self, key: str, start: int, length: int) -> bytes:
        """See `Files`."""
        return await asyncio.to_thread(_read_range, self.path(key), start, length)

    async def list(self, prefix: str) -> list[StoredFile]:
        """See `Files`."""
        return await asyncio.to_thread(_listing, self._root, self.path(prefix))

    async def delete(self, prefix: str) -> int:
        """See `Files`."""
        return await asyncio.to_thread(_delete, self._root, self.path(prefix))

    async def local_path(self, key: str) -> Path:
        """See `Files`."""
        path = self.path(key)
        if not await asyncio.to_thread(path.is_file):
            raise _missing()
        return path


def _missing() -> NotFound:
    return NotFound("file_not_found", "There is no such file.")


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{new_id()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read_range(path: Path, start: int, length: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(length)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise _missing() from None


def _listing(root: Path, folder: Path) -> list[StoredFile]:
    return [
        StoredFile(path.relative_to(root).as_posix(), path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]


def _delete(root: Path, target: Path) -> int:
    if target.is_file():
        target.unlink()
        return 1
    count = len(_listing(root, target))
    shutil.rmtree(target, ignore_errors=True)
    return count
