"""Where viewing is kept: every viewer's record, and sums that can be made of the records again."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from lectern.db.schema import Id, Millis, metadata, org_column

view_media = Table(
    "view_media",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=True),
    org_column(),
    Column("session_id", Id, nullable=False, index=True),
    Column("medium", String(16), nullable=False),
    Column("medium_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("duration_ms", Millis, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("is_stale", Boolean, nullable=False),
    UniqueConstraint("medium", "medium_id", "version"),
)

view_records = Table(
    "view_records",
    metadata,
    Column("medium_key", Integer, primary_key=True, autoincrement=False),
    Column("subject", Id, primary_key=True),
    Column("record", LargeBinary, nullable=False),
)

view_openings = Table(
    "view_openings",
    metadata,
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("subject", Id, primary_key=True),
    org_column(),
    Column("first_utc_ms", Millis, nullable=False),
)

view_active = Table(
    "view_active",
    metadata,
    Column("org_id", Id, primary_key=True),
    Column("period", String(8), primary_key=True),
    Column("subject", Id, primary_key=True),
)

view_pending = Table(
    "view_pending",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("medium_key", Integer, nullable=False, index=True),
    Column("change", LargeBinary, nullable=False),
)

view_periods = Table(
    "view_periods",
    metadata,
    Column("medium_key", Integer, primary_key=True, autoincrement=False),
    Column("period", String(8), primary_key=True),
    Column("org_id", Id, nullable=False),
    Column("viewers", Integer, nullable=False),
    Column("sittings", Integer, nullable=False),
    Column("bounce", Integer, nullable=False),
    Column("reached_80", Integer, nullable=False),
    Column("full", Integer, nullable=False),
    Column("played_ms", Millis, nullable=False),
    Column("covered_ms", Millis, nullable=False),
    Column("effort_ms", Millis, nullable=False),
    Column("hours", LargeBinary, nullable=False),
    Column("departments", LargeBinary, nullable=False),
    Index("ix_view_periods_org_id_period_viewers", "org_id", "period", "viewers"),
)

view_curves = Table(
    "view_curves",
    metadata,
    Column("medium_key", Integer, primary_key=True, autoincrement=False),
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("steps", LargeBinary, nullable=False),
)
