"""A class of up to 2,000 on one pinned server process, beside bare python-socketio; prints its figures."""

import asyncio
import argparse
import tempfile
from pathlib import Path

import uvloop

from loadtests.class_.crowd import Crowd, cpu_s
from loadtests.class_.house import House, Peer, bare_peer, house, pin_this_process
from lectern.kernel.roles import SessionRole
from loadtests.class_.reader import Seat
import time


async def fan(crowd: Crowd, spender: House | Peer, send, count=40, every=0.25):
    crowd.arrivals.clear()
    before, mine = spender.used, cpu_s()
    began = time.monotonic()
    await send(count, every)
    await asyncio.sleep(1)
    after = spender.used
    got = len(crowd.arrivals.at_s)
    cpu = after.cpu_s - before.cpu_s
    el = time.monotonic() - began
    print(
        f"deliveries {got} in {el:.1f}s server cpu {cpu:.2f} -> {got / cpu:.0f}/s; generator {100 * (cpu_s() - mine) / el:.0f}%",
        flush=True,
    )
    return got / cpu


async def main(options) -> None:
    n = options.learners
    async with bare_peer() as peer:
        crowd = Crowd(peer.port, "/", False)
        m0 = peer.used.memory_bytes
        await crowd.fill([None] * n)
        await asyncio.sleep(2)
        print(
            "peer: refused",
            crowd.refused[:3],
            len(crowd.seats),
            "KB/conn",
            (peer.used.memory_bytes - m0) / n / 1024,
        )
        base = await fan(crowd, peer, peer.emit)
        crowd.leave()
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder), database=options.database) as h:
            await asyncio.sleep(2)
            crowd = Crowd(h.server.port)
            m0, c0, t0 = h.used.memory_bytes, h.used.cpu_s, time.monotonic()
            auth = lambda token: {"token": token, "consent": "2026-11", "device": "pc", "after": None}
            presenter = await Seat.taken(
                9999, type(crowd.arrivals)(), h.server.port, auth=auth(h.token(SessionRole.PRESENTER, "P"))
            )
            await crowd.fill([auth(h.learner()) for _ in range(n)])
            print("joins took", time.monotonic() - t0, "cpu", h.used.cpu_s - c0)
            await asyncio.sleep(3)
            print(
                "refused",
                crowd.refused[:3],
                len(crowd.refused),
                "KB/conn",
                (h.used.memory_bytes - m0) / n / 1024,
            )
            c0 = h.used.cpu_s
            await asyncio.sleep(5)
            print("idle cpu %", (h.used.cpu_s - c0) / 5 * 100)

            async def send(count, every):
                for i in range(count):
                    t = time.monotonic()
                    answer = await presenter.call(
                        "command",
                        {
                            "id": f"c{i}",
                            "type": "chat_send",
                            "data": {"text": "This sentence makes the event 110 bytes.", "group": None},
                        },
                    )
                    if i == 0:
                        print(answer)
                    await asyncio.sleep(max(0, t + every - time.monotonic()))

            ours = await fan(crowd, h, send)
            print("ratio", ours / base, "resyncs", sum(s.resyncs for s in crowd.seats))
            crowd.leave()


if __name__ == "__main__":
    import faulthandler; faulthandler.register(10)
    p = argparse.ArgumentParser()
    p.add_argument("--learners", type=int, default=300)
    p.add_argument("--database", default="postgresql")
    pin_this_process()
    uvloop.run(main(p.parse_args()))
