"""What course measures ask of the catalogue and the accounts, and what is forgotten with a person there."""

import asyncio
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.tables import departments, persons
from analytics.neighbours import MediumResponse, SeriesFacts
from catalogue.response.rating import RatingKeys
from catalogue.response.store import ResponseStore
from catalogue.series_tables import series, series_items
from catalogue.shelf.arrange import subtree
from catalogue.shelf.store import ArrangementStore
from catalogue.shelf.tables import medium_shelf
from lectern.db.engine import Database
from lectern.db.one_of import one_of
from lectern.kernel.errors import NotFound
from sessions.tables import sessions


class ResponsesForMeasures:
    """`analytics.neighbours.Responses`, answered by the catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(
        self, org_id: str, period: str, people: Collection[str] | None
    ) -> dict[tuple[str, str], MediumResponse]:
        """See `Responses`."""
        async with self._database.read() as tx:
            found = await ResponseStore().answered(tx, org_id, period, people)
        return {
            key: MediumResponse(
                each.session_id, each.stars.counts, each.comments, each.favourites, each.shares
            )
            for key, each in found.items()
        }


class ShelfForMeasures:
    """`analytics.neighbours.Shelf`, answered by the catalogue, the sessions and the accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def in_category(self, org_id: str, category_id: str) -> set[tuple[str, str]]:
        """See `Shelf`."""
        async with self._database.read() as tx:
            known = await ArrangementStore().categories(tx, org_id)
            if category_id not in {each.id for each in known}:
                raise NotFound("category_not_found", "There is no such category any more.")
            columns = medium_shelf.c
            query = select(columns.medium, columns.medium_id).where(
                columns.org_id == org_id, columns.category_id.in_(list(subtree(known, category_id)))
            )
            return {(row.medium, row.medium_id) for row in await tx.execute(query)}

    async def series(self, org_id: str) -> dict[str, SeriesFacts]:
        """See `Shelf`."""
        items = series_items.c
        async with self._database.read() as tx:
            titles = await tx.execute(select(series.c.id, series.c.title).where(series.c.org_id == org_id))
            query = select(items.series_id, items.medium, items.medium_id).where(items.org_id == org_id)
            held: dict[str, list[tuple[str, str]]] = {}
            for row in await tx.execute(query.order_by(items.series_id, items.position)):
                held.setdefault(row.series_id, []).append((row.medium, row.medium_id))
            return {row.id: SeriesFacts(row.title, tuple(held.get(row.id, ()))) for row in titles}

    async def lessons(self, org_id: str, session_ids: Collection[str]) -> dict[str, str]:
        """See `Shelf`."""
        c = sessions.c
        query = select(c.id, c.title).where(c.org_id == org_id, one_of(c.id, session_ids))
        async with self._database.read() as tx:
            return {row.id: row.title for row in await tx.execute(query)}

    async def members(self, org_id: str, department_id: str) -> list[str]:
        """See `Shelf`."""
        d, p = departments.c, persons.c
        async with self._database.read() as tx:
            parents = {
                row.id: row.parent_id
                for row in await tx.execute(select(d.id, d.parent_id).where(d.org_id == org_id))
            }
            if department_id not in parents:
                raise NotFound("department_not_found", "There is no such department.")
            below = {id_ for id_ in parents if _stands_below(id_, department_id, parents)}
            query = select(p.id).where(p.org_id == org_id, one_of(p.department_id, sorted(below)))
            return list((await tx.execute(query)).scalars())


class ResponsesOfPeople:
    """`analytics.closing.neighbours.Remembers`: what somebody kept for later, passed on, or thought."""

    def __init__(self, keys: RatingKeys) -> None:
        self._keys = keys

    async def forget(self, tx: AsyncConnection, org_id: str, subject: str, pseudonym: str) -> int:
        """See `Remembers`."""
        return await ResponseStore().forget(tx, org_id, subject, pseudonym, self._keys)


LOOKED_FOR_EVERY_S = 3_600.0
"""Servers of an earlier release may go on writing beside us for a while."""


async def hide_who_rated(database: Database, keys: RatingKeys) -> None:
    """Keep anonymous ratings of earlier releases so that nothing in them is a named one's; for ever."""
    while True:
        while True:
            async with database.write() as tx:
                if not await ResponseStore().hide_who_rated(tx, keys):
                    break
        await asyncio.sleep(LOOKED_FOR_EVERY_S)


def _stands_below(id_: str, department_id: str, parents: dict[str, str | None]) -> bool:
    at: str | None = id_
    passed: set[str] = set()
    while at is not None and at not in passed:
        if at == department_id:
            return True
        passed.add(at)
        at = parents.get(at)
    return False
