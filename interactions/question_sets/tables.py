"""Where prepared questions are kept, and which session uses which."""

from sqlalchemy import Column, Integer, String, Table

from lectern.db.schema import Id, Json, Millis, metadata, org_column

question_sets = Table(
    "question_sets",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("title", String(200), nullable=False),
    Column("questions", Json, nullable=False),
    Column("count", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
    Column("updated_utc_ms", Millis, nullable=False),
)

session_question_sets = Table(
    "session_question_sets",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("set_id", Id, primary_key=True),
    org_column(),
    Column("position", Integer, nullable=False),
)
