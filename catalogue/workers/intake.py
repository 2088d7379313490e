"""What a worker sends stays apart, by job and lease, until its result is taken: then it gets its name.

A worker that lost its lease can at most write into its own corner, which nobody reads
and which is swept away.
"""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Gone, NotFound, ProtocolViolation
from lectern.kernel.ids import new_id
from lectern.storage.files import StoredFile
from lectern.storage.keys import below, file_key

CORNER: Final = "incoming"
MOST_BYTES: Final = 200 * 10**9
"""Of one file that a worker sends."""
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_PASSING_S: Final = 24 * 3600.0
_MOST_COPIED: Final = 5 * 10**9
"""S3 copies no larger object at once, and takes no larger one in one request."""


@dataclass(frozen=True, slots=True)
class Corner:
    """Where one lease's files wait."""

    job_id: str
    lease: str

    @property
    def folder(self) -> str:
        """Its key; the lease is hashed, because its name may hold any character."""
        return f"{CORNER}/{self.job_id}/{hashlib.sha256(self.lease.encode()).hexdigest()[:24]}"

    def key(self, name: str) -> str:
        """The key of a file in it. Raises NotFound: `name` is not a key."""
        return below(f"{self.folder}/", name)


class Intake(Protocol):
    """Keeps what arrives."""

    async def receive(self, corner: Corner, name: str, body: AsyncIterator[bytes], size_bytes: int) -> None:
        """Keep a file of exactly this size. Raises ProtocolViolation, Gone."""

    async def waiting(self, corner: Corner) -> dict[str, int]:
        """Return the sizes of what is there, by name."""

    async def content(self, corner: Corner, name: str) -> bytes:
        """Return a small file."""

    async def publish(self, corner: Corner, folder: str, names: Sequence[str]) -> None:
        """Give files their place below `folder`, in this order. May be repeated."""

    async def drop(self, job_id: str) -> None:
        """Throw away what any lease of a job left."""

    async def corners(self) -> list[str]:
        """Return the keys of all leases' corners (`Corner.folder`)."""

    async def drop_corner(self, folder: str) -> None:
        """Throw away what one lease left."""

    async def drop_passing(self) -> None:
        """Throw away what was on its way through this machine a day ago, when the server was killed."""

    def signed_path(self, corner: Corner, name: str, size_bytes: int) -> str | None:
        """The key to write to without this server in between; None if there is no such way."""


class DiskIntake:
    """`Intake` beside the sessions, in `LECTERN_DATA`."""

    def __init__(self, data: Path) -> None:
        self._data = data

    async def receive(self, corner: Corner, name: str, body: AsyncIterator[bytes], size_bytes: int) -> None:
        """See `Intake`."""
        await received(self._data / corner.key(name), body, size_bytes)

    async def waiting(self, corner: Corner) -> dict[str, int]:
        """See `Intake`."""
        return await asyncio.to_thread(_sizes, self._data / file_key(corner.folder))

    async def content(self, corner: Corner, name: str) -> bytes:
        """See `Intake`."""
        try:
            return await asyncio.to_thread((self._data / corner.key(name)).read_bytes)
        except FileNotFoundError:
            raise NotFound("file_not_found", "There is no such file.") from None

    async def publish(self, corner: Corner, folder: str, names: Sequence[str]) -> None:
        """See `Intake`."""
        pairs = [(self._data / corner.key(name), self._data / below(f"{folder}/", name)) for name in names]
        try:
            await asyncio.to_thread(_moved, pairs)
        except OSError as error:
            raise disk_full() from error

    async def drop(self, job_id: str) -> None:
        """See `Intake`."""
        await asyncio.to_thread(shutil.rmtree, self._data / CORNER / file_key(job_id), ignore_errors=True)

    async def corners(self) -> list[str]:
        """See `Intake`."""
        return await asyncio.to_thread(_corners_in, self._data / CORNER)

    async def drop_corner(self, folder: str) -> None:
        """See `Intake`."""
        await asyncio.to_thread(_drop_corner, self._data / file_key(folder))

    async def drop_passing(self) -> None:
        """See `Intake`."""
        await asyncio.to_thread(_drop_old_files, self._data / CORNER)

    def signed_path(self, corner: Corner, name: str, size_bytes: int) -> str | None:
        """See `Intake`: there is none."""
        return None


class Bucket(Protocol):
    """What `BucketIntake` asks of a bucket."""

    async def get(self, key: str) -> bytes:
        """Return a small file."""

    async def put_file(self, key: str, source: Path) -> None:
        """Store a file."""

    async def fetch(self, key: str, target: Path) -> None:
        """Bring a file here."""

    async def list(self, prefix: str) -> list[StoredFile]:
        """Return every file under a folder."""

    async def delete(self, prefix: str) -> int:
        """Delete a folder."""

    async def copy(self, source: str, target: str) -> None:
        """Copy a file of at most 5 GB within the bucket."""


class BucketIntake:
    """`Intake` in the bucket itself: any server may take the result. `scratch` is for what passes through."""

    def __init__(self, bucket: Bucket, scratch: Path) -> None:
        self._bucket = bucket
        self._scratch = scratch

    async def receive(self, corner: Corner, name: str, body: AsyncIterator[bytes], size_bytes: int) -> None:
        """See `Intake`."""
        passing = self._scratch / f"passing-{new_id()}"
        try:
            await received(passing, body, size_bytes)
            await self._bucket.put_file(corner.key(name), passing)
        finally:
            await asyncio.to_thread(passing.unlink, missing_ok=True)

    async def waiting(self, corner: Corner) -> dict[str, int]:
        """See `Intake`."""
        listed = await self._bucket.list(corner.folder)
        return {file.key.removeprefix(f"{corner.folder}/"): file.size_bytes for file in listed}

    async def content(self, corner: Corner, name: str) -> bytes:
        """See `Intake`."""
        return await self._bucket.get(corner.key(name))

    async def publish(self, corner: Corner, folder: str, names: Sequence[str]) -> None:
        """See `Intake`."""
        sizes = await self.waiting(corner)
        for name in names:
            target = below(f"{folder}/", name)
            if sizes.get(name, 0) <= _MOST_COPIED:
                await self._bucket.copy(corner.key(name), target)
                continue
            passing = self._scratch / f"passing-{new_id()}"
            try:
                await self._bucket.fetch(corner.key(name), passing)
                await self._bucket.put_file(target, passing)
            finally:
                await asyncio.to_thread(passing.unlink, missing_ok=True)

    async def drop(self, job_id: str) -> None:
        """See `Intake`. What the bucket does not delete now is left to `catalogue.workers.leftovers`."""
        with contextlib.suppress(Gone):
            await self._bucket.delete(f"{CORNER}/{file_key(job_id)}")

    async def corners(self) -> list[str]:
        """See `Intake`."""
        listed = await self._bucket.list(CORNER)
        return list(dict.fromkeys(file.key.rpartition("/")[0] for file in listed if file.key.count("/") == 3))

    async def drop_corner(self, folder: str) -> None:
        """See `Intake`."""
        await self._bucket.delete(folder)

    async def drop_passing(self) -> None:
        """See `Intake`."""
        await asyncio.to_thread(_drop_old_files, self._scratch)

    def signed_path(self, corner: Corner, name: str, size_bytes: int) -> str | None:
        """See `Intake`."""
        return corner.key(name) if size_bytes <= _MOST_COPIED else None


async def received(target: Path, body: AsyncIterator[bytes], size_bytes: int) -> None:
    """Write a body of exactly `size_bytes` to `target`, which appears when it is whole.

    Raises:
        ProtocolViolation: it is longer or shorter (`body_size_wrong`). Gone: this disk takes no more
            (`disk_full`).
    """
    part = target.with_name(f".{target.name}.{new_id()}")
    try:
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        with await asyncio.to_thread(part.open, "wb") as file:
            written = 0
            async for chunk in body:
                written += len(chunk)
                if written > size_bytes:
                    raise _wrong_size(size_bytes)
                await asyncio.to_thread(file.write, chunk)
        if written != size_bytes:
            raise _wrong_size(size_bytes)
        await asyncio.to_thread(part.replace, target)
    except OSError as error:
        raise disk_full() from error
    finally:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(part.unlink, missing_ok=True)


def disk_full() -> Gone:
    """What is answered while this machine's disk takes no more."""
    return Gone(
        "disk_full",
        "The server's disk is full or broken. Nothing was lost: free space there, and the work goes on.",
        retry_after_s=10,
    )


def _wrong_size(size_bytes: int) -> ProtocolViolation:
    return ProtocolViolation(
        "body_size_wrong", "The file is not as long as was announced.", size_bytes=size_bytes
    )


def _corners_in(root: Path) -> list[str]:
    return [
        f"{CORNER}/{job.name}/{corner.name}"
        for job in _folders(root)
        for corner in _folders(job) or [job / "-"]  # a job's own folder that is empty goes, too
    ]


def _folders(path: Path) -> list[Path]:
    try:
        return [entry for entry in path.iterdir() if _ID.fullmatch(entry.name) and entry.is_dir()]
    except FileNotFoundError:
        return []


def _drop_corner(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # another lease of the job has a corner there
        folder.parent.rmdir()


def _drop_old_files(folder: Path) -> None:
    """Files beside the corners: uploads, and what goes from a worker to the bucket."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if path.is_file() and utc_ms() / 1000 - path.stat().st_mtime > _PASSING_S:
                path.unlink()


def _sizes(folder: Path) -> dict[str, int]:
    if not folder.is_dir():
        return {}
    return {path.name: path.stat().st_size for path in folder.iterdir() if not path.name.startswith(".")}


def _moved(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Safely on the disk under their new names; what a former try has moved is there."""
    for source, target in pairs:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not source.exists() and target.exists():
            continue
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.replace(target)
    for folder in {target.parent for _, target in pairs}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
