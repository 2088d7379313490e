"""Where anonymous answers wait for the close."""

from sqlalchemy import Column, String, Table

from lectern.db.schema import Id, Json, metadata, org_column

ballots = Table(
    "poll_ballots",
    metadata,
    Column("poll_id", Id, primary_key=True),
    Column("key", String(64), primary_key=True),
    org_column(),
    Column("session_id", Id, nullable=False),
    Column("answer", Json, nullable=False),
    # Rows lie in the order of their keys; a row number would say in which order they came.
    sqlite_with_rowid=False,
)
