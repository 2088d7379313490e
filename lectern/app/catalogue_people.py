"""What the catalogue asks about people, answered by the accounts; and whom it has told what."""

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.store import AccountStore
from accounts.tables import departments, persons
from catalogue.neighbours import Circle, ReviewNews
from catalogue.review import REVIEWERS
from lectern.db.one_of import one_of
from notices.kinds import Kind, ReviewFacts
from notices.outbox import Outbox
from sessions.tables import roster_entries, sessions


class PeopleOfCatalogue:
    """`catalogue.neighbours.People`."""

    def __init__(self, store: AccountStore) -> None:
        self._store = store

    async def reviewers(self, tx: AsyncConnection, org_id: str) -> dict[str, str]:
        """See `People`."""
        ids = {person for role in REVIEWERS for person in await self._store.holders_of(tx, org_id, role)}
        return await self.names(tx, org_id, ids)

    async def names(self, tx: AsyncConnection, org_id: str, person_ids: Collection[str]) -> dict[str, str]:
        """See `People`."""
        if not person_ids:
            return {}
        return {row[0]: row[2] for row in await self._store.names_by_id(tx, org_id, person_ids)}

    async def circle(self, tx: AsyncConnection, org_id: str, person_id: str) -> Circle:
        """See `People`. Departments come with those above them; a lesson's own staff belong to it too."""
        mine = roster_entries.c.person_id == person_id
        return (await self._circles(tx, org_id, [person_id], mine)).get(person_id, Circle())

    async def circles_of(
        self, tx: AsyncConnection, org_id: str, person_ids: Collection[str], lessons: Collection[str]
    ) -> dict[str, Circle]:
        """See `People`. Three queries, however many people there are."""
        named = one_of(roster_entries.c.session_id, lessons)
        return await self._circles(tx, org_id, person_ids, named)

    async def _circles(
        self, tx: AsyncConnection, org_id: str, person_ids: Collection[str], which: ColumnElement[bool]
    ) -> dict[str, Circle]:
        known = await self._store.names_by_id(tx, org_id, person_ids)
        query = select(departments.c.id, departments.c.parent_id).where(departments.c.org_id == org_id)
        above = {row.id: row.parent_id for row in await tx.execute(query)}
        columns = (roster_entries.c.person_id, roster_entries.c.session_id)
        expecting: dict[str, set[str]] = {}
        for row in await tx.execute(select(*columns).where(which)):
            expecting.setdefault(row.person_id, set()).add(row.session_id)
        return {
            person[0]: Circle(_with_those_above(person[3], above), frozenset(expecting.get(person[0], ())))
            for person in known
        }

    async def presenter(self, tx: AsyncConnection, session_id: str) -> str | None:
        """See `People`."""
        query = (
            select(persons.c.name)
            .join(sessions, sessions.c.presenter_person_id == persons.c.id)
            .where(sessions.c.id == session_id)
        )
        return (await tx.execute(query)).scalar_one_or_none()

    async def presenter_id(self, tx: AsyncConnection, session_id: str) -> str | None:
        """See `People`."""
        query = select(sessions.c.presenter_person_id).where(sessions.c.id == session_id)
        return (await tx.execute(query)).scalar_one_or_none()

    async def targets(
        self, tx: AsyncConnection, org_id: str, kind: str, ids: Collection[str]
    ) -> dict[str, str]:
        """See `People`."""
        table, name = _TARGETS[kind]
        query = select(table.c.id, table.c[name]).where(table.c.org_id == org_id, table.c.id.in_(list(ids)))
        return {row[0]: row[1] for row in await tx.execute(query)}


def _with_those_above(department_id: str | None, above: Mapping[str, str | None]) -> frozenset[str]:
    found: set[str] = set()
    while department_id is not None and department_id not in found:
        found.add(department_id)
        department_id = above.get(department_id)
    return frozenset(found)


_TARGETS: Mapping[str, tuple[Table, str]] = {
    "department": (departments, "name"),
    "person": (persons, "name"),
    "lesson": (sessions, "title"),
}


class NewsOfCatalogue:
    """`catalogue.neighbours.News`, told through the outbox."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def review_asked(self, tx: AsyncConnection, about: ReviewNews, reviewers: Collection[str]) -> None:
        """See `News`."""
        await self._put(tx, Kind.REVIEW_ASKED, about, reviewers)

    async def reviewed(self, tx: AsyncConnection, about: ReviewNews, people: Collection[str]) -> None:
        """See `News`."""
        await self._outbox.settle(tx, Kind.REVIEW_ASKED, about.session_id, about.review_id)
        await self._put(tx, Kind.REVIEWED, about, people)

    async def _put(
        self, tx: AsyncConnection, kind: Kind, about: ReviewNews, person_ids: Collection[str]
    ) -> None:
        known = await self._known(tx, about.org_id, person_ids)
        if not known:
            return
        facts = ReviewFacts(
            session_id=about.session_id,
            microcourse_id=about.microcourse_id,
            title=about.title,
            approved=about.approved,
            said=about.said,
        )
        await self._outbox.put(
            tx,
            org_id=about.org_id,
            kind=kind,
            key=f"{about.review_id}:{kind}:{about.approved}",
            facts=msgspec.to_builtins(facts),
            person_ids=known,
            session_id=about.session_id,
            about=about.review_id,
        )

    async def _known(self, tx: AsyncConnection, org_id: str, person_ids: Collection[str]) -> list[str]:
        """Return those who are people: what a key or a guest made has nobody to be told of it."""
        if not person_ids:
            return []
        return [row[0] for row in await AccountStore().names_by_id(tx, org_id, person_ids)]
