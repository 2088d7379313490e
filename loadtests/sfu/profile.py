"""Where the server's time goes: user and kernel, Python functions, and (with `perf`) native symbols."""

import asyncio
import io
import pstats
import shutil
import tempfile
from pathlib import Path
from typing import Final

from loadtests.sfu.generator import Generator
from loadtests.sfu.lectern_server import lectern
from loadtests.sfu.meters import cpu_time
from loadtests.sfu.scenarios import ROOM, VIEWERS
from loadtests.sfu.stage import Bench, Contender

SHOWN: Final = 25


async def profile(bench: Bench) -> None:
    """For each of our hot paths: a plain run under `perf`, then one under Python's own profiler."""
    for contender in bench.ours:
        print(f"\n── {contender.name}, {VIEWERS} viewers, {bench.seconds:g} s ──", flush=True)
        await _by_symbol(bench, contender)
        await _by_function(bench, contender)


async def _by_symbol(bench: Bench, contender: Contender) -> None:
    with tempfile.TemporaryDirectory(prefix="lec") as directory:
        async with lectern(bench.address, bench.server_core, contender.option) as server:
            samples = Path(directory) / "perf.data"
            generator = Generator(server, bench.clip, bench.address)
            async with asyncio.TaskGroup() as group:
                running = group.create_task(generator.run())
                await generator.add_publisher(ROOM)
                await generator.fill(ROOM, VIEWERS)
                await asyncio.sleep(2)
                before, packets = cpu_time([server.pid]), generator.audience.packets
                if shutil.which("perf"):
                    await _perf("record", "-q", "-F", "499", "-o", str(samples), "-p", str(server.pid),
                                "--", "sleep", f"{bench.seconds:g}")  # fmt: skip
                else:
                    await asyncio.sleep(bench.seconds)
                spent, packets = cpu_time([server.pid]) - before, generator.audience.packets - packets
                running.cancel()
        each = 1e6 / max(1, packets)
        print(
            f"µs per packet: {spent.total_s * each:.2f} "
            f"(user {spent.user_s * each:.2f}, kernel {spent.kernel_s * each:.2f})"
        )
        if samples.exists():
            print(_head(await _perf("report", "-i", str(samples), "--stdio", "--sort", "dso,symbol")))
        else:
            print("(no native symbols: `perf` is not installed)")


async def _perf(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "perf", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    output, _ = await process.communicate()
    return output.decode(errors="replace")


def _head(text: str) -> str:
    rows = [line.rstrip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return "\n".join(rows[:SHOWN])


async def _by_function(bench: Bench, contender: Contender) -> None:
    with tempfile.TemporaryDirectory(prefix="lec") as directory:
        path = Path(directory) / "profile"
        wrapper = ("-m", "cProfile", "-o", str(path))
        async with lectern(bench.address, bench.server_core, contender.option, wrapper=wrapper) as server:
            generator = Generator(server, bench.clip, bench.address)
            async with asyncio.TaskGroup() as group:
                running = group.create_task(generator.run())
                await generator.add_publisher(ROOM)
                await generator.fill(ROOM, VIEWERS)
                await asyncio.sleep(bench.seconds)
                running.cancel()
        print("Python functions by own time (the profiler itself slows small ones):")
        text = io.StringIO()
        pstats.Stats(str(path), stream=text).strip_dirs().sort_stats("tottime").print_stats(SHOWN)
        table = text.getvalue().partition("ncalls")
        print("".join(table[1:]).rstrip())
