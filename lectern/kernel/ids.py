"""Opaque identifiers, and the kinds of them that must not be confused."""

import secrets
from typing import NewType

import uuid_utils

OrgId = NewType("OrgId", str)
PersonId = NewType("PersonId", str)
SessionId = NewType("SessionId", str)
ParticipantId = NewType("ParticipantId", str)


def new_id() -> str:
    """Return a new UUIDv7 as 32 hexadecimal digits: sortable by creation, opaque to readers."""
    return uuid_utils.uuid7().hex


def new_secret(bytes_: int = 24) -> str:
    """Return a URL-safe secret of `bytes_` random bytes, for links, keys and passwords."""
    return secrets.token_urlsafe(bytes_)
