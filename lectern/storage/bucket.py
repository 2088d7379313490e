"""Files in a bucket of an S3-compatible server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from lectern.kernel.errors import NotFound
from lectern.kernel.ids import new_id
from lectern.storage.files import FoundFile, StoredFile, missing, unavailable
from lectern.storage.keys import file_key
from lectern.storage.place import BucketPlace

PART_BYTES: Final = 8 << 20
"""Of a multipart upload, and of a download: each is a request with its own time limit, tried again by
itself."""
_CONNECT_S: Final = 3
_REQUEST_S: Final = 60
"""Of one request with its body: a part over a line of 1.2 Mbit/s."""
_RETRIES: Final = 2
_RETRY_FOR_S: Final = 5
_PARALLEL_PARTS: Final = 3
_DELETED_AT_ONCE: Final = 500

if TYPE_CHECKING:  # they exist for the type checker alone
    from obstore.store import ClientConfig, S3Config

ResultT = TypeVar("ResultT")


class BucketFiles:
    """`Files` in a bucket. What is put is signed with the hash of its content: the server takes it whole or
    not.

    Raises `Gone` where the server does not answer in seconds, or refuses us; its cause is the library's
    error.
    """

    def __init__(self, place: BucketPlace) -> None:
        self.place = place
        self._store = _store(place)

    async def put(self, key: str, content: bytes) -> None:
        """See `Files`."""
        with _translated(writing=True):
            await obstore.put_async(self._store, file_key(key), content, use_multipart=False)

    async def put_file(self, key: str, source: Path) -> None:
        """See `Files`. In parts if it is large; a part that fails is sent again."""
        checked = file_key(key)
        if not await asyncio.to_thread(source.is_file):
            raise missing()
        with _translated(writing=True):
            await obstore.put_async(
                self._store, checked, source, chunk_size=PART_BYTES, max_concurrency=_PARALLEL_PARTS
            )

    async def get(self, key: str) -> bytes:
        """See `Files`."""
        answer = await _asked(obstore.get_async(self._store, file_key(key)))
        return bytes(await _asked(answer.bytes_async()))

    async def read(self, key: str, start: int, length: int) -> bytes:
        """See `Files`."""
        found = await self.find(key)
        length = min(length, found.size_bytes - start)
        if length <= 0:
            return b""
        return await self._range(key, start, length)

    async def find(self, key: str) -> FoundFile:
        """See `Files`."""
        meta = await _asked(obstore.head_async(self._store, file_key(key)))
        return FoundFile(key, meta["size"], e_tag=(meta["e_tag"] or "").strip('"'))

    async def stream(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        """See `Files`."""
        while length > 0:
            piece = await self._range(key, start, min(length, PART_BYTES))
            if not piece:
                return
            yield piece
            start += len(piece)
            length -= len(piece)

    async def fetch(self, key: str, target: Path) -> None:
        """See `Files`. Appears at once when it is whole; it is a copy, which may be lost again (no fsync)."""
        found = await self.find(key)
        temporary = target.with_name(f".{target.name}.{new_id()}")
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        try:
            with await asyncio.to_thread(temporary.open, "wb") as file:
                async for piece in self.stream(key, 0, found.size_bytes):
                    await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(temporary.replace, target)
        finally:
            await asyncio.to_thread(temporary.unlink, missing_ok=True)

    async def list(self, prefix: str) -> list[StoredFile]:
        """See `Files`."""
        checked = file_key(prefix)
        found: list[StoredFile] = []
        with _translated():
            async for page in obstore.list(self._store, prefix=checked):
                found += [StoredFile(meta["path"], meta["size"]) for meta in page]
        return sorted(found, key=lambda file: file.key)

    async def list_after(self, prefix: str, key: str) -> Sequence[StoredFile]:
        """Return what `list` returns, without what comes up to `key` in alphabetical order."""
        found = []
        with _translated():
            async for page in obstore.list(self._store, prefix=file_key(prefix), offset=file_key(key)):
                found += [StoredFile(meta["path"], meta["size"]) for meta in page]
        return sorted(found, key=lambda file: file.key)

    async def delete(self, prefix: str) -> int:
        """See `Files`."""
        keys = [file.key for file in await self.list(prefix)]
        with suppress(NotFound):  # a folder, as most often
            keys.append((await self.find(prefix)).key)
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            await _asked(obstore.delete_async(self._store, keys[start : start + _DELETED_AT_ONCE]))
        return len(keys)

    async def copy(self, source: str, target: str) -> None:
        """Make `target` the same as `source`, of at most 5 GB, within the bucket."""
        await _asked(obstore.copy_async(self._store, file_key(source), file_key(target)))

    async def signed(
        self, method: Literal["GET", "PUT"], keys: Sequence[str], expires_s: int
    ) -> Sequence[str]:
        """Return addresses that read or write these files, for whoever knows them, for so long.

        Nothing is asked of the server, unless the keys come from the machine's own role.
        """
        paths = [file_key(key) for key in keys]
        with _translated():
            return await obstore.sign_async(self._store, method, paths, timedelta(seconds=expires_s))

    async def _range(self, key: str, start: int, length: int) -> bytes:
        return bytes(
            await _asked(obstore.get_range_async(self._store, file_key(key), start=start, length=length))
        )


def _store(place: BucketPlace) -> S3Store:
    config: S3Config = {"region": place.region, "virtual_hosted_style_request": not place.endpoint}
    if place.endpoint:  # servers of one's own rarely have a host name for each bucket
        config["endpoint"] = place.endpoint
    if place.key_id:
        config["access_key_id"] = place.key_id
        config["secret_access_key"] = place.secret
    client: ClientConfig = {
        "allow_http": place.endpoint.startswith("http://"),
        "connect_timeout": timedelta(seconds=_CONNECT_S),
        "timeout": timedelta(seconds=_REQUEST_S),
    }
    if place.ca_pem:
        client["root_certificate"] = place.ca_pem
    longest = timedelta(seconds=1)
    return S3Store(
        place.bucket,
        prefix=place.prefix or None,
        config=config,
        client_options=client,
        retry_config={
            "max_retries": _RETRIES,
            "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": longest, "base": 2},
            "retry_timeout": timedelta(seconds=_RETRY_FOR_S),
        },
    )


async def _asked(request: Awaitable[ResultT]) -> ResultT:
    with _translated():
        return await request


@contextmanager
def _translated(*, writing: bool = False) -> Iterator[None]:
    """The library's errors in our words. Its text may name keys of objects, and never gets to people.

    `writing`: what cannot be found then is the bucket.
    """
    try:
        yield
    except (BaseError, OSError) as error:
        if isinstance(error, FileNotFoundError) and not writing:
            raise missing() from None
        raise unavailable() from error
