"""Signals over a year of lessons, in either database: how long its page waits, and how that grows.

Two years lie in one database, one with `FEWER` times fewer lessons, both counted before, as a server keeps
them: each year is asked for in turns. The routes are called in this process, with their database but without
HTTP; the CPU is this process's (with SQLite the database is in it).
"""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import msgspec
from aiohttp.test_utils import make_mocked_request
from sqlalchemy import insert, text

from accounts.tables import departments, orgs
from analytics.attendance.rule import Rule
from analytics.attendance.tables import rules
from analytics.lesson_signals import LessonMarks, basis_of
from analytics.lesson_tables import lesson_signals
from analytics.periods import bounds_of
from analytics.tables import view_media, view_periods
from analytics.view_sums import ALL
from lectern.app.settings import Settings
from lectern.app.wired.services import Services
from lectern.app.wiring import built, operations
from lectern.edge.routes import Request
from lectern.kernel.access import ALLOWED, Principal
from lectern.kernel.roles import OrgRole
from lectern.timeline.tables import heads
from loadtests.figures import Figure, percentile
from sessions.tables import sessions

ORG, ZONE = "org", "Asia/Shanghai"
ADMIN = Principal(ORG, "admin", ALLOWED[OrgRole.ADMIN], frozenset({OrgRole.ADMIN}))
FEWER = 10
DEPARTMENTS = 12
ROSTER = 100
VIEWS = (40, 90_000_000)
"""Of every replay: who watched it, and what they covered (ms)."""
GOAL_MS = 1_000.0
MOST_GROWTH = float(FEWER)
"""Nothing may grow faster than the lessons do."""
_AT_ONCE = 5_000
_SMALL_YEAR, _LARGE_YEAR = "2024", "2025"
_SEQ = 900
_OWN_RULE = Rule(present_percent=70)
_PLANNED_MINUTES = 60


def marks_of_one(rng: random.Random) -> dict[str, LessonMarks]:
    """Return what a lesson comes to by department; one in six is a weak one."""
    found = {}
    good = 0.4 if rng.random() < 1 / 6 else 0.9
    for department in range(DEPARTMENTS):
        expected = rng.randrange(2, 2 * ROSTER // DEPARTMENTS)

        def of(number: int) -> int:
            return sum(rng.random() < good for _ in range(number))

        begun = of(expected)
        there = of(begun)
        answered = 3 * there
        found[f"d{department:02d}"] = LessonMarks(
            expected, begun, of(begun), there, of(there), of(there), begun, of(begun), answered, of(answered)
        )
    return found


def rows_of(
    year: str, lessons: int, standard: Rule, completed_from: float, rng: random.Random
) -> Mapping[Any, Sequence[Mapping[str, Any]]]:
    """Return the rows of a year by table: lessons, every tenth with an own rule, and what they came to."""
    begins, ends = bounds_of(year, ZONE)
    found: dict[Any, list[Mapping[str, Any]]] = {
        table: [] for table in (sessions, heads, rules, view_media, view_periods, lesson_signals)
    }
    for number in range(lessons):
        id_ = f"{year}0000-0000-7000-8000-{number:012d}"
        own = {"session_id": id_, "org_id": ORG}
        began = begins + (ends - begins) * number // lessons
        found[sessions].append(
            {
                "id": id_, "org_id": ORG, "title": f"Lesson {number}", "state": "ended", "zone": ZONE,
                "starts_utc_ms": began, "planned_minutes": _PLANNED_MINUTES, "guests_allowed": False,
                "auto_start": False, "first_started_utc_ms": began, "created_utc_ms": began,
            }
        )  # fmt: skip
        found[heads].append(own | {"seq": _SEQ, "first_started_utc_ms": began, "session_ms": 3_600_000})
        rule = standard if number % 10 else _OWN_RULE
        if rule is not standard:
            changed = {"changed_by": "admin", "changed_utc_ms": began}
            found[rules].append({"scope": id_, "org_id": ORG, "rule": asdict(rule)} | changed)
        key = int(year) * 100_000 + number
        medium = {"medium": "replay", "medium_id": f"r{key}", "version": 1, "is_stale": False}
        found[view_media].append(own | medium | {"key": key, "duration_ms": 3_600_000, "zone": ZONE})
        sums = dict.fromkeys(("sittings", "bounce", "reached_80", "full", "played_ms", "effort_ms"), 0)
        watched = {"viewers": VIEWS[0], "covered_ms": VIEWS[1], "hours": b"", "departments": b""}
        found[view_periods].append({"medium_key": key, "org_id": ORG, "period": ALL} | sums | watched)
        basis = basis_of(
            seq=_SEQ,
            expected=ROSTER,
            rule=replace(rule, planned_minutes=_PLANNED_MINUTES),
            watched=VIEWS,
            completed_from=completed_from,
        )
        marks = msgspec.msgpack.encode(marks_of_one(rng))
        found[lesson_signals].append(own | {"basis": basis, "marks": marks})
    return found


_ROSTERS = """
WITH RECURSIVE seats(seat) AS (SELECT 0 UNION ALL SELECT seat + 1 FROM seats WHERE seat < CAST(:last AS int))
INSERT INTO roster_entries (session_id, person_id, org_id, added_utc_ms)
SELECT sessions.id, 'bbbbbbbb-0000-7000-8000-' || (100000000000 + seat), :org, 0
FROM sessions CROSS JOIN seats
"""


async def write(services: Services, lessons: int) -> None:
    """Fill the database with two years."""
    async with services.database.write() as tx:
        await tx.execute(insert(orgs).values(id=ORG, name="Org", zone=ZONE, created_utc_ms=0))
        about: dict[str, Any] = {"org_id": ORG, "parent_id": None}
        named = [{"id": f"d{number:02d}", "name": f"Department {number}"} for number in range(DEPARTMENTS)]
        await tx.execute(insert(departments), [about | each for each in named])
    rng = random.Random(5)
    standard, completed_from = services.attending.standard, services.attending.completed_from
    for year, count in ((_SMALL_YEAR, lessons // FEWER), (_LARGE_YEAR, lessons)):
        for table, rows in rows_of(year, count, standard, completed_from, rng).items():
            for first in range(0, len(rows), _AT_ONCE):
                async with services.database.write() as tx:
                    await tx.execute(insert(table), rows[first : first + _AT_ONCE])
    async with services.database.write() as tx:
        await tx.execute(text(_ROSTERS), {"last": ROSTER - 1, "org": ORG})
        await tx.execute(text("ANALYZE"))


async def measure(database: str, url: str, folder: Path, *, lessons: int, times: int) -> Sequence[Figure]:
    """Write two years, and ask for both, and for a month, in turns."""
    fewer = lessons // FEWER
    asked = {
        "few": (_SMALL_YEAR, fewer),
        "many": (_LARGE_YEAR, lessons),
        "month": (f"{_LARGE_YEAR}-05", None),
    }
    took: dict[str, list[float]] = {name: [] for name in asked}
    busy: dict[str, list[float]] = {name: [] for name in asked}
    wrong = 0
    async with built(Settings(data=folder, database_url=url)) as services:
        await write(services, lessons)
        routes = {(route.method, route.path): route for route in operations(services)}
        route = routes["GET", "/api/v1/statistics/signals"]
        assert route.query is not None
        http = make_mocked_request("GET", "/")
        for turn in range(times + 2):
            for name, (period, expected) in asked.items():
                request = Request(http, ADMIN, {}, route.query.model_validate({"period": period}), None)
                began, worked = time.perf_counter(), time.process_time()
                answer: Any = await route.handler(request)
                answer.model_dump_json()
                if turn >= 2:  # the first two warm the caches
                    took[name].append((time.perf_counter() - began) * 1_000)
                    busy[name].append((time.process_time() - worked) * 1_000)
                wrong += answer.uncounted > 0 or (expected is not None and answer.lessons != expected)
    year = f"{database}: signals of a year of {lessons:,} lessons in {DEPARTMENTS} departments"
    grown = percentile(busy["many"], 0.5) / percentile(busy["few"], 0.5)
    return [
        Figure(f"{year}, median of {times}", percentile(took["many"], 0.5), "ms", GOAL_MS),
        Figure(f"{year}, slowest of {times}", max(took["many"]), "ms", GOAL_MS),
        Figure(f"{year}, CPU of this process", percentile(busy["many"], 0.5), "ms"),
        Figure(f"{database}: of a month of it, median", percentile(took["month"], 0.5), "ms", GOAL_MS),
        Figure(f"{database}: of a year of {fewer:,} lessons, median", percentile(took["few"], 0.5), "ms"),
        Figure(f"{database}: times the CPU for {FEWER} times the lessons", grown, "", MOST_GROWTH),
        Figure(f"{database}: wrong answers", wrong, "", 0),
    ]
