"""Where notices wait, what people chose, which lessons they are about."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from lectern.db.schema import Id, Json, Millis, metadata, org_column

notices = Table(
    "notices",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("kind", String(32), nullable=False),
    Column("channel", String(8), nullable=False),
    Column("person_id", Id, nullable=True),
    Column("address", String(254), nullable=True),
    Column("session_id", Id, nullable=True, index=True),
    Column("about", String(64), nullable=True),
    Column("facts", Json, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("problem", String(40), nullable=True),
    Column("detail", Text, nullable=True),
    Column("created_utc_ms", Millis, nullable=False),
    Column("not_before_utc_ms", Millis, nullable=False),
    Column("expires_utc_ms", Millis, nullable=False),
    Column("lease", Id, nullable=True),
    Column("leased_until_utc_ms", Millis, nullable=True),
    Column("done_utc_ms", Millis, nullable=True),
    Column("read_utc_ms", Millis, nullable=True),
    Column("settled_utc_ms", Millis, nullable=True),
    Index("ix_notices_state_not_before_utc_ms", "state", "not_before_utc_ms"),
    Index("ix_notices_person_id_created_utc_ms", "person_id", "created_utc_ms"),
    Index("ix_notices_created_utc_ms", "created_utc_ms"),
    Index("ix_notices_kind_settled_utc_ms", "kind", "settled_utc_ms"),
)

mail_gate = Table(
    "mail_gate",
    metadata,
    Column("id", Id, primary_key=True),
    Column("paced_utc_ms", Millis, nullable=False),
    Column("closed_until_utc_ms", Millis, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("problem", String(40), nullable=True),
    Column("detail", Text, nullable=True),
    Column("since_utc_ms", Millis, nullable=True),
)

notice_choices = Table(
    "notice_choices",
    metadata,
    Column("person_id", Id, primary_key=True),
    org_column(),
    Column("language", String(16), nullable=True),
    Column("muted", Json, nullable=False),
)

notice_rules = Table(
    "notice_rules",
    metadata,
    Column("org_id", Id, primary_key=True),
    Column("rules", Json, nullable=False),
)

lesson_calls = Table(
    "lesson_calls",
    metadata,
    Column("session_id", Id, primary_key=True),
    org_column(),
    Column("version", Integer, nullable=False),
    Column("due_utc_ms", Millis, nullable=True, index=True),
    Column("call", Json, nullable=False),
)

calendar_feeds = Table(
    "calendar_feeds",
    metadata,
    Column("person_id", Id, primary_key=True),
    org_column(),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_utc_ms", Millis, nullable=False),
)
