"""Where it is kept who is shown what a group recorded."""

from sqlalchemy import Column, String, Table

from lectern.db.schema import Id, Millis, metadata, org_column

group_replays = Table(
    "group_replays",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("group_id", Id, primary_key=True),
    org_column(),
    Column("shown_to", String(16), nullable=False),
    Column("decided_by", Id, nullable=False),
    Column("decided_utc_ms", Millis, nullable=False),
)
"""Without a row it is shown to staff alone."""
