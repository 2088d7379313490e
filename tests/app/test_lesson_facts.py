"""Which lessons signals are over: those of a period and those behind a series, on both databases."""

from typing import Any

import pytest
from sqlalchemy import insert

from analytics.lesson_signals import HeldLesson
from catalogue.series_tables import series, series_items
from catalogue.tables import microcourses, replays
from lectern.app.lesson_facts import LessonsForSignals
from lectern.db.engine import Database
from lectern.kernel.errors import NotFound
from sessions.tables import roster_entries, sessions
from tests.installation import Installation
from tests.lesson import START

ZONE = "Asia/Shanghai"


def held(id_: str, at: int | None, **more: Any) -> dict[str, Any]:
    return {
        "id": id_, "org_id": "org", "title": f"Lesson {id_}", "state": "ended", "starts_utc_ms": START,
        "zone": ZONE, "planned_minutes": None, "presenter_person_id": "ann", "host_person_id": None,
        "guests_allowed": True,
        "auto_start": False, "first_started_utc_ms": None if at is None else START + at, "ended_utc_ms": None,
        "created_utc_ms": START,
    } | more  # fmt: skip


def recorded(id_: str, session_id: str) -> dict[str, Any]:
    return {
        "id": id_, "org_id": "org", "session_id": session_id, "title": id_, "state": "ready", "version": 1,
        "duration_ms": 1, "created_utc_ms": START,
    }  # fmt: skip


async def fill(database: Database) -> None:
    lessons = [
        held("s1", 0, planned_minutes=45),
        held("s2", 10, state="live"),
        held("s3", 20),
        held("never", None),
        held("theirs", 5, org_id="elsewhere"),
    ]
    cut = recorded("m1", "s3") | {"replay_id": "r3", "start_ms": 0, "end_ms": 1, "created_by": "ann"}
    shown = {
        "org_id": "org", "title": "Safety", "description": "", "shown": True, "version": 1,
        "created_by": "ann", "created_utc_ms": START, "updated_utc_ms": START,
    }  # fmt: skip
    items = [
        ("a", "replay", "r1"),
        ("a", "microcourse", "m1"),
        ("a", "replay", "gone"),
        ("b", "replay", "m1"),
    ]
    async with database.write() as tx:
        await tx.execute(insert(sessions), lessons)
        rows = [{"session_id": "s1", "person_id": who, "org_id": "org", "added_utc_ms": 1} for who in "xyz"]
        await tx.execute(insert(roster_entries), rows)
        await tx.execute(insert(replays), [recorded("r1", "s1"), recorded("r2", "s2")])
        await tx.execute(insert(microcourses), [cut])
        await tx.execute(insert(series), [shown | {"id": id_} for id_ in "ab"])
        for position, (series_id, medium, medium_id) in enumerate(items):
            row = {"series_id": series_id, "position": position, "org_id": "org"}
            await tx.execute(insert(series_items), [row | {"medium": medium, "medium_id": medium_id}])


async def test_lessons_of_a_period_and_behind_a_series(database: Database) -> None:
    await fill(database)
    facts = LessonsForSignals(database)
    one = HeldLesson("s1", "Lesson s1", ZONE, START, True, 45, 3, ("ann", None))
    assert list(await facts.in_period("org", START, START + 19)) == [
        one,
        HeldLesson("s2", "Lesson s2", ZONE, START + 10, False, None, 0, ("ann", None)),
    ]
    title, behind = await facts.of_series("org", "a")
    assert (title, [each.id for each in behind]) == ("Safety", ["s1", "s3"]), "also what was cut from it"
    assert behind[0] == one
    assert (await facts.of_series("org", "b"))[1] == [], "a microcourse's id is no replay's"
    for org_id, series_id in (("elsewhere", "a"), ("org", "none")):
        with pytest.raises(NotFound):
            await facts.of_series(org_id, series_id)


async def test_the_card_is_wired_to_the_house(house: Installation) -> None:
    made = (await house.ask("POST", "/api/v1/series", by="presenter", json={"title": "Safety"})).data
    for path in ("/api/v1/statistics/signals?period=2027-01", f"/api/v1/series/{made['id']}/signals"):
        found = await house.ask("GET", path, by="admin")
        assert (found.status, found.data["lessons"], len(found.data["signals"])) == (200, 0, 7), found.data
        assert (await house.ask("GET", path, by="learner")).status == 403
