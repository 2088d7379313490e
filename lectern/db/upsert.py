"""Inserts that meet an existing row, the same on SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def _insert(tx: AsyncConnection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


def _key(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


async def insert_new(
    tx: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]], *, unique: Sequence[str] = ()
) -> None:
    """Insert those of `rows` whose key (the primary, or `unique`) is not there yet; leave the others be."""
    if rows:
        statement = _insert(tx, table).on_conflict_do_nothing(index_elements=unique or _key(table))
        await tx.execute(statement, [dict(row) for row in rows])


async def put(tx: AsyncConnection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert `row`, or overwrite the columns of the row with its primary key."""
    key = _key(table)
    changed = {name: value for name, value in row.items() if name not in key}
    statement = _insert(tx, table).values(**row)
    await tx.execute(statement.on_conflict_do_update(index_elements=key, set_=changed))


async def put_all(
    tx: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]], *, newest: str | None = None
) -> None:
    """As `put`, for rows that all have the same columns.

    With `newest`, a row whose column of that name is less than that of the row that is there changes nothing.
    """
    if rows:
        key = _key(table)
        statement = _insert(tx, table)
        changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
        where = None if newest is None else statement.excluded[newest] >= table.c[newest]
        await tx.execute(
            statement.on_conflict_do_update(index_elements=key, set_=changed, where=where),
            [dict(row) for row in rows],
        )
