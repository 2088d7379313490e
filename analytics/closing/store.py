"""Closed records in SQL: the only file here that speaks it. Methods work in the caller's transaction."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.attendance.books import Act, Book, Phase
from analytics.closing.canonical import parsed
from analytics.closing.chain import Disclosure, SealedRecord, joined
from analytics.closing.tables import amendments, disclosures, forgotten, records
from lectern.db.one_of import one_of
from lectern.db.upsert import put
from lectern.kernel.clock import UtcMs
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


@dataclass(frozen=True, slots=True)
class Amendment:
    """An amendment that is going on, of version `edition`. `reason` is None once it was erased."""

    session_id: str
    org_id: str
    edition: int
    begun_by: str
    begun_utc_ms: int
    reason: str | None


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

    async def book(self, tx: AsyncConnection, session_id: str) -> Book:
        """Return how a session stands (`analytics.attendance.books.Books`)."""
        newest = select(func.max(records.c.edition)).where(records.c.session_id == session_id)
        edition = (await tx.execute(newest)).scalar_one_or_none() or 0
        if edition == 0:
            return Book()
        amending = await self.amendment(tx, session_id) is not None
        return Book(Phase.AMENDING if amending else Phase.CLOSED, edition)

    async def amendment(self, tx: AsyncConnection, session_id: str) -> Amendment | None:
        """Return the amendment of a session that is going on."""
        row = (
            await tx.execute(select(amendments).where(amendments.c.session_id == session_id))
        ).one_or_none()
        return None if row is None else Amendment(**row._mapping)

    async def begin_amendment(self, tx: AsyncConnection, amendment: Amendment) -> None:
        """Note that somebody amends.

        Raises:
            Conflict: somebody else does already (`amendment_open`).
        """
        try:
            await tx.execute(insert(amendments).values(asdict(amendment)))
        except IntegrityError:
            raise Book(Phase.AMENDING).refusal(Act.AMEND) from None

    async def end_amendment(self, tx: AsyncConnection, session_id: str) -> None:
        """Note that nobody amends any more."""
        await tx.execute(delete(amendments).where(amendments.c.session_id == session_id))

    async def forget(self, tx: AsyncConnection, org_id: str, subject: str) -> int:
        """Erase whatever recognises `subject` (a person, or a guest's participant) in all records."""
        found = await tx.execute(
            delete(disclosures).where(disclosures.c.org_id == org_id, disclosures.c.subject == subject)
        )
        return int(found.rowcount)

    async def forget_labels(self, tx: AsyncConnection, org_id: str, labels: Collection[str]) -> int:
        """Erase what stands under these labels, whosever it is: texts that somebody wrote about others."""
        of = disclosures.c.org_id == org_id, one_of(disclosures.c.label, labels)
        return int((await tx.execute(delete(disclosures).where(*of))).rowcount)

    async def forget_reasons(self, tx: AsyncConnection, org_id: str, subject: str) -> int:
        """Erase why versions were made that changed the row of `subject`: such words are about them."""
        about = select(records.c.session_id, records.c.edition, records.c.lines).where(
            records.c.org_id == org_id,
            records.c.edition > 1,
            records.c.lines.contains(subject, autoescape=True),
        )
        erased = 0
        for row in (await tx.execute(about)).all():
            amendment = parsed(row.lines.partition("\n")[0].encode()).get("amendment")
            # Versions of earlier releases do not say whom they were about.
            if amendment is not None and all(one["subject"] != subject for one in amendment["changes"]):
                continue
            why = (
                disclosures.c.session_id == row.session_id,
                disclosures.c.edition == row.edition,
                disclosures.c.line == 0,
                disclosures.c.label == "reason",
            )
            erased += int((await tx.execute(delete(disclosures).where(*why))).rowcount)
        return erased

    async def sessions_about(self, tx: AsyncConnection, org_id: str, subjects: Collection[str]) -> set[str]:
        """Return the sessions whose records still say something private of these subjects."""
        of = disclosures.c.org_id == org_id, one_of(disclosures.c.subject, subjects)
        return set((await tx.execute(select(disclosures.c.session_id).where(*of).distinct())).scalars())

    async def erase_amending(
        self, tx: AsyncConnection, org_id: str, sessions: Collection[str], begun_by: Collection[str]
    ) -> None:
        """Erase why these sessions are amended, and why these people amend any; they are asked again."""
        about = or_(one_of(amendments.c.session_id, sessions), one_of(amendments.c.begun_by, begun_by))
        await tx.execute(update(amendments).where(amendments.c.org_id == org_id, about).values(reason=None))

    async def remember_forgotten(self, tx: AsyncConnection, org_id: str, subject: str, now: UtcMs) -> None:
        """Note that no later version may say anything private of `subject`."""
        await put(tx, forgotten, {"org_id": org_id, "subject": subject, "forgotten_utc_ms": now})

    async def forgotten(self, tx: AsyncConnection, org_id: str) -> frozenset[str]:
        """Return who was forgotten."""
        query = select(forgotten.c.subject).where(forgotten.c.org_id == org_id)
        return frozenset((await tx.execute(query)).scalars())


def outrun() -> Conflict:
    """Return the refusal to close what somebody else closed first."""
    return Conflict("closing_outrun", "Somebody else has closed this attendance meanwhile. Look at it again.")


def _edition(row: Any) -> Edition:
    values = {name: getattr(row, name) for name in Edition.__dataclass_fields__}
    return Edition(**values | {"accepted": tuple(row.accepted)})
