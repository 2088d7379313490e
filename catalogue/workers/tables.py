"""Tokens of media workers, and which workers have been seen."""

from sqlalchemy import Column, String, Table

from lectern.db.schema import Id, Millis, metadata, org_column

worker_tokens = Table(
    "worker_tokens",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("name", String(100), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
    Column("revoked_utc_ms", Millis, nullable=True),
)

worker_sightings = Table(
    "worker_sightings",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("token_id", Id, nullable=True),
    Column("version", String(32), nullable=False),
    Column("seen_utc_ms", Millis, nullable=False),
)
