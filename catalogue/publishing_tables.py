"""Where it is kept what organisations and lessons ask of replays, and what was decided upon each."""

from sqlalchemy import Boolean, Column, Table

from lectern.db.schema import Id, Json, Millis, metadata, org_column

replay_rules = Table(
    "replay_rules",
    metadata,
    Column("of_id", Id, primary_key=True),
    org_column(),
    Column("rules", Json, nullable=False),
    Column("updated_utc_ms", Millis, nullable=False),
)
"""`of_id` is a session, or the organisation."""

replay_decisions = Table(
    "replay_decisions",
    metadata,
    Column("session_id", Id, primary_key=True),
    org_column(),
    Column("held", Boolean, nullable=False),
    Column("decided_by", Id, nullable=True),
    Column("decided_utc_ms", Millis, nullable=True),
)
