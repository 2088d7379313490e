"""Recordings by number, and where sessions are packaged."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from lectern.db.schema import Id, Millis, metadata

recordings = Table(
    "recordings",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("started_utc_ms", Millis, nullable=False),
    Column("counted_bytes", BigInteger, nullable=True),
)

packaging_places = Table(
    "packaging_places",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("place", Id, nullable=False),
    Column("since_utc_ms", Millis, nullable=False),
)

shared_keys = Table(
    "shared_keys",
    metadata,
    Column("purpose", String(32), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
)
