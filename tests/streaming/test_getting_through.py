"""Real sockets: ICE-TCP beside UDP, IPv6, a changed address, a dead peer, strangers at the TCP port."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from streaming.control import messages as m
from streaming.ice import stun
from tests.streaming.media_process import Media, media_process
from tests.streaming.socket_peer import PICTURES_S, SocketPeer, candidate_of, tcp, udp


@asynccontextmanager
async def lesson(
    *arguments: str, host: str = "127.0.0.1"
) -> AsyncIterator[tuple[Media, SocketPeer, SocketPeer, m.LocalParameters]]:
    """A publisher over UDP and a viewer without a socket yet."""
    async with media_process("--host", host, *arguments) as media:
        presenter, viewer = SocketPeer(media, "pub", "publish"), SocketPeer(media, "view", "subscribe")
        async with asyncio.TaskGroup() as group:
            await presenter.negotiate()
            local = await viewer.negotiate()
            tasks = [group.create_task(peer.run()) for peer in (presenter, viewer)]
            presenter.use(udp(host), candidate_of(local))
            await media.wait_for(m.TrackStarted)
            await media.client.set_routes(m.Route("view", "0", "pub:0"))
            try:
                yield media, presenter, viewer, local
            finally:
                for task in tasks:
                    task.cancel()


def ended(media: Media) -> list[str]:
    return [n.transport for n in media.heard if isinstance(n, m.TransportState) and n.state == "failed"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_media_flows_over_tcp_and_back_over_udp(host: str) -> None:
    async with lesson(host=host) as (media, _presenter, viewer, local):
        assert [c.tcptype for c in local.candidates] == [None, "passive"]
        assert candidate_of(local, "tcp") == candidate_of(local)
        viewer.use(tcp(candidate_of(local, "tcp")), candidate_of(local))
        over_tcp = await viewer.receive(30)
        viewer.use(udp(host), candidate_of(local))
        over_udp = await viewer.receive(10)
        assert over_udp[-1][1] > over_tcp[-1][1]
        numbers = [number for _, number in over_tcp]
        assert numbers == list(range(numbers[0], numbers[0] + 30))
        async with asyncio.timeout(5):
            while (await media.client.get_stats()).process["tcp_connections"]:
                await asyncio.sleep(0.05)
        assert ended(media) == []


async def test_a_phones_new_address_is_followed_by_an_ice_restart_without_a_new_handshake() -> None:
    async with lesson() as (media, _presenter, viewer, local):
        viewer.use(udp(), candidate_of(local))
        await viewer.receive(5)
        await viewer.restart()
        moved_at = time.monotonic()
        viewer.use(udp(), candidate_of(local))
        first = await viewer.receive(1)
        assert first[0][0] - moved_at < 2.0
        await viewer.receive(25)
        phases = [n.state for n in media.heard if isinstance(n, m.TransportState) and n.transport == "view"]
        assert phases == ["connecting", "connected"]
        assert ended(media) == []


@pytest.mark.timeout(60)
async def test_a_dead_peer_is_noticed_within_five_seconds_and_a_quiet_one_stays() -> None:
    async with lesson() as (media, presenter, viewer, local):
        viewer.use(udp(), candidate_of(local))
        await viewer.receive(30)
        assert viewer.questions > 0
        presenter.is_dead = True
        died_at = time.monotonic()
        await media.wait_for(m.TrackStopped, timeout=10)
        assert time.monotonic() - died_at < 5.0 + 0.5  # half a second for a busy machine
        assert ended(media) == ["pub"]


async def test_strangers_at_the_tcp_port_are_sent_away_and_hurt_nobody() -> None:
    async with lesson() as (media, _presenter, viewer, local):
        server = candidate_of(local, "tcp")
        viewer.use(tcp(server), candidate_of(local))
        await viewer.receive(5)
        with contextlib.ExitStack() as stack:
            browser = stack.enter_context(socket.create_connection(server))
            browser.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            talker = stack.enter_context(socket.create_connection(server))
            talker.sendall((b"\x00\x64" + bytes(100)) * 100)
            crowd = [stack.enter_context(socket.create_connection(server)) for _ in range(300)]
            await viewer.receive(10)
            for one in (browser, talker, crowd[0]):
                one.settimeout(5)
                assert await asyncio.to_thread(_is_closed, one)
            counted = (await media.client.get_stats()).process
            assert counted["tcp_foreign_protocol"] == 1
            assert counted["tcp_stranger_talks"] == 1
            assert counted["tcp_too_many_strangers"] >= 40
        await viewer.receive(10)


async def test_ten_thousand_checks_a_second_from_strangers_leave_the_lesson_alone() -> None:
    async with lesson() as (media, _presenter, viewer, local):
        server = candidate_of(local)
        viewer.use(udp(), server)
        await viewer.receive(10)
        attributes = [(stun.USERNAME, f"{local.ice_ufrag}:x".encode()), (stun.PRIORITY, bytes(4))]
        known = stun.build(stun.BINDING_REQUEST, bytes(12), attributes, b"not the password at all")
        unknown = stun.build(stun.BINDING_REQUEST, bytes(12), [(stun.USERNAME, b"no:body")], b"x" * 24)
        with udp() as stranger:
            began, sent = time.monotonic(), 0
            before = len(viewer.received)
            while sent < 20_000:
                for _ in range(100):
                    stranger.sendto(known if sent % 2 else unknown, server)
                    sent += 1
                await asyncio.sleep(max(0.0, began + sent / 10_000 - time.monotonic()))
            lasted = time.monotonic() - began
        await viewer.receive(5)
        numbers = [number for _, number in viewer.received[before:]]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(numbers) > lasted / PICTURES_S * 0.5
        counted = (await media.client.get_stats()).process
        assert counted["stun_unknown_user"] > 5_000
        assert counted["stun_flood"] > 3_000
        assert ended(media) == []


def _is_closed(one: socket.socket) -> bool:
    try:
        return one.recv(100) == b""
    except ConnectionResetError:
        return True


async def test_a_tcp_viewer_that_never_reads_loses_packets_then_its_connection_and_nobody_else_notices() -> (
    None
):
    async with lesson() as (media, presenter, viewer, local):
        slow = SocketPeer(media, "slow", "subscribe")
        server = candidate_of(await slow.negotiate(), "tcp")
        viewer.use(udp(), candidate_of(local))
        one = tcp(server)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.use(one, server)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(slow.run())
            await asyncio.wait_for(slow.connected.wait(), 10)
            asyncio.get_running_loop().remove_reader(one)
            await media.client.set_routes(m.Route("slow", "0", "pub:0"))
            flood = group.create_task(_flood(presenter))
            async with asyncio.timeout(30):
                while "tcp_closed_slow" not in (counted := (await media.client.get_stats()).process):
                    await asyncio.sleep(0.1)
            assert counted["tcp_buffer_full"] > 0
            await viewer.receive(10)
            flood.cancel()
            task.cancel()


async def _flood(presenter: SocketPeer) -> None:
    """More pictures a second than buffers hold for long."""
    while True:
        for _ in range(20):
            presenter._send_picture()
        await asyncio.sleep(0.02)


async def test_without_tcp_there_is_no_candidate_and_no_listener() -> None:
    async with lesson("--no-tcp") as (_media, _presenter, _viewer, local):
        assert [c.protocol for c in local.candidates] == ["udp"]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(candidate_of(local))
