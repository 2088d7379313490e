"""Reads datagrams from one socket of the media process."""

import socket
from typing import Final

from streaming.forwarding.hot_path.batch import Path

MAX_DATAGRAM_BYTES: Final = 2048
"""Longer ones are dropped: nothing that we agree to has such a size."""
PER_TURN: Final = 16
"""Datagrams to read before what they cause is sent, and before timers and control get their turn."""


class Reader:
    """`number` is the socket's in paths. Counts `errors` of the socket and `too_long` datagrams."""

    def __init__(self, number: int, one: socket.socket) -> None:
        self._number = number
        self._socket = one
        self.errors = 0
        self.too_long = 0

    def read(self, now: float) -> list[tuple[bytes, Path, float]]:
        """Up to PER_TURN datagrams: bytes, path, and when each arrived (monotonic seconds)."""
        found: list[tuple[bytes, Path, float]] = []
        receive, number = self._socket.recvfrom, self._number
        for _ in range(PER_TURN):
            try:
                data, address = receive(MAX_DATAGRAM_BYTES + 1)
            except BlockingIOError:
                break
            except OSError:  # an ICMP error of an earlier send; says nothing about this socket
                self.errors += 1
                continue
            if len(data) > MAX_DATAGRAM_BYTES:
                self.too_long += 1
                continue
            found.append((data, (number, address), now))
        return found
