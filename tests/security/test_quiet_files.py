"""What lies about for others to read: files of the installation, and lines of its log."""

import asyncio
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from lectern.app.logs import keeps_secrets


def test_other_users_of_the_machine_cannot_read_the_database(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from lectern.app.cli import main; main()", "migrate"]
    environment = os.environ | {"LECTERN_DATA": str(tmp_path / "data")}
    subprocess.run(command, check=True, env=environment, timeout=60, umask=0o022)
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_the_way_in_writes_no_addresses_down() -> None:
    """They carry tokens: of calendars, replays, unsubscribing, and a connection's sid."""
    site = (Path(__file__).parents[2] / "docker" / "nginx.conf").read_text()
    server = site[site.index("\nserver {") :]
    assert server.count("\nserver {") == 1
    assert "\n  access_log off;\n" in server
    assert "\n  error_log stderr crit;\n" in server
    assert server.count("access_log") == 1


@pytest.mark.parametrize("filtered", [False, True])
async def test_a_header_that_is_too_long_does_not_get_into_the_log(
    caplog: pytest.LogCaptureFixture, *, filtered: bool
) -> None:
    log = logging.getLogger("aiohttp.server")
    request = b"GET / HTTP/1.1\r\nHost: x\r\nCookie: lectern_session=the-secret; " + b"x" * 20_000
    request += b"\r\n\r\n"
    if filtered:
        log.addFilter(keeps_secrets)
    try:
        async with TestServer(web.Application()) as server:
            assert server.port is not None
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(request)
            assert b"400" in await reader.readline()
            writer.close()
            await writer.wait_closed()
    finally:
        log.removeFilter(keeps_secrets)
    assert ("the-secret" in caplog.text) is not filtered  # without the filter it would: the library quotes it
