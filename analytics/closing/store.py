"""Closed records in SQL: the only file here that speaks it. Methods work in the caller's transaction."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.closing.chain import Disclosure, SealedRecord, joined
from analytics.closing.tables import disclosures, records
from lectern.kernel.errors import Conflict


@dataclass(frozen=True, slots=True)
class Edition:
    """A closed record without its lines. Editions count from 1; `accepted`: what was still open then."""

    session_id: str
    edition: int
    org_id: str
    head: str
    previous_head: str | None
    fingerprint: str
    people: int
    closed_utc_ms: int
    closed_by: str
    accepted: tuple[str, ...]


_LISTED = tuple(records.c[name] for name in Edition.__dataclass_fields__)


class ClosingStore:
    """Records are only ever added; disclosures can go."""

    async def editions(self, tx: AsyncConnection, session_id: str) -> list[Edition]:
        """Return the records of a session, oldest first."""
        query = select(*_LISTED).where(records.c.session_id == session_id).order_by(records.c.edition)
        return [_edition(row) for row in await tx.execute(query)]

    async def file(self, tx: AsyncConnection, session_id: str, edition: int) -> bytes | None:
        """Return a record as it leaves the house, with what was not erased of it; None if there is none."""
        query = select(records.c.lines).where(
            records.c.session_id == session_id, records.c.edition == edition
        )
        lines = (await tx.execute(query)).scalar_one_or_none()
        if lines is None:
            return None
        columns = disclosures.c
        left = select(columns.line, columns.label, columns.salt, columns.value).where(
            columns.session_id == session_id, columns.edition == edition
        )
        kept = [Disclosure(row.line, row.label, row.salt, row.value) for row in await tx.execute(left)]
        return joined(str(lines).encode().split(b"\n"), kept)

    async def add(
        self,
        tx: AsyncConnection,
        edition: Edition,
        sealed: SealedRecord,
        subjects: dict[tuple[int, str], str],
    ) -> None:
        """Keep a record; `subjects` says by line and label whose disclosure it is.

        Raises:
            Conflict: somebody else closed the session in the meantime (`closing_outrun`).
        """
        row = {name: getattr(edition, name) for name in Edition.__dataclass_fields__}
        row |= {"accepted": list(edition.accepted), "lines": b"\n".join(sealed.lines).decode()}
        try:
            await tx.execute(insert(records).values(row))
        except IntegrityError:
            raise outrun() from None
        if sealed.disclosures:
            await tx.execute(
                insert(disclosures),
                [
                    {
                        "session_id": edition.session_id,
                        "edition": edition.edition,
                        "line": kept.line,
                        "label": kept.label,
                        "org_id": edition.org_id,
                        "subject": subjects[kept.line, kept.label],
                        "salt": kept.salt,
                        "value": kept.value,
                    }
                    for kept in sealed.disclosures
                ],
            )

    async def forget(self, tx: AsyncConnection, org_id: str, subject: str) -> int:
        """Erase whatever recognises `subject` (a person, or a guest's participant) in all records."""
        found = await tx.execute(
            delete(disclosures).where(disclosures.c.org_id == org_id, disclosures.c.subject == subject)
        )
        return int(found.rowcount)


def outrun() -> Conflict:
    """Return the refusal to close what somebody else closed first."""
    return Conflict("closing_outrun", "Somebody else has closed this attendance meanwhile. Look at it again.")


def _edition(row: Any) -> Edition:
    values = {name: getattr(row, name) for name in Edition.__dataclass_fields__}
    return Edition(**values | {"accepted": tuple(row.accepted)})
