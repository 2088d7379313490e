"""The media core against the clock, and against a peer: see docs/performance.md, "SFU"."""

import argparse
import asyncio
import functools
import math
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from loadtests.figures import Figure, machine, report
from loadtests.sfu import clip
from loadtests.sfu.janus_server import JanusRefused, installation
from loadtests.sfu.link import NoConnection
from loadtests.sfu.profile import profile
from loadtests.sfu.scenarios import SCENARIOS, Notes, Scenario, soak
from loadtests.sfu.stage import JANUS_BEST, JANUS_DEFAULT, Bench, Contender, cores, hot_paths
from streaming.control.client import MediaGone

ADDRESS: Final = "10.77.0.1"
LOOPBACK: Final = "127.0.0.1"
REALTIME_PRIORITY: Final = 10
_SLACK: Final = 2.0
"""A run that takes longer than this many times its estimate is ended."""


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="script/bench sfu", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--peer", choices=["janus"], help="measure this server beside ours")
    parser.add_argument("--only", default="", help=f"some of {','.join(SCENARIOS)}, with commas between")
    parser.add_argument("--hot-path", choices=["compiled", "python"], help="measure only this one of ours")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of one measurement (10)")
    parser.add_argument("--runs", type=int, default=3, help="how often cpu, rooms and growth repeat (3)")
    parser.add_argument(
        "--rooms", type=int, help="measure so many small rooms, not as many as the peer carries"
    )
    parser.add_argument(
        "--soak", type=float, nargs="?", const=30.0, metavar="MINUTES",
        help="only joins and leaves, for so long (30)",
    )  # fmt: skip
    parser.add_argument("--profile", action="store_true", help="only show where the server's time goes")
    parser.add_argument(
        "--realtime", action="store_true", help="server and load before all others on this machine (root)"
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = set(filter(None, arguments.only.split(","))) - set(SCENARIOS)
    if unknown:
        parser.error(f"--only knows {', '.join(SCENARIOS)}; not {', '.join(sorted(unknown))}")
    if (arguments.soak is not None and arguments.soak <= 0) or arguments.seconds < 1 or arguments.runs < 1:
        parser.error("--soak, --seconds and --runs want positive numbers")
    return arguments


def enter_namespace(arguments: argparse.Namespace) -> None:
    """Go on in a network namespace of our own, if that is allowed here; it vanishes with us."""
    root = () if os.geteuid() == 0 else ("--map-root-user",)
    unshare = ("unshare", "--net", *root, "--")
    possible = (
        shutil.which("unshare")
        and shutil.which("ip")
        and not subprocess.run(
            (*unshare, "ip", "link", "set", "lo", "up"), capture_output=True, check=False
        ).returncode
    )
    if possible:
        os.execvp("unshare", (*unshare, sys.executable, "-m", "loadtests.sfu", *sys.argv[1:], "--inside"))
    if arguments.peer:
        sys.exit("Janus needs a network namespace: run this as root, with iproute2 and util-linux installed.")


def lay_network() -> None:
    """An address that is not loopback's, in our namespace."""
    for command in (
        "ip link set lo up",
        "ip link add lec0 type veth peer name lec1",
        f"ip addr add {ADDRESS}/24 dev lec0",
        "ip link set lec0 up",
        "ip link set lec1 up",
    ):
        subprocess.run(command.split(), check=True)


async def contenders(arguments: argparse.Namespace, address: str) -> list[Contender]:
    """Ours, and the peer's two configurations."""
    paths = await hot_paths(address)
    ours = [
        Contender(f"Lectern {path}", is_ours=True, option=path)
        for path in paths
        if arguments.hot_path in {None, path}
    ]
    if not ours:
        sys.exit(f"The {arguments.hot_path} hot path is not to be had here; there is: {', '.join(paths)}.")
    return [*ours, JANUS_BEST, JANUS_DEFAULT] if arguments.peer == "janus" else ours


class Progress:
    """One line per measurement on stderr, with the time that it took so far."""

    def __init__(self, estimate_s: float) -> None:
        self._estimate_s = estimate_s
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        """Say it."""
        passed = time.monotonic() - self._began
        print(f"[{passed:4.0f} of about {self._estimate_s:.0f} s] {text}", file=sys.stderr, flush=True)


def run_before_others() -> None:
    """Real-time priority for us and for the servers that we start."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REALTIME_PRIORITY))
    except PermissionError:
        sys.exit("--realtime needs root: run it as root, or without.")


def allow_many_sockets() -> None:
    """As many as this machine lets us have; servers inherit it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def measure(arguments: argparse.Namespace) -> list[Figure]:
    """Everything that was asked for."""
    server_core, generator_core = cores()
    address = ADDRESS if arguments.inside else LOOPBACK
    film = clip.load()
    allow_many_sockets()
    os.sched_setaffinity(0, {generator_core})
    if arguments.realtime:
        run_before_others()
    found = await contenders(arguments, address)
    bench = Bench(film, address, server_core, found, arguments.seconds, arguments.runs, arguments.rooms)
    if arguments.profile:
        await profile(bench)
        return []
    chosen = _chosen(arguments)
    estimate_s = sum(scenario.seconds(bench) for scenario in chosen)
    print(
        f"{', '.join(one.name for one in found)}: about {math.ceil(estimate_s / 60)} minutes, "
        f"at most {math.ceil(_SLACK * estimate_s / 60)}; server on core {server_core}, load on core "
        f"{generator_core}",
        file=sys.stderr,
    )
    say, notes = Progress(estimate_s), Notes()
    figures: list[Figure] = []
    try:
        async with asyncio.timeout(_SLACK * estimate_s):
            for scenario in chosen:
                try:
                    figures += await scenario.run(bench, say, notes)
                except* (NoConnection, JanusRefused, MediaGone):
                    say("not everybody got in: these figures are missing")
    except TimeoutError:
        say("out of time; these are the figures so far")
    return figures + notes.figures()


def _chosen(arguments: argparse.Namespace) -> list[Scenario]:
    if arguments.soak is not None:
        run = functools.partial(soak, minutes=arguments.soak)
        return [Scenario(run, lambda _: 60 * arguments.soak + 60)]
    only = [name for name in arguments.only.split(",") if name]
    return [scenario for name, scenario in SCENARIOS.items() if not only or name in only]


def main() -> None:
    """Entry point."""
    arguments = parse_arguments()
    if not arguments.inside:
        enter_namespace(arguments)
    else:
        lay_network()
    if arguments.peer == "janus":
        try:
            installation()
        except FileNotFoundError as error:
            sys.exit(str(error))
    about = machine()
    figures = asyncio.run(measure(arguments))
    if figures:
        print(report("sfu", about, figures, arguments.json))


main()
