"""Viewing: reports per second on one pinned server process, none lost by a kill, and a year in the tables.

The server has a core to itself; PostgreSQL and the players run on the other. Every player waits for its
answer, and an answer comes after the commit. Afterwards the records in the database are compared with what
was acknowledged.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

import uvloop
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.credentials import fingerprint
from accounts.tables import web_sessions
from analytics.view_store import MediumVersion, ViewStore
from lectern.app.settings import Settings
from lectern.app.wiring import built
from loadtests.class_.__main__ import go_first
from loadtests.class_.house import House, house, pin_this_process, postgres_server, restart
from loadtests.figures import Figure, machine, percentile, report
from loadtests.views import signals
from loadtests.views.library import Library, stock
from loadtests.views.players import PIECE_MS, Crowd, Viewer, viewers
from loadtests.views.year import read_year, write_year

PARTS = ("postgresql", "sqlite", "kill", "year", "signals")
GOALS = {"postgresql": 2_000.0, "sqlite": 500.0}
MOST_OF_A_CORE = 0.8
_BEGIN_WITHIN_S = 120.0
_AFTER_KILL_S = 5.0
_START_WITHIN_S = 150.0
_END_AFTER_S = 3_000.0
_TIMES_SIGNALS = 20


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="script/bench views", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--seconds", type=float, default=20.0, help="of reporting, per database")
    parser.add_argument("--people", type=int, default=4_000, help="who watch at once")
    parser.add_argument("--media", type=int, default=50, help="that they watch")
    parser.add_argument("--connections", type=int, default=512, help="to the server")
    parser.add_argument("--learnings", type=int, default=2_000_000, help="in the year; 35000000 needs 10 GB")
    parser.add_argument("--lessons", type=int, default=3_000, help="in the year that signals are over")
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


async def ingestion(arguments: argparse.Namespace, database: str) -> list[Figure]:
    """Report as fast as the server answers; with `kill` wanted, the server dies in the middle of more."""
    libraries: list[Library] = []

    async def prepare(settings: Settings) -> None:
        say(f"{arguments.people} people and {arguments.media} replays in {database}")
        libraries.append(await stock(settings, arguments.people, arguments.media))

    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as folder:
        async with house(Path(folder), database=database, before_it_starts=prepare) as home:
            [library] = libraries
            watching = viewers(library.cookies, library.media)
            crowd = Crowd(home.server.port, deque(watching))
            say("reporting")
            figures = [await _begun(home, crowd, arguments, watching, database)]
            figures += await _measured(home, crowd, arguments, database)
            if "kill" in arguments.only and database == "postgresql":
                figures += await _killed(home, crowd, arguments)
            if crowd.unexpected:
                say(f"unexpected: {crowd.unexpected[:3]}")
            unexpected = Figure(f"{database}: answers not expected", len(crowd.unexpected), "", 0)
            return [*figures, unexpected, *await _counted(home.settings, watching, database)]


async def _begun(
    home: House, crowd: Crowd, arguments: argparse.Namespace, watching: list[Viewer], database: str
) -> Figure:
    """Have everybody report once: only then is it asked if they may watch; a minute long it is remembered."""
    before = home.used.cpu_s
    await crowd.report(arguments.connections, _BEGIN_WITHIN_S, once=True)
    if not all(viewer.acknowledged for viewer in watching):
        sys.exit(f"Not everybody could report within {_BEGIN_WITHIN_S:.0f} s: {crowd.unexpected[:3]}")
    each_s = (home.used.cpu_s - before) / crowd.acknowledged
    return Figure(f"{database}: first report of a viewer, server's CPU", 1_000 * each_s, "ms")


async def _measured(home: House, crowd: Crowd, arguments: argparse.Namespace, database: str) -> list[Figure]:
    before, used, own, began = crowd.acknowledged, home.used, time.process_time(), time.monotonic()
    crowd.took_s.clear()
    await crowd.report(arguments.connections, arguments.seconds)
    took_s = time.monotonic() - began
    rate = (crowd.acknowledged - before) / took_s
    generator = (time.process_time() - own) / took_s
    return [
        Figure(f"{database}: reports acknowledged", rate, "1/s", GOALS[database], at_least=True),
        Figure(f"{database}: slowest of 100 answers", percentile(crowd.took_s, 0.99) * 1_000, "ms"),
        Figure(f"{database}: the server's core", 100 * (home.used.cpu_s - used.cpu_s) / took_s, "%"),
        Figure(f"{database}: the players' core used by them", 100 * generator, "%", 100 * MOST_OF_A_CORE),
        Figure(f"{database}: the server's memory", home.used.memory_bytes / 2**20, "MiB"),
    ]


async def _killed(home: House, crowd: Crowd, arguments: argparse.Namespace) -> list[Figure]:
    """Kill the server while everybody reports, and start it again; players repeat what was not answered."""
    say("the server is killed in the middle")
    acknowledged, lost = crowd.acknowledged, crowd.lost

    async def kill() -> None:
        await asyncio.sleep(3.0)
        await home.server.kill()
        await restart(home.server)
        crowd.until = asyncio.get_running_loop().time() + _AFTER_KILL_S

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(kill())
        tasks.create_task(crowd.report(arguments.connections, _START_WITHIN_S))
    return [
        Figure("kill -9: reports acknowledged around it", crowd.acknowledged - acknowledged, ""),
        Figure("kill -9: reports without an answer, sent again", crowd.lost - lost, ""),
    ]


async def _counted(settings: Settings, watching: list[Viewer], database: str) -> list[Figure]:
    """Compare every viewer's record with what the server acknowledged."""
    store = ViewStore()
    lost = twice = sums_off = 0
    async with built(settings) as services, services.database.read() as tx:
        people = await _people(tx, watching)
        for medium_id in sorted({viewer.medium_id for viewer in watching}):
            found = await store.find(tx, MediumVersion("replay", medium_id, 1))
            assert found is not None
            records = await store.records(tx, found.key)
            played = 0
            for viewer in (each for each in watching if each.medium_id == medium_id):
                record = records.get(people[viewer.cookie])
                stored = sum(one.to_ms - one.from_ms for one in record.stretches) if record else 0
                lost += max(0, viewer.acknowledged * PIECE_MS - stored) // PIECE_MS
                # One more than acknowledged may be there: the last report, whose answer nobody waited for.
                twice += max(0, stored - (viewer.acknowledged + 1) * PIECE_MS) // PIECE_MS
                played += stored
            sums_off += (await store.sums(tx, found.key)).played_ms != played
    return [
        Figure(f"{database}: acknowledged reports that are not in the database", lost, "", 0),
        Figure(f"{database}: reports that are there twice", twice, "", 0),
        Figure(f"{database}: media whose sums are not those of the records", sums_off, "", 0),
    ]


async def _people(tx: AsyncConnection, watching: list[Viewer]) -> dict[str, str]:
    """Return person ids by cookie."""
    by_hash = {fingerprint(viewer.cookie): viewer.cookie for viewer in watching}
    rows = await tx.execute(select(web_sessions.c.token_hash, web_sessions.c.person_id))
    return {by_hash[row.token_hash]: row.person_id for row in rows if row.token_hash in by_hash}


async def year(arguments: argparse.Namespace) -> list[Figure]:
    """Write a year, and read it."""
    written: list[int] = []

    async def prepare(settings: Settings) -> None:
        say(f"writing about {arguments.learnings:,} learnings")
        written.append(await write_year(settings, arguments.learnings, say))

    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as folder:
        async with house(Path(folder), database="postgresql", before_it_starts=prepare) as home:
            say("reading")
            return await read_year(home.server, home.settings, written[0])


async def signals_over(arguments: argparse.Namespace) -> list[Figure]:
    """Ask for the signals of a year, in both databases."""
    asked = {"lessons": arguments.lessons, "times": _TIMES_SIGNALS}
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as folder:
        home = Path(folder)
        say(f"signals over {arguments.lessons:,} lessons in sqlite")
        figures = [*await signals.measure("sqlite", "", home / "sqlite", **asked)]
        say("and in postgresql")
        with postgres_server() as url:
            return [*figures, *await signals.measure("postgresql", url, home / "postgresql", **asked)]


async def measure(arguments: argparse.Namespace) -> list[Figure]:
    """Everything that was asked for."""
    figures: list[Figure] = []
    for database in ("postgresql", "sqlite"):
        if database in arguments.only or (database == "postgresql" and "kill" in arguments.only):
            figures += told(await ingestion(arguments, database))
    if "year" in arguments.only:
        figures += told(await year(arguments))
    if "signals" in arguments.only:
        figures += told(await signals_over(arguments))
    return figures


def told(figures: list[Figure]) -> list[Figure]:
    """Say figures as soon as they are there; the table comes at the end."""
    for figure in figures:
        say(f"  {figure.name}: {figure.value:.6g} {figure.unit}")
    return figures


async def main(arguments: argparse.Namespace) -> list[Figure]:
    """Measure, within bounds."""
    async with asyncio.timeout(_END_AFTER_S):
        return await measure(arguments)


if __name__ == "__main__":
    asked = options()
    about = machine()
    if asked.first:
        go_first()
    pin_this_process()
    found = uvloop.run(main(asked))
    print(report("views", about, found, asked.json))
    sys.exit(any(figure.holds is False for figure in found))
