"""Where stars, comments, what people keep for later and what they pass on are kept."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from lectern.db.schema import Id, Millis, metadata, org_column

medium_ratings = Table(
    "medium_ratings",
    metadata,
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    Column("rater", Id, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    org_column(),
    Column("session_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("person_id", Id, nullable=True, index=True),
    Column("stars", Integer, nullable=False),
    Column("comment", Text, nullable=False),
    Column("waiting", Boolean, nullable=False),
    Column("shown_stars", Integer, nullable=True),
    Column("shown_comment", Text, nullable=False),
    Column("shown_utc_ms", Millis, nullable=True),
    Column("month", String(8), nullable=True),
    Column("hidden_by", Id, nullable=True),
    Column("hidden_utc_ms", Millis, nullable=True),
    Column("hidden_reason", Text, nullable=True),
    Index("ix_medium_ratings_org_id_month", "org_id", "month"),
)

medium_favourites = Table(
    "medium_favourites",
    metadata,
    Column("person_id", Id, primary_key=True),
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=True),
    Column("kept_utc_ms", Millis, nullable=False),
    Column("month", String(8), nullable=False),
    Index("ix_medium_favourites_org_id_month", "org_id", "month"),
    Index("ix_medium_favourites_medium_medium_id", "medium", "medium_id"),
)

medium_shares = Table(
    "medium_shares",
    metadata,
    Column("person_id", Id, primary_key=True),
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    Column("month", String(8), primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=True),
    Column("times", Integer, nullable=False),
    Column("last_utc_ms", Millis, nullable=False),
    Index("ix_medium_shares_org_id_month", "org_id", "month"),
)
