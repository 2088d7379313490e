"""Reviews, published versions and an organisation's terms, in SQL.

Every method works inside the caller's transaction.
"""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.media import Microcourse, Released
from catalogue.review import Point, Review, Terms, Verdict
from catalogue.review_tables import catalogue_terms, microcourse_releases, microcourse_reviews
from catalogue.states import MicrocourseState
from catalogue.tables import microcourses
from lectern.db.upsert import put_all

_MOST_REVIEWS = 50
_reviews, _releases = microcourse_reviews.c, microcourse_releases.c


class ReviewStore:
    """What became of microcourses after they were cut."""

    async def terms(self, tx: AsyncConnection, org_id: str) -> Terms:
        """Return what an organisation asks of its catalogue."""
        query = select(catalogue_terms.c.terms).where(catalogue_terms.c.org_id == org_id)
        found = (await tx.execute(query)).scalar_one_or_none()
        return Terms() if found is None else msgspec.convert(found, Terms)

    async def set_terms(self, tx: AsyncConnection, org_id: str, terms: Terms, now: int) -> None:
        """Overwrite what an organisation asks."""
        row = {"org_id": org_id, "terms": msgspec.to_builtins(terms), "updated_utc_ms": now}
        await put_all(tx, catalogue_terms, [row])

    async def add(self, tx: AsyncConnection, review: Review) -> None:
        """Add a review."""
        await tx.execute(insert(microcourse_reviews).values(**msgspec.to_builtins(review)))

    async def waiting(self, tx: AsyncConnection, microcourse: Microcourse) -> Review | None:
        """Return the review that the version in work waits for."""
        query = select(microcourse_reviews).where(
            _reviews.microcourse_id == microcourse.id,
            _reviews.version == microcourse.version,
            _reviews.verdict == Verdict.WAITING,
        )
        row = (await tx.execute(query.order_by(_reviews.id.desc()).limit(1))).one_or_none()
        return None if row is None else _review(row)

    async def conclude(self, tx: AsyncConnection, review: Review) -> None:
        """Overwrite a review with how it ended."""
        values = msgspec.to_builtins(review)
        await tx.execute(update(microcourse_reviews).where(_reviews.id == review.id).values(**values))

    async def of(self, tx: AsyncConnection, microcourse_id: str) -> list[Review]:
        """Return the latest reviews of a microcourse, newest first."""
        query = select(microcourse_reviews).where(_reviews.microcourse_id == microcourse_id)
        return [
            _review(row) for row in await tx.execute(query.order_by(_reviews.id.desc()).limit(_MOST_REVIEWS))
        ]

    async def ids_of(self, tx: AsyncConnection, microcourse_id: str) -> list[str]:
        """Return the ids of all reviews of a microcourse."""
        query = select(_reviews.id).where(_reviews.microcourse_id == microcourse_id)
        return list((await tx.execute(query)).scalars())

    async def latest(self, tx: AsyncConnection, microcourse_ids: Collection[str]) -> dict[str, Review]:
        """Return the latest review of each microcourse that has one."""
        last = (
            select(func.max(_reviews.id))
            .where(_reviews.microcourse_id.in_(microcourse_ids))
            .group_by(_reviews.microcourse_id)
        )
        rows = await tx.execute(select(microcourse_reviews).where(_reviews.id.in_(last)))
        return {row.microcourse_id: _review(row) for row in rows}

    async def release(self, tx: AsyncConnection, released: Released) -> None:
        """Note that a version is published, in place of the one before; published again, it is as new."""
        await tx.execute(
            update(microcourse_releases)
            .where(
                _releases.microcourse_id == released.microcourse_id,
                _releases.replaced_utc_ms.is_(None),
            )
            .values(replaced_utc_ms=released.published_utc_ms)
        )
        await put_all(tx, microcourse_releases, [asdict(released)])

    async def withdraw(self, tx: AsyncConnection, microcourse_id: str, now: int) -> None:
        """Note that no version is shown any more."""
        await tx.execute(
            update(microcourse_releases)
            .where(_releases.microcourse_id == microcourse_id, _releases.replaced_utc_ms.is_(None))
            .values(replaced_utc_ms=now)
        )

    async def released(self, tx: AsyncConnection, microcourse_id: str, version: int) -> Released | None:
        """Return a version that was published once."""
        query = select(microcourse_releases).where(
            _releases.microcourse_id == microcourse_id, _releases.version == version
        )
        row = (await tx.execute(query)).one_or_none()
        return None if row is None else Released(**row._mapping)

    async def releases(self, tx: AsyncConnection, microcourse_id: str) -> list[Released]:
        """Return all versions that were published, newest first."""
        query = select(microcourse_releases).where(_releases.microcourse_id == microcourse_id)
        rows = await tx.execute(query.order_by(_releases.version.desc()))
        return [Released(**row._mapping) for row in rows]

    async def live(self, tx: AsyncConnection, found: Collection[Microcourse]) -> list[Microcourse]:
        """Return microcourses as learners see them: those that are published, in that version."""
        wanted = [each.id for each in found if each.live_version is not None]
        query = select(microcourse_releases).where(_releases.microcourse_id.in_(wanted))
        rows = {
            (row.microcourse_id, row.version): Released(**row._mapping) for row in await tx.execute(query)
        }
        shown = ((each, rows.get((each.id, each.live_version or 0))) for each in found)
        return [released.of(each) for each, released in shown if released is not None]

    async def desk(
        self, tx: AsyncConnection, org_id: str, states: Collection[MicrocourseState]
    ) -> dict[MicrocourseState, int]:
        """Return how many microcourses of an organisation are in each of `states`."""
        query = (
            select(microcourses.c.state, func.count())
            .where(microcourses.c.org_id == org_id, microcourses.c.state.in_(states))
            .group_by(microcourses.c.state)
        )
        return {MicrocourseState(state): count for state, count in await tx.execute(query)}


def _review(row: Any) -> Review:
    values = dict(row._mapping)
    values["verdict"] = Verdict(values["verdict"])
    values["points"] = tuple(msgspec.convert(values["points"], list[Point]))
    return Review(**values)
