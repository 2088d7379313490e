"""Fragments that another machine recorded, fetched from the bucket when the packager needs them."""

import asyncio
import errno
import os
from pathlib import Path
from typing import Self

import msgspec

from lectern.kernel.errors import Gone, NotFound
from lectern.storage.bucket import BucketFiles
from lectern.storage.files import Files
from lectern.storage.place import TOLD_BY, BucketPlace
from recording.frames import AwayError


class FarFragments:
    """Fragments of one session, kept in `folder` once they are there. For one thread."""

    def __init__(self, bucket: Files, session_key: str, folder: Path) -> None:
        """`session_key` is `sessions/<id>`; `folder` holds `rec/…` as the session's folder does."""
        self.fetched = 0
        self._bucket = bucket
        self._session_key = session_key
        self._folder = folder
        self._runner = asyncio.Runner()

    @classmethod
    def of_environment(cls, session: Path, folder: Path) -> Self:
        """Return those that a server told us of. Raises KeyError, msgspec.DecodeError."""
        place = msgspec.json.decode(os.environ[TOLD_BY], type=BucketPlace)
        return cls(BucketFiles(place), f"sessions/{session.name}", folder)

    def bring(self, path: str) -> Path:
        """Return where a fragment is on this disk. Blocks for seconds at most.

        Raises:
            FileNotFoundError: there is none. AwayError: the bucket does not answer. OSError: it cannot be
                written here.
        """
        here = self._folder / path
        if here.exists():
            return here
        try:
            self._runner.run(self._bucket.fetch(f"{self._session_key}/{path}", here))
        except NotFound:
            raise FileNotFoundError(errno.ENOENT, "no such fragment") from None
        except Gone as error:
            raise AwayError(errno.EAGAIN, "the bucket does not answer") from error
        self.fetched += 1
        return here
