"""Which tests may run side by side (see script/test), and that none is judged by a shared machine's clock."""

import logging
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

from lectern.app.logs import keeps_secrets

hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")

HERE = Path(__file__).parent
ALONE = {
    "cluster", "faults", "foreign_ends", "full_stage", "loadtests", "mediaworker", "recording",
    "scripted_lesson", "several_processes", "web", "whole_class", "whole_lesson",
}  # fmt: skip
"""Folders with whole processes, media in real time, or all cores for one picture."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the machine for itself."""
    for item in items:
        folder, *rest = item.path.relative_to(HERE).parts
        is_media_process = folder == "streaming" and len(rest) == 1
        if folder in ALONE or is_media_process or item.get_closest_marker("browser") is not None:
            item.add_marker(pytest.mark.alone)


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command line that runs in this process sends the log to its own stderr, which pytest then closes."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        logging.getLogger("aiohttp.server").removeFilter(keeps_secrets)
