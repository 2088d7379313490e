"""What waits to be sent: urgent datagrams (sound, control) first, then pictures, a bounded slice per turn.

A keyframe for a full class is thousands of datagrams. They are protected at once, in the order of the numbers
they carry, but sent in slices; what is urgent overtakes them between two slices, and never waits for more
than one. When a socket's buffer is full (the card is slower than we), sending goes on when it is writable.

Bounds: MAX_WAITING_BYTES and MAX_WAITING; policy: drop the newest, as a router would; counter: `dropped`.
"""

import errno
import socket
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from streaming.forwarding.hot_path.latency import Latencies

Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
Path: TypeAlias = tuple[int, Address]
"""Number of the local socket, and the remote address as the socket module gives it."""
Datagram: TypeAlias = tuple[Path, bytes]

MAX_WAITING_BYTES: Final = 16 << 20
MAX_WAITING: Final = 32768
NO_PATH: Final[Path] = (-1, ("", 0))

IP_MTU_DISCOVER: Final = 10
IP_PMTUDISC_WANT: Final = 1
IP_PMTUDISC_DO: Final = 2
"""Of ip(7) in Linux; the socket module does not name them yet."""


class Batch:
    """See the module. `sockets` by number; what is for other numbers is handed out by `others`.

    `arrived` says which moment caused what is forwarded from now on; the time from there to the hand-over of
    the last datagram of each packet is counted in `latencies`.
    """

    SLICE = 256
    """Datagrams to send in one turn, some 2 ms."""

    def __init__(self, sockets: Sequence[socket.socket] = ()) -> None:
        self._sockets = tuple(sockets)
        self._sends = tuple([one.sendto for one in sockets])
        self._urgent: deque[Datagram] = deque()
        self._bulk: deque[Datagram] = deque()
        self._others: deque[Datagram] = deque()
        self._marks: deque[tuple[int, float]] = deque()
        self._cause = 0.0
        self._added = 0
        self._finished = 0
        self._waiting_bytes = 0
        self.blocked = -1
        self.sent = 0
        self.calls = 0
        self.dropped = 0
        self.errors = 0
        self.latencies = Latencies()

    def put_socket(self, number: int, one: socket.socket, /) -> None:
        """Put it in the place of another, or behind all. Raises ValueError: sockets have no gaps."""
        if not 0 <= number <= len(self._sockets):
            msg = "sockets are numbered without a gap"
            raise ValueError(msg)
        self._sockets = (*self._sockets[:number], one, *self._sockets[number + 1 :])
        self._sends = tuple([each.sendto for each in self._sockets])

    def __len__(self) -> int:
        return len(self._urgent) + len(self._bulk) + len(self._others)

    # ── filling ──

    def append(self, datagram: Datagram) -> None:
        """Something urgent: handshakes, checks, reports."""
        if self._has_room(len(datagram[1])):
            self._put(datagram, is_urgent=True)

    def extend(self, datagrams: Iterable[Datagram]) -> None:
        """Each urgent."""
        for datagram in datagrams:
            self.append(datagram)

    def arrived(self, at: float) -> None:
        """What is forwarded from now on was caused at this time (monotonic seconds); 0: by no packet."""
        self._cause = at

    def add_forwarded(self, datagrams: list[Datagram], *, is_urgent: bool) -> None:
        """All that became of one packet."""
        size, count = sum([len(data) for _, data in datagrams]), len(datagrams)
        numbers = {path[0] for path, _ in datagrams}
        if (
            self._waiting_bytes + size <= MAX_WAITING_BYTES
            and len(self) + count <= MAX_WAITING
            and (not numbers or (min(numbers) >= 0 and max(numbers) < len(self._sockets)))
        ):  # as nearly always, and then quickly
            self._waiting_bytes += size
            if is_urgent:
                self._urgent.extend(datagrams)
            else:
                self._bulk.extend(datagrams)
                self._added += count
        else:
            for datagram in datagrams:
                if self._has_room(len(datagram[1])):
                    self._put(datagram, is_urgent=is_urgent)
        if self._cause and datagrams:
            if is_urgent:
                self._marks.appendleft((0, self._cause))
            else:
                self._marks.append((self._added, self._cause))

    def _has_room(self, size: int) -> bool:
        if self._waiting_bytes + size <= MAX_WAITING_BYTES and len(self) < MAX_WAITING:
            return True
        self.dropped += 1
        return False

    def _put(self, datagram: Datagram, *, is_urgent: bool) -> None:
        number = datagram[0][0]
        if number == NO_PATH[0]:
            return
        if self._sockets and not 0 <= number < len(self._sockets):
            self._others.append(datagram)
            return
        self._waiting_bytes += len(datagram[1])
        if is_urgent:
            self._urgent.append(datagram)
        else:
            self._bulk.append(datagram)
            self._added += 1

    # ── draining ──

    def pairs(self) -> list[Datagram]:
        """Take out everything, in the order in which to send it."""
        everything = [*self._urgent, *self._bulk, *self._others]
        for queue in (self._urgent, self._bulk, self._others):
            queue.clear()
        self._waiting_bytes = 0
        self._finished = self._added
        self._marks.clear()
        return everything

    def others(self) -> list[Datagram]:
        """Take out what is for paths that are none of our sockets."""
        others = list(self._others)
        self._others.clear()
        return others

    def send(self, limit: int) -> bool:
        """Send what is urgent, then at most `limit` others; True when nothing waits any more.

        After False, `blocked` is the number of the socket to wait for, or -1 when it was the limit.
        """
        self.blocked = -1
        is_done = self._send_from(self._urgent, len(self._urgent)) == 0
        if is_done:
            before = len(self._bulk)
            is_done = self._send_from(self._bulk, limit) == 0
            self._finished += before - len(self._bulk)
        self._note_latencies()
        return is_done

    def _send_from(self, queue: deque[Datagram], limit: int) -> int:
        sends, take = self._sends, queue.popleft
        calls = blocked = failed = size = 0
        for _ in range(min(limit, len(queue))):
            (number, address), datagram = path_and_datagram = take()
            calls += 1
            try:
                sends[number](datagram, address)
            except BlockingIOError:
                queue.appendleft(path_and_datagram)
                self.blocked, blocked = number, 1
                break
            except OSError as error:
                if error.errno != errno.EMSGSIZE or not self._send_in_fragments(number, address, datagram):
                    failed += 1
            size += len(datagram)
        self.calls += calls
        self.sent += calls - failed - blocked
        self.errors += failed
        self._waiting_bytes -= size
        return len(queue)

    def _send_in_fragments(self, number: int, address: Address, datagram: bytes) -> bool:
        """Longer than this path carries whole: let routers cut this one (`sockets.bind_all` forbids it)."""
        one = self._sockets[number]
        if one.family != socket.AF_INET:
            return False
        one.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT)
        try:
            one.sendto(datagram, address)
        except OSError:
            return False
        finally:
            one.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        return True

    def _note_latencies(self) -> None:
        marks = self._marks
        if not marks or self._urgent:
            return
        now = time.monotonic()
        while marks and marks[0][0] <= self._finished:
            self.latencies.add(now - marks.popleft()[1])
