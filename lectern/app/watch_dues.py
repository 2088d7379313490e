"""What the dues of watching ask of the other packages: what was seen live, and whom a series is for."""

import asyncio
import contextlib
import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.tables import departments, persons
from analytics.live.folding import LiveFolding
from analytics.live.seen_in_all import AskedReplay, LiveAndLater
from analytics.play_record import unpacked
from analytics.still_to_watch import SeriesShares
from analytics.tables import view_media, view_records
from analytics.viewing import coverage
from catalogue.cards import Cards
from catalogue.dues import SeenInAll
from catalogue.media import Replay
from catalogue.replays import ReplayKeeper
from catalogue.routes import CatalogueDeps
from catalogue.series import Key
from catalogue.series_store import SeriesStore
from catalogue.shelf.marking import ShelfKey
from catalogue.shelf.tables import audiences
from catalogue.states import ReplayState
from catalogue.terms_store import TermsStore
from lectern.db.one_of import one_of
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import NotFound
from sessions.tables import roster_entries

LOOK_INTERVAL_S: Final = 30.0
_REST_SHARE: Final = 3.0
_log = structlog.get_logger()
_READS = frozenset({Permission.REPLAYS_READ, Permission.VIEWS_READ, Permission.ATTENDANCE_READ})
_ASKED_AT_ONCE = 500


def the_house(org_id: str) -> Principal:
    """Return who asks for an organisation when nobody does: it reads what is shown, and changes nothing."""
    return Principal(org_id=org_id, subject_id="reminders", permissions=_READS)


@dataclass(frozen=True, slots=True)
class SeenByAttendance:
    """`catalogue.dues.SeenLive`, answered by attendance and viewing."""

    keeper: ReplayKeeper
    in_all: LiveAndLater

    async def together(self, org_id: str, person_id: str, replay_ids: Collection[str]) -> SeenInAll:
        """See `SeenLive`. Of what was deleted a moment ago, or cannot be watched yet, nothing is said."""
        async with self.keeper.database.read() as tx:
            keys = [Key("replay", replay_id) for replay_id in replay_ids]
            found = (await self.keeper.store.media(tx, org_id, keys)).values()
            ready = [each for each in found if isinstance(each, Replay) and each.state is ReplayState.READY]
            columns = roster_entries.c
            sessions = one_of(columns.session_id, [each.session_id for each in ready])
            query = select(columns.session_id).where(columns.person_id == person_id, sessions)
            expecting = set((await tx.execute(query)).scalars())
        asked = [
            AskedReplay(
                each.session_id,
                each.duration_ms,
                None if each.recorded is None else each.recorded.clock_map,
                each.session_id in expecting,
            )
            for each in ready
        ]
        seen = await self.in_all.of_person(org_id, person_id, asked)
        return SeenInAll({each.id: seen.shares[each.session_id] for each in ready}, len(seen.uncounted))


@dataclass(frozen=True, slots=True)
class RequiredLessons:
    """Has lessons folded whose replays somebody has to watch, before anybody waits for it."""

    folding: LiveFolding
    store: TermsStore = field(default_factory=TermsStore)
    rng: random.Random = field(default_factory=random.Random)

    async def run(self) -> None:
        """Look every half a minute, and whenever somebody was told that not all is counted; for ever."""
        while True:
            self.folding.asked.clear()
            await self.catch_up()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_INTERVAL_S):
                    await self.folding.asked.wait()

    async def catch_up(self) -> int:
        """Bring all of them up to date, one after the other; return how many had to be folded.

        Those that somebody waits for come first, the others in any order: several servers then seldom do the
        same. One that cannot be read holds up no other. Between two the server rests three times as long as
        one took: after an update there may be a thousand, and lessons go on meanwhile.
        """
        async with self.folding.database.read() as tx:
            sessions = await self.store.required_sessions(tx)
        grown = await self.folding.grown(sessions)
        self.rng.shuffle(grown)
        left = {standing.session_id: standing for standing in grown}
        now = asyncio.get_running_loop().time
        while left:
            wanted = next((id_ for id_ in self.folding.wanted if id_ in left), None)
            standing = left.pop(wanted or next(iter(left)))
            began = now()
            try:
                await self.folding.catch_up(standing.session_id)
            except Exception as error:  # noqa: BLE001 (whatever is wrong with one lesson, the others go on)
                _log.warning("lesson_not_counted", session_id=standing.session_id, error=repr(error))
            if standing.is_behind:
                await asyncio.sleep(_REST_SHARE * (now() - began))
        return sum(standing.is_behind for standing in grown)


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
