"""Where deadlines wait."""

from sqlalchemy import Column, String, Table

from lectern.db.schema import Id, Millis, metadata, org_column

deadlines = Table(
    "class_deadlines",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("kind", String(64), primary_key=True),
    org_column(),
    Column("due_utc_ms", Millis, nullable=False, index=True),
)
