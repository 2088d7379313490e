"""What the dues of watching ask of the other packages: what was seen live, and whom a series is for."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.tables import departments, persons
from analytics.lesson_coverage_report import LessonCoverages
from analytics.play_record import unpacked
from analytics.still_to_watch import SeriesShares
from analytics.tables import view_media, view_records
from analytics.viewing import coverage
from catalogue.cards import Cards
from catalogue.routes import CatalogueDeps
from catalogue.series import Key
from catalogue.series_store import SeriesStore
from catalogue.shelf.marking import ShelfKey
from catalogue.shelf.tables import audiences
from lectern.db.one_of import one_of
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import Conflict, NotFound
from sessions.tables import roster_entries

_READS = frozenset({Permission.REPLAYS_READ, Permission.VIEWS_READ, Permission.ATTENDANCE_READ})
_ASKED_AT_ONCE = 500


def the_house(org_id: str) -> Principal:
    """Return who asks for an organisation when nobody does: it reads what is shown, and changes nothing."""
    return Principal(org_id=org_id, subject_id="reminders", permissions=_READS)


@dataclass(frozen=True, slots=True)
class SeenInAll:
    """`catalogue.dues.SeenLive`, answered by attendance and viewing."""

    coverages: LessonCoverages

    async def together(self, org_id: str, person_id: str, replay_ids: Collection[str]) -> dict[str, float]:
        """See `SeenLive`."""
        found: dict[str, float] = {}
        for replay_id in replay_ids:
            try:
                found[replay_id] = await self.coverages.of_person(the_house(org_id), replay_id, person_id)
            except (NotFound, Conflict):
                continue  # deleted a moment ago, or not to be watched yet
        return found


@dataclass(frozen=True, slots=True)
class SeriesOfTheHouse:
    """`analytics.still_to_watch.Series`: whom series are for, and how far they have come.

    `completed_from` is the share from which on somebody has watched a medium.
    """

    deps: CatalogueDeps
    completed_from: float

    async def shares(self, who: Principal, series_id: str) -> SeriesShares:
        """See `Series`. Of what learners do not see nothing is asked, nor of what is not for somebody."""
        async with self.deps.keeper.database.read() as tx:
            found = await SeriesStore().get(tx, series_id)
            if found.org_id != who.org_id or not found.shown:
                raise NotFound("series_not_found", "There is no such series.")
            keys = (await SeriesStore().items(tx, [series_id]))[series_id]
        cards = await Cards(self.deps).of(the_house(found.org_id), keys, admitted=keys)
        shown = [key for key in keys if key in cards and cards[key].shown]
        async with self.deps.keeper.database.read() as tx:
            everybody = await _everybody(tx, found.org_id)
            whom = await audience(tx, found.org_id, ShelfKey("series", series_id))
            expected = everybody if whom is None else everybody & whom
            narrowed = {key: await audience(tx, found.org_id, ShelfKey(*key)) for key in shown}
            done = await self._done(tx, expected, shown)
        shares: dict[str, float] = {}
        for person_id in expected:
            theirs = [key for key in shown if (only := narrowed[key]) is None or person_id in only]
            if theirs:
                mine = done.get(person_id, set())
                shares[person_id] = sum(key in mine for key in theirs) / len(theirs)
        return SeriesShares(found.org_id, shares)

    async def _done(
        self, tx: AsyncConnection, expected: Collection[str], keys: Collection[Key]
    ) -> dict[str, set[Key]]:
        """Return which of `keys` people have watched, in any version of it."""
        media, done = view_media.c, dict[str, set[Key]]()
        asked = sorted(keys)
        for start in range(0, len(asked), _ASKED_AT_ONCE):
            some = [tuple(key) for key in asked[start : start + _ASKED_AT_ONCE]]
            query = (
                select(
                    view_records.c.subject,
                    view_records.c.record,
                    media.medium,
                    media.medium_id,
                    media.duration_ms,
                )
                .join(view_media, media.key == view_records.c.medium_key)
                .where(tuple_(media.medium, media.medium_id).in_(some))
                .where(one_of(view_records.c.subject, expected))
            )
            for row in await tx.execute(query):
                if coverage(unpacked(row.record).covered, row.duration_ms) >= self.completed_from:
                    done.setdefault(row.subject, set()).add(Key(row.medium, row.medium_id))
        return done


async def audience(tx: AsyncConnection, org_id: str, key: ShelfKey) -> set[str] | None:
    """Return the people whom a medium names, by department, by lesson or themselves; None: it is for all."""
    named = audiences.c
    query = select(named.kind, named.target_id).where(
        named.org_id == org_id, named.medium == key.medium, named.medium_id == key.id
    )
    targets: dict[str, set[str]] = {}
    for row in await tx.execute(query):
        targets.setdefault(row.kind, set()).add(row.target_id)
    if not targets:
        return None
    found = set(targets.get("person", ()))
    if "department" in targets:
        inside = select(persons.c.id).where(
            persons.c.org_id == org_id,
            one_of(persons.c.department_id, await _below(tx, org_id, targets["department"])),
        )
        found |= set((await tx.execute(inside)).scalars())
    if "lesson" in targets:
        expected = select(roster_entries.c.person_id).where(
            one_of(roster_entries.c.session_id, targets["lesson"])
        )
        found |= set((await tx.execute(expected)).scalars())
    return found


async def _everybody(tx: AsyncConnection, org_id: str) -> set[str]:
    query = select(persons.c.id).where(persons.c.org_id == org_id, persons.c.active)
    return set((await tx.execute(query)).scalars())


async def _below(tx: AsyncConnection, org_id: str, tops: Iterable[str]) -> set[str]:
    """Return departments with all that are below them."""
    query = select(departments.c.id, departments.c.parent_id).where(departments.c.org_id == org_id)
    below: dict[str | None, list[str]] = {}
    for row in await tx.execute(query):
        below.setdefault(row.parent_id, []).append(row.id)
    found: set[str] = set()
    left = list(tops)
    while left:
        at = left.pop()
        if at not in found:
            found.add(at)
            left += below.get(at, [])
    return found
