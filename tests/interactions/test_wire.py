"""WebSockets on bare transports: whole messages, broken ones, and what aiohttp is left with."""

import asyncio
import gc
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.connection import CLIENT, Connection
from wsproto.events import BytesMessage, CloseConnection, Event, TextMessage

from interactions.live import wire as wire_module
from interactions.live.wire import Caller, Wire, take_over, text_frame

LIMIT_BYTES = 1000
WAIT_S = 20.0


@dataclass(slots=True)
class Post:
    """A server whose wires keep what they get, and send it back."""

    url: str = ""
    got: list[str | bytes] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    lost: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def upgrade(self, request: web.Request) -> web.StreamResponse:
        def receive(message: str | bytes) -> None:
            self.got.append(message)
            wire.send(message)

        wire = Wire(LIMIT_BYTES, receive, self.lost.release)
        self.wires.append(wire)
        return take_over(request, wire)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    post = Post()
    application = web.Application()
    application.router.add_get("/", post.upgrade)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    post.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield post
    await runner.cleanup()


async def test_messages_go_both_ways_and_compression_is_declined(post: Post) -> None:
    async with (
        aiohttp.ClientSession() as browser,
        browser.ws_connect(post.url, compress=15) as socket,
        asyncio.timeout(WAIT_S),
    ):
        assert socket.compress == 0
        for text in ("hello", "长" * 200, ""):
            await socket.send_str(text)
            assert await socket.receive_str() == text
        await socket.send_bytes(b"\0\xff")
        assert await socket.receive_bytes() == b"\0\xff"
        await socket.ping(b"are you there")
        await socket.close()
        await post.lost.acquire()
    assert post.wires[0].waiting_bytes == 0


async def test_aiohttp_keeps_nothing_of_a_connection_that_was_taken_over(post: Post) -> None:
    async with aiohttp.ClientSession() as browser, browser.ws_connect(post.url) as socket:
        await socket.send_str("x")
        await socket.receive_str()
        await asyncio.sleep(0)
        gc.collect()
        kept = [thing for thing in gc.get_objects() if isinstance(thing, web.Request)]
        assert kept == []


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x81\xfe" + (LIMIT_BYTES + 1).to_bytes(2) + b"\0\0\0\0" + b"x" * (LIMIT_BYTES + 1), 1009),
        (b"\x81\x82\0\0\0\0\xff\xff", 1007),
        (b"\x81\x02hi", 1002),
        (b"\xc1\x82\0\0\0\0hi", 1002),
        (b"\x01\x80\0\0\0\0" + b"\x00\x80\0\0\0\0" * 1_001, 1009),
        (b"\x89\xfe\x00\x7e\0\0\0\0" + b"x" * 126, 1002),
    ],
    ids=["too large", "no UTF-8", "not masked", "compressed", "in too many parts", "a large ping"],
)
async def test_broken_messages_end_the_connection_with_a_reason(post: Post, sent: bytes, code: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(post.url.rsplit(":", 1)[1].rstrip("/")))
    writer.write(
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    async with asyncio.timeout(WAIT_S):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101")
        writer.write(sent)
        rest = await reader.read()
        await post.lost.acquire()
    client = Connection(CLIENT)
    client.receive_data(rest)
    assert [event.code for event in client.events() if isinstance(event, CloseConnection)] == [code]
    assert post.got == []
    writer.close()


@pytest.mark.parametrize("version", ["12", ""])
async def test_what_is_no_upgrade_is_refused(post: Post, version: str) -> None:
    async with aiohttp.ClientSession() as browser:
        headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": version}
        async with browser.get(post.url, headers=headers) as response:
            assert response.status == 400


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 300_000])
async def test_frames_of_every_length_are_read_by_others(post: Post, size: int) -> None:
    async with aiohttp.ClientSession() as browser, browser.ws_connect(post.url) as socket:
        await socket.send_str("x")
        await socket.receive_str()
        post.wires[0].write(text_frame("你"[:size] + "y" * (size - 1)))
        post.wires[0].send(b"z" * size)
        async with asyncio.timeout(WAIT_S):
            assert await socket.receive_str() == "你"[:size] + "y" * (size - 1)
            assert await socket.receive_bytes() == b"z" * size


async def test_a_peer_that_reads_nothing_for_too_long_is_cut_off(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_module, "MOST_UNREAD_BYTES", 100_000)
    async with aiohttp.ClientSession() as browser, browser.ws_connect(post.url) as socket:
        await socket.send_str("x")
        await socket.receive_str()
        frame = text_frame("y" * 60_000)
        async with asyncio.timeout(WAIT_S):
            while post.lost.locked():
                post.wires[0].write(frame)
                assert post.wires[0].waiting_bytes <= 100_000 + len(frame)
                await asyncio.sleep(0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.text(max_size=40), st.binary(max_size=40)), max_size=6),
    st.lists(st.integers(1, 30), max_size=40),
)
def test_messages_arrive_whole_however_they_are_cut(messages: list[str | bytes], cuts: list[int]) -> None:
    got: list[str | bytes] = []
    wire = Wire(LIMIT_BYTES, got.append, lambda: None)
    client = Connection(CLIENT)
    stream = b""
    for message in messages:
        middle = len(message) // 2
        stream += client.send(_part(message[:middle], is_last=False)) + client.send(
            _part(message[middle:], is_last=True)
        )
    for cut in cuts:
        wire.data_received(stream[:cut])
        stream = stream[cut:]
    wire.data_received(stream)
    assert got == messages


def _part(data: str | bytes, *, is_last: bool) -> Event:
    if isinstance(data, str):
        return TextMessage(data=data, message_finished=is_last)
    return BytesMessage(data=data, message_finished=is_last)


def test_what_is_kept_of_a_request_answers_as_the_request_did() -> None:
    caller = Caller("127.0.0.1", {"client_ip": "10.0.0.1"})
    assert caller.get("client_ip", "") == "10.0.0.1"
    assert caller.get("nothing", "") == ""
