"""The look of microcourses, and the clips that were brought for it."""

from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, Table

from lectern.db.schema import Id, Millis, metadata

branding = Table(
    "branding",
    metadata,
    Column("org_id", Id, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("accent", String(7), nullable=False),
    Column("title_card", Boolean, nullable=False),
    Column("outro_words", String(200), nullable=False),
    Column("logo", LargeBinary, nullable=True),
    Column("intro_id", Id, nullable=True),
    Column("outro_id", Id, nullable=True),
    Column("updated_by", Id, nullable=False),
    Column("updated_utc_ms", Millis, nullable=False),
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
