"""Where categories, tags and audiences are kept, and the index that lists and searches are read from.

The index has a full-text part that no metadata describes: on SQLite the virtual table `fulltext_shelf`
(FTS5), on PostgreSQL the GIN index of that name over `shelf.terms`.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from lectern.db.schema import Id, Json, Millis, metadata, org_column

categories = Table(
    "categories",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("parent_id", Id, nullable=True),
    Column("name", String(120), nullable=False),
    Column("position", Integer, nullable=False),
)

tags = Table(
    "tags",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("name", String(80), nullable=False),
    Column("folded", String(160), nullable=False),
    UniqueConstraint("org_id", "folded"),
)

medium_tags = Table(
    "medium_tags",
    metadata,
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    Column("tag_id", Id, primary_key=True),
    org_column(),
    Column("position", Integer, nullable=False),
    Index("ix_medium_tags_tag_id", "tag_id"),
)

medium_shelf = Table(
    "medium_shelf",
    metadata,
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    org_column(),
    Column("category_id", Id, nullable=True),
    Column("description", Text, nullable=False),
    Index("ix_medium_shelf_category_id", "category_id"),
)

audiences = Table(
    "audiences",
    metadata,
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("target_id", Id, primary_key=True),
    org_column(),
)

shelf = Table(
    "shelf",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("medium", String(16), nullable=False),
    Column("medium_id", Id, nullable=False),
    org_column(),
    Column("shown_utc_ms", Millis, nullable=False),
    Column("category_id", Id, nullable=True),
    Column("own_window", Boolean, nullable=False),
    Column("from_utc_ms", Millis, nullable=True),
    Column("to_utc_ms", Millis, nullable=True),
    Column("ended_utc_ms", Millis, nullable=True),
    Column("title", String(600), nullable=False),
    Column("about", Text, nullable=False),
    Column("terms", Text, nullable=False),
    Column("places", Json, nullable=False),
    Column("folded", Text, nullable=False),
    UniqueConstraint("medium", "medium_id"),
    Index("ix_shelf_org_id_shown_utc_ms_n", "org_id", "shown_utc_ms", "n"),
    Index("ix_shelf_category_id", "category_id"),
)

shelf_marks = Table(
    "shelf_marks",
    metadata,
    Column("medium", String(16), primary_key=True),
    Column("medium_id", Id, primary_key=True),
    org_column(),
    Column("mark", Id, nullable=False),
)

FULLTEXT_SQLITE = (
    "CREATE VIRTUAL TABLE fulltext_shelf USING fts5"
    "(terms, content='', detail='none', columnsize=0, tokenize='ascii')"
)
FULLTEXT_POSTGRES = "CREATE INDEX fulltext_shelf ON shelf USING gin (to_tsvector('simple', terms))"


@event.listens_for(shelf, "after_create")
def _create_fulltext(_table: Table, connection: Connection, **_more: object) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql(FULLTEXT_SQLITE if is_sqlite else FULLTEXT_POSTGRES)
