"""Where jobs are kept."""

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from lectern.db.schema import Id, Json, Millis, metadata, org_column

jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("kind", String(64), nullable=False),
    Column("subject", Id, nullable=False, index=True),
    Column("args", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("lease_owner", String(128), nullable=True),
    Column("lease_until_ms", Millis, nullable=True),
    Column("not_before_ms", Millis, nullable=False),
    Column("progress", Float, nullable=False),
    Column("reason_code", String(64), nullable=True),
    Column("reason", Text, nullable=True),
    Column("estimate_s", Integer, nullable=True),
    Column("created_ms", Millis, nullable=False),
    Column("started_ms", Millis, nullable=True),
    Column("finished_ms", Millis, nullable=True),
    Column("result", Json, nullable=True),
    Index("ix_jobs_state_not_before_ms", "state", "not_before_ms"),
)
