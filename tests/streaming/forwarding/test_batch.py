"""What waits to be sent, and what was received: over loopback sockets, both implementations."""

import ctypes
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import cast

import pytest

from streaming.control.messages import LATENCY_BOUNDS_S
from streaming.forwarding.hot_path import Lane, Path
from streaming.forwarding.hot_path.batch import MAX_WAITING, MAX_WAITING_BYTES
from streaming.forwarding.hot_path.reader import MAX_DATAGRAM_BYTES, PER_TURN
from streaming.rtp.packet_ring import ForwardPacket
from streaming.sockets import bind_all
from streaming.srtp import AES_128_GCM, sessions
from tests.streaming.forwarding.implementations import Implementation, both

pytestmark = both

SENDER = sessions(AES_128_GCM, bytes(range(60)), is_dtls_client=False).sender
EVERYTHING = 1 << 30
UDP_GRO = 104
CLONE_NEWNET = 0x40000000


def udp(family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    one = socket.socket(family, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    one.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
    one.setblocking(False)
    return one


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Ours and the subscriber's."""
    with udp() as ours, udp() as theirs:
        yield ours, theirs


def to(one: socket.socket, number: int = 0) -> Path:
    return (number, one.getsockname())


def lane_to(hot: Implementation, path: Path, *, ssrc: int = 1, is_urgent: bool = False) -> Lane:
    lane = hot.new_lane(ssrc, "a", 9, {}, is_urgent=is_urgent)
    lane.protect_with(SENDER)
    lane.path = path
    return lane


def packet(number: int, size: int = 100) -> ForwardPacket:
    return ForwardPacket(number, number * 3000, True, (), number.to_bytes(4, "big") + bytes(size - 4), 1.0)


def received(one: socket.socket) -> list[bytes]:
    found = []
    try:
        while True:
            found.append(one.recv(65536))
    except BlockingIOError:
        return found


def test_sound_and_control_overtake_pictures(
    hot: Implementation, sockets: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = sockets
    batch = hot.new_batch([ours])
    video, audio = (lane_to(hot, to(theirs), ssrc=ssrc, is_urgent=ssrc == 2) for ssrc in (1, 2))
    for number in range(100):
        hot.forward(packet(number, 200 + number), [video], batch, 1.0)
    assert not batch.send(30)
    hot.forward(packet(0, 50), [audio], batch, 1.0)
    batch.append((to(theirs), b"report"))
    assert not batch.send(30)
    assert batch.blocked == -1
    arrived = received(theirs)
    assert len(arrived) == 62
    assert [data[8:12] for data in arrived[:31]] == [bytes((0, 0, 0, 1))] * 30 + [bytes((0, 0, 0, 2))]
    assert arrived[31] == b"report"
    assert len(batch) == 40
    assert batch.send(EVERYTHING)
    assert len(received(theirs)) == 40
    assert (len(batch), batch.sent, batch.errors, batch.dropped) == (0, 102, 0, 0)


def test_runs_of_equal_size_arrive_as_single_datagrams_in_order(
    hot: Implementation, sockets: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = sockets
    with udp() as second:
        batch = hot.new_batch([ours])
        lanes = [lane_to(hot, to(theirs)), lane_to(hot, to(second), ssrc=2)]
        sizes = [1101] * 20 + [1100, 1101, 1101, 1102, 600, 600, 5]
        for number, size in enumerate(sizes):
            hot.forward(packet(number, size), lanes, batch, 1.0)
        assert batch.send(EVERYTHING)
        for one in (theirs, second):
            arrived = received(one)
            assert [int.from_bytes(data[2:4], "big") for data in arrived] == list(range(len(sizes)))
            assert [len(data) for data in arrived] == [12 + 8 + size + 16 for size in sizes]
    assert batch.sent == 2 * len(sizes)
    assert batch.calls < (4 if hot.name == "compiled" else 11)  # five runs to each of two


def test_a_lane_that_moves_takes_only_what_comes_after(
    hot: Implementation, sockets: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = sockets
    with udp() as elsewhere:
        batch = hot.new_batch([ours])
        lane = lane_to(hot, to(theirs))
        hot.forward(packet(1), [lane], batch, 1.0)
        lane.path = to(elsewhere)
        hot.forward(packet(2), [lane], batch, 1.0)
        batch.send(EVERYTHING)
        assert [data[2:4] for data in received(theirs)] == [b"\0\1"]
        assert [data[2:4] for data in received(elsewhere)] == [b"\0\2"]


def test_paths_that_are_no_socket_are_handed_out(
    hot: Implementation, sockets: tuple[socket.socket, socket.socket]
) -> None:
    batch = hot.new_batch([sockets[0]])
    tcp: Path = (1 << 16, ("192.0.2.9", 80))
    hot.forward(packet(1), [lane_to(hot, tcp)], batch, 1.0)
    batch.append((tcp, b"report"))
    batch.append(((-1, ("", 0)), b"nowhere"))
    assert batch.send(EVERYTHING)
    [(path, datagram), last] = batch.others()
    assert (path, datagram[2:4], last) == (tcp, b"\0\1", (tcp, b"report"))
    assert batch.others() == []
    assert len(batch) == 0


def test_ipv6(hot: Implementation) -> None:
    try:
        pair = udp(socket.AF_INET6), udp(socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with pair[0] as ours, pair[1] as theirs:
        batch = hot.new_batch([ours])
        hot.forward(packet(1), [lane_to(hot, to(theirs))], batch, 1.0)
        assert batch.send(EVERYTHING)
        [(data, path, _)] = hot.new_reader(3, theirs).read(1.0)
        assert (data[2:4], path) == (b"\0\1", (3, ours.getsockname()))


class FullSocket:
    """A socket whose buffer takes a few datagrams, for the implementation in Python."""

    def __init__(self) -> None:
        self.room = 5
        self.taken: list[bytes] = []

    def sendto(self, data: bytes, _address: object) -> None:
        if self.room == 0:
            raise BlockingIOError
        self.room -= 1
        self.taken.append(data)


def test_a_full_buffer_is_waited_for(hot: Implementation) -> None:
    fake = FullSocket()
    # A local socket that ignores addresses, and refuses when its reader is behind: what a busy card does.
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        batch = hot.new_batch([cast("socket.socket", fake) if hot.name == "python" else ours])
        lane = lane_to(hot, (0, ("127.0.0.1", 9)))
        for number in range(2000):
            hot.forward(packet(number, 100 + number), [lane], batch, 1.0)
        arrived: list[bytes] = []
        blocks = 0
        while not batch.send(EVERYTHING):
            assert batch.blocked == 0
            blocks += 1
            arrived += received(theirs)
            fake.room = 500
        arrived += [*received(theirs), *fake.taken]
        assert blocks > 1
        assert [int.from_bytes(data[2:4], "big") for data in arrived] == list(range(2000))
        assert (len(batch), batch.errors, batch.dropped) == (0, 0, 0)


def test_a_socket_that_cannot_reach_an_address_costs_that_datagram_only(
    hot: Implementation, sockets: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = sockets
    batch = hot.new_batch([ours])
    unreachable: Path = (0, ("255.255.255.255", 9))  # a broadcast, which nobody allowed
    for number in range(3):
        hot.forward(packet(number), [lane_to(hot, unreachable), lane_to(hot, to(theirs))], batch, 1.0)
    assert batch.send(EVERYTHING)
    assert len(received(theirs)) == 3
    assert (batch.sent, batch.errors) == (3, 3)


def test_the_waiting_room_has_a_bound(
    hot: Implementation, sockets: tuple[socket.socket, socket.socket]
) -> None:
    small = hot.new_batch([sockets[0]])
    for _ in range(MAX_WAITING + 10):
        small.append((to(sockets[1]), b"x"))
    assert (len(small), small.dropped) == (MAX_WAITING, 10)
    large = hot.new_batch([sockets[0]])
    data = bytes(50_000)
    for _ in range(MAX_WAITING_BYTES // len(data) + 10):
        large.append((to(sockets[1]), data))
    assert (len(large), large.dropped) == (MAX_WAITING_BYTES // len(data), 10)
    assert len(large.pairs()) == MAX_WAITING_BYTES // len(data)
    large.append((to(sockets[1]), data))
    assert len(large) == 1


def test_the_time_of_a_packet_is_counted_when_its_last_datagram_has_gone(
    hot: Implementation, sockets: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = sockets
    batch = hot.new_batch([ours])
    audio, *video = (lane_to(hot, to(theirs), ssrc=ssrc, is_urgent=ssrc == 0) for ssrc in range(4))
    batch.arrived(time.monotonic() - 0.06)
    hot.forward(packet(1), video, batch, 1.0)
    batch.arrived(0.0)
    hot.forward(packet(2), video, batch, 1.0)  # caused by a timer
    assert not batch.send(2)
    assert sum(batch.latencies.buckets) == 0
    batch.arrived(time.monotonic() - 40)
    hot.forward(packet(1), [audio], batch, 1.0)
    assert batch.send(EVERYTHING)
    buckets = batch.latencies.buckets
    assert (sum(buckets), buckets[-1]) == (2, 1)
    assert buckets[LATENCY_BOUNDS_S.index(0.1)] == 1
    assert 40 < batch.latencies.sum_s < 41


def test_a_reader_takes_a_turns_worth(
    hot: Implementation, sockets: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = sockets
    reader = hot.new_reader(7, ours)
    assert reader.read(time.monotonic()) == []
    for number in range(PER_TURN + 3):
        theirs.sendto(bytes((number,)) * 3, ours.getsockname())
    theirs.sendto(bytes(MAX_DATAGRAM_BYTES), ours.getsockname())
    theirs.sendto(bytes(MAX_DATAGRAM_BYTES + 1), ours.getsockname())
    theirs.sendto(b"", ours.getsockname())
    now = time.monotonic()
    found = reader.read(now)
    assert len(found) == PER_TURN
    found += reader.read(time.monotonic())
    assert [data for data, _, _ in found] == [
        *(bytes((number,)) * 3 for number in range(PER_TURN + 3)),
        bytes(MAX_DATAGRAM_BYTES),
        b"",
    ]
    assert {path for _, path, _ in found} == {(7, theirs.getsockname())}
    assert all(now - 1 <= arrival <= time.monotonic() for _, _, arrival in found)
    assert (reader.too_long, reader.errors) == (1, 0)


def test_a_subscriber_who_cannot_be_reached_does_not_make_sending_dearer_for_others(
    hot: Implementation, sockets: tuple[socket.socket, socket.socket]
) -> None:
    """The kernel refuses a whole run of datagrams to port 0; that says nothing about runs to others."""
    ours, theirs = sockets
    theirs.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)  # runs that were sent whole arrive whole
    batch = hot.new_batch((ours,))
    nowhere, good = lane_to(hot, (0, ("127.0.0.1", 0)), ssrc=1), lane_to(hot, to(theirs), ssrc=2)
    for turn in range(20):
        for number in range(4):
            hot.forward(packet(4 * turn + number), [nowhere, good], batch, 0.0)
        batch.send(EVERYTHING)
    longest = max(len(data) for data in received(theirs))
    for number in range(100, 104):
        hot.forward(packet(number), [good], batch, 0.0)
    batch.send(EVERYTHING)
    assert max(len(data) for data in received(theirs)) == longest
    assert batch.errors == 80


def test_a_socket_may_come_later_and_take_the_place_of_another(
    hot: Implementation, sockets: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = sockets
    batch = hot.new_batch([ours])
    batch.append((to(theirs, 1), b"nobody sends this yet"))
    assert len(batch.others()) == 1
    with udp() as later, udp() as instead:
        batch.put_socket(1, later)
        batch.append((to(theirs, 1), b"1"))
        assert batch.send(EVERYTHING)
        assert theirs.recvfrom(100) == (b"1", later.getsockname())
        batch.put_socket(1, instead)
        batch.append((to(theirs, 1), b"2"))
        batch.append((to(theirs, 0), b"3"))
        assert batch.send(EVERYTHING)
        assert {theirs.recvfrom(100) for _ in range(2)} == {
            (b"2", instead.getsockname()),
            (b"3", ours.getsockname()),
        }
    for number in (-1, 3):
        with pytest.raises(ValueError, match="gap"):
            batch.put_socket(number, ours)
    assert (len(batch), batch.errors, batch.dropped) == (0, 0, 0)


def sockets_on_a_short_path() -> tuple[socket.socket, socket.socket]:
    """Ours and the subscriber's, in a network that carries 1000 bytes in one piece; needs root."""
    made: list[socket.socket] = []

    def run() -> None:  # a thread takes its namespace along when it ends; sockets keep it
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        subprocess.run(["ip", "link", "set", "lo", "up", "mtu", "1000"], check=True)
        made.extend((*bind_all(["127.0.0.1"], 0), udp()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return made[0], made[1]


def test_what_a_path_does_not_carry_whole_goes_in_fragments(hot: Implementation) -> None:
    ours, theirs = sockets_on_a_short_path()
    with ours, theirs:
        batch = hot.new_batch([ours])
        lane = lane_to(hot, to(theirs))
        for number in range(3):
            hot.forward(packet(number, 1200), [lane], batch, 1.0)
        hot.forward(packet(3, 100), [lane], batch, 1.0)
        assert batch.send(EVERYTHING)
        assert (batch.sent, batch.errors) == (4, 0)
        assert [len(data) for data in received(theirs)] == [12 + 8 + 1200 + 16] * 3 + [12 + 8 + 100 + 16]
        with pytest.raises(OSError, match="too long"):
            ours.sendto(bytes(1200), theirs.getsockname())
