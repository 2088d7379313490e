"""Intervals of the release before become records and sums, on both databases."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import text

from analytics.neighbours import PersonCard
from analytics.play_record import Device, tag_of
from analytics.view_intake import Following
from analytics.view_store import MediumVersion, ViewStore
from lectern.app.tables import metadata
from lectern.db.engine import Database
from lectern.db.migrate import downgrade, upgrade
from tests.lesson import START

VIEWS = ViewStore()
THIS = "0019"
_NAMES = (
    "subject", "id", "org_id", "session_id", "medium", "medium_id", "version", "player", "from_ms", "to_ms",
    "started_utc_ms", "wall_ms", "speed", "visible", "audible", "received_utc_ms",
)  # fmt: skip
_ADD = text(
    f"INSERT INTO view_intervals ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)})"
)


def row(subject: str, number: int, player: str, from_ms: int, started: int, **change: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "subject": subject,
        "id": f"{number}",
        "org_id": "org",
        "session_id": "s1",
        "medium": "replay",
        "medium_id": "film",
        "version": 1,
        "player": player,
        "from_ms": from_ms,
        "to_ms": from_ms + 4_000,
        "started_utc_ms": START + started,
        "wall_ms": 4_000,
        "speed": 1.0,
        "visible": True,
        "audible": True,
        "received_utc_ms": 0,
    }
    return values | change


class Strangers:
    """Nobody is known."""

    async def cards(self, org_id: str, person_ids: Collection[str]) -> Mapping[str, PersonCard]:
        return {}


async def zone() -> str:
    return "UTC"


async def test_intervals_become_records(database_url: str) -> None:
    database = Database(database_url)
    try:
        await upgrade(database, metadata)
        await downgrade(database, metadata, f"{THIS}-1")
        rows = [
            row("ann", 1, "tab", 0, 0),
            row("ann", 2, "tab", 4_000, 4_001),
            row("ann", 3, "tab", 90_000, 60_000, audible=False),
            row("ann", 4, "phone", 0, 90_000, speed=2.0, wall_ms=60_000),
            row("bob", 1, "tab", 0, 0, version=2),
        ]
        async with database.write() as tx:
            await tx.execute(_ADD, rows)
        await upgrade(database, metadata)
        async with database.read() as tx:
            found = await VIEWS.find(tx, MediumVersion("replay", "film", 1))
            assert found is not None
            assert (found.org_id, found.session_id, found.terms.duration_ms) == ("org", "s1", 94_000)
            assert await VIEWS.keys(tx, stale=True) == await VIEWS.keys(tx, stale=False) == [1, 2]
            [record] = (await VIEWS.records(tx, found.key)).values()
        sittings = {each.tag: each for each in record.sittings}
        assert [(one.from_ms, one.to_ms, one.wall_ms) for one in sittings[tag_of("tab")].stretches] == [
            (0, 8_000, 8_001), (90_000, 94_000, 4_000),
        ]  # fmt: skip
        [stalled] = sittings[tag_of("phone")].stretches
        assert (stalled.wall_ms, stalled.speed, sittings[tag_of("phone")].device) == (3_000, 2.0, Device.PC)
        assert record.covered == ((0, 8_000), (90_000, 94_000))
        assert await Following(database, VIEWS, zone, Strangers()).sum_all_up_anew() == 2
        async with database.read() as tx:
            assert await VIEWS.keys(tx, stale=True) == []
            assert (await VIEWS.sums(tx, found.key)).played_ms == 16_000
    finally:
        await database.close()
