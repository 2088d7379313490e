"""What signals over several lessons ask of sessions and of the catalogue."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.lesson_signals import HeldLesson
from catalogue.series_store import SeriesStore
from catalogue.series_tables import series_items
from catalogue.tables import microcourses, replays
from lectern.db.engine import Database
from lectern.kernel.errors import NotFound
from sessions.tables import roster_entries, sessions


class LessonsForSignals:
    """`analytics.lesson_signals_report.Lessons`, answered by the sessions and the catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def in_period(self, org_id: str, from_utc_ms: int, to_utc_ms: int) -> Sequence[HeldLesson]:
        """See `Lessons`."""
        began = sessions.c.first_started_utc_ms.between(from_utc_ms, to_utc_ms)
        async with self._database.read() as tx:
            return await _held(tx, org_id, began)

    async def of_series(self, org_id: str, series_id: str) -> tuple[str, Sequence[HeldLesson]]:
        """See `Lessons`."""
        async with self._database.read() as tx:
            found = await SeriesStore().get(tx, series_id)
            if found.org_id != org_id:
                raise NotFound("series_not_found", "There is no such series.")
            recorded = or_(
                *(
                    sessions.c.id.in_(_sessions_of(series_id, medium, table.c.id, table.c.session_id))
                    for medium, table in (("replay", replays), ("microcourse", microcourses))
                )
            )
            return found.title, await _held(tx, org_id, recorded)


def _sessions_of(
    series_id: str, medium: str, id_: ColumnElement[str], session_id: ColumnElement[str]
) -> Select[Any]:
    items = series_items.c
    return (
        select(session_id)
        .join(series_items, items.medium_id == id_)
        .where(items.series_id == series_id, items.medium == medium)
    )


async def _held(tx: AsyncConnection, org_id: str, which: ColumnElement[bool]) -> list[HeldLesson]:
    """Return lessons that began, in order, with the lengths of their rosters."""
    s, r = sessions.c, roster_entries.c
    wanted = (s.org_id == org_id, s.first_started_utc_ms.is_not(None), which)
    # By the lessons' own key SQLite sorts nothing; by `r.session_id` it takes twice as long.
    query = select(s.id, func.count()).join(roster_entries, s.id == r.session_id).where(*wanted)
    expected = {row[0]: int(row[1]) for row in await tx.execute(query.group_by(s.id))}
    said = (s.id, s.title, s.zone, s.first_started_utc_ms, s.state, s.planned_minutes)
    found = select(*said, s.presenter_person_id, s.host_person_id).where(*wanted)
    return [
        HeldLesson(
            id_, title, zone, began, state == "ended", minutes, expected.get(id_, 0), (presenter, host)
        )
        for id_, title, zone, began, state, minutes, presenter, host in await tx.execute(
            found.order_by(s.first_started_utc_ms, s.id)
        )
    ]
