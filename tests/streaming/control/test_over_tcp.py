"""Orders over TCP: both ends prove that they hold the secret, nothing of it is on the wire, and silence
ends it."""

import asyncio
import contextlib
import hashlib
import secrets
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from streaming.control import messages as m
from streaming.control import proof
from streaming.control import server as control_server
from streaming.control.client import MediaClient, MediaGone, connect
from streaming.control.ends import ControlEnd, control_end
from streaming.control.server import ControlServer, Respond
from streaming.process import parse_arguments
from tests.streaming.media_process import started_media_process

SECRET = secrets.token_urlsafe(32)
OTHER = secrets.token_urlsafe(32)


def answer(request: m.Request, respond: Respond) -> None:
    if isinstance(request, m.Hello):
        respond(m.Welcome(m.VERSION, "python", 1, ()))
    else:
        respond(m.Done())


@dataclass
class Listening:
    """A media process's end, and what was seen on the wire before it."""

    server: ControlServer
    end: ControlEnd
    wire: bytearray = field(default_factory=bytearray)
    cut: list[asyncio.StreamWriter] = field(default_factory=list)


@asynccontextmanager
async def listening(secret: str = SECRET) -> AsyncIterator[Listening]:
    """A control server behind a wire that is watched."""
    server = ControlServer(answer)
    listener = await server.listen(control_end("tcp://127.0.0.1:0", secret))
    port = listener.sockets[0].getsockname()[1]
    found = Listening(server, ControlEnd())

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            found.wire += data
            writer.write(data)
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, beyond = await asyncio.open_connection("127.0.0.1", port)
        found.cut += [writer, beyond]
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(pump(reader, beyond), pump(behind, writer))

    wire = await asyncio.start_server(accept, "127.0.0.1", 0)
    found.end = ControlEnd(host="127.0.0.1", port=wire.sockets[0].getsockname()[1], secret=SECRET)
    try:
        yield found
    finally:
        wire.close()
        listener.close()
        server.close()
        for writer in found.cut:
            writer.transport.abort()
        await asyncio.sleep(0)


async def test_orders_and_notices_pass_and_nobody_can_read_them() -> None:
    async with listening() as media, connect(media.end) as client:
        await client.open_room("room-with-a-telling-name")
        media.server.notify(m.TransportState("transport-1", "connected", ""))
        notice = await anext(aiter(client.notifications()))
        assert isinstance(notice, m.TransportState)
        assert len(media.wire) > 500
        for telling in (b"room-with-a-telling-name", b"transport-1", SECRET.encode(), b"lectern media"):
            assert telling not in media.wire


async def test_a_foreign_media_process_is_told_nothing() -> None:
    async with listening(OTHER) as media:
        with pytest.raises(MediaGone, match="same control secret"):
            async with connect(media.end):
                pytest.fail("it was taken for ours")


@pytest.mark.parametrize(
    "shows",
    [
        None,
        ("server", OTHER),
        ("media", SECRET),  # our own media process, or somebody who plays its words back to it
    ],
)
async def test_a_foreign_server_gets_no_answer(shows: tuple[proof.Part, str] | None) -> None:
    async with listening() as media:
        with pytest.raises((MediaGone, OSError)):
            await _say_hello(media.end, shows)
        await _say_hello(media.end, ("server", SECRET))


async def _say_hello(end: ControlEnd, shows: tuple[proof.Part, str] | None) -> None:
    """Be a server that takes any media process for its own, and shows this certificate, or none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if shows is not None:
        with tempfile.NamedTemporaryFile() as file:
            key = proof._key(*shows)
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.write(proof._certificate(*shows))
            file.flush()
            context.load_cert_chain(file.name)
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(MediaClient, end.host, end.port, ssl=context, server_hostname="")
    try:
        await client.hello(timeout=20)
    finally:
        client.close()


async def test_somebody_without_tls_is_cut_off() -> None:
    async with listening() as media:
        reader, writer = await asyncio.open_connection(media.end.host, media.end.port)
        writer.write(b"\0\0\0\x05hello")
        assert b"elcome" not in await asyncio.wait_for(reader.read(), 20)
        writer.close()


async def test_a_server_that_went_silent_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_server, "SILENCE_S", 1.2)
    async with listening() as media, connect(media.end) as client:
        for _ in range(8):
            await asyncio.sleep(0.2)
            await client.hello()  # what a living server does
        async with asyncio.timeout(20):
            await client.wait_closed()
        assert media.server.closed_silent_peers == 1
        with pytest.raises(MediaGone):
            await client.hello()


async def test_it_is_tried_until_somebody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    end = control_end(f"tcp://127.0.0.1:{port}", SECRET)
    with pytest.raises(MediaGone, match="nobody listens at tcp://127"):
        async with connect(end, timeout=0.4):
            pass
    server = ControlServer(answer)

    async def late() -> None:
        await asyncio.sleep(0.3)
        listeners.append(await server.listen(end))

    listeners: list[asyncio.Server] = []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(late())
        async with connect(end, timeout=10) as client:
            await client.open_room("r")
    listeners[0].close()
    server.close()


async def test_a_real_media_process_takes_orders_over_tcp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
    (tmp_path / "secret").write_text(SECRET + "\n")
    monkeypatch.setenv("LECTERN_MEDIA_CONTROL_SECRET_FILE", str(tmp_path / "secret"))
    async with started_media_process(where) as process:
        for _ in range(2):  # a connection that ended is made again, and what was open is still there
            async with connect(control_end(where, SECRET), timeout=20) as client:
                assert client.welcome is not None
                assert client.welcome.pid == process.pid
                await client.open_room("r")
        assert process.stdin is not None


@pytest.mark.parametrize("secret", ["", "short"])
def test_a_media_process_without_a_good_secret_does_not_start(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LECTERN_MEDIA_CONTROL_SECRET", secret)
    with pytest.raises(SystemExit):
        parse_arguments(["--control", "tcp://127.0.0.1:0"])
    assert parse_arguments(["--control", "here"]).control.path == str(Path("here").absolute())


def test_both_ends_make_the_same_certificates_and_every_secret_its_own() -> None:
    assert proof._certificate("media", SECRET) == proof._certificate("media", SECRET)
    made = {proof._certificate(part, secret) for part in ("media", "server") for secret in (SECRET, OTHER)}
    assert len(made) == 4
    # Of every release: processes of two may stand side by side during an upgrade.
    known = "dcc31ec399ae283030f472449a302e3acc02ef9fc674066f1a0ae61e7bf838fc"
    assert hashlib.sha256(proof._certificate("media", "x" * 32)).hexdigest() == known


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/run/lectern/media1", "/run/lectern/media1"),
        ("tcp://10.0.0.7:7000", "tcp://10.0.0.7:7000"),
        ("tcp://[fd00::7]:7000", "tcp://[fd00::7]:7000"),
        ("tcp://media-1.example.com:7000", "tcp://media-1.example.com:7000"),
    ],
)
def test_ends_in_words(text: str, shown: str) -> None:
    assert str(control_end(text, SECRET)) == shown
    assert SECRET not in repr(control_end(text, SECRET))


@pytest.mark.parametrize(
    "text", ["", "media1", "tcp://h", "tcp://h:99999", "tcp://a b:1", "udp://h:1", "tcp://:1"]
)
def test_what_is_no_end(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        control_end(text, SECRET)


@pytest.mark.parametrize("secret", ["", "x" * 31])
def test_a_secret_that_could_be_guessed_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="32 random characters"):
        control_end("tcp://h:1", secret)
