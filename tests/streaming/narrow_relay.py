"""A UDP relay in front of a media process whose way to the browser can be made narrow: real time, no root."""

import asyncio
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

OVERHEAD: Final = 28
MAX_DATAGRAM: Final = 2048
_Address = tuple[str, int]


class NarrowRelay:
    """`rate_bps` of the way to the browsers (None: open), with a drop-tail queue of `queue_bytes`."""

    def __init__(self, upstream: _Address) -> None:
        self.rate_bps: float | None = None
        self.queue_bytes = 40_000
        self.dropped = 0
        self._upstream = upstream
        self._loop = asyncio.get_running_loop()
        self._backs: dict[_Address, socket.socket] = {}
        self._queue: deque[tuple[bytes, _Address]] = deque()
        self._queued = 0
        self._front = _bound()
        self._loop.add_reader(self._front.fileno(), self._from_browser)

    @property
    def port(self) -> int:
        """Where browsers send to."""
        return int(self._front.getsockname()[1])

    def close(self) -> None:
        """Close all sockets; what is queued is lost."""
        self._queue.clear()
        for one in (self._front, *self._backs.values()):
            self._loop.remove_reader(one.fileno())
            one.close()

    def _from_browser(self) -> None:
        """Pass on at once, from a socket of this browser's own."""
        data, address = self._front.recvfrom(MAX_DATAGRAM)
        back = self._backs.get(address)
        if back is None:
            back = self._backs[address] = _bound()
            back.connect(self._upstream)
            self._loop.add_reader(back.fileno(), self._to_browser, back, address)
        back.send(data)

    def _to_browser(self, back: socket.socket, address: _Address) -> None:
        """Pass on as the rate allows."""
        try:
            data = back.recv(MAX_DATAGRAM)
        except ConnectionRefusedError:  # the media process has ended
            return
        if self.rate_bps is None and not self._queue:
            self._front.sendto(data, address)
        elif self._queued + len(data) > self.queue_bytes:
            self.dropped += 1
        else:
            self._queued += len(data)
            self._queue.append((data, address))
            if len(self._queue) == 1:
                self._serve()

    def _serve(self) -> None:
        size = len(self._queue[0][0]) + OVERHEAD
        self._loop.call_later(8 * size / self.rate_bps if self.rate_bps else 0.0, self._depart)

    def _depart(self) -> None:
        if not self._queue:
            return
        data, address = self._queue.popleft()
        self._queued -= len(data)
        self._front.sendto(data, address)
        if self._queue:
            self._serve()


def _bound() -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setblocking(False)
    one.bind(("127.0.0.1", 0))
    return one


@contextmanager
def narrow_relay(upstream: _Address) -> Iterator[NarrowRelay]:
    """A running relay."""
    relay = NarrowRelay(upstream)
    try:
        yield relay
    finally:
        relay.close()
