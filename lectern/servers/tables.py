"""Who is there, and who steers what."""

from sqlalchemy import Column, String, Table

from lectern.db.schema import Id, Json, Millis, metadata

servers = Table(
    "servers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("address", String(255), nullable=False),
    Column("seen_utc_ms", Millis, nullable=False),
    Column("loads", Json, nullable=False),
)

session_stewards = Table(
    "session_stewards",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("server_id", Id, nullable=False, index=True),
    Column("since_utc_ms", Millis, nullable=False),
)
