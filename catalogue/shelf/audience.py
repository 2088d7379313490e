"""For whom a medium is, asked of the rows: the same at every door, in lists as for one medium.

A medium without rows is for everybody. An audience only narrows: it opens nothing that was closed.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.neighbours import Circle, People
from catalogue.shelf.arrange import sees_every_audience
from catalogue.shelf.marking import ShelfKey
from catalogue.shelf.tables import audiences
from lectern.kernel.access import Principal

_c = audiences.c
EVERYTHING: ColumnElement[bool] | None = None


@dataclass(frozen=True, slots=True)
class Audiences:
    """Answers whom a medium is for."""

    people: People

    async def reach(
        self,
        tx: AsyncConnection,
        who: Principal,
        medium: "ColumnElement[str] | str",
        medium_id: ColumnElement[str],
    ) -> ColumnElement[bool] | None:
        """Return the condition under which `who` is in the audience of a row's medium; None: of every one."""
        if sees_every_audience(who, who.org_id):
            return EVERYTHING
        of_row = (_c.medium == medium, _c.medium_id == medium_id)
        narrowed = select(_c.medium_id).where(*of_row).exists()
        named = select(_c.medium_id).where(*of_row, await self._names(tx, who)).exists()
        return or_(~narrowed, named)

    async def admitted(
        self, tx: AsyncConnection, who: Principal, org_id: str, keys: Collection[ShelfKey]
    ) -> set[ShelfKey]:
        """Return those of `keys` whose audience `who` is in."""
        if not keys or sees_every_audience(who, org_id):
            return set(keys)
        wanted = or_(
            *(
                and_(_c.medium == kind, _c.medium_id.in_([key.id for key in keys if key.medium == kind]))
                for kind in {key.medium for key in keys}
            )
        )
        narrowed = {
            ShelfKey(row.medium, row.medium_id)
            for row in await tx.execute(select(_c.medium, _c.medium_id).where(wanted).distinct())
        }
        if not narrowed:
            return set(keys)
        inside = select(_c.medium, _c.medium_id).where(wanted, await self._names(tx, who))
        named = {ShelfKey(row.medium, row.medium_id) for row in await tx.execute(inside)}
        return {key for key in keys if key not in narrowed or key in named}

    async def admits(self, tx: AsyncConnection, who: Principal, org_id: str, key: ShelfKey) -> bool:
        """Tell whether `who` is in the audience of a medium."""
        return bool(await self.admitted(tx, who, org_id, [key]))

    async def inside(
        self, tx: AsyncConnection, org_id: str, key: ShelfKey, person_ids: Collection[str]
    ) -> set[str]:
        """Return those people whom a medium is for, as learners; one question for all of them."""
        query = select(_c.kind, _c.target_id).where(_c.medium == key.medium, _c.medium_id == key.id)
        targets: dict[str, set[str]] = {"department": set(), "person": set(), "lesson": set()}
        for row in await tx.execute(query):
            targets[row.kind].add(row.target_id)
        if not any(targets.values()):
            return set(person_ids)
        circles = await self.people.circles_of(tx, org_id, person_ids, targets["lesson"])
        return {
            id_
            for id_, circle in circles.items()
            if id_ in targets["person"]
            or circle.departments & targets["department"]
            or circle.sessions & targets["lesson"]
        }

    async def _names(self, tx: AsyncConnection, who: Principal) -> ColumnElement[bool]:
        """Return the condition that a row of an audience means `who`.

        Whoever came by a session's link is somebody that this lesson expects, and the person they are.
        """
        person_id = who.person_id or (None if who.grant is None else who.grant.person_id)
        circle = Circle() if person_id is None else await self.people.circle(tx, who.org_id, person_id)
        lessons = circle.sessions | (frozenset() if who.grant is None else {who.grant.session_id})
        ways = [
            and_(_c.kind == kind, _c.target_id.in_(sorted(ids)))
            for kind, ids in (("department", circle.departments), ("lesson", lessons))
            if ids
        ]
        if person_id is not None:
            ways.append(and_(_c.kind == "person", _c.target_id == person_id))
        return and_(_c.org_id == who.org_id, or_(*ways)) if ways else false()

    async def narrowed(self, tx: AsyncConnection, keys: Collection[ShelfKey]) -> dict[ShelfKey, int]:
        """Return how many targets those media name that are not for everybody."""
        query = (
            select(_c.medium, _c.medium_id, func.count())
            .where(_c.medium_id.in_([key.id for key in keys]))
            .group_by(_c.medium, _c.medium_id)
        )
        rows = {ShelfKey(row[0], row[1]): row[2] for row in await tx.execute(query)}
        return {key: rows[key] for key in keys if key in rows}
