"""Where it is kept on which terms a medium is watched, and its captions."""

from sqlalchemy import Boolean, Column, Integer, String, Table, Text

from lectern.db.schema import Id, Millis, metadata, org_column

watch_rules = Table(
    "watch_rules",
    metadata,
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    org_column(),
    Column("required", Boolean, nullable=False),
    Column("no_skipping", Boolean, nullable=False),
    Column("watermark", Boolean, nullable=True),
    Column("due_utc_ms", Millis, nullable=True, index=True),
    Column("due_set_utc_ms", Millis, nullable=True),
    Column("told", String(64), nullable=True),
)

captions = Table(
    "captions",
    metadata,
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    Column("language", String(35), primary_key=True),
    org_column(),
    Column("version", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
)
