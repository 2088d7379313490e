"""The part of `lectern doctor` that looks at object storage: it writes, reads and deletes a small file
there."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lectern.app.finding import Finding
from lectern.app.settings import Settings
from lectern.app.storage import bucket_of
from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Conflict, Gone, NotFound
from lectern.kernel.ids import new_id
from lectern.storage.backlog import Backlog, read_backlog
from lectern.storage.bucket import BucketFiles

_PATIENCE_S: Final = 20.0
_LATE_S: Final = 120.0
_NO_BUCKET: Final = "There is no such bucket: make it, or mend LECTERN_STORAGE_URL."
_NO_KEY: Final = (
    "The server does not know this key: check LECTERN_STORAGE_KEY_ID, its secret, LECTERN_STORAGE_REGION "
    "and this machine's clock."
)
_NO_RIGHT: Final = (
    "The key may not do this: it needs to list the bucket, and to put, get and delete objects in it. "
    "A wrong LECTERN_STORAGE_REGION looks the same."
)
_NO_TRUST: Final = "Its certificate is not trusted here: set LECTERN_STORAGE_CA."
_NO_ANSWER: Final = (
    "It does not answer: check LECTERN_STORAGE_ENDPOINT, that the server runs, and the firewall before it."
)
_REMEDIES: Final = (
    (("nosuchbucket",), _NO_BUCKET),
    (("invalidaccesskeyid", "signaturedoesnotmatch", "401", "unauthorized", "credential"), _NO_KEY),
    (("accessdenied", "403", "forbidden"), _NO_RIGHT),
    (("certificate", "tls"), _NO_TRUST),
    (("connect", "dns", "timed out", "error sending request"), _NO_ANSWER),
)
_ADDRESS: Final = re.compile(r"\w+://\S+")
_TOO_SLOW: Final = (
    f"A small file took more than {_PATIENCE_S:.0f} s: look at the line, the server and "
    "LECTERN_STORAGE_ENDPOINT."
)
_OTHERWISE: Final = "Look at the log of the S3 server, and check all LECTERN_STORAGE_ settings."


async def storage(settings: Settings) -> Finding:
    """Whether recordings can be put into the bucket, read in parts, listed and deleted."""
    try:
        bucket = bucket_of(settings)
    except Conflict as error:
        return Finding(False, "Object storage", error.message)
    if bucket is None:
        return Finding(True, "Object storage: not used (recordings stay in LECTERN_DATA)")
    what = f"Object storage {bucket.place.url}"
    tried = _Tried()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            good = await _try_all(bucket, tried)
    except TimeoutError:
        good, remedy = False, _TOO_SLOW
    except Gone as error:
        good, remedy = False, remedy_of(str(error.__cause__))
    except NotFound:
        good, remedy = False, _OTHERWISE
    else:
        remedy = "" if good else _OTHERWISE
    if good:
        return Finding(True, f"{what} takes, gives and deletes files")
    return Finding(False, f"{what}: it is not possible to {tried.step}", remedy)


async def carried(settings: Settings) -> Finding:
    """Whether what is recorded here gets into the bucket."""
    if not settings.storage_url:
        return Finding(True, "Carrying into a bucket: not used")
    return verdict(await asyncio.to_thread(read_backlog, settings.data), utc_ms(), settings.data)


def verdict(backlog: Backlog | None, now_ms: int, data: Path) -> Finding:
    """What a carrier's last word means at this moment. Pure."""
    if backlog is None:
        return Finding(True, f"Carrying into the bucket: nothing was recorded in {data} yet")
    if not backlog.files:
        return Finding(True, "Carrying into the bucket: nothing waits")
    what = (
        f"Carrying into the bucket: {backlog.files} files ({backlog.bytes / 1e6:.0f} MB) wait, the oldest "
        f"for {backlog.age_s(now_ms):.0f} s"
    )
    if backlog.is_stale(now_ms):
        return Finding(False, what, f"Nobody carries them: start `lectern worker` (or `carry`) over {data}.")
    if backlog.away_since_utc_ms:
        remedy = "The bucket takes nothing: see the line above it. Leave room on this disk until it does."
        return Finding(False, what, remedy)
    if backlog.age_s(now_ms) > _LATE_S:
        return Finding(False, what, "The line to the bucket is too slow for what is recorded: look at both.")
    return Finding(True, what)


@dataclass(slots=True)
class _Tried:
    """What was tried last."""

    step: str = "reach it"


async def _try_all(bucket: BucketFiles, tried: _Tried) -> bool:
    """Whether everything came out right; `tried` says what came out wrong."""
    key, content = f"doctor/{new_id()}.bin", bytes(range(256)) * 4
    tried.step = "write a file"
    await bucket.put(key, content)
    tried.step = "read a file"
    good = await bucket.get(key) == content
    if good:
        tried.step = "read a part of a file"
        good = await bucket.read(key, 100, 50) == content[100:150]
    if good:
        tried.step = "list files"
        good = key in [file.key for file in await bucket.list("doctor")]
    if not good:
        await bucket.delete(key)
        return False
    tried.step = "delete a file"
    return await bucket.delete(key) == 1 and await bucket.list(key) == []


def remedy_of(cause: str) -> str:
    """What to do about an error of the S3 library, by its text. Pure.

    The address that it names says nothing: a bucket or a file may be called `tls` or hold a 401.
    """
    lower = _ADDRESS.sub("", cause).lower()
    return next((remedy for signs, remedy in _REMEDIES if any(sign in lower for sign in signs)), _OTHERWISE)
