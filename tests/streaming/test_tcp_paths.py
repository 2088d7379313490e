"""Connections of ICE-TCP at real sockets, with a plane that says of every path what the test says."""

import asyncio
import socket
from collections import Counter

import pytest

from streaming import tcp_paths
from streaming.forwarding.hot_path import Path
from streaming.ice.framing import frame
from streaming.sockets import listen_all
from streaming.tcp_paths import BUFFER_BYTES, TcpPaths


class Verdict:
    """Paths are proven, or not; what they said, and that they were lost."""

    def __init__(self) -> None:
        self.proven = True
        self.heard: list[Path] = []
        self.lost: list[Path] = []

    def receive_datagram(self, data: bytes, path: Path, now: float) -> None:
        del data, now
        self.heard.append(path)

    def is_proven(self, path: Path) -> bool:
        del path
        return self.proven

    def lose_path(self, path: Path) -> None:
        self.lost.append(path)


async def test_a_peer_that_has_ended_and_never_reads_does_not_keep_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is left in the buffer of a zero window would wait for as long as the other end likes."""
    monkeypatch.setattr(tcp_paths, "SLOW_FOR_S", 0.2)
    monkeypatch.setattr(tcp_paths, "SWEEP_S", 0.05)
    plane, counters = Verdict(), Counter[str]()
    paths = TcpPaths(plane, counters, lambda: None)
    (listener,) = listen_all(["127.0.0.1"], 0)
    address = listener.getsockname()
    await paths.listen([listener])
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect(address)
        one.sendall(frame(b"here I am"))
        async with asyncio.timeout(30):
            while not plane.heard:
                await asyncio.sleep(0.01)
        (path,) = plane.heard
        (connection,) = paths._open.values()
        transport = connection._transport
        assert transport is not None
        async with asyncio.timeout(30):
            while not 0 < transport.get_write_buffer_size() < BUFFER_BYTES // 2:
                paths.send(path, bytes(1200))
                await asyncio.sleep(0)
        plane.proven = False
        async with asyncio.timeout(30):
            while paths.connections:
                await asyncio.sleep(0.02)
        assert plane.lost == [path]
        assert counters == {"tcp_closed_slow": 1}
    paths.close()
