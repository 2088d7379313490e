"""The metadata that every package's tables hang on, and the column types they share."""

from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, MetaData, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(64)
Millis = BigInteger


class Json(TypeDecorator[Any]):
    """A JSON document in a text column, the same on SQLite and PostgreSQL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Encode for the database."""
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decode what the database holds."""
        return None if value is None else msgspec.json.decode(value)


def org_column() -> Column[str]:
    """The organisation every row belongs to (docs/architecture.md, "Decide once")."""
    return Column("org_id", Id, nullable=False, index=True)
