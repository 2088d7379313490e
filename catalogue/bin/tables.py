"""Where it is kept what was deleted: its row of the catalogue, word by word, until and after it is erased."""

from sqlalchemy import Boolean, Column, Index, String, Table

from lectern.db.schema import Id, Json, Millis, metadata, org_column

media_bin = Table(
    "media_bin",
    metadata,
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=False, index=True),
    Column("title", String(300), nullable=False),
    Column("state", String(16), nullable=False),
    Column("changed_utc_ms", Millis, nullable=False),
    Column("due_utc_ms", Millis, nullable=False),
    Column("put_by", Id, nullable=False),
    Column("with_replay", Id, nullable=True),
    Column("was_told", Boolean, nullable=False),
    Column("content", Json, nullable=False),
    Column("erased_utc_ms", Millis, nullable=True),
    Index("ix_media_bin_state_due_utc_ms", "state", "due_utc_ms"),
)
"""`changed_utc_ms` is when it was put in, or taken out; `was_told`: a library elsewhere may have it."""
