"""Every kind of store, for tests that all of them must pass."""

from pathlib import Path

import pytest

from lectern.storage.bucket import BucketFiles
from lectern.storage.files import Files
from lectern.storage.local import LocalFiles
from lectern.storage.place import BucketPlace
from lectern.storage.read_cache import ReadCache
from lectern.storage.tiered import TieredFiles

CACHE_BYTES = 1 << 20


def tiered(folder: Path, place: BucketPlace, *, alone: bool) -> TieredFiles:
    """A folder with a bucket behind it."""
    cache = ReadCache(folder / "cache", CACHE_BYTES)
    return TieredFiles(LocalFiles(folder / "data"), BucketFiles(place), cache, alone=alone)


@pytest.fixture(params=["folder", "bucket", "folder, then bucket", "bucket, then folder"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    """A store of each kind: every test that asks runs on all."""
    if request.param == "folder":
        return LocalFiles(tmp_path / "data")
    place: BucketPlace = request.getfixturevalue("bucket_place")
    if request.param == "bucket":
        return BucketFiles(place)
    return tiered(tmp_path, place, alone=request.param == "folder, then bucket")
