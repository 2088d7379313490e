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


async def insert_new(tx: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those of `rows` whose primary key is not there yet; leave the others as they are."""
    if rows:
        statement = _insert(tx, table).on_conflict_do_nothing(index_elements=_key(table))
        await tx.execute(statement, [dict(row) for row in rows])


async def put(tx: AsyncConnection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert `row`, or overwrite the columns of the row with its primary key."""
    key = _key(table)
    changed = {name: value for name, value in row.items() if name not in key}
    statement = _insert(tx, table).values(**row)
    await tx.execute(statement.on_conflict_do_update(index_elements=key, set_=changed))
