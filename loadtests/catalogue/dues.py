"""What one has to watch, of lessons of two thousand people: the first time after an update, and the next.

The lessons are written as events, as a server leaves them: everybody comes, looks away for a while, and goes.
The learner was in every other lesson, and has played nothing. First nothing is counted: a request has two
lessons folded and is told how many are left. Then all are counted as the server does it beside its work,
without the rests. `SMALL` of the lessons that there are more are smaller: what is kept of the learner in each
is the same row.
"""

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp.test_utils import make_mocked_request
from sqlalchemy import insert, text

from accounts.tables import orgs, persons
from catalogue.tables import replays
from catalogue.terms_store import TermsStore
from catalogue.terms_tables import watch_rules
from lectern.app.settings import Settings
from lectern.app.wired.services import Services
from lectern.app.wiring import built, operations
from lectern.db.engine import Database
from lectern.edge.routes import Request
from lectern.kernel.access import ALLOWED, Principal
from lectern.kernel.roles import OrgRole
from lectern.timeline.tables import events, heads
from loadtests.catalogue.stock import LEARNER, ORG
from loadtests.figures import Figure, percentile
from sessions.tables import roster_entries, sessions

LENGTH_MS = 3_600_000
START = 1_790_000_000_000
SMALL = 20
TIMES_MORE = 10
GOAL_MS = 200.0
FIRST_GOAL_MS = 1_500.0
"""Two lessons of two thousand people are folded, at a third of a second each, and as much again is read."""
MOST_GROWTH = 8.0
"""Ten times as many replays are drawn, signed and sorted; nothing may grow faster than they do."""
_AT_ONCE = 10_000


def happened(people: int, was_there: bool, rng: random.Random) -> list[tuple[str, int, str | None, Any]]:
    """Return type, UTC, actor and payload of a lesson's events."""
    found: list[tuple[str, int, str | None, Any]] = [("session_started", START, None, {})]
    names = [f"person{number:05d}" for number in range(people - was_there)] + [LEARNER] * was_there
    for number, person in enumerate(names):
        seat, line = f"p{number}", f"c{number}"
        came = START + rng.randrange(600_000)
        went = START + LENGTH_MS - rng.randrange(600_000)
        away = came + rng.randrange(1_000_000)
        joined = {
            "participant": seat,
            "person": person,
            "role": "learner",
            "kind": "person",
            "name_ref": None,
        }
        found.append(("participant_joined", came, seat, joined))
        opened = {"participant": seat, "connection": line, "device": "pc", "source": None}
        found.append(("connection_opened", came, seat, opened))
        said = {"participant": seat, "connection": line, "changes": [[came, "seen"], [away, "away"]]}
        back = {"participant": seat, "connection": line, "changes": [[away + 300_000, "seen"]]}
        found.append(("page_states_reported", away + 300_000, None, {"people": [said, back]}))
        closed = {"participant": seat, "connection": line, "at_utc_ms": went}
        found.append(("connection_closed", went, seat, closed))
    found.append(("session_ended", START + LENGTH_MS, None, {}))
    return sorted(found, key=lambda one: one[1])


async def _write_lesson(database: Database, number: int, people: int, rng: random.Random) -> None:
    session = f"s{number:04d}"
    rows = [
        {
            "session_id": session, "seq": seq, "org_id": ORG, "type": type_, "version": 1, "utc_ms": utc_ms,
            "session_ms": utc_ms - START, "actor": actor, "payload": payload,
        }
        for seq, (type_, utc_ms, actor, payload) in enumerate(happened(people, number % 2 == 0, rng), 1)
    ]  # fmt: skip
    recorded = {
        "duration_ms": LENGTH_MS, "utc_ms": START, "videos": [],
        "clock": [{"session_ms": 0, "media_ms": 0, "duration_ms": LENGTH_MS}],
    }  # fmt: skip
    async with database.write() as tx:
        head = {"session_id": session, "org_id": ORG, "seq": len(rows)}
        await tx.execute(insert(heads).values(**head, first_started_utc_ms=START, session_ms=LENGTH_MS))
        for first in range(0, len(rows), _AT_ONCE):
            await tx.execute(insert(events), rows[first : first + _AT_ONCE])
        await tx.execute(
            insert(replays).values(
                id=f"r{number:04d}", org_id=ORG, session_id=session, title=f"Lesson {number}", state="ready",
                version=1, duration_ms=LENGTH_MS, recorded=recorded, download_job_id=None,
                created_utc_ms=START, ended_utc_ms=START + LENGTH_MS, ready_utc_ms=START + LENGTH_MS,
            )
        )  # fmt: skip
        planned = {"title": f"Lesson {number}", "state": "ended", "starts_utc_ms": START, "zone": "UTC"}
        rules = {"guests_allowed": False, "auto_start": False, "created_utc_ms": START}
        await tx.execute(insert(sessions).values(id=session, org_id=ORG, **planned, **rules))
        expected = {"session_id": session, "person_id": LEARNER, "org_id": ORG, "added_utc_ms": START}
        await tx.execute(insert(roster_entries).values(**expected))
        await tx.execute(
            insert(watch_rules).values(
                medium="replay", medium_id=f"r{number:04d}", org_id=ORG, required=True, no_skipping=False,
                watermark=None, due_utc_ms=None, due_set_utc_ms=None, told=None,
            )
        )  # fmt: skip


class Asked(NamedTuple):
    """How long each answer took, the CPU of this process for each (ms), and the answers."""

    took_ms: list[float]
    cpu_ms: float
    answers: list[Any]


async def _ask(services: Services, times: int, tag: str) -> Asked:
    """Ask what there is to watch, again and again."""
    routes = {(route.method, route.path): route for route in operations(services)}
    http = make_mocked_request("GET", "/")
    took, answers = [], []
    worked = time.process_time()
    for number in range(times):
        # Somebody else each time, as far as the measure goes of how often one may ask.
        who = Principal(
            ORG, f"{tag}{number}", ALLOWED[OrgRole.LEARNER], frozenset({OrgRole.LEARNER}), person_id=LEARNER
        )
        began = time.perf_counter()
        answer: Any = await routes["GET", "/api/v1/my/dues"].handler(Request(http, who, {}, None, None))
        answer.model_dump_json()
        took.append((time.perf_counter() - began) * 1_000)
        answers.append(answer)
    return Asked(took, 1_000 * (time.process_time() - worked) / times, answers)


async def _count_all(services: Services) -> float:
    """Have every lesson counted, without a rest; return how long that took (s)."""
    began = time.perf_counter()
    async with services.database.read() as tx:
        required = await TermsStore().required_sessions(tx)
    for standing in await services.live.behind(required):
        await services.live.catch_up(standing.session_id)
    return time.perf_counter() - began


async def _settle(database: Database) -> None:
    if not database.is_sqlite:
        async with database.write() as tx:
            await tx.execute(text("ANALYZE"))


async def measure(
    database: str, url: str, folder: Path, *, lessons: int, people: int, times: int
) -> Sequence[Figure]:
    """Write lessons, and ask as their learner would, before and after they are counted."""
    rng, name = (
        random.Random(11),
        f"{database}: what one has to watch, {lessons} lessons of {people:,} people",
    )
    async with built(Settings(data=folder, database_url=url)) as services:
        async with services.database.write() as tx:
            await tx.execute(insert(orgs).values(id=ORG, name="Org", zone="UTC", created_utc_ms=START))
            person = {"external_id": "1", "name": "Li", "department_id": None, "active": True}
            await tx.execute(insert(persons).values(id=LEARNER, org_id=ORG, created_utc_ms=START, **person))
        for number in range(lessons):
            await _write_lesson(services.database, number, people, rng)
        await _settle(services.database)
        first = await _ask(services, 1, "first")
        told = first.answers[0].uncounted
        counting_s = await _count_all(services)
        await _ask(services, 2, "warm")
        few = await _ask(services, times, "few")
        wrong = sum(
            each.uncounted or sum(item.share > 0 for item in each.items) != -(-lessons // 2)
            for each in few.answers
        )
        for number in range(lessons, lessons * TIMES_MORE):
            await _write_lesson(services.database, number, SMALL, rng)
        await _count_all(services)
        await _settle(services.database)
        folded = services.live.folded
        await _ask(services, 2, "warm")
        many = await _ask(services, times, "many")
        more = f"{database}: {TIMES_MORE} times as many lessons"
        return [
            Figure(f"{name}, the first time", first.took_ms[0], "ms", FIRST_GOAL_MS),
            Figure(f"{name}, the first time: told as not counted yet", told, ""),
            Figure(f"{name}, counted beside that, each", 1_000 * counting_s / max(1, told), "ms"),
            Figure(f"{name}, the next time, CPU of this process", few.cpu_ms, "ms"),
            Figure(f"{name}, the next time, median", percentile(few.took_ms, 0.5), "ms"),
            Figure(f"{name}, the next time, p99", percentile(few.took_ms, 0.99), "ms", GOAL_MS),
            Figure(f"{name}: wrong answers", wrong, "", 0),
            Figure(f"{more}, CPU of this process", many.cpu_ms, "ms"),
            Figure(f"{more}, median", percentile(many.took_ms, 0.5), "ms"),
            Figure(f"{more}: times the CPU", many.cpu_ms / few.cpu_ms, "", MOST_GROWTH),
            Figure(f"{database}: folded by asking", services.live.folded - folded, "", 0),
        ]
