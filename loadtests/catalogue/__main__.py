"""The library with 20,000 media, asked as a learner would ask: lists, filters, searches, suggestions.

The routes are called in this process, with their database but without HTTP; the learner is in one department,
and three of ten media are for some departments alone. PostgreSQL is started for the run. The CPU of this
process (with SQLite the database is in it) hardly depends on what else the machine does; the other times do.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import uvloop
from aiohttp.test_utils import make_mocked_request
from sqlalchemy import text

from lectern.app.settings import Settings
from lectern.app.wired.services import Services
from lectern.app.wiring import built, operations
from lectern.edge.routes import Request
from lectern.kernel.access import ALLOWED, Principal
from lectern.kernel.clock import utc_ms
from lectern.kernel.roles import OrgRole
from loadtests.catalogue.stock import CATEGORIES, LEARNER, ORG, TAGS, stock
from loadtests.class_.house import postgres_server
from loadtests.figures import Figure, machine, percentile, report

PARTS = ("sqlite", "postgresql")
GOAL_MS = 200.0
WHO = Principal(ORG, LEARNER, ALLOWED[OrgRole.LEARNER], frozenset({OrgRole.LEARNER}), person_id=LEARNER)

_ASKED: Mapping[str, tuple[str, Callable[[random.Random], dict[str, str]]]] = {
    "list, latest first": ("/api/v1/library", lambda rng: {}),
    "list, one kind": ("/api/v1/library", lambda rng: {"kind": rng.choice(("replay", "microcourse"))}),
    "list, a category": ("/api/v1/library", lambda rng: {"category": f"c{rng.randrange(CATEGORIES)}"}),
    "list, a tag": ("/api/v1/library", lambda rng: {"tags": f"t{rng.randrange(TAGS)}"}),
    "search, a word that all have": (
        "/api/v1/library",
        lambda rng: {"q": rng.choice(("安全", "我们", "设备"))},
    ),
    "search, one character": ("/api/v1/library", lambda rng: {"q": rng.choice("阀泵焊设")}),
    "search, a rare word": (
        "/api/v1/library",
        lambda rng: {"q": rng.choice(("吊装", "冷凝", "投诉", "盘点"))},
    ),
    "search, two words": ("/api/v1/library", lambda rng: {"q": rng.choice(("阀门 valve", "设备 pump"))}),
    "search, a beginning": ("/api/v1/library", lambda rng: {"q": rng.choice(("ca", "ware", "ubu", "val"))}),
    "search, a presenter": ("/api/v1/library", lambda rng: {"q": f"讲师{rng.randrange(300):03d}"}),
    "search, nothing has it": ("/api/v1/library", lambda rng: {"q": "全安我们"}),
    "search in a category": (
        "/api/v1/library",
        lambda rng: {"q": "阀门", "category": f"c{rng.randrange(CATEGORIES)}"},
    ),
    "tags suggested": ("/api/v1/tags", lambda rng: {"q": f"标签{rng.randrange(10)}"}),
}


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="script/bench catalogue", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--media", type=int, default=20_000, help="in the library")
    parser.add_argument("--times", type=int, default=100, help="that each is asked")
    arguments = parser.parse_args()
    arguments.only = tuple(arguments.only.split(","))
    unknown = set(arguments.only) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    return arguments


async def measured(services: Services, database: str, times: int) -> list[Figure]:
    """Ask each question, the questions in turn, and return how long the answers took."""
    routes = {(route.method, route.path): route for route in operations(services)}
    http = make_mocked_request("GET", "/")
    rng = random.Random(7)
    took: dict[str, list[float]] = {name: [] for name in _ASKED}
    busy: dict[str, float] = dict.fromkeys(_ASKED, 0.0)
    for turn in range(times + 2):
        for name, (path, query) in _ASKED.items():
            route = routes["GET", path]
            assert route.query is not None
            request = Request(http, WHO, {}, route.query.model_validate(query(rng)), None)
            began, worked = time.perf_counter(), time.process_time()
            answer: Any = await route.handler(request)
            answer.model_dump_json()
            if turn >= 2:  # the first two warm the caches
                took[name].append((time.perf_counter() - began) * 1000)
                busy[name] += (time.process_time() - worked) * 1000
    return [
        figure
        for name, each in took.items()
        for figure in (
            Figure(f"{database}: {name}, CPU of this process", busy[name] / times, "ms"),
            Figure(f"{database}: {name}, median", percentile(each, 0.5), "ms"),
            Figure(f"{database}: {name}, p99", percentile(each, 0.99), "ms", GOAL_MS),
        )
    ]


async def part(database: str, url: str, folder: Path, arguments: argparse.Namespace) -> list[Figure]:
    """Fill a library and ask it."""
    settings = Settings(data=folder, database_url=url)
    async with built(settings) as services:
        began = time.perf_counter()
        await stock(services.database, arguments.media, utc_ms(), random.Random(42))
        if not services.database.is_sqlite:
            async with services.database.write() as tx:
                await tx.execute(text("ANALYZE"))
        filled = Figure(
            f"{database}: media indexed per second", arguments.media / (time.perf_counter() - began), "/s"
        )
        return [filled, *await measured(services, database, arguments.times)]


async def run(arguments: argparse.Namespace) -> int:
    """Measure what was asked for, and print it."""
    about = machine()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="lectern-library-") as folder:
        for name in arguments.only:
            home = Path(folder) / name
            home.mkdir()
            if name == "sqlite":
                figures += await part(name, "", home, arguments)
            else:
                with postgres_server() as url:
                    figures += await part(name, url, home, arguments)
    sys.stdout.write(report("catalogue", about, figures, arguments.json) + "\n")
    return 0 if all(figure.holds is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(uvloop.run(run(options())))
