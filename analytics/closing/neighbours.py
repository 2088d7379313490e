"""What closing asks of the rest of the house; `lectern.app` wires it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.closing.signing import SigningKey


@dataclass(frozen=True, slots=True)
class Lesson:
    """A session as its record names it; `over` False: it is planned or live."""

    id: str
    org_id: str
    organisation: str
    title: str
    zone: str
    starts_utc_ms: int
    started_utc_ms: int | None
    ended_utc_ms: int | None
    over: bool
    presenter_person_id: str | None
    host_person_id: str | None


@dataclass(frozen=True, slots=True)
class MakeUps:
    """Requests for a make-up that wait, and until when more may come (None: nothing to ask for)."""

    waiting: int
    until_utc_ms: int | None


class Remembers(Protocol):
    """Keeps something about people elsewhere in the house."""

    async def forget(self, tx: AsyncConnection, org_id: str, subject: str, pseudonym: str) -> int:
        """Let nobody know any more whose it is; return how much there was."""


class Lessons(Protocol):
    """Knows sessions and what is unsettled in them."""

    async def lesson(self, session_id: str) -> Lesson:
        """Return what a session is. Raises `NotFound` (`session_not_found`)."""

    async def make_ups(self, session_id: str) -> MakeUps:
        """Return what is open about its check-ins."""


class Keys(Protocol):
    """Keeps the key that signs."""

    async def current(self, organisation: str) -> SigningKey:
        """Return it; the first call makes it. Raises Conflict: it is not here."""


@dataclass(frozen=True, slots=True)
class News:
    """A record was closed: what must leave the house, so that nobody can rewrite it unseen.

    Why a version was made stays in the record, where it can be erased: a mail is out of reach.
    """

    lesson: Lesson
    edition: int
    head: str
    fingerprint: str
    people: int
    closed_utc_ms: int
    closed_by: str


class Herald(Protocol):
    """Sends the head of a record out of the house."""

    async def announce(self, tx: AsyncConnection, news: News) -> None:
        """Tell everybody who is to keep it; it leaves when `tx` commits."""


class Timelines(Protocol):
    """Knows who sat where, and erases words from timelines."""

    async def seats_of(self, org_id: str, person_id: str) -> Sequence[str]:
        """Return as which participants a person came, in all sessions."""

    async def erase(self, session_id: str, refs: Sequence[str]) -> int:
        """Delete the words behind `refs` for good, and return how many there were."""
