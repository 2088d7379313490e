"""Where closed records are kept: their lines for ever; what names people apart, so that it can be erased."""

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
