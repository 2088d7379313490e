"""Migration 0012: how long a lesson shall last moves from attendance rules to the lesson; verdicts stay."""

from typing import Any

from sqlalchemy import Boolean, Integer, String, column, insert, select, table

from analytics.attendance.rule import Rule
from lectern.app.tables import metadata
from lectern.db.engine import Database
from lectern.db.migrate import downgrade, upgrade
from lectern.db.schema import Json, Millis

SESSIONS = table(
    "sessions",
    column("id", String),
    column("org_id", String),
    column("title", String),
    column("state", String),
    column("starts_utc_ms", Millis),
    column("zone", String),
    column("guests_allowed", Boolean),
    column("auto_start", Boolean),
    column("created_utc_ms", Millis),
    column("planned_minutes", Integer),
)
RULES = table(
    "attendance_rules",
    column("scope", String),
    column("org_id", String),
    column("rule", Json()),
    column("changed_by", String),
    column("changed_utc_ms", Millis),
)
AUDIT = table(
    "audit_entries",
    column("id", String),
    column("org_id", String),
    column("utc_ms", Millis),
    column("actor", String),
    column("action", String),
    column("target", String),
    column("details", Json()),
)
BEFORE = {  # scope: the length in its rule, as rules were kept then
    "org": 45,
    "own_length": 90,
    "own_rule_without": None,
    "foreign": None,
}
SESSIONS_OF = {
    "own_length": "org",
    "own_rule_without": "org",
    "no_rule": "org",
    "other_without": "foreign",
    "unruled": "third",
}


def holds(lengths: dict[str, int | None], session: str) -> int | None:
    """Return the length that counted before: of the session's own rule, else of its organisation's."""
    own = lengths.get(session, lengths.get(SESSIONS_OF[session]))
    return own if session in lengths or SESSIONS_OF[session] in lengths else None


async def fill(database: Database) -> None:
    """Write rows as release 0016 kept them."""
    session = {"title": "t", "state": "ended", "starts_utc_ms": 0, "zone": "UTC", "created_utc_ms": 0}
    flags = {"guests_allowed": False, "auto_start": False}
    async with database.write() as tx:
        for id_, org in SESSIONS_OF.items():
            await tx.execute(insert(SESSIONS).values(id=id_, org_id=org, **session, **flags))
        for scope, minutes in BEFORE.items():
            rule = {"present_percent": 70, "planned_minutes": minutes, "checkins": 1}
            org = SESSIONS_OF.get(scope, scope)
            row = {"scope": scope, "org_id": org, "rule": rule, "changed_by": "a", "changed_utc_ms": 1}
            await tx.execute(insert(RULES).values(row))
        for id_, action in (("e1", "checkin_corrected"), ("e2", "attendance_decided")):
            entry = {"utc_ms": 0, "actor": "a", "target": "s", "details": {"round": "k", "reason": "ill"}}
            await tx.execute(insert(AUDIT).values(id=id_, org_id="org", action=action, **entry))


async def lengths(database: Database) -> dict[str, int | None]:
    """Return how long each session is to last."""
    async with database.read() as tx:
        rows = await tx.execute(select(SESSIONS.c.id, SESSIONS.c.planned_minutes))
        return {row.id: row.planned_minutes for row in rows}


async def rules(database: Database) -> dict[str, dict[str, Any]]:
    """Return the rules as they are kept."""
    async with database.read() as tx:
        return {row.scope: row.rule for row in await tx.execute(select(RULES.c.scope, RULES.c.rule))}


async def test_a_length_moves_to_the_lessons_for_which_it_counted(database_url: str) -> None:
    database = Database(database_url)
    try:
        await upgrade(database, metadata, "0016")
        await fill(database)
        await upgrade(database, metadata, "0012")
        moved = {session: holds(BEFORE, session) for session in SESSIONS_OF}
        assert moved == {
            "own_length": 90, "own_rule_without": None, "no_rule": 45, "other_without": None, "unruled": None,
        }  # fmt: skip
        assert await lengths(database) == moved
        kept = await rules(database)
        assert kept.keys() == BEFORE.keys()
        for rule in kept.values():
            assert rule == {"present_percent": 70, "planned_minutes": None, "checkins": 1}
            assert Rule(**rule).problem is None
        async with database.read() as tx:
            details = {row.id: row.details for row in await tx.execute(select(AUDIT.c.id, AUDIT.c.details))}
        assert details == {"e1": {"round": "k"}, "e2": {"round": "k", "reason": "ill"}}

        await downgrade(database, metadata, "0016")
        back = {scope: rule["planned_minutes"] for scope, rule in (await rules(database)).items()}
        # The organisation's length is its lessons' own by now: there is no rule of theirs to hold it.
        assert back == {"org": None, "own_length": 90, "own_rule_without": None, "foreign": None}
        await upgrade(database, metadata)
        assert (await lengths(database))["own_length"] == 90
    finally:
        await database.close()
