"""What editors save: drafts of microcourses and the chapters of a replay, revision by revision.

Nothing is overwritten: a save says which revision it began from and which it has seen last, and is refused
when there is a newer one. Undo and redo are revisions too.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import insist_on_edit
from catalogue.bin.store import tell_deleted
from catalogue.chapters import Chapter, placed
from catalogue.edit_history import Course, Step, course
from catalogue.edit_store import Edit, EditKind, EditStore, MadeOf, Present, Revision
from catalogue.edits import (
    Brand,
    DropChapter,
    EditList,
    Name,
    Operation,
    Range,
    Restore,
    SetChapter,
    Source,
    changed,
    checked,
)
from catalogue.media import Microcourse, Replay
from catalogue.microcourses import MicrocourseDesk
from catalogue.replay_chapters import chapters_of
from catalogue.replays import ReplayKeeper, remembered_of
from catalogue.states import MICROCOURSE_TABLE, MicrocourseEvent, ReplayState
from lectern.kernel.access import Principal
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import Conflict, NotFound, Rejected
from lectern.kernel.ids import new_id
from lectern.timeline.engine import TimelineEngine

MOST_DRAFTS: Final = 100
MOST_REVISIONS: Final = 2_000
MOST_LISTED: Final = 100
PRESENT_MS: Final = 10_000
"""Somebody whose page has not said so for this long does not have it open any more."""
_FORGOTTEN_MS: Final = 60_000


class Names(Protocol):
    """Knows what people are called."""

    async def names(self, tx: AsyncConnection, org_id: str, person_ids: Collection[str]) -> Mapping[str, str]:
        """Return what people are called, by id; of those that are known."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An edit list, its latest revision, and what can be undone."""

    edit: Edit
    latest: Revision
    course: Course


@dataclass(frozen=True, slots=True)
class Asked:
    """A change: made to `from_revision` by somebody who has seen `over`, the latest they know of.

    Both are the same, unless they keep theirs instead of somebody's later one. `operation` may be a step.
    """

    change_id: str
    from_revision: int
    over: int
    operation: Operation | Restore | Step


@dataclass(frozen=True, slots=True)
class EditDesk:
    """What an editor does with drafts. Methods raise `NotFound` or `Forbidden` for those who may not."""

    keeper: ReplayKeeper
    engine: TimelineEngine
    microcourses: MicrocourseDesk
    clock: Clock = utc_ms

    @property
    def edits(self) -> EditStore:
        """Where drafts are."""
        return self.microcourses.edits

    async def drafts(self, who: Principal, replay_id: str) -> tuple[list[Standing], Standing]:
        """Return the drafts of a replay, oldest first, and its chapters."""
        async with self.keeper.database.read() as tx:
            chapters = await self._mine(tx, who, (await self._replay(tx, who, replay_id)).id)
            edits = await self.edits.of_replay(tx, replay_id, most=MOST_DRAFTS)
            return await self._standing(tx, edits), (await self._standing(tx, [chapters]))[0]

    async def draft(self, who: Principal, edit_id: str) -> Standing:
        """Return a draft, or the chapters of a replay."""
        async with self.keeper.database.read() as tx:
            return (await self._standing(tx, [await self._mine(tx, who, edit_id)]))[0]

    async def history(self, who: Principal, edit_id: str) -> list[Revision]:
        """Return the latest revisions, newest first."""
        async with self.keeper.database.read() as tx:
            edit = await self._mine(tx, who, edit_id)
            return await self.edits.revisions(tx, edit.id, most=MOST_LISTED)

    async def create(
        self, who: Principal, replay_id: str, *, ranges: Sequence[Range], title: str, subtitle: str
    ) -> Standing:
        """Begin a draft.

        Raises:
            Conflict: the replay is not ready. Rejected: too many drafts, or the list breaks a rule.
        """
        async with self.keeper.database.write() as tx:
            replay = await self._replay(tx, who, replay_id, lock=True)
            if replay.state is not ReplayState.READY:
                raise Conflict("replay_not_ready", "The replay is not ready yet.", state=replay.state)
            if await self.edits.count(tx, replay_id) >= MOST_DRAFTS:
                raise Rejected("edits_too_many", "There are too many drafts. Delete some.", limit=MOST_DRAFTS)
            source = Source(replay.duration_ms)
            content = checked(EditList(ranges=tuple(ranges)), source)
            content = changed(content, Name(title, subtitle), source)
            edit = _new(who, replay, new_id(), "microcourse", self.clock())
            await self.edits.add(tx, edit, _first(edit, content))
            return (await self._standing(tx, [edit]))[0]

    async def change(self, who: Principal, edit_id: str, asked: Asked) -> Standing:
        """Save a change as the next revision; the same change again is answered as the first time.

        Raises:
            Conflict: somebody saved a later revision than `over` (`edited_meanwhile`), or nothing can be
                undone. Rejected: the operation breaks a rule.
        """
        source = await self._source(who, edit_id, with_chapters=_about_chapters(asked.operation))
        async with self.keeper.database.write() as tx:
            edit = await self._mine(tx, who, edit_id, lock=True)
            if await self.edits.revision_of_change(tx, edit.id, asked.change_id) is None:
                _insist_on_latest(edit, asked.over)
                await self._save(tx, who, edit, asked, source)
                edit = await self.edits.edit(tx, edit.id)
            return (await self._standing(tx, [edit]))[0]

    async def drop(self, who: Principal, edit_id: str) -> None:
        """Delete a draft from the list; the microcourse that was made of it stays."""
        async with self.keeper.database.write() as tx:
            edit = await self._mine(tx, who, edit_id, lock=True)
            if edit.kind != "microcourse":
                raise Rejected("edit_not_here", "Only a draft can be deleted.")
            await self.edits.change(tx, edit.id, dropped_utc_ms=self.clock())

    async def produce(
        self, who: Principal, edit_id: str, revision: int, *, newest_look: bool = False
    ) -> Microcourse:
        """Have the microcourse of a draft cut as it is at `revision`; its next version, if it has been.

        Raises:
            Conflict: there is a later revision (`edited_meanwhile`), or its look is not used any more.
            Rejected: it has no title.
        """
        source = await self._source(who, edit_id, with_chapters=True)
        async with self.keeper.database.read() as tx:
            edit = await self._mine(tx, who, edit_id)
            content = (await self._standing(tx, [edit]))[0].latest.content
            known = await self._made(tx, edit)
        if edit.kind != "microcourse":
            raise Rejected("edit_not_here", "Only a draft can be made into a microcourse.")
        _insist_on_latest(edit, revision)
        chapters = source.chapters if content.chapters is None else content.chapters
        made_of = MadeOf(content, placed(chapters, content.ranges), edit.id, revision)
        start_ms, end_ms = min(s for s, _ in content.ranges), max(e for _, e in content.ranges)
        if known is not None:
            return await self.microcourses.edit(
                who, known.id, title=content.title, start_ms=start_ms, end_ms=end_ms, made_of=made_of,
                newest_look=newest_look,
            )  # fmt: skip
        return await self.microcourses.create(
            who, edit.replay_id, title=content.title, start_ms=start_ms, end_ms=end_ms, made_of=made_of
        )

    async def be_present(
        self, who: Principal, replay_id: str, tab: str, edit_id: str | None, *, leaving: bool
    ) -> tuple[list[Present], list[tuple[str, int]]]:
        """Say that one has the editor open. Returns who else has, and where every draft stands."""
        now = self.clock()
        guest = None if who.grant is None else who.grant.guest_name
        async with self.keeper.database.write() as tx:
            replay = await self._replay(tx, who, replay_id)
            if leaving:
                await self.edits.leave(tx, replay.id, who.subject_id, tab)
                return [], []
            mine = Present(replay.id, who.subject_id, tab, replay.org_id, edit_id, guest, now)
            await self.edits.be_present(tx, mine, forget_before=UtcMs(now - _FORGOTTEN_MS))
            there = await self.edits.present(tx, replay.id, since=UtcMs(now - PRESENT_MS))
            edits = await self.edits.of_replay(tx, replay.id, most=MOST_DRAFTS)
            chapters = await self.edits.find(tx, replay.id)
        others = [each for each in there if (each.subject, each.tab) != (mine.subject, mine.tab)]
        stand = [*edits, *([chapters] if chapters else [])]
        return others, [(edit.id, edit.revision) for edit in stand]

    async def _save(
        self, tx: AsyncConnection, who: Principal, edit: Edit, asked: Asked, source: Source
    ) -> None:
        if edit.revision >= MOST_REVISIONS:
            raise Rejected(
                "edit_full", "This was changed too often. Begin a new draft with it.", limit=MOST_REVISIONS
            )
        done = course(await self.edits.steps(tx, edit.id))
        operation = asked.operation
        if isinstance(operation, Step):
            content, step = await self._step(tx, edit, done, operation), operation
        else:
            content, step = await self._changed(tx, edit, asked.from_revision, operation, source), Step.CHANGE
            if content == (await self.edits.revision(tx, edit.id, edit.revision)).content:
                return
        done.take(step)
        await self.edits.append(
            tx,
            Revision(
                edit.id,
                edit.revision + 1,
                edit.org_id,
                asked.change_id,
                step,
                operation.value if isinstance(operation, Step) else operation.kind,
                done.at,
                who.subject_id,
                self.clock(),
                content,
            ),
        )

    async def _changed(
        self,
        tx: AsyncConnection,
        edit: Edit,
        from_revision: int,
        operation: Operation | Restore,
        source: Source,
    ) -> EditList:
        if isinstance(operation, Restore):
            return checked((await self.edits.revision(tx, edit.id, operation.revision)).content, source)
        if isinstance(operation, Brand) and operation.branded and operation.look:
            await self.microcourses.looks.store.usable(tx, edit.org_id, operation.look)
        return changed((await self.edits.revision(tx, edit.id, from_revision)).content, operation, source)

    async def _step(self, tx: AsyncConnection, edit: Edit, done: Course, step: Step) -> EditList:
        target = done.undo_to if step is Step.UNDO else done.redo_to
        if target is None:
            if step is Step.UNDO:
                raise Conflict("nothing_to_undo", "There is nothing to undo.")
            raise Conflict("nothing_to_redo", "There is nothing to redo.")
        return (await self.edits.revision(tx, edit.id, target)).content

    async def _replay(
        self, tx: AsyncConnection, who: Principal, replay_id: str, *, lock: bool = False
    ) -> Replay:
        try:
            replay = await self.keeper.store.replay(tx, replay_id, lock=lock)
        except NotFound:
            await tell_deleted(tx, who, "replay", replay_id)
            raise
        insist_on_edit(who, replay.org_id, replay.session_id)
        return replay

    async def _mine(self, tx: AsyncConnection, who: Principal, edit_id: str, *, lock: bool = False) -> Edit:
        """Return an edit list that `who` may change; a replay's chapters are one before they are stored."""
        found = await self.edits.find(tx, edit_id, lock=lock)
        if found is not None:
            insist_on_edit(who, found.org_id, found.session_id)
            return found
        try:
            replay = await self._replay(tx, who, edit_id)
        except NotFound:
            return await self.edits.edit(tx, edit_id)
        edit = _new(who, replay, replay.id, "chapters", self.clock())
        if lock:
            await self.edits.add(tx, edit, _first(edit, EditList()))
            return await self.edits.edit(tx, edit.id, lock=True)
        return edit

    async def _source(self, who: Principal, edit_id: str, *, with_chapters: bool) -> Source:
        async with self.keeper.database.read() as tx:
            edit = await self._mine(tx, who, edit_id)
            replay = await self._replay(tx, who, edit.replay_id)
        chapters: tuple[Chapter, ...] = ()
        if with_chapters:
            of_class = await remembered_of(self.engine, self.keeper.store, replay)
            chapters = await chapters_of(self.keeper.database, self.edits, replay, of_class.marks)
        return Source(replay.duration_ms, chapters, whole=edit.kind == "chapters")

    async def _made(self, tx: AsyncConnection, edit: Edit) -> Microcourse | None:
        """Return the microcourse that was made of a draft, if it can become another version."""
        if edit.microcourse_id is None:
            return None
        try:
            made = await self.keeper.store.microcourse(tx, edit.microcourse_id)
        except NotFound:  # deleted: what is made now is another one
            return None
        return made if MicrocourseEvent.EDITED in MICROCOURSE_TABLE[made.state] else None

    async def _standing(self, tx: AsyncConnection, edits: Sequence[Edit]) -> list[Standing]:
        latest = await self.edits.latest(tx, edits)
        steps = await self.edits.steps_of(tx, [edit.id for edit in edits])
        made = {edit.microcourse_id for edit in edits if edit.microcourse_id is not None}
        there = await self.keeper.store.versions(tx, made)  # what was deleted may come back
        edits = [
            edit if edit.microcourse_id in there else replace(edit, microcourse_id=None) for edit in edits
        ]
        return [
            Standing(edit, latest.get(edit.id) or _first(edit, EditList()), course(steps.get(edit.id, [])))
            for edit in edits
        ]


def _about_chapters(operation: Operation | Restore | Step) -> bool:
    return isinstance(operation, SetChapter | DropChapter)


def _insist_on_latest(edit: Edit, seen: int) -> None:
    if edit.revision != seen:
        raise Conflict(
            "edited_meanwhile", "Somebody else has changed this in the meantime.", revision=edit.revision
        )


def _new(who: Principal, replay: Replay, id_: str, kind: EditKind, now: int) -> Edit:
    return Edit(id_, replay.org_id, replay.id, replay.session_id, kind, 0, None, who.subject_id, now)


def _first(edit: Edit, content: EditList) -> Revision:
    """Return revision 0: what there was before the first change."""
    by, at = edit.created_by, edit.created_utc_ms
    return Revision(edit.id, 0, edit.org_id, "", Step.CHANGE, "created", 0, by, at, content)
