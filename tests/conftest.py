"""Which tests may run side by side (see CONTRIBUTING.md); none is judged by a shared machine's clock."""

import logging
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

from lectern.app.logs import keeps_secrets
from tests.installation import migrated_file
from tests.s3_server import bucket_place, gate, s3_url
from tests.services import (
    database,
    database_url,
    postgres_cluster,
    postgres_url,
    redis_home,
    redis_url,
    sqlite_database,
    templates,
)

__all__ = [
    "bucket_place", "database", "database_url", "gate", "migrated_file", "postgres_cluster", "postgres_url",
    "redis_home", "redis_url", "s3_url", "sqlite_database", "templates",
]  # fmt: skip

hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")

HERE = Path(__file__).parent
ALONE = {
    "cluster/test_faults.py", "cluster/test_room.py", "faults", "foreign_ends", "full_stage",
    "loadtests/test_sfu_run.py", "recording/test_tap.py", "whole_class", "whole_lesson",
}  # fmt: skip
"""Folders and files with all cores for one picture, or with a bound on how long something may take."""
NOT_ALONE = {"test_dtls.py", "test_local_sockets.py", "test_srtp.py"}
"""Files about the media process that measure nothing."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the machine for itself."""
    for item in items:
        folder, *rest = item.path.relative_to(HERE).parts
        is_media_process = folder == "streaming" and len(rest) == 1 and rest[0] not in NOT_ALONE
        if is_media_process or not ALONE.isdisjoint({folder, f"{folder}/{'/'.join(rest)}"}):
            item.add_marker(pytest.mark.alone)


class LongOnesFirst:
    """Whoever has many short tests left at the end shares them; a long one at the end holds up the whole run.

    A test that may take longer than others says so with a time-out of its own.
    """

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """After the order was drawn."""
        items.sort(key=lambda item: -_most_seconds(item))


def _most_seconds(item: pytest.Item) -> float:
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark is not None and mark.args else 0.0


def pytest_configure(config: pytest.Config) -> None:
    """A second look at the same hook."""
    config.pluginmanager.register(LongOnesFirst())


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command line that runs in this process sends the log to its own stderr, which pytest then closes."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        logging.getLogger("aiohttp.server").removeFilter(keeps_secrets)
