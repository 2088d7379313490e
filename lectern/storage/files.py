"""The files of an installation, by key, wherever they are."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from lectern.kernel.errors import Gone, NotFound

CHUNK_BYTES: Final = 1 << 20
"""Most that a stream hands out at once."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as a listing shows it."""

    key: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to be served: from `path` on this machine, from `content`, or (neither) by `Files.stream`.

    `e_tag` tells versions of its content apart; "" if nobody knows.
    """

    key: str
    size_bytes: int
    path: Path | None = None
    content: bytes | None = None
    e_tag: str = ""


class Files(Protocol):
    """Where files are. A key is immutable once put, unless its writer replaces it as a whole.

    Every operation checks its key (`lectern.storage.keys`). It raises `NotFound` (`file_not_found`) for
    what is not there, and `Gone` (`storage_unavailable`) while object storage cannot be asked.
    """

    async def put(self, key: str, content: bytes) -> None:
        """Store `content`; readers see the old file or the whole new one. It is safe when this returns."""

    async def put_file(self, key: str, source: Path) -> None:
        """Store a file of this machine, of any size. It stays where it is."""

    async def get(self, key: str) -> bytes:
        """Return a whole file; for small ones."""

    async def read(self, key: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`; fewer at the end of the file."""

    async def find(self, key: str) -> FoundFile:
        """Return how to serve a file."""

    def stream(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        """Hand out `length` bytes from `start` on in small pieces."""

    async def fetch(self, key: str, target: Path) -> None:
        """Make `target`, a new file of this machine, hold the content; it must not be written to."""

    async def list(self, prefix: str) -> list[StoredFile]:
        """Return every file under the folder `prefix`, by key; nothing if there is no such folder."""

    async def delete(self, prefix: str) -> int:
        """Delete a file, or every file under a folder; return how many there were."""


def missing() -> NotFound:
    """What every operation raises for a file that is not there."""
    return NotFound("file_not_found", "There is no such file.")


def unavailable() -> Gone:
    """What every operation raises while object storage does not answer, or refuses us."""
    return Gone(
        "storage_unavailable",
        "The recordings cannot be reached at the moment. Try again in a minute.",
        retry_after_s=10,
    )
