"""Where the timeline lives."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from lectern.db.schema import Id, Json, Millis, metadata, org_column

heads = Table(
    "timeline_heads",
    metadata,
    Column("session_id", Id, primary_key=True),
    org_column(),
    Column("seq", Integer, nullable=False),
    Column("first_started_utc_ms", Millis, nullable=True),
    Column("session_ms", Millis, nullable=False),
)

events = Table(
    "timeline_events",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("seq", Integer, primary_key=True),
    org_column(),
    Column("type", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("utc_ms", Millis, nullable=False),
    Column("session_ms", Millis, nullable=False),
    Column("actor", Id, nullable=True),
    Column("payload", Json, nullable=False),
)

texts = Table(
    "timeline_texts",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("owner", Id, nullable=True),
    Column("body", Text, nullable=False),
    Index("ix_timeline_texts_session_id_seq", "session_id", "seq"),
)

commands = Table(
    "timeline_commands",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("actor", Id, primary_key=True),
    Column("command_id", String(64), primary_key=True),
    org_column(),
    Column("seq", Integer, nullable=False),
    Column("result", Json, nullable=False),
)
