"""Runs of the Python batch over sockets that do what kernels do: fill up, refuse to cut, lose an address."""

import errno
import socket
from collections import defaultdict
from dataclasses import dataclass, field
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.forwarding.hot_path.batch import (
    MAX_SEGMENT_FAILURES,
    SOL_UDP,
    UDP_SEGMENT,
    Address,
    Batch,
    Path,
)
from streaming.forwarding.hot_path.run import MAX_RUN_BYTES, MAX_SHEETS, Run

PEERS: list[Path] = [(0, ("192.0.2.1", port)) for port in range(1, 5)]
DEAF: Address = ("192.0.2.1", 3)
EVERYTHING = 1 << 30


@dataclass
class Kernel:
    """Takes `room` datagrams until it is full. `cuts`: whether it knows UDP_SEGMENT."""

    cuts: bool = True
    room: int = EVERYTHING
    taken: dict[Address, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    cut_calls: int = 0
    refused_to_cut: int = 0

    def sendto(self, data: bytes, address: Address) -> None:
        if self.room == 0:
            raise BlockingIOError
        if address == DEAF:
            raise OSError(errno.EHOSTUNREACH, "nobody there")
        self.room -= 1
        self.taken[address].append(data)

    def sendmsg(
        self, parts: list[bytes], control: list[tuple[int, int, bytes]], _flags: int, address: Address
    ) -> None:
        [(level, kind, size)] = control
        assert (level, kind) == (SOL_UDP, UDP_SEGMENT)
        cut = int.from_bytes(size, "little")
        assert all(len(part) == cut for part in parts[:-1])
        assert 0 < len(parts[-1]) <= cut
        assert len(parts) <= MAX_SHEETS
        assert sum(map(len, parts)) <= MAX_RUN_BYTES
        if not self.cuts or address == DEAF:
            self.refused_to_cut += 1
            raise OSError(errno.EINVAL, "no")
        if self.room < len(parts):
            self.room = 0
            raise BlockingIOError
        self.cut_calls += 1
        self.room -= len(parts)
        self.taken[address] += parts


sheets = st.lists(
    st.tuples(st.sampled_from([1, 40, 41, 1200, 30_000]), st.sampled_from([1, 2, 4]), st.booleans()),
    max_size=30,
)


@settings(max_examples=300)
@given(sheets, st.booleans(), st.lists(st.integers(1, 9), max_size=40), st.integers(1, 7))
def test_everybody_gets_everything_in_order_whatever_the_kernel_does(
    film: list[tuple[int, int, bool]], cuts: bool, rooms: list[int], limit: int
) -> None:
    kernel = Kernel(cuts=cuts)
    batch = Batch([cast("socket.socket", kernel)])
    owed: dict[Address, list[bytes]] = defaultdict(list)
    urgent: dict[Address, list[bytes]] = defaultdict(list)
    waiting = iter(rooms)

    def send() -> bool:
        kernel.room = next(waiting, EVERYTHING)
        is_done = batch.send(limit)
        assert is_done == (len(batch) == 0)
        assert is_done or batch.blocked in {-1, 0}
        return is_done

    for number, (size, peers, is_urgent) in enumerate(film):
        paths = PEERS[:peers]
        data = [(number.to_bytes(1, "big") + bytes((port,)) * size)[:size] for _, (_, port, *_) in paths]
        batch.add_forwarded(paths, data, is_urgent=is_urgent)
        for (_, address), one in zip(paths, data, strict=True):
            if address != DEAF:
                (urgent if is_urgent else owed)[address].append(one)
        if number % 5 == 4:
            send()
    for _ in range(10_000):
        if send():
            break
    sent = sum(map(len, kernel.taken.values()))
    deaf = sum(1 for _, peers, _ in film if peers == 4)
    for address, taken in kernel.taken.items():
        assert sorted(taken) == sorted(owed[address] + urgent[address])
        for wanted in (owed, urgent):  # what is urgent overtakes; among themselves each kind keeps its order
            assert [data for data in taken if data in wanted[address]] == wanted[address]
    assert sent == sum(map(len, owed.values())) + sum(map(len, urgent.values()))
    assert (batch.sent, batch.errors, batch.dropped, len(batch)) == (sent, deaf, 0, 0)
    assert batch.pairs() == []


def test_a_kernel_that_does_not_cut_is_asked_a_few_times_only() -> None:
    kernel = Kernel(cuts=False)
    batch = Batch([cast("socket.socket", kernel)])
    for turn in range(50):
        for number in range(3):
            batch.add_forwarded(
                PEERS[:2], [bytes((turn, number, 1)), bytes((turn, number, 2))], is_urgent=False
            )
        assert batch.send(EVERYTHING)
    assert kernel.refused_to_cut == MAX_SEGMENT_FAILURES
    for peer in (1, 2):
        assert kernel.taken["192.0.2.1", peer] == [bytes((t, n, peer)) for t in range(50) for n in range(3)]


def test_one_address_that_is_refused_spoils_cutting_for_nobody() -> None:
    kernel = Kernel()
    batch = Batch([cast("socket.socket", kernel)])
    for _ in range(50):
        for _ in range(3):
            batch.add_forwarded(PEERS, [b"abc"] * 4, is_urgent=False)
        assert batch.send(EVERYTHING)
    assert (kernel.cut_calls, batch.sent, batch.errors) == (150, 450, 150)


def test_a_run_takes_only_what_can_go_out_with_it() -> None:
    run = Run(PEERS[:2], [[b"123", b"456"]], 3)
    assert not run.join([b"7890", b"1234"], 4)
    assert not run.join([b"7890", b"1"], 0)
    assert run.join([b"78", b"90"], 2)
    assert not run.join([b"7", b"9"], 1), "only the last may be shorter"
    assert run.take(1) == 5
    assert list(run.pairs()) == [(PEERS[1], b"456"), (PEERS[1], b"90")]
    begun = Run(PEERS[:2], [[b"1", b"2"]], 1)
    begun.take(1)
    assert not begun.join([b"3", b"4"], 1), "the first has left without it"
