"""A class of up to 2,000 on one pinned server process, beside bare python-socketio; prints its figures.

The server has a core to itself. Everything else runs on the other: PostgreSQL and Redis, the lean reader,
Locust with the acting users, and one real Chromium.
"""

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from lectern.app.settings import Settings
from lectern.kernel.tasks import task_group
from loadtests.class_ import scenes
from loadtests.class_.crowd import Crowd
from loadtests.class_.house import LOAD_CORE, SERVER_CORE, bare_peer, house, pin_this_process
from loadtests.class_.returning import kill
from loadtests.class_.sheet import BigSession, attendance, hold_big_sessions
from loadtests.class_.stage import Stage, acting
from loadtests.figures import Figure, machine, report
from tests.scripted_lesson.chromium import browsers

PARTS = ("connect", "fanout", "growth", "join", "checkin", "poll", "chat", "kill", "attendance")
MORE_NICE = -15
_AUTOGROUP = Path("/proc/self/autogroup")
MOST_MEMORY_KIB = 60
PLAYED: dict[str, Callable[[Stage], Awaitable[list[Figure]]]] = {
    "checkin": scenes.checkin,
    "poll": scenes.poll,
    "chat": scenes.chat,
    "kill": kill,
}
_END_AFTER_S = 900.0


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="script/bench class", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--learners", type=int, default=2_000, help="in the session, all clients together")
    parser.add_argument("--acting", type=int, default=200, help="of them driven by Locust")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--first", action="store_true", help="go before others on this machine (root)")
    arguments = parser.parse_args()
    arguments.only = tuple(arguments.only.split(","))
    unknown = set(arguments.only) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    return arguments


def say(text: str) -> None:
    """Tell whoever waits what is going on."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def go_first() -> None:
    """Go before others on this machine, with every server that we start; nobody starves."""
    try:
        os.nice(MORE_NICE)
        if (
            _AUTOGROUP.exists()
        ):  # Linux weighs whole terminals against each other: nice alone counts within one
            _AUTOGROUP.write_text(str(MORE_NICE))
    except PermissionError:
        sys.exit("--first needs root: run it as root, or without.")


async def measure(arguments: argparse.Namespace) -> list[Figure]:
    """Everything that was asked for."""
    only: tuple[str, ...] = arguments.only
    figures: list[Figure] = []
    peer_rate = 0.0
    if "fanout" in only:
        say(f"bare python-socketio with uvloop, {arguments.learners} connections")
        async with bare_peer() as peer:
            peer_rate, peer_bytes = await scenes.peer_fan_out(peer, arguments.learners)
        figures += [
            Figure("bare python-socketio, uvloop: deliveries per CPU second", peer_rate, "1/s"),
            Figure("bare python-socketio: memory per connection", peer_bytes / 1024, "KiB"),
        ]
    big: list[BigSession] = []

    async def prepare(settings: Settings) -> None:
        if "attendance" in only:
            say("writing a session of 2,000 people and 20,000 events, one twice as big, and one that goes on")
            big.extend(await hold_big_sessions(settings))

    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as folder:
        say(f"the server on core {SERVER_CORE}; {arguments.database} and all load on core {LOAD_CORE}")
        data = Path(folder)
        async with house(data, database=arguments.database, before_it_starts=prepare) as home:
            if big:
                figures += told(await attendance(home, big))
            if set(only) == {"attendance"}:
                return figures
            async with acting(home.server.url) as actors, browsers() as chromium:
                crowd = Crowd(home.server.port)
                stage = Stage(home, crowd, actors, chromium, arguments.learners, arguments.acting)
                try:
                    figures += await _class(stage, only, peer_rate)
                finally:
                    crowd.leave()
                    for note in stage.notes:
                        say(note)
    return figures


def told(figures: list[Figure]) -> list[Figure]:
    """Say figures as soon as they are there; the table comes at the end."""
    for figure in figures:
        say(f"  {figure.name}: {figure.value:.6g} {figure.unit}")
    return figures


async def _class(stage: Stage, only: tuple[str, ...], peer_rate: float) -> list[Figure]:
    """Fill the class, and play what was asked for."""
    await asyncio.sleep(2)
    empty = stage.house.used.memory_bytes
    stage.presenter = await stage.take_presenter()
    few_rate = 0.0
    if "growth" in only:
        say(f"{scenes.FEW} learners")
        await scenes.connect(stage, scenes.FEW)
        few_rate, _ = await scenes.fan_out(
            stage.crowd, lambda: stage.house.used, lambda: scenes.say_to_all(stage)
        )
    figures = told(await _filled(stage, empty, wants_burst="join" in only))
    if "fanout" in only or "growth" in only:
        say("fan-out")
        figures += told(await _fan_out(stage, peer_rate, few_rate))
    scenes_of = {name: scene for name, scene in PLAYED.items() if name in only}
    if scenes_of:
        say(f"{stage.acting_users} acting users take the places of lean connections, and one Chromium")
        for _ in range(min(stage.acting_users, len(stage.crowd.seats) - 1)):
            stage.crowd.seats.pop().leave()
        await scenes.greet(stage)
    for name, scene in scenes_of.items():
        say(name)
        try:
            async with stage.measured(name):
                figures += told(await scene(stage))
        except Exception as error:  # noqa: BLE001 (the other scenes' figures are worth having)
            stage.notes.append(f"{name} could not be played: {error!r}")
            figures.append(Figure(f"{name}: could not be played", 1, "", 0))
    resyncs = sum(seat.resyncs for seat in stage.crowd.seats)
    figures.append(Figure("frames that did not fit a client's cursor", resyncs, ""))
    return [*figures, *told(stage.load_figures())]


async def _filled(stage: Stage, empty_bytes: int, *, wants_burst: bool) -> list[Figure]:
    """Connect everybody, the last of them in a burst, and see what they hold."""
    figures: list[Figure] = []
    lean = stage.learners - 1
    burst = min(scenes.JOINS, lean // 2) if wants_burst else 0
    say(f"{lean - burst} learners")
    began, before = time.monotonic(), stage.house.used.cpu_s
    await scenes.connect(stage, lean - burst)
    say(f"joined in {time.monotonic() - began:.0f} s with {stage.house.used.cpu_s - before:.1f} s of CPU")
    if burst:
        say(f"{burst} joins")
        async with stage.measured("joins"):
            figures += await scenes.join_burst(stage, burst)
    await asyncio.sleep(12)  # until everybody has answered a ping
    held = (stage.house.used.memory_bytes - empty_bytes) / len(stage.crowd.seats)
    stage.notes += stage.crowd.refused[:3]
    return [
        *figures,
        Figure("connections held", len(stage.crowd.seats), "", lean, at_least=True),
        Figure("refused", len(stage.crowd.refused), "", 0),
        Figure("memory per connection", held / 1024, "KiB", MOST_MEMORY_KIB),
    ]


async def _fan_out(stage: Stage, peer_rate: float, few_rate: float) -> list[Figure]:
    """Deliver to everybody, and compare with the peer and with a small class, where they were measured."""
    before, began = stage.house.used.cpu_s, time.monotonic()
    await asyncio.sleep(10)
    idle = (stage.house.used.cpu_s - before) / (time.monotonic() - began)
    async with stage.measured("fan-out"):
        rate, delivered = await scenes.fan_out(
            stage.crowd, lambda: stage.house.used, lambda: scenes.say_to_all(stage)
        )
    learners, sent = len(stage.crowd.seats), scenes.ROUNDS * scenes.BROADCASTS
    figures = [
        Figure("server's core while nothing happens", idle * 100, "%"),
        Figure("fan-out: deliveries per CPU second", rate, "1/s"),
        Figure("fan-out: deliveries that did not come", sent * learners - delivered, "", 0),
    ]
    if peer_rate:
        figures.append(Figure("fan-out ÷ bare python-socketio", rate / peer_rate, "×", 3, at_least=True))
    if few_rate:
        figures.append(Figure(f"cost per learner, {learners} ÷ {scenes.FEW}", few_rate / rate, "×", 1.1))
    return figures


async def bounded(arguments: argparse.Namespace) -> list[Figure]:
    """Measure, and end by itself."""
    async with asyncio.timeout(_END_AFTER_S), task_group():
        return await measure(arguments)


def main() -> None:
    """Run it."""
    arguments = options()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    about = machine()
    pin_this_process()
    if arguments.first:
        go_first()
    figures = uvloop.run(bounded(arguments))
    print(report("class", about, figures, arguments.json))
    if any(figure.name.startswith("generator's CPU") and figure.holds is False for figure in figures):
        sys.exit("VOID: the generator was busier than 80 % of its core; what it measured is its own.")


if __name__ == "__main__":
    main()
