"""Reminds whoever has not watched a required medium yet: three days and one day before its deadline, and when
it is over. In every server process; what is put into the outbox twice is told once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog

from analytics.still_to_watch import WatchingDues
from catalogue.media import MediumKind
from catalogue.terms_store import Owed, TermsStore
from catalogue.watch_due import LATE_MS, step
from lectern.db.engine import Database
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, NotFound
from lectern.kernel.tasks import run_forever
from notices.kinds import Kind, WatchFacts
from notices.outbox import Outbox

LOOK_INTERVAL_S: Final = 30.0
_MOST_AT_ONCE: Final = 50
_READS: Final = frozenset({Permission.REPLAYS_READ, Permission.VIEWS_READ, Permission.ATTENDANCE_READ})

_log = structlog.get_logger()


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

    async def run(self) -> None:
        """Remind for ever; ends by cancellation."""
        await run_forever("watch_reminders", self._run)

    async def _run(self) -> None:
        while True:
            await self.remind()
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

    async def _remind(self, owed: Owed) -> bool:
        kind: MediumKind = owed.medium
        asker = Principal(org_id=owed.org_id, subject_id="reminders", permissions=_READS)
        try:
            if kind == "replay":
                await self.insist_on_shown(owed.medium_id)
            found = await self.dues.coverages.media.find(asker, kind, owed.medium_id)
            title, zone = await self._title(owed), await self.zone()
            due = await self.dues.of(asker, kind, owed.medium_id)
        except (NotFound, Conflict):
            return False  # not published, taken back or deleted: looked at again until it is too late
        missing = [one.card.id for one in due.people if not one.done]
        async with self.database.write() as tx:
            # As it stands now: an editor may have moved it, and another server may have been faster.
            current = await self.store.deadline(tx, kind, owed.medium_id, lock=True)
            now = self.clock()
            taken = None if current is None else step(current, now)
            if current is None or taken is None or taken.say is None:
                return False
            over = taken.say == "over"
            facts = WatchFacts(
                session_id=found.session_id,
                medium=kind,
                medium_id=owed.medium_id,
                title=title,
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
                person_ids=missing,
                session_id=found.session_id,
                about=about,
                expires_utc_ms=now + LATE_MS if over else current.due_utc_ms,
            )
            await self.store.note_told(tx, kind, owed.medium_id, taken.told)
        _log.info(
            "watch_reminded", medium=kind, medium_id=owed.medium_id, reminder=taken.say, people=len(missing)
        )
        return True

    async def _title(self, owed: Owed) -> str:
        async with self.database.read() as tx:
            found = await self.dues.coverages.media.titles(tx, owed.org_id, owed.medium, [owed.medium_id])
        if owed.medium_id not in found:
            raise NotFound("medium_unknown", "There is no such medium.")
        return found[owed.medium_id]
