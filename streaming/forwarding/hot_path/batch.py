"""What waits to be sent: urgent datagrams (sound, control) first, then pictures, a bounded slice per turn.

A keyframe for a full class is thousands of datagrams. They are protected at once, in the order of the numbers
they carry, but sent in slices; what is urgent overtakes them between two slices, and never waits for more
than one. When a socket's buffer is full (the card is slower than we), sending goes on when it is writable.

Packets of one picture mostly follow each other to the same subscribers: they wait as one `Run`, and what a
subscriber gets of it is one call, which the kernel cuts (UDP_SEGMENT of udp(7)).

Bounds: MAX_WAITING_BYTES and MAX_WAITING; policy: drop the newest, as a router would; counter: `dropped`.
"""

import errno
import math
import socket
import struct
import time
from collections import deque
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final, TypeAlias

from streaming.forwarding.hot_path.latency import Latencies
from streaming.forwarding.hot_path.run import Run

Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
Path: TypeAlias = tuple[int, Address]
"""Number of the local socket, and the remote address as the socket module gives it."""
Datagram: TypeAlias = tuple[Path, bytes]

MAX_WAITING_BYTES: Final = 16 << 20
MAX_WAITING: Final = 32768
NO_PATH: Final[Path] = (-1, ("", 0))

MAX_SEGMENT_FAILURES: Final = 8
"""In a row: then this kernel or this card does not cut."""
SOL_UDP: Final = 17
UDP_SEGMENT: Final = 103
IP_MTU_DISCOVER: Final = 10
IP_PMTUDISC_WANT: Final = 1
IP_PMTUDISC_DO: Final = 2
"""Of udp(7) and ip(7) in Linux; the socket module does not name them yet."""

_SIZE = struct.Struct("=H")
_NUMBER = itemgetter(0)
"""Of the local socket of a path."""


class Batch:
    """See the module. `sockets` by number; what is for other numbers is handed out by `others`.

    `arrived` says which moment caused what is forwarded from now on; the time from there to the hand-over of
    the last datagram of each packet is counted in `latencies`.
    """

    SLICE = 256
    """Datagrams to send in one turn, some 2 ms."""

    def __init__(self, sockets: Sequence[socket.socket] = ()) -> None:
        self._take_sockets(tuple(sockets))
        self._urgent: deque[Datagram] = deque()
        self._urgent_causes: list[float] = []
        self._runs: deque[Run] = deque()
        self._left: list[Run] = []
        self._in_runs = 0
        self._others: deque[Datagram] = deque()
        self._cause = 0.0
        self._waiting_bytes = 0
        self._can_segment = True
        self._segment_failures = 0
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
        self._take_sockets((*self._sockets[:number], one, *self._sockets[number + 1 :]))

    def _take_sockets(self, sockets: tuple[socket.socket, ...]) -> None:
        self._sockets = sockets
        self._numbers = frozenset(range(len(sockets)))
        self._sends = tuple([one.sendto for one in sockets])

    def __len__(self) -> int:
        return len(self._urgent) + self._in_runs + len(self._others)

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

    def add_forwarded(self, paths: list[Path], datagrams: list[bytes], *, is_urgent: bool) -> None:
        """All that became of one packet: a datagram for each path."""
        if not datagrams:
            return
        octets, count = sum(map(len, datagrams)), len(datagrams)
        last = self._runs[-1] if self._runs and not is_urgent else None
        if last is not None and last.paths != paths:
            last = None
        if (
            self._waiting_bytes + octets > MAX_WAITING_BYTES
            or len(self._urgent) + self._in_runs + len(self._others) + count > MAX_WAITING
            or not (last is not None or self._numbers.issuperset(map(_NUMBER, paths)))
        ):
            for datagram in zip(paths, datagrams, strict=True):
                if self._has_room(len(datagram[1])):
                    self._put(datagram, is_urgent=is_urgent)
            self._note_cause(is_urgent=is_urgent)
            return
        self._waiting_bytes += octets
        if is_urgent:
            self._urgent.extend(zip(paths, datagrams, strict=True))
        else:
            self._in_runs += count
            size = len(datagrams[0]) if len(set(map(len, datagrams))) == 1 else 0
            if last is None or not self._can_segment or not last.join(datagrams, size):
                self._runs.append(Run(paths, [datagrams], size))
        self._note_cause(is_urgent=is_urgent)

    def _note_cause(self, *, is_urgent: bool) -> None:
        if not self._cause:
            return
        if is_urgent:
            self._urgent_causes.append(self._cause)
        elif self._runs:
            self._runs[-1].causes.append(self._cause)

    def _has_room(self, size: int) -> bool:
        if self._waiting_bytes + size <= MAX_WAITING_BYTES and len(self) < MAX_WAITING:
            return True
        self.dropped += 1
        return False

    def _put(self, datagram: Datagram, *, is_urgent: bool) -> None:
        path, data = datagram
        if path[0] == NO_PATH[0]:
            return
        if self._sockets and not 0 <= path[0] < len(self._sockets):
            self._others.append(datagram)
            return
        self._waiting_bytes += len(data)
        if is_urgent:
            self._urgent.append(datagram)
        else:
            self._runs.append(Run([path], [[data]], 0))
            self._in_runs += 1

    # ── draining ──

    def pairs(self) -> list[Datagram]:
        """Take out everything, in the order in which to send it."""
        everything = [*self._urgent, *(pair for run in self._runs for pair in run.pairs()), *self._others]
        for queue in (self._urgent, self._runs, self._others, self._urgent_causes):
            queue.clear()
        self._waiting_bytes = self._in_runs = 0
        return everything

    def others(self) -> list[Datagram]:
        """Take out what is for paths that are none of our sockets."""
        others = list(self._others)
        self._others.clear()
        return others

    def send(self, limit: int) -> bool:
        """Send what is urgent, then at most `limit` others; True when nothing waits any more.

        What a subscriber gets of a run is not divided: the last one may exceed the limit. After False,
        `blocked` is the number of the socket to wait for, or -1 when it was the limit.
        """
        self.blocked = -1
        self._send_urgent()
        if self._urgent:
            return False
        self._note_latencies(self._urgent_causes)
        while self._runs and limit > 0 and self.blocked < 0:
            run = self._runs.popleft()
            limit -= self._send_from(run, limit)
            if run.sent < len(run.paths):
                self._runs.appendleft(run)
            elif self._left:
                self._left[-1].causes += run.causes
            else:
                self._note_latencies(run.causes)
            self._runs.extendleft(reversed(self._left))
            self._left.clear()
        return not self._runs

    def _send_urgent(self) -> None:
        queue = self._urgent
        for _ in range(self._send_single(queue)):
            self._waiting_bytes -= len(queue.popleft()[1])

    def _send_from(self, run: Run, limit: int) -> int:
        """To as many subscribers of a run as that may be; returns how many datagrams are done with."""
        parts, paths, sheets = len(run.sheets), run.paths, run.sheets
        if run.sent or limit < len(paths) * parts:
            end = run.sent + math.ceil(limit / parts)
            paths = paths[run.sent : end]
            sheets = [sheet[run.sent : end] for sheet in sheets]
        if parts == 1:
            gone = self._send_single(zip(paths, sheets[0], strict=True))
        else:
            gone = self._send_joined(paths, sheets, run.size)
        self._waiting_bytes -= run.take(gone)
        self._in_runs -= gone * parts
        return gone * parts

    def _send_single(self, datagrams: Iterable[Datagram]) -> int:
        """One after the other; returns how many are done with before the socket was full."""
        sends = self._sends
        gone = failed = 0
        for (number, address), datagram in datagrams:
            try:
                sends[number](datagram, address)
            except BlockingIOError:
                self.blocked = number
                self.calls += 1
                break
            except OSError as error:
                if error.errno != errno.EMSGSIZE or not self._send_in_fragments(number, address, datagram):
                    failed += 1
            gone += 1
        self.calls += gone
        self.sent += gone - failed
        self.errors += failed
        return gone

    def _send_joined(self, paths: list[Path], sheets: list[list[bytes]], size: int) -> int:
        """All sheets to each; returns how many subscribers are done with before the socket was full."""
        sends = [one.sendmsg for one in self._sockets]
        control = [(SOL_UDP, UDP_SEGMENT, _SIZE.pack(size))]
        gone = joined = 0
        for path, parts in zip(paths, zip(*sheets, strict=True), strict=True):
            number, address = path
            try:
                if not self._can_segment:
                    self._send_apart(path, parts)
                else:
                    sends[number](parts, control, 0, address)
                    joined += 1
            except BlockingIOError:
                self.blocked = number
                break
            except OSError as error:  # the kernel or the card does not cut, or it is this one address
                self._segment_failures += 1
                if error.errno == errno.EIO or self._segment_failures >= MAX_SEGMENT_FAILURES:
                    self._can_segment = False
                self._send_apart(path, parts)
            else:
                self._segment_failures = 0
            gone += 1
            if self.blocked >= 0:
                break
        self.calls += joined
        self.sent += joined * len(sheets)
        return gone

    def _send_apart(self, path: Path, parts: Sequence[bytes]) -> None:
        """To one subscriber; what the socket does not take is left, to go to the front."""
        gone = self._send_single([(path, part) for part in parts])
        for left in parts[gone:]:
            self._left.append(Run([path], [[left]], 0))
            self._in_runs += 1
            self._waiting_bytes += len(left)

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

    def _note_latencies(self, causes: list[float]) -> None:
        if not causes:
            return
        now = time.monotonic()
        for cause in causes:
            self.latencies.add(now - cause)
        causes.clear()
