"""A UDP relay in front of a media process whose way to the browser can be made narrow: real time, no root."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_OVERHEAD = 28
_Address = tuple[str, int]


class NarrowRelay:
    """`rate_bps` of the way to the browsers (None: open), with a drop-tail queue of `queue_bytes`."""

    def __init__(self, upstream: _Address) -> None:
        self.rate_bps: float | None = None
        self.queue_bytes = 40_000
        self.dropped = 0
        self.port = 0
        self._upstream = upstream
        self._front: asyncio.DatagramTransport | None = None
        self._backs: dict[_Address, _Back] = {}
        self._queue: deque[tuple[bytes, _Address]] = deque()
        self._queued = 0
        self._loop = asyncio.get_running_loop()

    async def open(self) -> None:
        """Listen on a free loopback port."""
        self._front, _ = await self._loop.create_datagram_endpoint(
            lambda: _Front(self), local_addr=("127.0.0.1", 0)
        )
        self.port = self._front.get_extra_info("sockname")[1]

    def close(self) -> None:
        """Close all sockets."""
        for back in self._backs.values():
            if back.transport is not None:
                back.transport.close()
        if self._front is not None:
            self._front.close()

    def from_browser(self, data: bytes, address: _Address) -> None:
        """Pass on at once, from a socket of this browser's own."""
        back = self._backs.get(address)
        if back is None:
            back = self._backs[address] = _Back(self, address)
        back.send(data, self._upstream)

    def to_browser(self, data: bytes, address: _Address) -> None:
        """Pass on as the rate allows."""
        if self.rate_bps is None and not self._queue:
            self._send(data, address)
        elif self._queued + len(data) > self.queue_bytes:
            self.dropped += 1
        else:
            self._queued += len(data)
            self._queue.append((data, address))
            if len(self._queue) == 1:
                self._serve()

    def _serve(self) -> None:
        size = len(self._queue[0][0]) + _OVERHEAD
        self._loop.call_later(8 * size / self.rate_bps if self.rate_bps else 0.0, self._depart)

    def _depart(self) -> None:
        data, address = self._queue.popleft()
        self._queued -= len(data)
        self._send(data, address)
        if self._queue:
            self._serve()

    def _send(self, data: bytes, address: _Address) -> None:
        if self._front is not None and not self._front.is_closing():
            self._front.sendto(data, address)


class _Front(asyncio.DatagramProtocol):
    def __init__(self, relay: NarrowRelay) -> None:
        self._relay = relay

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._relay.from_browser(data, addr)


class _Back(asyncio.DatagramProtocol):
    """The socket by which the media process sees one browser."""

    def __init__(self, relay: NarrowRelay, browser: _Address) -> None:
        self.transport: asyncio.DatagramTransport | None = None
        self._relay = relay
        self._browser = browser
        self._waiting: list[tuple[bytes, _Address]] = []
        self._opening = relay._loop.create_task(self._open())

    async def _open(self) -> None:
        self.transport, _ = await self._relay._loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        for data, address in self._waiting:
            self.transport.sendto(data, address)
        self._waiting.clear()

    def send(self, data: bytes, address: _Address) -> None:
        """To the media process."""
        if self.transport is None:
            self._waiting.append((data, address))
        else:
            self.transport.sendto(data, address)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._relay.to_browser(data, self._browser)


@asynccontextmanager
async def narrow_relay(upstream: _Address) -> AsyncIterator[NarrowRelay]:
    """A running relay."""
    relay = NarrowRelay(upstream)
    await relay.open()
    try:
        yield relay
    finally:
        relay.close()
