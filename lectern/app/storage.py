"""The files of an installation, built from its settings: the folder alone, or with a bucket behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from lectern.app.far_recording import FarRecording
from lectern.app.gathering import Gathering
from lectern.app.secrets import secret_in
from lectern.app.settings import Settings
from lectern.db.engine import Database
from lectern.kernel.errors import NotFound
from lectern.kernel.tasks import run_forever, task_group
from lectern.manifest import asides
from lectern.manifest.hold import is_over
from lectern.recordings.places import Places, place_id
from lectern.storage.bucket import BucketFiles
from lectern.storage.carrier import Carrier
from lectern.storage.files import Files
from lectern.storage.local import LocalFiles
from lectern.storage.pieces import MANIFEST
from lectern.storage.place import BucketPlace, bucket_and_prefix
from lectern.storage.read_cache import FOLDER, ReadCache
from lectern.storage.shelved import NAME
from lectern.storage.tiered import TieredFiles

_log = structlog.get_logger()


def place_of(settings: Settings) -> BucketPlace | None:
    """Return where the bucket is, or None without one. Reads the files that hold its secrets.

    Raises:
        Conflict: one of these files cannot be read (`setting_unreadable`).
    """
    if not settings.storage_url:
        return None
    bucket, prefix = bucket_and_prefix(settings.storage_url)
    secret = settings.storage_secret
    if settings.storage_secret_file is not None:
        secret = secret_in(settings.storage_secret_file, "LECTERN_STORAGE_SECRET_FILE")
    return BucketPlace(
        bucket,
        prefix,
        settings.storage_endpoint,
        settings.storage_region,
        settings.storage_key_id,
        secret,
        "" if settings.storage_ca is None else secret_in(settings.storage_ca, "LECTERN_STORAGE_CA"),
    )


def bucket_of(settings: Settings) -> BucketFiles | None:
    """Return the bucket, or None without one. Raises Conflict: see `place_of`."""
    place = place_of(settings)
    return None if place is None else BucketFiles(place)


def files_of(settings: Settings) -> Files:
    """Return the files. With a bucket and several servers, what changes is true in the bucket.

    Raises:
        Conflict: see `place_of`.
    """
    local = LocalFiles(settings.data)
    bucket = bucket_of(settings)
    if bucket is None:
        return local
    bound_bytes = int(settings.storage_cache_gb * 1e9)
    cache = ReadCache(settings.data / FOLDER, bound_bytes, passing=asides.is_aside)
    return TieredFiles(local, bucket, cache, alone=not settings.redis_url)


def has_far_recordings(settings: Settings) -> bool:
    """Whether recordings of a session may come to be in several folders, with a bucket behind them."""
    return bool(settings.storage_url and (settings.redis_url or settings.media_nodes))


def gathering_of(settings: Settings, database: Database) -> Gathering | None:
    """Return what brings recordings of other machines here, if there may be such. Blocks for moments.

    Raises:
        Conflict: see `place_of`.
    """
    bucket = bucket_of(settings) if has_far_recordings(settings) else None
    if bucket is None:
        return None
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    places = Places(database, place_id(settings.data))
    return Gathering(database, places, bucket, settings.data, settings.sessions_dir)


@asynccontextmanager
async def carrying(settings: Settings, database: Database | None) -> AsyncIterator[None]:
    """While the block lasts, what is finished in `LECTERN_DATA` is carried into the bucket, if there is one.

    Without a database this is a machine for media alone: nothing is packaged here.

    Raises:
        Conflict: see `place_of`.
    """
    bucket = bucket_of(settings)
    if bucket is None:
        yield
        return
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if database is None or has_far_recordings(settings):
        here = await asyncio.to_thread(place_id, settings.data)
        carrier = Carrier(
            settings.data,
            bucket,
            keep_s=settings.storage_keep_hours * 3600,
            asides=asides,
            is_over=is_over,
            packaged_here=None if database is None else Places(database, here).is_here,
        )
    else:
        carrier = Carrier(settings.data, bucket, keep_s=settings.storage_keep_hours * 3600, asides=asides)
    async with task_group() as tasks:
        running = tasks.create_task(run_forever("carrier", carrier.run))
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait((running,))


async def fetch_session(settings: Settings, session_id: str) -> int:
    """Bring the files of a closed session from the bucket into `LECTERN_DATA`, where the packager can work
    on them.

    What is here already stays as it is. Returns how many files came.

    Raises:
        Conflict: see `place_of`. NotFound: there is nothing of it in a bucket (`not_fetched`). Gone: the
        bucket.
    """
    bucket = bucket_of(settings)
    found = [] if bucket is None else await bucket.list(f"sessions/{session_id}")
    if bucket is None or not found:
        raise NotFound("not_fetched", "The bucket holds nothing of this session.")
    found = [file for file in found if "/pieces/" not in file.key]
    missing = [file for file in found if not await asyncio.to_thread((settings.data / file.key).exists)]
    for file in missing:
        if file.key.endswith(f"/{MANIFEST}"):  # may be longer in pieces, if its machine went away
            await FarRecording(bucket, file.key, settings.data / file.key).look()
        else:
            await bucket.fetch(file.key, settings.data / file.key)
    await asyncio.to_thread((settings.sessions_dir / session_id / NAME).unlink, missing_ok=True)
    return len(missing)
