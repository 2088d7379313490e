"""What is measured, one function per group of figures; `SCENARIOS` says how long each takes."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Final

from loadtests.figures import Figure
from loadtests.sfu.generator import Generator, Window
from loadtests.sfu.janus_server import JanusRefused
from loadtests.sfu.knee import KneeSearch
from loadtests.sfu.link import NoConnection
from loadtests.sfu.meters import family, memory_bytes
from loadtests.sfu.stage import MAX_GENERATOR_SHARE, Bench, Contender, Stage, stage
from loadtests.sfu.tally import Unrelated, first_picture_ns
from streaming.control.client import MediaGone

ROOM: Final = "room-1"
MAX_LOSS: Final = 0.001
MAX_P99_MS: Final = 50.0
VIEWERS: Final = 200
ROOMS: Final = 20
"""Where no peer says how many."""
ROOM_VIEWERS: Final = 8
JOINERS: Final = 100
JOIN_PERIOD_S: Final = 10.0
GROWTH: Final = (10, 100, 400)
GETTING_IN_S: Final = 30.0
"""For a few hundred: a fraction of it suffices where a server is not at its end."""
_KNEE_SECONDS: Final = 6.0
_TRIALS: Final = 14
_MEMORY_SETTLE_S: Final = 8.0
_OVERHEAD_S: Final = 9.0
"""Starting, joining, settling, draining and reckoning of one measurement."""

Say = Callable[[str], None]
COMPILED_GOALS: Final = {"cpu": 0.45, "knee": 2.0}
PYTHON_GOALS: Final = {"cpu": 0.7, "knee": 1.3}


def goal_of(contender: Contender, figure: str) -> float | None:
    """A goal depends on the hot path that runs."""
    goals = PYTHON_GOALS if contender.name.endswith("python") else COMPILED_GOALS
    return goals[figure] if contender.is_ours else None


class Notes:
    """What makes a run worth less: printed with the figures."""

    def __init__(self) -> None:
        self.generator_share = 0.0
        self.neighbours: list[float] = []

    def take(self, window: Window) -> None:
        """One measurement more."""
        self.generator_share = max(self.generator_share, window.generator_share)
        self.neighbours.append(window.neighbours_share)

    def figures(self) -> list[Figure]:
        """How far to trust the rest."""
        if not self.neighbours:
            return []
        return [
            Figure("generator's CPU, most", 100 * self.generator_share, "%", 100 * MAX_GENERATOR_SHARE),
            Figure("others on the server's core, median", 100 * statistics.median(self.neighbours), "%"),
            Figure("others on the server's core, most", 100 * max(self.neighbours), "%"),
        ]


def line(window: Window) -> str:
    """A measurement in one line."""
    delivery = window.delivery
    silent = f"; {delivery.silent} streams silent {delivery.problem}" if delivery.silent else ""
    return (
        f"{window.cpu_us_per_packet:.2f} µs/packet, {100 * window.server_share:.0f} % of a core, "
        f"loss {100 * delivery.loss:.3f} %, p50 {delivery.delay_ms(0.5):.1f} ms, "
        f"p99 {delivery.delay_ms(0.99):.1f} ms; generator {100 * window.generator_share:.0f} %, "
        f"others {100 * window.neighbours_share:.0f} %{silent}"
    )


async def succeeds(joining: Coroutine[None, None, None]) -> bool:
    """Whether everybody gets in: a server at its end lets them wait until they give up."""
    failures = 0
    try:
        async with asyncio.timeout(GETTING_IN_S):
            await joining
    except* (NoConnection, JanusRefused, MediaGone, TimeoutError) as problems:
        failures = len(problems.exceptions)
    return failures == 0


async def cpu(bench: Bench, say: Say, notes: Notes) -> list[Figure]:
    """CPU per forwarded packet, loss and delay at 200 viewers; fresh servers in turn, median of the runs."""
    windows: dict[str, list[Window]] = {one.name: [] for one in bench.contenders}
    for run in range(bench.runs):
        for contender in bench.contenders:
            async with stage(bench, contender) as one:
                await one.generator.add_publisher(ROOM)
                await one.generator.fill(ROOM, VIEWERS)
                window = await one.measure()
            say(f"cpu {run + 1}/{bench.runs} {contender.name}: {line(window)}")
            notes.take(window)
            windows[contender.name].append(window)
    figures: list[Figure] = []
    yardstick = _median_cpu(windows[bench.yardstick.name]) if bench.yardstick else None
    for contender in bench.contenders:
        name, taken = contender.name, windows[contender.name]
        mine = _median_cpu(taken)
        goal_ms = 15.0 if contender.is_ours else None
        losses = [100 * window.delivery.loss for window in taken]
        figures += [
            Figure(f"{name}: CPU per packet, {VIEWERS} viewers", mine, "µs"),
            *_ratio(f"{name}: CPU per packet", mine, yardstick, goal_of(contender, "cpu")),
            Figure(
                f"{name}: loss, {VIEWERS} viewers",
                statistics.median(losses),
                "%",
                0.0 if contender.is_ours else None,
            ),
            Figure(f"{name}: delay p50, {VIEWERS} viewers", _median_delay(taken, 0.5), "ms"),
            Figure(f"{name}: delay p99, {VIEWERS} viewers", _median_delay(taken, 0.99), "ms", goal_ms),
        ]
    return figures


async def knee(bench: Bench, say: Say, notes: Notes) -> list[Figure]:
    """Viewers of one publisher on one core with loss ≤ 0.1 % and p99 ≤ 50 ms."""
    found: dict[str, int] = {}
    for contender in bench.contenders:
        search = KneeSearch(120 if contender.is_ours or contender.is_yardstick else 40)
        async with stage(bench, contender) as one:
            await one.generator.add_publisher(ROOM)
            for _ in range(_TRIALS):
                if search.level is None:
                    break
                if not await succeeds(one.generator.fill(ROOM, search.level)):
                    say(f"knee {contender.name}: {search.level} viewers do not get in")
                    search.report(holds=False, certain=True)
                    continue
                window = await one.measure(_KNEE_SECONDS)
                say(f"knee {contender.name} at {search.level}: {line(window)}")
                notes.take(window)
                if window.generator_share > MAX_GENERATOR_SHARE:
                    say("the generator is at its end: this level is void")
                    search.stop()
                    break
                search.report(holds=_holds(window))
        found[contender.name] = search.best
    figures = []
    yardstick = found[bench.yardstick.name] if bench.yardstick else None
    for contender in bench.contenders:
        best = found[contender.name]
        figures.append(Figure(f"{contender.name}: knee", best, "viewers"))
        goal = goal_of(contender, "knee")
        figures += _ratio(f"{contender.name}: knee", best, yardstick, goal, at_least=True)
    return figures


async def rooms(bench: Bench, say: Say, notes: Notes) -> list[Figure]:
    """Rooms of a publisher and eight viewers, as many as the peer carries: CPU for the same work."""
    figures: list[Figure] = []
    count = bench.rooms or ROOMS
    if bench.yardstick is not None and bench.rooms is None:
        count = await _rooms_of(bench, bench.yardstick, say, notes)
        figures.append(Figure(f"{bench.yardstick.name}: rooms on one core", count, "rooms"))
    chosen = [one for one in bench.contenders if one.is_ours or one.is_yardstick]
    windows: dict[str, list[Window]] = {one.name: [] for one in chosen}
    for run in range(bench.runs):
        for contender in chosen:
            async with stage(bench, contender) as one:
                if not await succeeds(_open_rooms(one, count)):
                    say(f"{count} rooms {run + 1}/{bench.runs} {contender.name}: they do not all get in")
                    continue
                window = await one.measure()
            say(f"{count} rooms {run + 1}/{bench.runs} {contender.name}: {line(window)}")
            notes.take(window)
            windows[contender.name].append(window)
    peers = windows[bench.yardstick.name] if bench.yardstick else []
    yardstick = _median_share(peers) if peers else None
    for contender in chosen:
        if not windows[contender.name]:
            continue
        name, taken = contender.name, windows[contender.name]
        mine = _median_share(taken)
        lost = statistics.median(100 * window.delivery.loss for window in taken)
        figures += [
            Figure(f"{name}: CPU of {count} rooms", mine, "%"),
            *_ratio(f"{name}: CPU of {count} rooms", mine, yardstick, 0.8 if contender.is_ours else None),
            Figure(f"{name}: loss in {count} rooms", lost, "%", 100 * MAX_LOSS),
            Figure(f"{name}: delay p99 in {count} rooms", _median_delay(taken, 0.99), "ms"),
        ]
    return figures


async def _rooms_of(bench: Bench, contender: Contender, say: Say, notes: Notes) -> int:
    search = KneeSearch(12, precision=0.1, ceiling=80)
    for _ in range(_TRIALS):
        if search.level is None:
            break
        async with stage(bench, contender) as one:
            if not await succeeds(_open_rooms(one, search.level)):
                say(f"rooms {contender.name}: those of {search.level} rooms do not get in")
                search.report(holds=False, certain=True)
                continue
            window = await one.measure(_KNEE_SECONDS)
        say(f"rooms {contender.name}, {search.level}: {line(window)}")
        notes.take(window)
        search.report(holds=window.delivery.loss <= MAX_LOSS)
    return search.best


async def _open_rooms(one: Stage, count: int) -> None:
    for number in range(count):
        await one.generator.add_publisher(f"room-{number}")
        await one.generator.fill(f"room-{number}", ROOM_VIEWERS)


async def growth(bench: Bench, say: Say, notes: Notes) -> list[Figure]:
    """Whether a packet costs more when the room grows."""
    figures: list[Figure] = []
    for contender in bench.ours:
        costs: dict[int, list[float]] = {level: [] for level in GROWTH}
        async with stage(bench, contender) as one:
            await one.generator.add_publisher(ROOM)
            for run in range(bench.runs):
                for level in GROWTH:
                    await one.generator.fill(ROOM, level)
                    window = await one.measure()
                    say(f"growth {run + 1}/{bench.runs} {contender.name} at {level}: {line(window)}")
                    notes.take(window)
                    costs[level].append(window.cpu_us_per_packet)
        medians = {level: statistics.median(values) for level, values in costs.items()}
        name = contender.name
        figures += [Figure(f"{name}: CPU per packet, {n} in one room", v, "µs") for n, v in medians.items()]
        ratio = medians[GROWTH[2]] / medians[GROWTH[1]]
        figures.append(Figure(f"{name}: CPU per packet, {GROWTH[2]} ÷ {GROWTH[1]} viewers", ratio, "", 1.1))
    return figures


async def joins(bench: Bench, say: Say, notes: Notes) -> list[Figure]:
    """A hundred learners within ten seconds: when each has a picture, and what the publisher is asked for."""
    del notes
    figures: list[Figure] = []
    for contender in bench.contenders:
        async with stage(bench, contender) as one:
            generator = one.generator
            publisher = await generator.add_publisher(ROOM)
            await generator.add_viewer(ROOM, "first")
            await asyncio.sleep(_MEMORY_SETTLE_S)
            before = publisher.heard["pli"]
            began: dict[int, int] = {}
            generator.audience.arrivals()
            generator.audience.recording = True

            async def join(
                number: int, generator: Generator = generator, began: dict[int, int] = began
            ) -> None:
                await asyncio.sleep(number * JOIN_PERIOD_S / JOINERS)
                asked_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
                began[await generator.add_viewer(ROOM, f"learner-{number}")] = asked_ns

            async with asyncio.TaskGroup() as group:
                for number in range(JOINERS):
                    group.create_task(join(number))
            await asyncio.sleep(3)
            asked = publisher.heard["pli"] - before
            waits = _waits_ms(one, began)
        late = JOINERS - sum(wait <= 2000 for wait in waits)
        worst = max(waits, default=float("inf")) if len(waits) == JOINERS else float("inf")
        say(f"joins {contender.name}: worst {worst:.0f} ms, {late} late, {asked} keyframe requests")
        name, ours = contender.name, contender.is_ours
        figures += [
            Figure(f"{name}: first picture, median", statistics.median(waits or [float("inf")]), "ms"),
            Figure(f"{name}: first picture, worst of {JOINERS}", worst, "ms", 2000 if ours else None),
            Figure(f"{name}: keyframe requests, {JOINERS} join in 10 s", asked, "", 3 if ours else None),
        ]
    return figures


def _waits_ms(one: Stage, began: dict[int, int]) -> list[float]:
    """From asking to join until the first keyframe was complete, of those who got one."""
    sent = one.generator.sent()
    waits = []
    for arrivals in one.generator.audience.arrivals():
        if arrivals.stream == 1 and arrivals.viewer in began:
            try:
                complete_ns = first_picture_ns(arrivals, sent[arrivals.viewer])
            except Unrelated:
                continue
            if complete_ns is not None:
                waits.append((complete_ns - began[arrivals.viewer]) / 1e6)
    return waits


async def memory(bench: Bench, say: Say, notes: Notes) -> list[Figure]:
    """How much a server grows with each viewer."""
    del notes
    figures = []
    for contender in bench.contenders:
        async with stage(bench, contender) as one:
            await one.generator.add_publisher(ROOM)
            await one.generator.fill(ROOM, 1)
            await asyncio.sleep(_MEMORY_SETTLE_S)
            before = memory_bytes(family(one.server.pid))
            await one.generator.fill(ROOM, 1 + VIEWERS)
            await asyncio.sleep(_MEMORY_SETTLE_S)
            after = memory_bytes(family(one.server.pid))
        each = (after - before) / VIEWERS / 1024
        say(f"memory {contender.name}: {each:.0f} KiB per viewer, {before / 2**20:.0f} MiB without")
        goal = 180.0 if contender.is_ours else None
        figures += [
            Figure(f"{contender.name}: memory per viewer", each, "KiB", goal),
            Figure(f"{contender.name}: memory without viewers", before / 2**20, "MiB"),
        ]
    return figures


async def soak(bench: Bench, say: Say, notes: Notes, *, minutes: float) -> list[Figure]:
    """Joins and leaves all the time: memory must stay as it is."""
    contender = bench.ours[0]
    samples: list[tuple[float, float]] = []
    async with stage(bench, contender) as one:
        generator = one.generator
        publisher = await generator.add_publisher(ROOM)
        await generator.fill(ROOM, SOAK_VIEWERS)
        began, joined = time.monotonic(), 0
        said_at = began
        pids = family(one.server.pid)
        while (now := time.monotonic()) - began < 60 * minutes:
            oldest = generator.audience.present[0]
            await generator.remove_viewer(oldest)
            await generator.add_viewer(ROOM, f"soaking-{joined}")
            joined += 1
            size = memory_bytes(pids)
            samples.append((now - began, size))
            if now - said_at >= 60:
                said_at = now
                say(f"soak, minute {(now - began) / 60:.0f}: {size / 2**20:.1f} MiB, {joined} joins")
            await asyncio.sleep(SOAK_EVERY_S)
        window = await one.measure()
        notes.take(window)
        asked = publisher.heard["pli"]
    grown = growth_share(samples)
    name = contender.name
    return [
        Figure(f"{name}: soak, joins and leaves", joined, ""),
        Figure(f"{name}: soak, memory at the end", samples[-1][1] / 2**20, "MiB"),
        Figure(f"{name}: soak, growth of the last half", 100 * grown, "%", 3.0),
        Figure(f"{name}: soak, loss at the end", 100 * window.delivery.loss, "%", 100 * MAX_LOSS),
        Figure(f"{name}: soak, keyframe requests per minute", asked / max(minutes, 1e-9), ""),
    ]


SOAK_VIEWERS: Final = 100
SOAK_EVERY_S: Final = 0.5


def growth_share(samples: Sequence[tuple[float, float]]) -> float:
    """Mean of the last quarter over that of the third, minus one; the first half is warming up."""
    quarter = max(1, len(samples) // 4)
    last, third = samples[-quarter:], samples[-2 * quarter : -quarter] or samples[:1]
    return statistics.fmean(s for _, s in last) / statistics.fmean(s for _, s in third) - 1


def _holds(window: Window) -> bool:
    return window.delivery.loss <= MAX_LOSS and window.delivery.delay_ms(0.99) <= MAX_P99_MS


def _median_cpu(windows: Sequence[Window]) -> float:
    return statistics.median(window.cpu_us_per_packet for window in windows)


def _median_share(windows: Sequence[Window]) -> float:
    return statistics.median(100 * window.server_share for window in windows)


def _median_delay(windows: Sequence[Window], share: float) -> float:
    return statistics.median(window.delivery.delay_ms(share) for window in windows)


def _ratio(
    name: str, mine: float, yardstick: float | None, goal: float | None, *, at_least: bool = False
) -> list[Figure]:
    """Against the peer's best, for ours only."""
    if yardstick is None or goal is None:
        return []
    return [Figure(f"{name} ÷ Janus's best", mine / yardstick if yardstick else 0.0, "", goal, at_least)]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`run` measures; `seconds` is about how long that takes."""

    run: Callable[[Bench, Say, Notes], Awaitable[list[Figure]]]
    seconds: Callable[[Bench], float]


def _measurements(bench: Bench, contenders: int) -> float:
    return contenders * bench.runs * (bench.seconds + _OVERHEAD_S)


SCENARIOS: Final[dict[str, Scenario]] = {
    "cpu": Scenario(cpu, lambda b: _measurements(b, len(b.contenders))),
    "knee": Scenario(knee, lambda b: len(b.contenders) * 10 * (_KNEE_SECONDS + _OVERHEAD_S)),
    "rooms": Scenario(
        rooms,
        lambda b: (
            _measurements(b, len(b.ours) + (b.yardstick is not None))
            + (10 * (_KNEE_SECONDS + _OVERHEAD_S) if b.yardstick and b.rooms is None else 0)
        ),
    ),
    "joins": Scenario(joins, lambda b: len(b.contenders) * (JOIN_PERIOD_S + _OVERHEAD_S + 12)),
    "memory": Scenario(memory, lambda b: len(b.contenders) * (2 * _MEMORY_SETTLE_S + _OVERHEAD_S)),
    "growth": Scenario(growth, lambda b: _measurements(b, len(GROWTH) * len(b.ours))),
}
"""In the order in which they run."""
