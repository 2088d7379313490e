"""A year of viewing, written straight into PostgreSQL, and what pages then wait for.

Every medium is watched by `PER_MEDIUM` people, each in one of `PATTERNS` ways, in the month in which it came
out; the sums are those of the patterns. What the server would have kept for the same reports is the same,
byte for byte: one medium is computed anew from its records and compared.
"""

import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.play_record import NEVER, Device, PlayRecord, packed, tag_of
from analytics.view_store import ViewStore
from analytics.view_sums import ALL, Change, Terms, Whole, periods_of
from analytics.viewing import Played
from lectern.app.settings import Settings
from lectern.app.wiring import built
from loadtests.figures import Figure, percentile
from loadtests.views.players import MEDIUM_MS
from tests.scripted_lesson.server import PASSWORD, ZONE, Server

PER_MEDIUM = 1_792
PATTERNS = 64
DEPARTMENTS = 40
YEAR = 2025
MOST_PEOPLE = 200_000
_MEDIA_AT_ONCE = 250
_ASKED = 20
_VIEWS = ViewStore()
Say = Callable[[str], None]


def pattern(month: int, number: int) -> PlayRecord:
    """Return one way to watch a medium of ten minutes: whole, left early, in two sittings, parts again."""
    rng = random.Random(month * PATTERNS + number)
    start = datetime(YEAR, month, rng.randint(1, 27), rng.randint(0, 15), rng.randint(0, 59), tzinfo=UTC)
    now, at, record = round(start.timestamp() * 1_000), 0, NEVER
    for sitting in range(rng.choice((1, 1, 1, 2))):
        tag, device = tag_of(f"{month} {number} {sitting}"), rng.choice(list(Device))
        for _ in range(rng.choice((1, 1, 2, 3, 5))):
            length = min(MEDIUM_MS - at, rng.choice((5_000, 60_000, 300_000, MEDIUM_MS)))
            if length <= 0:
                break
            speed = rng.choice((1.0, 1.0, 1.5))
            wall = round(length / speed)
            played = Played("", at, at + length, now, wall, speed, visible=rng.random() < 0.9, audible=True)
            record = record.adding(tag, device, [played])
            now += wall + rng.choice((0, 3_000, 600_000))
            at = rng.choice((at + length, max(0, at + length - 60_000), rng.randrange(0, MEDIUM_MS, 1_000)))
        now += 3_600_000
    return record


def media_for(learnings: int) -> int:
    """Return how many media that many learnings need."""
    return max(12, round(learnings / PER_MEDIUM))


def people_for(media: int) -> int:
    """Return how many people watch: so many that each of them watches every month."""
    return min(MOST_PEOPLE, media // 12 * PER_MEDIUM)


async def write_year(settings: Settings, learnings: int, say: Say) -> int:
    """Fill the tables, and return how many learnings there are."""
    media = media_for(learnings)
    people = people_for(media)
    async with built(settings) as services:
        org_id = (await services.accounts.org()).id
        execute = services.database.write
        async with execute() as tx:
            await _write_patterns(tx)
            await _write_media(tx, org_id, media)
            await _write_sums(tx, org_id, media)
            await _write_active(tx, org_id, people)
            await tx.execute(text("ALTER TABLE view_records DROP CONSTRAINT pk_view_records"))
        began = time.monotonic()
        for first in range(0, media, _MEDIA_AT_ONCE):
            async with execute() as tx:
                await tx.execute(
                    text(_RECORDS),
                    {
                        "first": first,
                        "last": min(media, first + _MEDIA_AT_ONCE) - 1,
                        "per_medium": PER_MEDIUM,
                        "people": people,
                        "patterns": PATTERNS,
                    },
                )
            done = min(media, first + _MEDIA_AT_ONCE) * PER_MEDIUM
            if first % (_MEDIA_AT_ONCE * 8) == 0:
                say(f"{done:,} learnings after {time.monotonic() - began:.0f} s")
        async with execute() as tx:
            await tx.execute(text(_KEY))
        async with services.database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            for table in ("view_records", "view_periods", "view_active", "view_media", "replays"):
                await connection.execute(text(f"VACUUM ANALYZE {table}"))
    return media * PER_MEDIUM


_KEY = "ALTER TABLE view_records ADD CONSTRAINT pk_view_records PRIMARY KEY (medium_key, subject)"
_RECORDS = """
INSERT INTO view_records (medium_key, subject, record)
SELECT m.n + 1,
       'bbbbbbbb-0000-7000-8000-' || lpad((((m.n / 12) * :per_medium + i.n) % :people)::text, 12, '0'),
       p.record
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS m(n)
CROSS JOIN generate_series(0, CAST(:per_medium AS int) - 1) AS i(n)
JOIN bench_patterns AS p ON p.month = m.n % 12 + 1 AND p.number = (m.n * 31 + i.n) % :patterns
"""


async def _write_patterns(tx: AsyncConnection) -> None:
    await tx.execute(text("CREATE TABLE bench_patterns (month int, number int, record bytea)"))
    rows = [
        {"month": month, "number": number, "record": packed(pattern(month, number))}
        for month in range(1, 13)
        for number in range(PATTERNS)
    ]
    await tx.execute(text("INSERT INTO bench_patterns VALUES (:month, :number, :record)"), rows)


async def _write_media(tx: AsyncConnection, org_id: str, media: int) -> None:
    both = {"org": org_id, "last": media - 1, "duration": MEDIUM_MS, "zone": ZONE}
    await tx.execute(
        text(
            "INSERT INTO view_media (key, org_id, session_id, medium, medium_id, version, duration_ms, zone,"
            " is_stale) SELECT n + 1, :org, 'bench-session-' || n, 'replay', 'bench-replay-' || n, 1,"
            " CAST(:duration AS bigint), :zone, false FROM generate_series(0, CAST(:last AS int)) AS s(n)"
        ),
        both,
    )
    await tx.execute(
        text(
            "INSERT INTO replays (id, org_id, session_id, title, state, version, duration_ms, created_utc_ms)"
            " SELECT 'bench-replay-' || n, :org, 'bench-session-' || n, 'Lesson ' || n, 'ready', 1,"
            " CAST(:duration AS bigint), 0 FROM generate_series(0, CAST(:last AS int)) AS s(n)"
        ),
        both,
    )


_SUMS = (
    'period, org_id, viewers, sittings, bounce, reached_80, "full", played_ms, covered_ms, effort_ms, hours,'
    " departments"
)


async def _write_sums(tx: AsyncConnection, org_id: str, media: int) -> None:
    """Add up one medium of every month as the server does, and give all media of the month the same rows."""
    await tx.execute(
        text("SELECT setval(pg_get_serial_sequence('view_media', 'key'), (SELECT max(key) FROM view_media))")
    )
    for month in range(1, min(12, media) + 1):
        await _VIEWS.add_up(tx, {month: month_sum(month)})
        for table, columns in (
            ("view_periods", _SUMS),
            ("view_curves", "block, steps"),
        ):
            await tx.execute(
                text(
                    f"INSERT INTO {table} (medium_key, {columns}) SELECT n + 1, {columns} FROM {table},"
                    " generate_series(CAST(:first AS int), CAST(:last AS int), 12) AS s(n)"
                    " WHERE medium_key = :key"
                ),
                {"first": month - 1 + 12, "last": media - 1, "key": month},
            )


def month_sum(month: int) -> Change:
    """Return what a medium of a month comes to: every pattern equally often."""
    whole = Whole(Terms(MEDIUM_MS, ZONE))
    for number in range(PATTERNS):
        record = pattern(month, number)
        for _ in range(PER_MEDIUM // PATTERNS):
            whole.add(record, f"department-{number % DEPARTMENTS}")
    return whole.change


async def _write_active(tx: AsyncConnection, org_id: str, people: int) -> None:
    periods = sorted({name for month in range(1, 13) for name in periods_of(f"{YEAR}-{month:02}")})
    for period in periods:
        await tx.execute(
            text(
                "INSERT INTO view_active (org_id, period, subject) SELECT :org, :period,"
                " 'bbbbbbbb-0000-7000-8000-' || lpad(n::text, 12, '0')"
                " FROM generate_series(0, CAST(:last AS int)) AS s(n)"
            ),
            {"org": org_id, "period": period, "last": people - 1},
        )


async def read_year(server: Server, settings: Settings, learnings: int) -> list[Figure]:
    """Ask as an administrator's pages do, weigh the tables, and check one medium against its records."""
    media = learnings // PER_MEDIUM
    url = f"{server.url}/api/v1"
    async with aiohttp.ClientSession(
        headers={"X-Lectern": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as page:
        async with page.post(f"{url}/sign-in", json={"login": "admin", "password": PASSWORD}) as answer:
            assert answer.status == 200, await answer.text()

        async def ask(path: str) -> tuple[float, dict[str, Any]]:
            began = time.monotonic()
            async with page.get(f"{url}/{path}") as answer:
                found = await answer.json()
                assert answer.status == 200, found
            return (time.monotonic() - began) * 1_000, found

        chosen = random.Random(7).sample(range(media), min(_ASKED, media))
        maps = [await ask(f"views/replay/bench-replay-{number}/figures") for number in chosen]
        assert all(found["sums"]["class"]["viewers"] == PER_MEDIUM for _, found in maps)
        tables = {
            name: [await _timed(ask, f"view-statistics?period={period}", media_of, media) for _ in range(5)]
            for name, period, media_of in (
                ("month", f"{YEAR}-05", 1),
                ("quarter", f"{YEAR}-Q2", 3),
                ("year", f"{YEAR}", 12),
            )
        }
        people_ms, _ = await ask(f"views/replay/bench-replay-{chosen[0]}")
    sizes = await _sizes(settings)
    await _check_one(settings, chosen[0])
    took = [ms for ms, _ in maps]
    return [
        Figure("learnings in the database", learnings, ""),
        Figure(f"heat map of one medium, median of {len(took)}", percentile(took, 0.5), "ms", 200),
        Figure(f"heat map of one medium, slowest of {len(took)}", max(took), "ms", 200),
        Figure("table of a month, slowest of 5", max(tables["month"]), "ms", 2_000),
        Figure("table of a quarter, slowest of 5", max(tables["quarter"]), "ms"),
        Figure("table of a year, slowest of 5", max(tables["year"]), "ms"),
        Figure(f"list of the {PER_MEDIUM:,} viewers of one medium", people_ms, "ms"),
        Figure("records: bytes per learning, index and all", sizes["view_records"] / learnings, "B"),
        Figure(
            "sums, curves, active people: bytes per learning",
            sum(sizes[name] for name in ("view_periods", "view_curves", "view_active", "view_media"))
            / learnings,
            "B",
        ),
    ]


async def _timed(
    ask: Callable[[str], Awaitable[tuple[float, dict[str, Any]]]], path: str, months: int, media: int
) -> float:
    took_ms, found = await ask(path)
    expected = sum(len(range(month, media, 12)) for month in range(12)) if months == 12 else None
    assert expected is None or found["media"] == expected, found["media"]
    return took_ms


async def _sizes(settings: Settings) -> dict[str, int]:
    names = ("view_records", "view_periods", "view_curves", "view_active", "view_media")
    async with built(settings) as services, services.database.read() as tx:
        return {
            name: (await tx.execute(text(f"SELECT pg_total_relation_size('{name}')"))).scalar_one()
            for name in names
        }


async def _check_one(settings: Settings, number: int) -> None:
    """Compare the sums of one medium with its records."""
    key = number + 1
    async with built(settings) as services, services.database.read() as tx:
        whole = Whole(Terms(MEDIUM_MS, ZONE))
        for record in (await _VIEWS.records(tx, key)).values():
            whole.add(record)
        assert await _VIEWS.sums(tx, key, ALL) == whole.change.periods[ALL], "the sums are not the records'"
        curves = await _VIEWS.curves(tx, key)
        assert (curves.heat, curves.plays, curves.left) == (
            whole.change.heat, whole.change.plays, whole.change.left,
        ), "the curves are not the records'"  # fmt: skip
