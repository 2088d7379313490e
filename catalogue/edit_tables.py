"""Where edit lists and their revisions are kept, who has them open, what was proposed and put aside, and what
microcourses were made of.
"""

from sqlalchemy import Column, Integer, String, Table, UniqueConstraint

from lectern.db.schema import Id, Json, Millis, metadata, org_column

edit_lists = Table(
    "edit_lists",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("replay_id", Id, nullable=False, index=True),
    Column("session_id", Id, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("microcourse_id", Id, nullable=True),
    Column("created_by", Id, nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
    Column("dropped_utc_ms", Millis, nullable=True),
)

edit_revisions = Table(
    "edit_revisions",
    metadata,
    Column("edit_id", Id, primary_key=True),
    Column("revision", Integer, primary_key=True),
    org_column(),
    Column("change_id", String(64), nullable=False),
    Column("step", String(8), nullable=False),
    Column("what", String(24), nullable=False),
    Column("equals", Integer, nullable=False),
    Column("author", Id, nullable=False),
    Column("utc_ms", Millis, nullable=False),
    Column("content", Json, nullable=False),
    UniqueConstraint("edit_id", "change_id"),
)

edit_presence = Table(
    "edit_presence",
    metadata,
    Column("replay_id", Id, primary_key=True),
    Column("subject", Id, primary_key=True),
    Column("tab", String(64), primary_key=True),
    org_column(),
    Column("edit_id", Id, nullable=True),
    Column("guest_name", String(300), nullable=True),
    Column("seen_utc_ms", Millis, nullable=False),
)

proposals_aside = Table(
    "proposals_aside",
    metadata,
    Column("replay_id", Id, primary_key=True),
    Column("subject", Id, primary_key=True),
    Column("start_ms", Millis, primary_key=True),
    org_column(),
    Column("put_utc_ms", Millis, nullable=False),
)

microcourse_cuts = Table(
    "microcourse_cuts",
    metadata,
    Column("microcourse_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),
    org_column(),
    Column("edit_id", Id, nullable=True),
    Column("edit_revision", Integer, nullable=True),
    Column("content", Json, nullable=False),
    Column("chapters", Json, nullable=False),
)
