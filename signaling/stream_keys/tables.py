"""Stream keys in a table. Of the key itself only a hash is kept."""

from sqlalchemy import Column, String, Table

from lectern.db.schema import Id, Millis, metadata, org_column

stream_keys = Table(
    "stream_keys",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("use", String(20), nullable=False),
    Column("role", String(20), nullable=False),
    Column("person_id", Id, nullable=True),
    Column("guest_id", Id, nullable=True),
    Column("guest_name", String(100), nullable=True),
    Column("secret_hash", String(64), nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
    Column("expires_utc_ms", Millis, nullable=True),
    Column("last_used_utc_ms", Millis, nullable=True),
    Column("revoked_utc_ms", Millis, nullable=True),
    Column("publication", Id, nullable=True),
)
