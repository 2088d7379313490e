"""A real S3 server (moto) for tests, and a gate before it that can be shut: the server as if it were away.

`tests/conftest.py` imports the fixtures, once for all.
"""

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from lectern.kernel.ids import new_id
from lectern.storage.place import BucketPlace
from tests.ports import free_port

_START_TIMEOUT_S = 30.0
SIGN_IN = {"key_id": "key-of-tests", "secret": "secret-of-tests"}


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """The address of an S3 server without buckets."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            assert server.poll() is None, "moto ended while starting"
            assert time.monotonic() < deadline, "moto did not start"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def make_bucket(url: str, name: str) -> None:
    """Make a bucket; moto takes any signature. Blocks."""
    scope = f"{SIGN_IN['key_id']}/20261122/us-east-1/s3/aws4_request"
    sign_in = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    request = urllib.request.Request(f"{url}/{name}", method="PUT", headers={"Authorization": sign_in})
    urllib.request.urlopen(request).close()


@pytest.fixture
def bucket_place(s3_url: str) -> BucketPlace:
    """An empty bucket of its own."""
    name = f"t-{new_id()}".replace("_", "-").lower()
    make_bucket(s3_url, name)
    return BucketPlace(name, "lectern/files", s3_url, **SIGN_IN)


@dataclass
class Gate:
    """Passes connections on while it is `open`; a connection that is under way when it shuts is cut.

    `overloaded`: every request is answered with 503. `delay_s`: every read takes so long.
    """

    port: int
    open: bool = True
    overloaded: bool = False
    delay_s: float = 0.0
    passed_bytes: int = 0
    under_way: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def shut(self) -> None:
        """Be away from now on."""
        self.open = False
        for writer in self.under_way:
            writer.transport.abort()


@pytest.fixture
async def gate(s3_url: str) -> AsyncIterator[Gate]:
    """A gate before the S3 server."""
    there = int(s3_url.rpartition(":")[2])
    passing: Gate

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not passing.open:
            writer.transport.abort()
            return
        if passing.overloaded:
            with contextlib.suppress(ConnectionError):
                await _refuse(reader, writer)
            return
        behind, beyond = await asyncio.open_connection("127.0.0.1", there)
        passing.under_way |= {writer, beyond}
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(_pump(passing, reader, beyond), _pump(passing, behind, writer))
        passing.under_way -= {writer, beyond}

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    passing = Gate(server.sockets[0].getsockname()[1])
    yield passing
    passing.shut()
    server.close()
    await asyncio.sleep(0)


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as an S3 server does that has too much to do."""
    while b"\r\n\r\n" not in await reader.read(65_536):
        if reader.at_eof():
            break
    body = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
    head = f"HTTP/1.1 503 Slow Down\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()


async def _pump(gate: Gate, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        gate.passed_bytes += len(data)
        if gate.delay_s:
            await asyncio.sleep(gate.delay_s)
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()
    writer.close()
