"""Where watched intervals are kept: as reported, for ever, and summed up per viewer."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table

from lectern.db.schema import Id, Json, Millis, metadata, org_column

view_intervals = Table(
    "view_intervals",
    metadata,
    Column("subject", Id, primary_key=True),
    Column("id", Id, primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=False),
    Column("medium", String(16), nullable=False),
    Column("medium_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("player", Id, nullable=False),
    Column("from_ms", Millis, nullable=False),
    Column("to_ms", Millis, nullable=False),
    Column("started_utc_ms", Millis, nullable=False),
    Column("wall_ms", Millis, nullable=False),
    Column("speed", Float, nullable=False),
    Column("visible", Boolean, nullable=False),
    Column("audible", Boolean, nullable=False),
    Column("received_utc_ms", Millis, nullable=False),
    Index("ix_view_intervals_subject_player_started_utc_ms", "subject", "player", "started_utc_ms"),
)

view_totals = Table(
    "view_totals",
    metadata,
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("subject", Id, primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=False, index=True),
    Column("covered", Json, nullable=False),
    Column("effort", Json, nullable=False),
    Column("effort_ms", Millis, nullable=False),
    Column("last_utc_ms", Millis, nullable=False),
)
