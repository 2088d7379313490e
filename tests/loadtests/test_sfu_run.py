"""The load generator against a real media process: small, but the whole way."""

import asyncio
import os
import random

from loadtests.sfu.clip import Clip, VideoFrame
from loadtests.sfu.generator import Generator, Window
from loadtests.sfu.lectern_server import lectern
from loadtests.sfu.tally import first_picture_ns


def clip() -> Clip:
    """Frames and sounds of all sizes, made without an encoder; nobody decodes them."""
    rng = random.Random(5)
    frames = [
        VideoFrame(bytes([number % 50 > 0]) + bytes(rng.randrange(300, 5000)), number % 50 == 0)
        for number in range(200)
    ]
    return Clip(tuple(frames), tuple(bytes(rng.randrange(40, 100)) for _ in range(400)))


async def test_three_viewers_get_everything() -> None:
    core = min(os.sched_getaffinity(0))
    async with lectern("127.0.0.1", None, "python") as server:
        generator = Generator(server, clip(), "127.0.0.1")
        async with asyncio.TaskGroup() as group:
            running = group.create_task(generator.run())
            publisher = await generator.add_publisher("room")
            generator.audience.recording = True
            await generator.fill("room", 3)
            await asyncio.sleep(0.5)
            pictures = [
                first_picture_ns(one, generator.sent()[one.viewer])
                for one in generator.audience.arrivals()
                if one.stream == 1
            ]
            window: Window = await generator.measure(1.5, server.pid, core)
            await generator.fill("room", 1)
            stats = await server.stats()
            running.cancel()
    assert len(pictures) == 3
    assert None not in pictures
    assert window.delivery.expected > 3 * 50
    assert window.delivery.received == window.delivery.expected
    assert window.delivery.silent == 0
    assert 0 < window.delivery.delay_ms(0.5) < 1000
    assert window.packets > 150
    assert window.cpu_us_per_packet >= 0
    assert publisher.heard["remb"] > 0
    slots = [slot for t in stats.transports for slot in t.slots]
    assert len(stats.transports) == 2  # the publisher and the viewer who stayed
    assert all(not t.rejected for t in stats.transports)
    assert sum(slot.nacks for slot in slots) > 0  # of the hundredth viewer, who is number 0
    assert sum(slot.unanswered_nacks for slot in slots) == 0
