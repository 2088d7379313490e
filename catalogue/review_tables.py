"""Where the published versions of microcourses are kept, and what was said about them in review."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from lectern.db.schema import Id, Json, Millis, metadata, org_column

microcourse_releases = Table(
    "microcourse_releases",
    metadata,
    Column("microcourse_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    org_column(),
    Column("title", String(300), nullable=False),
    Column("start_ms", Millis, nullable=False),
    Column("end_ms", Millis, nullable=False),
    Column("duration_ms", Millis, nullable=False),
    Column("reviewed_by", Id, nullable=True),
    Column("published_by", Id, nullable=False),
    Column("published_utc_ms", Millis, nullable=False),
    Column("replaced_utc_ms", Millis, nullable=True),
    Column("job_id", Id, nullable=True),
)

microcourse_reviews = Table(
    "microcourse_reviews",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("microcourse_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("asked_by", Id, nullable=True),
    Column("asked_utc_ms", Millis, nullable=True),
    Column("reviewer", Id, nullable=True),
    Column("reviewed_utc_ms", Millis, nullable=True),
    Column("comment", Text, nullable=False),
    Column("points", Json, nullable=False),
    Index("ix_microcourse_reviews_microcourse_id_id", "microcourse_id", "id"),
)

replay_windows = Table(
    "replay_windows",
    metadata,
    Column("replay_id", Id, primary_key=True),
    org_column(),
    Column("from_utc_ms", Millis, nullable=True),
    Column("to_utc_ms", Millis, nullable=True),
)

catalogue_terms = Table(
    "catalogue_terms",
    metadata,
    Column("org_id", Id, primary_key=True),
    Column("terms", Json, nullable=False),
    Column("updated_utc_ms", Millis, nullable=False),
)
