"""Microseconds per packet of the hot path, for both implementations: `script/bench hot_path [--json FILE]`.

* forward: what one packet costs per subscriber; protected only, and with sending to sockets that drop it.
* receive: what taking in one packet costs, read from a socket, decrypted, parsed.

A single process, so figures of one run compare with each other, not with those of `script/bench sfu`.
"""

import importlib
import socket
import time
from collections.abc import Callable
from statistics import median
from typing import Any, Final

from loadtests.figures import Figure, arguments, machine, report
from streaming import srtp
from streaming.forwarding.hot_path import batch, python, reader
from streaming.rtp import packet as rtp
from streaming.rtp.packet_ring import ForwardPacket
from streaming.twin import load

PAYLOAD_BYTES: Final = 1100
LANES: Final = (8, 200, 400)
FRAME_PACKETS: Final = 5
ROUNDS: Final = 5
DATAGRAMS: Final = 20_000
MATERIAL: Final = bytes(range(60))


def implementations() -> dict[str, dict[str, Any]]:
    """Name → what the implementation provides. Raises ImportError where the twin was not built."""
    twin: Any = importlib.import_module("streaming.twin.hot_path")
    return {
        "python": {
            "batch": batch.Batch,
            "lane": python.Lane,
            "forward": python.forward,
            "reader": reader.Reader,
            "receiver": srtp.GcmReceiver,
            "parse": rtp.parse_in_python,
        },
        "compiled": {
            "batch": twin.Batch,
            "lane": twin.Lane,
            "forward": twin.forward,
            "reader": twin.Reader,
            "receiver": srtp.TwinGcmReceiver,
            "parse": load().parse,
        },
    }


def per_item_us(work: Callable[[], int]) -> float:
    """Median CPU time of one of the things that `work` did and counted."""
    found = []
    for _ in range(ROUNDS):
        start = time.process_time()
        count = work()
        found.append((time.process_time() - start) / count * 1e6)
    return median(found)


def forwarding(hot: dict[str, Any], lanes: int, *, sends: bool) -> float:
    """Pictures of FRAME_PACKETS equal packets to `lanes` subscribers, who let the kernel drop them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours, socket.socket(
        socket.AF_INET, socket.SOCK_DGRAM
    ) as theirs:  # fmt: skip
        ours.bind(("127.0.0.1", 0))
        ours.setblocking(False)
        theirs.bind(("127.0.0.1", 0))
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        output = hot["batch"]([ours] if sends else [])
        subscribers = []
        for ssrc in range(lanes):
            lane = hot["lane"](ssrc, "a", 9, {})
            lane.protect_with(srtp.sessions(srtp.AES_128_GCM, MATERIAL, is_dtls_client=False).sender)
            lane.path = (0, theirs.getsockname())
            subscribers.append(lane)
        number = 0

        def work() -> int:
            nonlocal number
            done = 0
            while done < DATAGRAMS:
                for _ in range(FRAME_PACKETS):
                    number += 1
                    packet = ForwardPacket(number, number, True, (), bytes(PAYLOAD_BYTES), 1.0)
                    hot["forward"](packet, subscribers, output, 1.0)
                    done += lanes
                if not sends:
                    output.pairs()
                while sends and not output.send(output.SLICE):
                    continue
            return done

        return per_item_us(work)


def receiving(hot: dict[str, Any]) -> float:
    """Packets of a publisher, from the socket to an RtpPacket."""
    sender = srtp.sessions(srtp.AES_128_GCM, MATERIAL, is_dtls_client=True).sender
    keys = srtp.GcmKeys.derive(MATERIAL[:16], MATERIAL[32:44])
    receiver = hot["receiver"](keys)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours, socket.socket(
        socket.AF_INET, socket.SOCK_DGRAM
    ) as theirs:  # fmt: skip
        ours.bind(("127.0.0.1", 0))
        ours.setblocking(False)
        incoming = hot["reader"](0, ours)
        spent, count = 0.0, 0
        for number in range(1, 8000):
            header = rtp.build(rtp.RtpPacket(True, 96, number & 0xFFFF, number, 7, ((4, b"0"),), b""))
            sealed = sender.protect_rtp(header, bytes(PAYLOAD_BYTES), 7, number)
            assert sealed is not None
            theirs.sendto(sealed, ours.getsockname())
            if number % FRAME_PACKETS:
                continue
            start = time.process_time_ns()
            for data, _, _ in incoming.read(1.0):
                plain = receiver.unprotect_rtp(data)
                assert plain is not None
                assert hot["parse"](plain) is not None
                count += 1
            spent += (time.process_time_ns() - start) / 1e3
        return spent / count


def main() -> None:
    """Measure and print."""
    options = arguments("Microseconds per packet of the hot path, for both implementations.")
    about = machine()
    figures = []
    for name, hot in implementations().items():
        for lanes in LANES:
            for sends in (False, True):
                what = "protected and sent" if sends else "protected, taken out as pairs"
                value = forwarding(hot, lanes, sends=sends)
                figures.append(Figure(f"{name}: {what}, {lanes} subscribers", value, "µs"))
        figures.append(Figure(f"{name}: received", receiving(hot), "µs"))
    print(report("hot_path", about, figures, options.json))


if __name__ == "__main__":
    main()
