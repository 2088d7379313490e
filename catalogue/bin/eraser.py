"""Erasing for good what was in the bin for as long as the organisation may change its mind.

First it is written down that it is being erased (from here on it cannot be taken out), then the files go,
then what belongs to it in the database, with a word that it is gone. Who is killed in between goes on there.
A server that was away, or a worker that did not hear of it, may write files anew: what is gone is looked at
again for thirty days.

What a lesson was (its timeline, attendance, who watched what) is no media and stays.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.bin.states import DAY_MS, BinEvent, Binned, BinState, after
from catalogue.bin.store import BinStore
from catalogue.edit_store import EditStore
from catalogue.groups.store import GroupStore
from catalogue.media import Microcourse, microcourse_folder
from catalogue.review_store import ReviewStore
from catalogue.shown import ShownParts
from catalogue.store import CatalogueStore
from catalogue.terms_store import TermsStore
from catalogue.webvtt import mapped, reread, written
from catalogue.work import COMPOSE, SIGNALS, microcourse_over
from lectern.db.engine import Database
from lectern.jobs.store import JobStore
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import Gone
from lectern.storage.erasing import erased_key, erased_up_to, tell
from lectern.storage.files import Files

_log = structlog.get_logger()
LOOK_AGAIN_S: Final = 60.0
_AT_ONCE: Final = 20
_SWEPT_MS: Final = 30 * DAY_MS
_OF_REPLAY: Final = ("rec", "hls", "download", "derived")
"""The folders of a session that hold its recordings and what was made of them; microcourses lie beside."""


def folders_of(one: Binned) -> list[str]:
    """Return the keys of the folders that hold something's files; without a slash at their end."""
    if one.medium == "microcourse":
        return [microcourse_folder(one.session_id, one.id).removesuffix("/")]
    return [f"sessions/{one.session_id}/{name}" for name in _OF_REPLAY]


@dataclass
class BinEraser:
    """See the module. Every server process may do it: each knows its own disk."""

    database: Database
    files: Files
    jobs: JobStore
    store: CatalogueStore = field(default_factory=CatalogueStore)
    clock: Clock = utc_ms
    bin: BinStore = field(default_factory=BinStore)
    edits: EditStore = field(default_factory=EditStore)
    terms: TermsStore = field(default_factory=TermsStore)
    reviews: ReviewStore = field(default_factory=ReviewStore)
    groups: GroupStore = field(default_factory=GroupStore)
    behind: str = ""
    """Behind which id what is gone is looked at again."""

    async def run(self) -> None:
        """Erase what is due, until cancelled."""
        while True:
            await self.step()
            await asyncio.sleep(LOOK_AGAIN_S)

    async def step(self) -> int:
        """Erase what is due now, and look again at what is gone; return how much was erased."""
        async with self.database.read() as tx:
            due = await self.bin.due(tx, self.clock(), _AT_ONCE)
            gone = await self.bin.gone(tx, self.clock() - _SWEPT_MS, self.behind, _AT_ONCE)
        self.behind = gone[-1].id if len(gone) == _AT_ONCE else ""
        erased = 0
        try:
            for one in due:
                erased += await self.erase(one)
            for one in gone:
                await self._delete_files(one)
        except Gone as error:
            _log.warning("erasing_waits", code=error.code)
        return erased

    async def erase(self, seen: Binned) -> bool:
        """Erase something that is due; False if it was taken out meanwhile, or another server was faster.

        Raises:
            Gone: the files cannot be reached now; the next step goes on.
        """
        async with self.database.write() as tx:
            one = await self.bin.find(tx, seen.medium, seen.id, lock=True)
            if one is None or one.state is BinState.GONE or one.due_utc_ms > self.clock():
                return False
            await self.bin.change(tx, one, state=after(one.state, BinEvent.DUE))
            if one.medium == "replay":
                await self._end_jobs(tx, one)
        await self._delete_files(one)
        word = erased_key(f"sessions/{one.session_id}")  # that asides are erased is said for good
        left = [
            file for folder in folders_of(one) for file in await self.files.list(folder) if file.key != word
        ]
        if left:  # a disk that refuses: said, and tried again
            _log.error("erasing_incomplete", medium=one.medium, id=one.id, files=len(left))
            return False
        async with self.database.write() as tx:
            current = await self.bin.find(tx, one.medium, one.id, lock=True)
            if current is None or current.state is BinState.GONE:
                return False
            await self._forget(tx, current)
            state = after(current.state, BinEvent.ERASED)
            await self.bin.change(tx, current, state=state, erased_utc_ms=self.clock())
        _log.info("medium_erased", medium=one.medium, id=one.id, session_id=one.session_id)
        return True

    async def _delete_files(self, one: Binned) -> None:
        session = f"sessions/{one.session_id}"
        asides_up_to = await erased_up_to(self.files, session) if one.medium == "replay" else 0
        for folder in folders_of(one):
            await self.files.delete(folder)
        if asides_up_to:
            await tell(self.files, session, asides_up_to)

    async def _end_jobs(self, tx: AsyncConnection, one: Binned) -> None:
        """End whatever still reads these files: also cuts that are to live on."""
        now = UtcMs(self.clock())
        for kind in (COMPOSE, SIGNALS):
            job = await self.jobs.newest(tx, kind, one.id)
            if job is not None and not job.over:
                await self.jobs.cancel(tx, job.id, now)
        for course in await self.store.cut_from(tx, one.id):
            if course.job_id is None:
                continue
            job = await self.jobs.get(tx, course.job_id, lock=True)
            if not job.over:
                await microcourse_over(tx, self.store, await self.jobs.cancel(tx, job.id, now))

    async def _forget(self, tx: AsyncConnection, one: Binned) -> None:
        if one.medium == "replay":
            for course in await self.store.cut_from(tx, one.id):
                await self._hand_down(tx, one, course)
            await self.edits.forget_drafts(tx, one.id)
            await self.groups.forget(tx, one.session_id)
        await self.store.forget(tx, one.org_id, one.medium, one.id)

    async def _hand_down(self, tx: AsyncConnection, replay: Binned, course: Microcourse) -> None:
        """Give a microcourse the captions that it showed as its replay's, in its own time."""
        version = course.version if course.live_version is None else course.live_version
        parts = await ShownParts(self.store, self.jobs, self.edits, self.reviews).of(tx, course.id, version)
        own = await self.terms.languages(tx, "microcourse", course.id, version)
        replay_version = int(replay.content["version"])
        for language in await self.terms.languages(tx, "replay", replay.id, replay_version):
            found = await self.terms.captions(tx, "replay", replay.id, language)
            if found is None or language in own:
                continue
            row = {
                "medium": "microcourse",
                "medium_id": course.id,
                "language": language,
                "org_id": course.org_id,
                "version": version,
                "content": written(mapped(reread(found.content), parts)),
                "created_by": replay.put_by,
                "created_utc_ms": self.clock(),
            }
            await self.terms.put_captions(tx, row)
