"""The schema: forward, back and forward again, on SQLite and on PostgreSQL, and as the code says."""

import asyncio
import json
import sys
from dataclasses import replace

import pytest
from sqlalchemy import inspect, text

from catalogue.brand.look import LookStore
from lectern.app.tables import metadata
from lectern.db.engine import Database
from lectern.db.migrate import differences, downgrade, upgrade
from lectern.kernel.errors import Conflict


async def tables_of(database: Database) -> set[str]:
    async with database.read() as tx:
        names = set(await tx.run_sync(lambda connection: inspect(connection).get_table_names()))
    return {name for name in names if not name.startswith("fulltext_")}  # as each database has it


async def test_up_down_and_up_again(database_url: str) -> None:
    database = Database(database_url)
    try:
        await upgrade(database, metadata)
        assert await differences(database, metadata) == []
        assert await tables_of(database) == {*metadata.tables, "alembic_version"}
        await downgrade(database, metadata, "base")
        assert await tables_of(database) == {"alembic_version"}
        async with database.read() as tx:
            left = await tx.run_sync(lambda connection: inspect(connection).get_table_names())
        assert left == ["alembic_version"]
        await upgrade(database, metadata)
        await upgrade(database, metadata)  # nothing left to do
        assert await differences(database, metadata) == []
    finally:
        await database.close()


async def test_a_difference_is_noticed(database_url: str) -> None:
    database = Database(database_url)
    try:
        await upgrade(database, metadata)
        async with database.write() as tx:
            await tx.execute(text("ALTER TABLE orgs ADD COLUMN forgotten INTEGER"))
        assert await differences(database, metadata) != []
    finally:
        await database.close()


async def test_a_newer_schema_is_refused_and_left_alone(database_url: str) -> None:
    database = Database(database_url)
    try:
        await upgrade(database, metadata)
        async with database.write() as tx:
            await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(Conflict) as refused:
            await upgrade(database, metadata)
        assert refused.value.code == "schema_newer"
        async with database.read() as tx:
            assert (await tx.execute(text("SELECT version_num FROM alembic_version"))).scalar() == "9999"
    finally:
        await database.close()


_MIGRATE = """
import asyncio, sys
from lectern.db.engine import Database
from lectern.db.migrate import upgrade
from lectern.db.schema import metadata

async def main():
    database = Database(sys.argv[1])
    sys.stdin.readline()
    await upgrade(database, metadata)
    await database.close()

asyncio.run(main())
"""


async def test_two_processes_may_start_at_once(database_url: str) -> None:
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _MIGRATE,
            database_url,
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    outcomes = await asyncio.gather(*(racer.communicate(b"go\n") for racer in racers))
    assert [
        (racer.returncode, stderr.decode()) for racer, (_, stderr) in zip(racers, outcomes, strict=True)
    ] == [(0, "")] * 2


async def test_what_an_organisation_looked_like_is_its_own_look(database_url: str) -> None:
    database = Database(database_url)
    try:
        await upgrade(database, metadata, "0030")
        columns = "org_id, version, accent, title_card, outro_words, logo, intro_id"
        columns += ", updated_by, updated_utc_ms"
        values = "'acme', 3, '#123456', :card, 'Bye', :logo, 'clip', 'admin', 7"
        async with database.write() as tx:
            chosen = {"card": True, "logo": b"\x89PNG"}
            await tx.execute(text(f"INSERT INTO branding ({columns}) VALUES ({values})"), chosen)
        await upgrade(database, metadata)
        async with database.write() as tx:
            store = LookStore()
            look = await store.named(tx, "acme", "acme", lock=True)
            shown = await store.look(tx, "acme", look.version)
            assert (look.name, shown.version, shown.accent, shown.logo) == ("", 3, "#123456", b"\x89PNG")
            assert (shown.title_card, shown.outro_words, shown.intro_id) == (True, "Bye", "clip")
            await store.add_version(tx, "acme", replace(shown, accent="#654321"), "admin", 8)
        await downgrade(database, metadata, "0030")
        async with database.read() as tx:
            row = (await tx.execute(text("SELECT version, accent, outro_words FROM branding"))).one()
        assert tuple(row) == (4, "#654321", "Bye")
    finally:
        await database.close()


async def test_a_roster_that_was_told_as_a_number_is_told_by_names(database_url: str) -> None:
    """Migration 0039: each event gets the rows that were written with it, and no other payload changes."""
    database = Database(database_url)
    try:
        await upgrade(database, metadata, "0037")
        async with database.write() as tx:
            session = "'s', 'acme', 'T', 'live', 0, 'UTC', false, false, 0"
            columns = (
                "id, org_id, title, state, starts_utc_ms, zone, guests_allowed, auto_start, created_utc_ms"
            )
            await tx.execute(text(f"INSERT INTO sessions ({columns}) VALUES ({session})"))
            for person, added in (("bob", 5), ("ann", 5), ("cid", 9), ("dan", 12)):
                row = {"person": person, "added": added}
                await tx.execute(
                    text("INSERT INTO roster_entries VALUES ('s', :person, 'acme', :added)"), row
                )
            for seq, kind, at in ((1, "roster_changed", 5), (2, "hand_raised", 6), (3, "roster_changed", 10)):
                event = {"seq": seq, "type": kind, "at": at, "payload": f'{{"expected":{seq}}}'}
                names = "session_id, seq, org_id, type, version, utc_ms, session_ms, payload"
                values = "'s', :seq, 'acme', :type, 1, :at, 0, :payload"
                await tx.execute(text(f"INSERT INTO timeline_events ({names}) VALUES ({values})"), event)
        await upgrade(database, metadata)
        async with database.read() as tx:
            query = text("SELECT payload FROM timeline_events ORDER BY seq")
            payloads = [json.loads(row) for row in (await tx.execute(query)).scalars()]
        assert payloads == [
            {"expected": 1, "added": ["ann", "bob"]},
            {"expected": 2},
            {"expected": 3, "added": ["cid", "dan"]},  # and what no event was as young as
        ]
    finally:
        await database.close()
