"""Where it is kept of which lessons what was said aside is to be erased, or was."""

from sqlalchemy import Column, Integer, Table

from lectern.db.schema import Id, Millis, metadata, org_column

aside_erasures = Table(
    "aside_erasures",
    metadata,
    Column("session_id", Id, primary_key=True),
    org_column(),
    Column("version", Integer, nullable=False),
    Column("up_to_recording", Integer, nullable=False),
    Column("asked_by", Id, nullable=False),
    Column("asked_utc_ms", Millis, nullable=False),
    Column("done_utc_ms", Millis, nullable=True),
)
