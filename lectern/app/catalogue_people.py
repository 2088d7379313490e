"""What the catalogue asks about people, answered by the accounts; and whom it has told what."""

from collections.abc import Collection

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.store import AccountStore
from catalogue.neighbours import ReviewNews
from catalogue.review import REVIEWERS
from notices.kinds import Kind, ReviewFacts
from notices.outbox import Outbox


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
