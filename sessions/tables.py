"""Lessons as planned and as held, in tables. Everything about the lesson's course is on its timeline."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, true

from lectern.db.schema import Id, Millis, metadata, org_column

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("title", String(300), nullable=False),
    Column("state", String(20), nullable=False),
    Column("starts_utc_ms", Millis, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("planned_minutes", Integer, nullable=True),
    Column("presenter_person_id", Id, nullable=True),
    Column("host_person_id", Id, nullable=True),
    Column("guests_allowed", Boolean, nullable=False),
    Column("auto_start", Boolean, nullable=False),
    Column("first_started_utc_ms", Millis, nullable=True),
    Column("ended_utc_ms", Millis, nullable=True),
    Column("created_utc_ms", Millis, nullable=False),
    Index("ix_sessions_org_id_starts_utc_ms", "org_id", "starts_utc_ms"),
)

roster_entries = Table(
    "roster_entries",
    metadata,
    Column("session_id", ForeignKey("sessions.id"), primary_key=True),
    Column("person_id", Id, primary_key=True),
    org_column(),
    Column("added_utc_ms", Millis, nullable=False),
)

participants = Table(
    "participants",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("session_id", ForeignKey("sessions.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("subject", Id, nullable=False),
    Column("role", String(20), nullable=False),
    Column("came", Boolean, nullable=False, server_default=true()),
    UniqueConstraint("session_id", "kind", "subject"),
)

join_links = Table(
    "join_links",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("session_id", ForeignKey("sessions.id"), nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("person_id", Id, nullable=True),
    Column("guest_name", String(100), nullable=True),
    Column("made_by", Id, nullable=False),
    Column("held_by", Id, nullable=True),
    Column("label", String(100), nullable=True),
    Column("made_utc_ms", Millis, nullable=False),
    Column("expires_utc_ms", Millis, nullable=False),
    Column("ended_utc_ms", Millis, nullable=True),
    Column("uses", Integer, nullable=False, server_default="0"),
    Column("used_utc_ms", Millis, nullable=True),
)

connections = Table(
    "connections",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=False),
    Column("participant_id", Id, nullable=False),
    Column("opened_utc_ms", Millis, nullable=False),
    Column("last_seen_utc_ms", Millis, nullable=False, index=True),
)
