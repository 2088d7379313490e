"""Where statistics of lessons are kept; all of it can be made of the timelines again."""

from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, Table

from lectern.db.schema import Id, metadata, org_column

lesson_sums = Table(
    "lesson_sums",
    metadata,
    Column("session_id", Id, primary_key=True),
    org_column(),
    Column("seq", Integer, nullable=False),
    Column("sums", LargeBinary, nullable=False),
)

lesson_signals = Table(
    "lesson_signals",
    metadata,
    Column("session_id", Id, primary_key=True),
    org_column(),
    Column("basis", String(32), nullable=False),
    Column("marks", LargeBinary, nullable=False),
)

exam_sums = Table(
    "exam_sums",
    metadata,
    Column("session_id", Id, primary_key=True),
    org_column(),
    Column("seq", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("correct", Integer, nullable=False),
)

live_lessons = Table(
    "live_lessons",
    metadata,
    Column("session_id", Id, primary_key=True),
    org_column(),
    Column("seq", Integer, nullable=False),
)

live_presence = Table(
    "live_presence",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("person_id", Id, primary_key=True),
    Column("participant", Id, nullable=False),
    Column("is_learner", Boolean, nullable=False),
    Column("spans", LargeBinary, nullable=False),
)

lesson_people = Table(
    "lesson_people",
    metadata,
    Column("org_id", Id, primary_key=True),
    Column("period", String(8), primary_key=True),
    Column("subject", Id, primary_key=True),
)
