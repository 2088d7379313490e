"""Reminds whoever has not watched a required medium or series yet: three days and one day before its
deadline, and when it is over; and ends reminders once it is watched. In every server process; what is put
into the outbox twice is told once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.still_to_watch import WatchingDues
from catalogue.bin.store import BinStore
from catalogue.media import MediumKind
from catalogue.series_store import SeriesStore
from catalogue.shelf.arrange import ShelfKind
from catalogue.shelf.marking import ShelfKey
from catalogue.store import CatalogueStore
from catalogue.terms_store import Owed, TermsStore
from catalogue.watch_due import LATE_MS, step
from lectern.app.watch_dues import the_house
from lectern.db.engine import Database
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import Conflict, NotFound
from lectern.kernel.tasks import run_forever
from notices.kinds import Kind, WatchFacts
from notices.outbox import Outbox
from notices.store import OpenWork

LOOK_INTERVAL_S: Final = 30.0
LOOK_AGAIN_MS: Final = 600_000
"""Whose reminders are open is asked again after so long even if nobody has watched anything."""
_MOST_AT_ONCE: Final = 50

_log = structlog.get_logger()


class _Missing(NamedTuple):
    """Who has not watched something; `session_id` None: of no lesson."""

    session_id: str | None
    title: str
    person_ids: list[str]


class _Look(NamedTuple):
    """What a piece of work looked like when it was last asked whose reminders it ends, and when that was."""

    seen: tuple[int, ...]
    at: UtcMs


@dataclass(frozen=True, slots=True)
class WatchReminders:
    """Tells what is due. `zone` asks for the organisation's, in which moments are written.

    `insist_on_shown` raises Conflict for the id of a replay that learners do not get now: held, or at other
    times.
    """

    database: Database
    outbox: Outbox
    dues: WatchingDues
    zone: Callable[[], Awaitable[str]]
    insist_on_shown: Callable[[str], Awaitable[None]]
    store: TermsStore = field(default_factory=TermsStore)
    clock: Clock = utc_ms
    _looks: dict[OpenWork, _Look] = field(default_factory=dict)

    async def run(self) -> None:
        """Remind for ever; ends by cancellation."""
        await run_forever("watch_reminders", self._run)

    async def _run(self) -> None:
        while True:
            await self.remind()
            await self.settle()
            await asyncio.sleep(LOOK_INTERVAL_S)

    async def remind(self) -> int:
        """Remind everybody who is to be reminded now; return how many media that were."""
        now = self.clock()
        async with self.database.read() as tx:
            owed = [one for one in await self.store.owed(tx, now) if step(one.deadline, now).say is not None]
        reminded = 0
        for one in owed:
            reminded += await self._remind(one)
            if reminded == _MOST_AT_ONCE:
                break
        return reminded

    async def settle(self) -> int:
        """End the reminders of whoever has watched it by now, or is not asked for it any more.

        Return how many people's reminders those were.
        """
        async with self.database.read() as tx:
            told = await self.outbox.store.open_work(tx, Kind.WATCH_DUE)
        for gone in self._looks.keys() - told.keys():
            del self._looks[gone]
        return sum([await self._settle(work, person_ids) for work, person_ids in told.items()])

    async def _settle(self, work: OpenWork, told: Collection[str]) -> int:
        medium, _, medium_id = work.about.partition(":")
        key, now = ShelfKey(cast("ShelfKind", medium), medium_id), self.clock()
        async with self.database.read() as tx:
            deadline = await self.store.deadline(tx, *key)
            moves = await CatalogueStore().moves(tx, told, await self._parts(tx, key))
        look = _Look((deadline.due_utc_ms if deadline else 0, len(told), *moves), now)
        before = self._looks.get(work)
        if before is not None and before.seen == look.seen and now - before.at < LOOK_AGAIN_MS:
            return 0
        missing: _Missing | None = None
        if deadline is not None and deadline.told:  # else it was moved since, or is not required any more
            missing = await self._missing(Owed(work.org_id, *key, deadline))
        done = set(told) - set(missing.person_ids if missing else ())
        if done:
            async with self.database.write() as tx:
                await self.outbox.settle(tx, Kind.WATCH_DUE, work.session_id, work.about, person_ids=done)
            _log.info("watch_reminders_ended", medium=key.medium, medium_id=key.id, people=len(done))
        self._looks[work] = look._replace(seen=(look.seen[0], len(told) - len(done), *moves))
        return len(done)

    async def _parts(self, tx: AsyncConnection, key: ShelfKey) -> list[tuple[str, str]]:
        """Return the media that are watched for it: itself, or what is in the series."""
        if key.medium != "series":
            return [(key.medium, key.id)]
        return [(each.medium, each.id) for each in (await SeriesStore().items(tx, [key.id]))[key.id]]

    async def _missing(self, owed: Owed) -> _Missing | None:
        """Return who has not watched it yet; None: it is not there to be watched."""
        asker = the_house(owed.org_id)
        try:
            session_id = None
            if owed.medium != "series":
                async with self.database.read() as tx:
                    if await BinStore().find(tx, owed.medium, owed.medium_id) is not None:
                        return None  # its records can be read, but nobody can watch it
                if owed.medium == "replay":
                    await self.insist_on_shown(owed.medium_id)
                found = await self.dues.coverages.media.find(asker, owed.medium, owed.medium_id)
                session_id = found.session_id
            title = await self._title(owed)
            due = await self.dues.of(asker, owed.medium, owed.medium_id)
        except (NotFound, Conflict):
            return None
        return _Missing(session_id, title, [one.card.id for one in due.people if not one.done])

    async def _remind(self, owed: Owed) -> bool:
        kind, found = owed.medium, await self._missing(owed)
        if found is None:
            return False  # not published, taken back or deleted: looked at again until it is too late
        zone = await self.zone()
        async with self.database.write() as tx:
            # As it stands now: an editor may have moved it, and another server may have been faster.
            current = await self.store.deadline(tx, kind, owed.medium_id, lock=True)
            now = self.clock()
            taken = None if current is None else step(current, now)
            if current is None or taken is None or taken.say is None:
                return False
            over = taken.say == "over"
            facts = WatchFacts(
                session_id=found.session_id or "",
                medium=kind,
                medium_id=owed.medium_id,
                title=found.title,
                due_utc_ms=current.due_utc_ms,
                zone=zone,
                over=over,
            )
            # The reminder before is out of date: for whoever has watched it since, and for the others too.
            about = f"{kind}:{owed.medium_id}"
            await self.outbox.settle(tx, Kind.WATCH_DUE, found.session_id, about)
            await self.outbox.put(
                tx,
                org_id=owed.org_id,
                kind=Kind.WATCH_DUE,
                key=f"{kind}:{owed.medium_id}:{current.due_utc_ms}:{taken.say}",
                facts=msgspec.to_builtins(facts),
                person_ids=found.person_ids,
                session_id=found.session_id,
                about=about,
                expires_utc_ms=now + LATE_MS if over else current.due_utc_ms,
            )
            await self.store.note_told(tx, kind, owed.medium_id, taken.told)
        _log.info(
            "watch_reminded",
            medium=kind,
            medium_id=owed.medium_id,
            reminder=taken.say,
            people=len(found.person_ids),
        )
        return True

    async def _title(self, owed: Owed) -> str:
        async with self.database.read() as tx:
            if owed.medium == "series":
                return (await SeriesStore().get(tx, owed.medium_id)).title
            medium: MediumKind = owed.medium
            found = await self.dues.coverages.media.titles(tx, owed.org_id, medium, [owed.medium_id])
        if owed.medium_id not in found:
            raise NotFound("medium_unknown", "There is no such medium.")
        return found[owed.medium_id]
