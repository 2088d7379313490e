"""One message on one channel, as the outbox keeps it; how its id follows from what it is about. Pure."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from notices.kinds import Channel, Kind
from notices.states import State

LEASE_MS: Final = 120_000
"""Whoever took mail out and is silent for so long has lost it."""
DETAIL_CHARS: Final = 300
DELETED: Final = "deleted"
"""The problem of a message, in the app too, while what it is about lies in the bin, and from then on."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A row of the outbox. Its recipient is a person, or (mail only) an address.

    `lease` is made anew by every claim: who lost a message cannot speak for it any more. `problem` is a code
    that pages put into words, `detail` what the other side said. `about` is the piece of work that it asks
    for, where the lesson alone does not say; `settled_utc_ms` is when what it asks for was done, or held no
    longer (in the app; mail is asked again when it leaves).
    """

    id: str
    org_id: str
    kind: Kind
    channel: Channel
    person_id: str | None
    address: str | None
    session_id: str | None
    facts: dict[str, Any]
    state: State
    attempts: int
    problem: str | None
    detail: str | None
    created_utc_ms: int
    not_before_utc_ms: int
    expires_utc_ms: int
    lease: str | None
    leased_until_utc_ms: int | None
    done_utc_ms: int | None
    read_utc_ms: int | None
    about: str | None = None
    settled_utc_ms: int | None = None


def notice_id(org_id: str, kind: Kind, key: str, recipient: str, channel: Channel) -> str:
    """Return the id of a message: the same cause, recipient and channel always give the same one."""
    parts = json.dumps([org_id, kind.value, key, recipient, channel.value])
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def shortened(detail: str) -> str:
    """Return what the other side said, on one line and not endless."""
    return " ".join(detail.split())[:DETAIL_CHARS]
