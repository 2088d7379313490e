"""Where closed records are kept: their lines for ever; what names people apart, so that it can be erased.

Amendments are those that are going on; when they are closed, the record that came of them tells of them.
"""

from sqlalchemy import Column, Integer, String, Table, Text

from lectern.db.schema import Id, Json, Millis, metadata, org_column

records = Table(
    "attendance_records",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("edition", Integer, primary_key=True),
    org_column(),
    Column("head", String(64), nullable=False),
    Column("previous_head", String(64), nullable=True),
    Column("fingerprint", String(64), nullable=False),
    Column("people", Integer, nullable=False),
    Column("closed_utc_ms", Millis, nullable=False),
    Column("closed_by", Id, nullable=False),
    Column("accepted", Json, nullable=False),
    Column("lines", Text, nullable=False),
)

disclosures = Table(
    "attendance_disclosures",
    metadata,
    Column("session_id", Id, primary_key=True),
    Column("edition", Integer, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("label", String(96), primary_key=True),
    org_column(),
    Column("subject", Id, nullable=False, index=True),
    Column("salt", String(64), nullable=False),
    Column("value", Json, nullable=False),
)

amendments = Table(
    "attendance_amendments",
    metadata,
    Column("session_id", Id, primary_key=True),
    org_column(),
    Column("edition", Integer, nullable=False),
    Column("begun_by", Id, nullable=False),
    Column("begun_utc_ms", Millis, nullable=False),
    Column("reason", Text, nullable=True),
)

forgotten = Table(
    "attendance_forgotten",
    metadata,
    Column("org_id", Id, primary_key=True),
    Column("subject", Id, primary_key=True),
    Column("forgotten_utc_ms", Millis, nullable=False),
)
