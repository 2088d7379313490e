"""A file that somebody brings: streamed to the disk, bounded by what it says and by what comes."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aiohttp import web

from lectern.kernel.errors import Gone, Overloaded, ProtocolViolation, Rejected, TooLarge
from lectern.kernel.ids import new_id

MOST_BYTES: Final = 2 << 30
_CHUNK: Final = 256 * 1024
_KEPT_FREE: Final = 512 << 20
"""Lessons are recorded on this disk, too."""
_AT_ONCE: Final = 2


class Uploads:
    """Takes a few files at once into `folder`; each is gone again after the block."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self.most_bytes = most_bytes
        self._under_way = 0

    @asynccontextmanager
    async def received(self, http: web.Request) -> AsyncIterator[tuple[Path, int]]:
        """Hold a request's body as a file, with its size.

        Raises:
            TooLarge: it says, or turns out, to be more than is taken (`upload_too_large`). Rejected: nothing
                came (`upload_empty`). Gone: there is no room (`disk_full`). Overloaded: others are at it.
        """
        announced = http.content_length
        if announced is not None and announced > self.most_bytes:
            raise self._too_large()
        if self._under_way >= _AT_ONCE:
            raise Overloaded(
                "too_fast", "Other files are being taken in. Please try again in a moment.", retry_after_s=10
            )
        self._under_way += 1
        path = self._folder / f"upload-{new_id()}"
        try:
            size = await self._written(http, path, announced or 0)
            if size == 0:
                raise Rejected("upload_empty", "The file is empty.")
            yield path, size
        except OSError as error:
            raise _no_room() from error
        finally:
            self._under_way -= 1
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _written(self, http: web.Request, path: Path, announced: int) -> int:
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        if (await asyncio.to_thread(shutil.disk_usage, self._folder)).free < announced + _KEPT_FREE:
            raise _no_room()
        size = 0
        try:
            with await asyncio.to_thread(path.open, "xb") as file:
                async for chunk in http.content.iter_chunked(_CHUNK):
                    size += len(chunk)
                    if size > self.most_bytes:
                        raise self._too_large()
                    await asyncio.to_thread(file.write, chunk)
        except web.RequestPayloadError:
            raise ProtocolViolation(
                "body_broken", "The request's body does not arrive as announced."
            ) from None
        return size

    def _too_large(self) -> TooLarge:
        return TooLarge(
            "upload_too_large",
            "This file is too large: at most 2 GB are taken.",
            limit_bytes=self.most_bytes,
        )


def _no_room() -> Gone:
    return Gone(
        "disk_full",
        "The server's disk is full or broken, so the file was not taken. Ask an administrator to free space.",
    )
