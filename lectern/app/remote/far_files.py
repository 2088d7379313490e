"""A job's files behind the addresses that a server hands out for one lease."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final

import aiohttp
import structlog

from lectern.app.remote.line import Line, away, refusal
from lectern.kernel.ids import new_id
from lectern.storage.files import CHUNK_BYTES, StoredFile
from lectern.storage.keys import file_key

_log = structlog.get_logger()
_AT_ONCE: Final = 200
"""Addresses that are asked for in one go."""
_FRESH_S: Final = 600.0
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=60)
_THROUGH_SERVER_S: Final = 600.0
"""So long a bucket that this machine could not use is not tried again."""
SMALL_BYTES: Final = 64 << 20
"""Most that `get` brings into memory."""


class Roundabout:
    """Remembers whether the bucket's own addresses work from this machine."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._until = 0.0

    @property
    def direct(self) -> bool:
        """Whether to ask for the bucket's own addresses."""
        return self._now() >= self._until

    def note_unusable(self) -> None:
        """Have everything go through the server for a while."""
        if self.direct:
            _log.info("bucket_bypassed")
        self._until = self._now() + _THROUGH_SERVER_S


class FarFiles:
    """The files of one lease; `sent` is what was written, by name, with sizes.

    Raises NotFound for what is not there, Gone while nobody answers, Conflict when the lease is lost.
    """

    def __init__(self, line: Line, job_id: str, lease: str, round_about: Roundabout) -> None:
        self.sent: dict[str, int] = {}
        self._line = line
        self._job = f"jobs/{file_key(job_id)}"
        self._lease = {"lease": lease}
        self._round_about = round_about
        self._listed: OrderedDict[str, None] = OrderedDict()
        self._known: dict[str, tuple[float, str]] = {}

    async def list(self, prefix: str) -> list[StoredFile]:
        """See `Files`. A name that would lead out of a folder is no file's."""
        answer = await self._line.say(f"{self._job}/listing", {**self._lease, "folder": prefix})
        found = [StoredFile(file_key(item["key"]), int(item["size_bytes"])) for item in answer["items"]]
        self._listed.update((file.key, None) for file in found)
        return found

    async def get(self, key: str) -> bytes:
        """See `Files`."""
        content = bytearray()
        async for chunk in self._content(key, {}):
            content += chunk
            if len(content) > SMALL_BYTES:
                raise away()
        return bytes(content)

    async def read(self, key: str, start: int, length: int) -> bytes:
        """See `Files`."""
        if length <= 0:
            return b""
        content = bytearray()
        async for chunk in self._content(key, {"Range": f"bytes={start}-{start + length - 1}"}):
            content += chunk
            if len(content) > length:
                raise away()  # somebody in between knows nothing of ranges
        return bytes(content)

    async def fetch(self, key: str, target: Path) -> None:
        """See `Files`. Appears at once when it is whole."""
        part = target.with_name(f".{target.name}.{new_id()}")
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        try:
            with await asyncio.to_thread(part.open, "wb") as file:
                async for chunk in self._content(key, {}):
                    await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(part.replace, target)
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)

    async def put_file(self, key: str, source: Path) -> None:
        """See `Files`: sent to the server's corner for this lease; it gets its place with the result."""
        name = key.rpartition("/")[2]
        size = (await asyncio.to_thread(source.stat)).st_size
        for direct in dict.fromkeys((self._round_about.direct, False)):
            body = {**self._lease, "write": [{"name": name, "size_bytes": size}], "direct": direct}
            answer = await self._line.say(f"{self._job}/addresses", body)
            if await self._put(str(answer["write"][0]), source, size):
                self.sent[name] = size
                return
        raise away()

    async def _put(self, address: str, source: Path, size: int) -> bool:
        """Return whether it went; False where the bucket cannot be used from here."""
        own = address.startswith("/")
        try:
            async with self._line.http.put(
                self._line.server + address if own else address,
                data=_chunks(source),
                headers={"Content-Length": str(size), "Content-Type": ""},
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as answer:
                content = await answer.read()
                if answer.status in (200, 201, 204):
                    return True
                if own:
                    raise refusal(answer.status, content)
        except (aiohttp.ClientError, TimeoutError) as error:
            if own:
                raise away() from error
        self._round_about.note_unusable()
        return False

    async def _content(self, key: str, headers: dict[str, str]) -> AsyncIterator[bytes]:
        """Hand out what an address answers; one that does not work is asked for again, from the server."""
        address = await self._address(key)
        own = address.startswith("/")
        try:
            async with self._line.http.get(
                self._line.server + address if own else address,
                headers=headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as answer:
                if answer.status in (200, 206):
                    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                        yield chunk
                    return
                if own:
                    self._known.pop(key, None)
                    raise refusal(answer.status, await answer.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            self._known.clear()
            if not own:
                self._round_about.note_unusable()
            raise away() from error
        # Not in the bucket (yet), or the address is too old: the server knows.
        async for chunk in self._through_server(key, headers):
            yield chunk

    async def _through_server(self, key: str, headers: dict[str, str]) -> AsyncIterator[bytes]:
        self._known.pop(key, None)
        body = {**self._lease, "read": [key], "direct": False}
        answer = await self._line.say(f"{self._job}/addresses", body)
        try:
            async with self._line.http.get(
                self._line.server + str(answer["read"][0]),
                headers=headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as found:
                if found.status not in (200, 206):
                    raise refusal(found.status, await found.read())
                async for chunk in found.content.iter_chunked(CHUNK_BYTES):
                    yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise away() from error

    async def _address(self, key: str) -> str:
        at, address = self._known.get(key, (0.0, ""))
        if address and time.monotonic() - at < _FRESH_S:
            return address
        wanted = [key, *self._following(key)]
        body = {**self._lease, "read": wanted, "direct": self._round_about.direct}
        answer = await self._line.say(f"{self._job}/addresses", body)
        now = time.monotonic()
        self._known.update({one: (now, str(each)) for one, each in zip(wanted, answer["read"], strict=True)})
        return self._known[key][1]

    def _following(self, key: str) -> Sequence[str]:
        """What will be asked for next: a folder is read in its order."""
        if key not in self._listed:
            return []
        keys = list(self._listed)
        start = keys.index(key) + 1
        return keys[start : start + _AT_ONCE - 1]


async def _chunks(source: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(source.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk
