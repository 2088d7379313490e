import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from streaming.control import messages as m
from streaming.control.client import MAX_NOTIFICATIONS, MediaClient, MediaGone, MediaRefused
from streaming.control.server import ControlServer, Respond, connect_in_process


def answer(request: m.Request, respond: Respond) -> None:
    """A media process that knows three requests."""
    match request:
        case m.Hello():
            respond(m.Welcome(m.VERSION, "python", 1))
        case m.OpenRoom():
            respond(m.Done())
        case m.GetStats("silent"):
            pass
        case _:
            respond(m.Refused("room_not_found", "open the room first"))


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[ControlServer, MediaClient]]:
    server = ControlServer(answer)
    client = await connect_in_process(server)
    try:
        yield server, client
    finally:
        client.close()
        await client.wait_closed()
        server.close()
        await asyncio.sleep(0)


async def test_requests_are_answered_or_refused() -> None:
    async with connected() as (_, client):
        await client.open_room("r")
        with pytest.raises(MediaRefused) as caught:
            await client.close_room("r")
        assert caught.value.code == "room_not_found"


async def test_no_answer_is_a_media_gone() -> None:
    async with connected() as (_, client):
        with pytest.raises(MediaGone):
            await client.request(m.GetStats("silent"), m.Stats, timeout=0.01)
        await client.open_room("still works")


async def test_who_waits_when_the_connection_ends_is_told() -> None:
    async with connected() as (server, client):
        waiting = asyncio.gather(client.get_stats("silent"), return_exceptions=True)
        await client.open_room("r")
        server.close()
        (result,) = await waiting
        assert isinstance(result, MediaGone)
        assert [n async for n in client.notifications()] == []
        with pytest.raises(MediaGone):
            await client.open_room("r")


async def test_notifications_arrive_in_order() -> None:
    async with connected() as (server, client):
        sent = [m.TrackStopped(str(i)) for i in range(100)]
        for notice in sent:
            server.notify(notice)
        await client.open_room("r")
        server.close()
        assert [n async for n in client.notifications()] == sent


async def test_activity_is_forgotten_first_when_nobody_reads() -> None:
    async with connected() as (server, client):
        for i in range(MAX_NOTIFICATIONS):
            server.notify(m.TrackActivity(f"t{i}", active=True))
        server.notify(m.TrackStopped("important"))
        await client.open_room("r")
        server.close()
        heard = [n async for n in client.notifications()]
        assert len(heard) == MAX_NOTIFICATIONS
        assert heard[-1] == m.TrackStopped("important")
        assert client.dropped_notifications == 1


async def test_a_stranger_must_say_hello_and_the_right_version() -> None:
    server = ControlServer(answer)
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    await loop.connect_accepted_socket(server._connection, theirs)
    _, client = await loop.create_connection(MediaClient, sock=ours)
    for request, code in ((m.OpenRoom("r"), "hello_first"), (m.Hello(99), "version_mismatch")):
        with pytest.raises(MediaRefused) as caught:
            await client.request(request, m.Done)
        assert caught.value.code == code
    client.close()
    await client.wait_closed()
    await asyncio.sleep(0)


async def test_garbage_ends_only_its_own_connection() -> None:
    async with connected() as (server, client):
        ours, theirs = socket.socketpair()
        await asyncio.get_running_loop().connect_accepted_socket(server._connection, theirs)
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.write(b"\xff" * 64)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        await client.open_room("r")
