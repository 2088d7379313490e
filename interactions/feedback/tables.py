"""Where feedback lies: counts and texts, of which neither says who, when, or what else came with it."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from lectern.db.schema import Id, metadata, org_column

counts = Table(
    "feedback_counts",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("question", String(20), primary_key=True),
    Column("grade", Integer, primary_key=True),
    org_column(),
    Column("shown", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    # Rows lie in the order of their keys; a row number would say which grade came first.
    sqlite_with_rowid=False,
)

texts = Table(
    "feedback_texts",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=False),
    Column("body", Text, nullable=False),
    Column("contact", Text, nullable=True),
    Column("shown", Boolean, nullable=False),
    Column("kind", String(20), nullable=True),
    Column("state", String(20), nullable=False),
    Column("owner_person_id", Id, nullable=True),
    Column("due_on", String(10), nullable=True),
    Column("note", Text, nullable=True),
    Column("version", Integer, nullable=False),
    Index("ix_feedback_texts_session_id", "session_id"),
    sqlite_with_rowid=False,
)
