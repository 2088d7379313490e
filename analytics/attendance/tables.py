"""What attendance keeps beside the timeline: rules, decisions of staff, objections of learners, sign-ins."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from lectern.db.schema import Id, Json, Millis, metadata, org_column

rules = Table(
    "attendance_rules",
    metadata,
    Column("scope", Id, primary_key=True),
    org_column(),
    Column("rule", Json, nullable=False),
    Column("changed_by", Id, nullable=False),
    Column("changed_utc_ms", Millis, nullable=False),
)

decisions = Table(
    "attendance_decisions",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=False),
    Column("subject", Id, nullable=False),
    Column("verdict", String(16), nullable=True),
    Column("reason", Text, nullable=True),
    Column("decided_by", Id, nullable=False),
    Column("decided_utc_ms", Millis, nullable=False),
    Index("ix_attendance_decisions_session_id", "session_id"),
)

objections = Table(
    "attendance_objections",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=False),
    Column("subject", Id, nullable=False),
    Column("state", String(16), nullable=False),
    Column("against", String(16), nullable=False),
    Column("body", Text, nullable=True),
    Column("objected_utc_ms", Millis, nullable=False),
    Column("answer", Text, nullable=True),
    Column("answered_by", Id, nullable=True),
    Column("answered_utc_ms", Millis, nullable=True),
    Index("ix_attendance_objections_session_id", "session_id"),
)

sign_ins = Table(
    "attendance_sign_ins",
    metadata,
    Column("session_id", Id, primary_key=True),
    org_column(),
    Column("seq", Integer, nullable=False),
    Column("rounds", Integer, nullable=False),
    Column("expected", Integer, nullable=False),
    Column("signed_in", Integer, nullable=False),
    Column("made_up", Integer, nullable=False),
)
