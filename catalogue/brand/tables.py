"""The looks of microcourses, version by version, whose they are, and the clips that were brought for them."""

from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, Table

from lectern.db.schema import Id, Millis, metadata, org_column

brand_looks = Table(
    "brand_looks",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("name", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
    Column("retired_utc_ms", Millis, nullable=True),
)

brand_look_versions = Table(
    "brand_look_versions",
    metadata,
    Column("look_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),
    org_column(),
    Column("accent", String(7), nullable=False),
    Column("title_card", Boolean, nullable=False),
    Column("outro_words", String(200), nullable=False),
    Column("logo", LargeBinary, nullable=True),
    Column("intro_id", Id, nullable=True),
    Column("outro_id", Id, nullable=True),
    Column("made_by", Id, nullable=False),
    Column("made_utc_ms", Millis, nullable=False),
)

brand_given = Table(
    "brand_given",
    metadata,
    Column("org_id", Id, primary_key=True),
    Column("subject_id", Id, primary_key=True),
    Column("look_id", Id, nullable=False),
    Column("given_by", Id, nullable=False),
    Column("given_utc_ms", Millis, nullable=False),
)

brand_clips = Table(
    "brand_clips",
    metadata,
    Column("id", Id, primary_key=True),
    Column("org_id", Id, nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("size_bytes", Millis, nullable=False),
    Column("duration_ms", Millis, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("job_id", Id, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
)
