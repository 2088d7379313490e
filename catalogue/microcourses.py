"""Microcourses: cut, and cut again; each in one transaction with its job."""

from dataclasses import dataclass, field

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import insist_on_edit
from catalogue.bin.store import tell_deleted
from catalogue.brand.choosing import LookChooser, Pin, chose_alike
from catalogue.edit_store import EditStore, MadeOf
from catalogue.edits import EditList
from catalogue.media import Microcourse, Replay, checked_cut
from catalogue.states import MICROCOURSE_TABLE, MicrocourseEvent, MicrocourseState, ReplayState, after
from catalogue.store import CatalogueStore
from catalogue.work import MICROCOURSE, MicrocourseArgs
from lectern.db.engine import Database
from lectern.jobs.job import NewJob
from lectern.jobs.store import JobStore
from lectern.kernel.access import Principal
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import Conflict, NotFound
from lectern.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class MicrocourseDesk:
    """What an editor does. Every method raises `NotFound` or `Forbidden` for those who may not."""

    database: Database
    store: CatalogueStore
    jobs: JobStore
    looks: LookChooser
    clock: Clock = utc_ms
    edits: EditStore = field(default_factory=EditStore)

    async def create(
        self,
        who: Principal,
        replay_id: str,
        *,
        title: str,
        start_ms: int,
        end_ms: int,
        made_of: MadeOf | None = None,
    ) -> Microcourse:
        """Add a microcourse and have it cut; `made_of` several ranges between `start_ms` and `end_ms`.

        Raises:
            Conflict: the replay is not ready, or the look is not used any more. Rejected: title or range is
            not usable.
        """
        async with self.database.write() as tx:
            try:
                replay = await self.store.replay(
                    tx, replay_id, lock=True
                )  # whoever deletes it counts this one
            except NotFound:
                await tell_deleted(tx, who, "replay", replay_id)
                raise
            insist_on_edit(who, replay.org_id, replay.session_id)
            if replay.state is not ReplayState.READY:
                raise Conflict("replay_not_ready", "The replay is not ready yet.", state=replay.state)
            cut = checked_cut(title, start_ms, end_ms, replay.duration_ms)
            now = self.clock()
            content = EditList() if made_of is None else made_of.content
            pin = await self.looks.pinned(tx, who, replay.org_id, replay.session_id, content)
            draft = Microcourse(
                id=new_id(),
                org_id=replay.org_id,
                replay_id=replay.id,
                session_id=replay.session_id,
                title=cut.title,
                start_ms=cut.start_ms,
                end_ms=cut.end_ms,
                state=MicrocourseState.DRAFT,
                version=1,
                job_id=None,
                duration_ms=None,
                created_by=who.subject_id,
                created_utc_ms=now,
                published_utc_ms=None,
                made_by=who.subject_id,
                look_id=pin.look_id,
                look_version=pin.version,
            )
            await self.store.add_microcourse(tx, draft)
            await self._note_cut(tx, draft, made_of)
            await self._submit(tx, draft, MicrocourseEvent.SUBMITTED, now)
            return await self.store.microcourse(tx, draft.id)

    async def edit(
        self,
        who: Principal,
        microcourse_id: str,
        *,
        title: str | None,
        start_ms: int | None,
        end_ms: int | None,
        made_of: MadeOf | None = None,
        newest_look: bool = False,
    ) -> Microcourse:
        """Change title or range, and have a new version cut; one that is in the making is dropped.

        Where neither range nor `made_of` is given, it stays made of what it was. It stays in the version of
        the look that it has, unless another one was chosen, or the `newest_look` is wanted. What is published
        goes on playing as it is until the new version is published too.

        Raises:
            Conflict: the replay was deleted (`source_deleted`), or the look is not used any more. Rejected:
            title or range is not usable.
        """
        async with self.database.write() as tx:
            old = await self._mine(tx, who, microcourse_id)
            replay = await self._source(tx, old)
            cut = checked_cut(
                old.title if title is None else title,
                old.start_ms if start_ms is None else start_ms,
                old.end_ms if end_ms is None else end_ms,
                replay.duration_ms,
            )
            after(MICROCOURSE_TABLE, old.state, MicrocourseEvent.EDITED)
            was = (await self.edits.cuts(tx, [(old.id, old.version)])).get((old.id, old.version))
            if made_of is None and was is not None and start_ms is None and end_ms is None:
                made_of = MadeOf(msgspec.structs.replace(was.content, title=cut.title), was.chapters)
            pin = await self._pin(tx, who, old, was, made_of, newest_look=newest_look)
            same = (cut.title, cut.start_ms, cut.end_ms) == (old.title, old.start_ms, old.end_ms)
            known = _pin_of(old)
            same_look = pin == known or (known is None and not newest_look)
            if same and same_look and _shows(made_of) == _shows(was):
                return old
            now = self.clock()
            await self._drop_job(tx, old, now)
            await self.store.change_microcourse(
                tx,
                old.id,
                title=cut.title,
                start_ms=cut.start_ms,
                end_ms=cut.end_ms,
                version=old.version + 1,
                duration_ms=None,
                made_by=who.subject_id,
                look_id=pin.look_id,
                look_version=pin.version,
            )
            changed = await self.store.microcourse(tx, old.id)
            await self._note_cut(tx, changed, made_of)
            await self._submit(tx, changed, MicrocourseEvent.EDITED, now)
            return await self.store.microcourse(tx, old.id)

    async def _pin(
        self,
        tx: AsyncConnection,
        who: Principal,
        old: Microcourse,
        was: MadeOf | None,
        made_of: MadeOf | None,
        *,
        newest_look: bool,
    ) -> Pin:
        """Return the look that a microcourse is made again in."""
        before = EditList() if was is None else was.content
        wanted = EditList() if made_of is None else made_of.content
        known = _pin_of(old)
        if known is not None and not newest_look and chose_alike(before, wanted):
            return known
        return await self.looks.pinned(tx, who, old.org_id, old.session_id, wanted)

    async def retry(self, who: Principal, microcourse_id: str) -> Microcourse:
        """Queue the job of a failed microcourse again.

        Raises:
            Conflict: it did not fail, or its replay was deleted (`source_deleted`).
        """
        async with self.database.write() as tx:
            failed = await self._mine(tx, who, microcourse_id)
            await self._source(tx, failed)
            state = after(MICROCOURSE_TABLE, failed.state, MicrocourseEvent.RETRIED)
            assert failed.job_id is not None
            await self.jobs.resume(tx, failed.job_id, self.clock())
            await self.store.change_microcourse(tx, failed.id, state=state)
            return await self.store.microcourse(tx, failed.id)

    async def _source(self, tx: AsyncConnection, microcourse: Microcourse) -> Replay:
        """Return the replay that a microcourse is cut from.

        Raises:
            Conflict: it was deleted.
        """
        try:
            return await self.store.replay(tx, microcourse.replay_id)
        except NotFound:
            raise Conflict(
                "source_deleted",
                "The replay that this was cut from was deleted, so it cannot be cut anew. It can still be "
                "shown as it is.",
            ) from None

    async def _note_cut(self, tx: AsyncConnection, microcourse: Microcourse, made_of: MadeOf | None) -> None:
        if made_of is not None:
            await self._claim(tx, microcourse, made_of)
            await self.edits.note_cut(tx, microcourse.org_id, microcourse.id, microcourse.version, made_of)

    async def _claim(self, tx: AsyncConnection, microcourse: Microcourse, made_of: MadeOf) -> None:
        """Make this the microcourse of the draft that it is made of, which must stand where it was read.

        Two who have a draft made at once make one microcourse.
        """
        if made_of.edit_id is None:
            return
        edit = await self.edits.edit(tx, made_of.edit_id, lock=True)
        if edit.microcourse_id is not None and edit.microcourse_id != microcourse.id:
            other = await self._if_there(tx, edit.microcourse_id)
            if other is not None and MicrocourseEvent.EDITED in MICROCOURSE_TABLE[other.state]:
                raise Conflict(
                    "microcourse_changed", "Somebody else has just changed this. Look at it again."
                )
        if edit.revision != made_of.edit_revision:
            raise Conflict("edited_meanwhile", "Somebody else has changed this in the meantime.")
        await self.edits.change(tx, edit.id, microcourse_id=microcourse.id)

    async def _if_there(self, tx: AsyncConnection, microcourse_id: str) -> Microcourse | None:
        """Return a microcourse; None: it was deleted, and what was made of its draft is another one."""
        try:
            return await self.store.microcourse(tx, microcourse_id)
        except NotFound:
            return None

    async def _mine(self, tx: AsyncConnection, who: Principal, microcourse_id: str) -> Microcourse:
        """Return a microcourse that `who` may edit, its job and then itself locked.

        The order is that of a worker that ends a job; any other would let the two wait for each other.
        """
        seen = await self.store.microcourse(tx, microcourse_id)
        insist_on_edit(who, seen.org_id, seen.session_id)
        if seen.job_id is not None:
            await self.jobs.get(tx, seen.job_id, lock=True)
        found = await self.store.microcourse(tx, microcourse_id, lock=True)
        if found.job_id != seen.job_id:
            raise Conflict("microcourse_changed", "Somebody else has just changed this. Look at it again.")
        return found

    async def _submit(
        self, tx: AsyncConnection, microcourse: Microcourse, event: MicrocourseEvent, now: UtcMs
    ) -> None:
        replay = await self.store.replay(tx, microcourse.replay_id)
        key = (microcourse.id, microcourse.version)
        made_of = (await self.edits.cuts(tx, [key])).get(key, MadeOf(EditList()))
        args = MicrocourseArgs(
            session_id=microcourse.session_id,
            microcourse_id=microcourse.id,
            version=microcourse.version,
            title=microcourse.title,
            start_ms=microcourse.start_ms,
            end_ms=microcourse.end_ms,
            replay_version=replay.version,
            ranges=made_of.content.ranges,
            arrangement=made_of.content.arrangement,
            subtitle=made_of.content.subtitle,
            branded=made_of.content.branded,
            look=microcourse.look_id or "",
            look_version=microcourse.look_version or 0,
        )
        new = NewJob(microcourse.org_id, MICROCOURSE, microcourse.id, msgspec.to_builtins(args))
        job = await self.jobs.enqueue(tx, new, now)
        state = after(MICROCOURSE_TABLE, microcourse.state, event)
        await self.store.change_microcourse(tx, microcourse.id, state=state, job_id=job.id)

    async def _drop_job(self, tx: AsyncConnection, microcourse: Microcourse, now: UtcMs) -> None:
        """Cancel the job that cuts it, if it is not over; `_mine` has locked it."""
        if microcourse.job_id is None:
            return
        job = await self.jobs.get(tx, microcourse.job_id)
        if not job.over:
            await self.jobs.cancel(tx, job.id, now)


def _pin_of(microcourse: Microcourse) -> Pin | None:
    """Return the look that it stands in; None if it was made before looks were written down."""
    if microcourse.look_version is None:
        return None
    return Pin(microcourse.look_id, microcourse.look_version)


def _shows(made_of: MadeOf | None) -> tuple[object, ...]:
    """Return what makes a difference to the picture and to its chapters."""
    return () if made_of is None else (made_of.content, made_of.chapters)
