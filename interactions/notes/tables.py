"""Where the notes of groups lie while they are written: what they come to, and the changes since."""

from sqlalchemy import Boolean, Column, Integer, LargeBinary, Table

from lectern.db.schema import Id, Json, metadata, org_column

notes = Table(
    "group_notes",
    metadata,
    Column("group_id", Id, primary_key=True),
    Column("session_id", Id, nullable=False, index=True),
    org_column(),
    Column("n", Integer, nullable=False),
    Column("base", LargeBinary, nullable=True),
    Column("base_n", Integer, nullable=False),
    Column("pieces", Integer, nullable=False),
    Column("writers", Json, nullable=False),
    Column("chars", Json, nullable=False),
    Column("is_kept", Boolean, nullable=False),
)

changes = Table(
    "group_note_changes",
    metadata,
    Column("group_id", Id, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("session_id", Id, nullable=False, index=True),
    org_column(),
    Column("author", Id, nullable=False),
    Column("change", LargeBinary, nullable=False),
)
