"""Series in SQL. Every method works inside the caller's transaction."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.response.store import ResponseStore
from catalogue.series import Key, Series
from catalogue.series_tables import series, series_items
from catalogue.shelf.marking import ShelfKey, mark
from catalogue.shelf.store import ArrangementStore
from lectern.kernel.errors import NotFound

PAGE = 20
_items = series_items.c


class SeriesStore:
    """Series as rows."""

    async def add(self, tx: AsyncConnection, new: Series) -> None:
        """Add a series without items."""
        await tx.execute(insert(series).values(**asdict(new)))

    async def get(self, tx: AsyncConnection, series_id: str, *, lock: bool = False) -> Series:
        """Return a series.

        Raises:
            NotFound: there is none (`series_not_found`).
        """
        query = select(series).where(series.c.id == series_id)
        row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
        if row is None:
            raise NotFound("series_not_found", "There is no such series.")
        return _series(row)

    async def page(
        self,
        tx: AsyncConnection,
        org_id: str,
        *,
        shown_only: bool,
        q: str,
        cursor: str | None,
        reach: ColumnElement[bool] | None = None,
    ) -> list[Series]:
        """Return up to a page and one series with `q` in their title where `reach` holds, newest first."""
        query = select(series).where(series.c.org_id == org_id)
        if reach is not None:
            query = query.where(reach)
        if shown_only:
            query = query.where(series.c.shown)
        if q:
            query = query.where(series.c.title.icontains(q, autoescape=True))
        if cursor is not None:
            query = query.where(series.c.id < cursor)
        return [_series(row) for row in await tx.execute(query.order_by(series.c.id.desc()).limit(PAGE + 1))]

    async def change(self, tx: AsyncConnection, series_id: str, **values: Any) -> None:
        """Overwrite columns of a series."""
        changed = update(series).where(series.c.id == series_id).values(**values)
        org_id = (await tx.execute(changed.returning(series.c.org_id))).scalar_one_or_none()
        if org_id is not None:
            items = (await self.items(tx, [series_id]))[series_id]
            await mark(tx, org_id, [ShelfKey("series", series_id), *(ShelfKey(*key) for key in items)])

    async def delete(self, tx: AsyncConnection, series_id: str) -> None:
        """Delete a series; what was in it stays."""
        items = (await self.items(tx, [series_id]))[series_id]
        await tx.execute(delete(series_items).where(_items.series_id == series_id))
        gone = delete(series).where(series.c.id == series_id).returning(series.c.org_id)
        org_id = (await tx.execute(gone)).scalar_one_or_none()
        if org_id is not None:
            await ArrangementStore().forget(tx, org_id, ShelfKey("series", series_id))
            await ResponseStore().forget_medium(tx, ShelfKey("series", series_id))
            await mark(tx, org_id, [ShelfKey(*key) for key in items])

    async def items(self, tx: AsyncConnection, series_ids: Collection[str]) -> dict[str, list[Key]]:
        """Return what is in series, in order."""
        query = select(series_items).where(_items.series_id.in_(series_ids))
        found: dict[str, list[Key]] = {series_id: [] for series_id in series_ids}
        for row in await tx.execute(query.order_by(_items.series_id, _items.position)):
            found[row.series_id].append(Key(row.medium, row.medium_id))
        return found

    async def many(self, tx: AsyncConnection, org_id: str, series_ids: Collection[str]) -> list[Series]:
        """Return those series of an organisation that exist."""
        query = select(series).where(series.c.org_id == org_id, series.c.id.in_(series_ids))
        return [_series(row) for row in await tx.execute(query)]

    async def set_items(self, tx: AsyncConnection, of: Series, items: Sequence[Key]) -> None:
        """Overwrite what is in a series."""
        was = (await self.items(tx, [of.id]))[of.id]
        await mark(tx, of.org_id, [ShelfKey(*key) for key in was])
        await tx.execute(delete(series_items).where(_items.series_id == of.id))
        rows = [
            {
                "series_id": of.id,
                "position": position,
                "org_id": of.org_id,
                "medium": key.medium,
                "medium_id": key.id,
            }
            for position, key in enumerate(items)
        ]
        if rows:
            await tx.execute(insert(series_items), rows)


def _series(row: Any) -> Series:
    return Series(**row._mapping)
