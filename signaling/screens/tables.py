"""Where the short codes of screens are kept."""

from sqlalchemy import Boolean, Column, String, Table

from lectern.db.schema import Id, Millis, metadata, org_column

screen_codes = Table(
    "screen_codes",
    metadata,
    Column("session_id", Id, primary_key=True),
    org_column(),
    Column("code", String(16), nullable=False, unique=True),
    Column("by_roster", Boolean, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
)
