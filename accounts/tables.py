"""People and who they are, in tables."""

from sqlalchemy import Boolean, Column, ForeignKey, String, Table, Text, UniqueConstraint

from lectern.db.schema import Id, Json, Millis, metadata, org_column

orgs = Table(
    "orgs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
)

departments = Table(
    "departments",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("parent_id", ForeignKey("departments.id"), nullable=True),
    Column("name", String(200), nullable=False),
    UniqueConstraint("org_id", "name"),
)

persons = Table(
    "persons",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("external_id", String(120), nullable=False),
    Column("name", String(200), nullable=False),
    Column("department_id", ForeignKey("departments.id"), nullable=True),
    Column("email", String(254), nullable=True),
    Column("active", Boolean, nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
    UniqueConstraint("org_id", "external_id"),
)

identities = Table(
    "identities",
    metadata,
    Column("org_id", Id, primary_key=True),
    Column("provider", String(40), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("person_id", ForeignKey("persons.id"), nullable=False, index=True),
    Column("secret_hash", Text, nullable=True),
)

role_grants = Table(
    "role_grants",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("person_id", ForeignKey("persons.id"), nullable=False, index=True),
    Column("role", String(40), nullable=False),
    Column("department_id", ForeignKey("departments.id"), nullable=True),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    org_column(),
    Column("person_id", ForeignKey("persons.id"), nullable=False, index=True),
    Column("created_utc_ms", Millis, nullable=False),
    Column("expires_utc_ms", Millis, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("name", String(200), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_utc_ms", Millis, nullable=False),
    Column("revoked_utc_ms", Millis, nullable=True),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", Id, primary_key=True),
    org_column(),
    Column("utc_ms", Millis, nullable=False),
    Column("actor", Id, nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", String(200), nullable=False),
    Column("details", Json, nullable=False),
)
