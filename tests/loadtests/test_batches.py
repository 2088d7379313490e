"""Reading many sockets at once: everything once, in order, with true lengths and the kernel's times."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from loadtests.sfu.batches import KEPT_BYTES, SLOTS, BatchReader

SO_TIMESTAMPNS = 35
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    """Three (receiver, connected sender)."""
    with ExitStack() as stack:
        made = []
        for _ in range(3):
            receiver, sender = (
                stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2)
            )
            receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            receiver.bind(("127.0.0.1", 0))
            sender.connect(receiver.getsockname())
            made.append((receiver, sender))
        yield made


def test_reads_all_sockets_with_lengths_and_times(pairs: list[Pair]) -> None:
    before = time.clock_gettime_ns(time.CLOCK_REALTIME)
    pairs[0][1].send(b"a" * 30)
    pairs[2][1].send(b"b" * 1400)
    pairs[2][1].send(b"c" * 50)
    after = time.clock_gettime_ns(time.CLOCK_REALTIME)
    batch, at = BatchReader().read([receiver.fileno() for receiver, _ in pairs], 0)
    assert at == 3
    assert batch.source.tolist() == [0, 2, 2]
    assert batch.size.tolist() == [30, 1400, 50]
    assert batch.head[:, 0].tobytes() == b"abc"
    assert batch.head[1].tobytes() == b"b" * KEPT_BYTES
    assert all(before <= int(ns) <= after for ns in batch.arrived_ns)


def test_goes_on_where_the_buffers_were_full(pairs: list[Pair]) -> None:
    count = SLOTS // 2
    for number in range(count):
        for _, sender in pairs:
            sender.send(number.to_bytes(4, "big"))
    reader, descriptors = BatchReader(), [receiver.fileno() for receiver, _ in pairs]
    seen: list[list[int]] = [[], [], []]
    at = 0
    while at < len(descriptors):
        batch, at = reader.read(descriptors, at)
        for source, head in zip(batch.source.tolist(), batch.head, strict=True):
            seen[source].append(int.from_bytes(head[:4].tobytes(), "big"))
    assert seen == [list(range(count))] * 3
