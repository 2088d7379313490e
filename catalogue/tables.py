"""Where replays, microcourses, and the places where people stopped watching are kept."""

from sqlalchemy import Column, Index, Integer, String, Table

from lectern.db.schema import Id, Json, Millis, metadata, org_column

replays = Table(
    "replays",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=False, unique=True),
    Column("title", String(300), nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("duration_ms", Millis, nullable=False),
    Column("recorded", Json, nullable=True),
    Column("download_job_id", Id, nullable=True),
    Column("created_utc_ms", Millis, nullable=False),
    Column("ended_utc_ms", Millis, nullable=True),
    Column("ready_utc_ms", Millis, nullable=True),
)

microcourses = Table(
    "microcourses",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("replay_id", Id, nullable=False, index=True),
    Column("session_id", Id, nullable=False),
    Column("title", String(300), nullable=False),
    Column("start_ms", Millis, nullable=False),
    Column("end_ms", Millis, nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("job_id", Id, nullable=True),
    Column("duration_ms", Millis, nullable=True),
    Column("created_by", Id, nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
    Column("published_utc_ms", Millis, nullable=True),
    Column("live_version", Integer, nullable=True),
    Column("made_by", Id, nullable=True),
    Column("look_id", Id, nullable=True),
    Column("look_version", Integer, nullable=True),
    Index("ix_microcourses_session_id_id", "session_id", "id"),
)

positions = Table(
    "positions",
    metadata,
    Column("subject", Id, primary_key=True),
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    org_column(),
    Column("position_ms", Millis, nullable=False),
    Column("updated_utc_ms", Millis, nullable=False),
)
