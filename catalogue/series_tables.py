"""Where series are kept: what belongs together, in which order."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from lectern.db.schema import Id, Millis, metadata, org_column

series = Table(
    "series",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("title", String(300), nullable=False),
    Column("description", Text, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
    Column("updated_utc_ms", Millis, nullable=False),
)

series_items = Table(
    "series_items",
    metadata,
    Column("series_id", ForeignKey("series.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    org_column(),
    Column("medium", String(16), nullable=False),
    Column("medium_id", Id, nullable=False),
    Index("ix_series_items_medium_medium_id", "medium", "medium_id"),
)
