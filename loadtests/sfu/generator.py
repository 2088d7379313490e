"""The load: publishers and viewers on one event loop, which does nothing that it can leave."""

import asyncio
import heapq
import itertools
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from loadtests.sfu.audience import Audience
from loadtests.sfu.clip import Clip
from loadtests.sfu.link import Browser, Link, RemoteEnd
from loadtests.sfu.meters import CpuTime, core_busy_s, cpu_time, family
from loadtests.sfu.publisher import Publisher
from loadtests.sfu.tally import Delivery, Sent, Tally
from streaming.dtls import Identity

READ_EVERY_S: Final = 0.03
"""The kernel stamps arrivals, so reading late costs no truth, and saves many calls."""
SETTLE_S: Final = 2.0
DRAIN_S: Final = 1.0
JOINING_AT_A_TIME: Final = 8


class Server(Protocol):
    """A server under test, as signalling shows it."""

    async def publish(self, room: str, link: Link, ssrcs: tuple[int, int]) -> RemoteEnd:
        """Negotiate a publisher of `room`; its link connects next."""

    async def watch(self, room: str, viewer: str, link: Link) -> RemoteEnd:
        """Negotiate a viewer of the publisher of `room`."""

    async def forget(self, viewer: str) -> None:
        """A viewer leaves."""


@dataclass(frozen=True, slots=True)
class Window:
    """What happened while we measured. `packets` reached viewers; `core_busy_s` is the server's core's."""

    delivery: Delivery
    seconds: float
    packets: int
    server_cpu: CpuTime
    generator_cpu_s: float
    core_busy_s: float

    @property
    def cpu_us_per_packet(self) -> float:
        """The server's, for one packet to one viewer, receiving and everything else included."""
        return 1e6 * self.server_cpu.total_s / max(1, self.packets)

    @property
    def server_share(self) -> float:
        """Of its core, 0..1."""
        return self.server_cpu.total_s / self.seconds

    @property
    def generator_share(self) -> float:
        """Of the other core, 0..1."""
        return self.generator_cpu_s / self.seconds

    @property
    def neighbours_share(self) -> float:
        """What others did on the server's core, 0..1."""
        return max(0.0, self.core_busy_s - self.server_cpu.total_s) / self.seconds


class Generator:
    """Owns all links. `run` is the task that moves media; the others prepare and measure."""

    def __init__(self, server: Server, clip: Clip, address: str, seed: int = 1) -> None:
        identity = Identity.generate(datetime.now(UTC))
        self.audience = Audience()
        self.publishers: dict[str, Publisher] = {}
        self._server = server
        self._clip = clip
        self._browser = Browser(address, identity, identity.context())
        self._rng = random.Random(seed)
        self._due: list[tuple[float, int, Publisher]] = []
        self._order = itertools.count()
        self._room_of: dict[int, str] = {}
        self._names: dict[int, str] = {}

    async def run(self) -> None:
        """Publish, read, report; until cancelled."""
        loop = asyncio.get_running_loop()
        read_at = time.monotonic()
        try:
            while True:
                now = time.monotonic()
                while self._due and self._due[0][0] <= now:
                    _, _, publisher = heapq.heappop(self._due)
                    publisher.handle_timer(now)
                    self._schedule(publisher)
                if now >= read_at:
                    read_at = now + READ_EVERY_S
                    self.audience.read()
                    self.audience.handle_timer(now)
                due = min(read_at, self._due[0][0] if self._due else read_at)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
        finally:
            for publisher in self.publishers.values():
                publisher.forget(loop)
            for number in self.audience.present:
                self.audience.leave(number)

    def _schedule(self, publisher: Publisher) -> None:
        heapq.heappush(self._due, (publisher.next_deadline(), next(self._order), publisher))

    async def add_publisher(self, room: str) -> Publisher:
        """One more room, with its publisher. Raises NoConnection."""
        publisher = Publisher((self._rng.getrandbits(31) | 1, self._rng.getrandbits(31) | 1), self._rng)
        link = Link(self._browser)
        await link.connect(await self._server.publish(room, link, publisher.ssrcs))
        publisher.start(link, self._clip, time.monotonic())
        asyncio.get_running_loop().add_reader(link.socket.fileno(), publisher.readable)
        self.publishers[room] = publisher
        self._schedule(publisher)
        return publisher

    async def add_viewer(self, room: str, name: str) -> int:
        """One more viewer of a room; returns its number. Raises NoConnection."""
        link = Link(self._browser)
        await link.connect(await self._server.watch(room, name, link))
        number = self.audience.join(link, self._rng.getrandbits(31) | 1, time.monotonic())
        self._room_of[number] = room
        self._names[number] = name
        return number

    async def remove_viewer(self, number: int) -> None:
        """A viewer leaves, politely."""
        await self._server.forget(self._names.pop(number))
        self.audience.leave(number)
        del self._room_of[number]

    async def fill(self, room: str, count: int) -> None:
        """Bring a room to `count` viewers."""
        here = [number for number, name in self._room_of.items() if name == room]
        for number in here[count:]:
            await self.remove_viewer(number)
        gate = asyncio.Semaphore(JOINING_AT_A_TIME)

        async def join() -> None:
            async with gate:
                await self.add_viewer(room, f"{room}-{next(self._order)}")

        async with asyncio.TaskGroup() as group:
            for _ in range(count - len(here)):
                group.create_task(join())

    def sent(self) -> dict[int, Sent]:
        """{viewer: what its publisher sent so far}."""
        of_room = {
            room: Sent(
                (publisher.logs[0].times(), publisher.logs[1].times()),
                (publisher.logs[0].lengths(), publisher.logs[1].lengths()),
                tuple(publisher.logs[1].keyframes),
            )
            for room, publisher in self.publishers.items()
        }
        return {number: of_room[room] for number, room in self._room_of.items()}

    async def measure(self, seconds: float, pid: int, core: int) -> Window:
        """Let things settle, then watch for so long what the server `pid` on `core` does."""
        await asyncio.sleep(SETTLE_S)
        pids = family(pid)
        self.audience.arrivals()
        self.audience.recording = True
        began, cpu, packets = time.monotonic(), time.process_time(), self.audience.packets
        server_cpu, core_busy = cpu_time(pids), core_busy_s(core)
        begin_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        await asyncio.sleep(seconds)
        end_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        took = time.monotonic() - began
        used, got = time.process_time() - cpu, self.audience.packets - packets
        server_cpu, core_busy = cpu_time(pids) - server_cpu, core_busy_s(core) - core_busy
        await asyncio.sleep(DRAIN_S)
        self.audience.recording = False
        tally = Tally(self.sent(), begin_ns, end_ns)
        for one in self.audience.arrivals():
            tally.add(one)
            await asyncio.sleep(0)  # reckoning must not silence the viewers: servers would drop them
        return Window(tally.delivery(), took, got, server_cpu, used, core_busy)
