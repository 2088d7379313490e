"""Edit lists, their revisions, who has them open, and what microcourses were made of, in SQL.

Every method works inside the caller's transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.chapters import Chapter, shifted
from catalogue.edit_history import Step
from catalogue.edit_tables import edit_lists, edit_presence, edit_revisions, microcourse_cuts
from catalogue.edits import EditList
from catalogue.shelf.marking import ShelfKey, mark
from lectern.db.upsert import insert_new, put
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import NotFound

EditKind = Literal["microcourse", "chapters"]


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit list and where it stands; the chapters of a replay have its id and the kind `chapters`."""

    id: str
    org_id: str
    replay_id: str
    session_id: str
    kind: EditKind
    revision: int
    microcourse_id: str | None
    created_by: str
    created_utc_ms: int
    dropped_utc_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One saved state of an edit list; `equals` is the revision whose content it has, mostly itself."""

    edit_id: str
    revision: int
    org_id: str
    change_id: str
    step: Step
    what: str
    equals: int
    author: str
    utc_ms: int
    content: EditList


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody has the editor of a replay open; `guest_name` of those who came by a link."""

    replay_id: str
    subject: str
    tab: str
    org_id: str
    edit_id: str | None
    guest_name: str | None
    seen_utc_ms: UtcMs


class MadeOf(msgspec.Struct, frozen=True):
    """What a version of a microcourse was made of, and its chapters in its own time."""

    content: EditList
    chapters: tuple[Chapter, ...] = ()
    edit_id: str | None = None
    edit_revision: int | None = None


class EditStore:
    """What editors saved, as rows."""

    async def add(self, tx: AsyncConnection, edit: Edit, first: Revision) -> None:
        """Add an edit list with its revision 0; what is there already stays as it is."""
        await insert_new(tx, edit_lists, [_columns(edit)])
        await insert_new(tx, edit_revisions, [_revision_row(first)])

    async def edit(self, tx: AsyncConnection, edit_id: str, *, lock: bool = False) -> Edit:
        """Return an edit list.

        Raises:
            NotFound: there is none (`edit_not_found`).
        """
        found = await self.find(tx, edit_id, lock=lock)
        if found is None:
            raise NotFound("edit_not_found", "There is no such draft, or somebody has deleted it.")
        return found

    async def find(self, tx: AsyncConnection, edit_id: str, *, lock: bool = False) -> Edit | None:
        """Return an edit list that was not dropped."""
        query = select(edit_lists).where(edit_lists.c.id == edit_id, edit_lists.c.dropped_utc_ms.is_(None))
        row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
        return None if row is None else Edit(**row._mapping)

    async def of_replay(self, tx: AsyncConnection, replay_id: str, *, most: int) -> list[Edit]:
        """Return the drafts of microcourses of a replay, oldest first."""
        query = (
            select(edit_lists)
            .where(
                edit_lists.c.replay_id == replay_id,
                edit_lists.c.kind == "microcourse",
                edit_lists.c.dropped_utc_ms.is_(None),
            )
            .order_by(edit_lists.c.id)
            .limit(most)
        )
        return [Edit(**row._mapping) for row in await tx.execute(query)]

    async def count(self, tx: AsyncConnection, replay_id: str) -> int:
        """Return how many drafts a replay has."""
        query = select(func.count()).where(
            edit_lists.c.replay_id == replay_id, edit_lists.c.dropped_utc_ms.is_(None)
        )
        return int((await tx.execute(query)).scalar_one())

    async def change(self, tx: AsyncConnection, edit_id: str, **values: Any) -> None:
        """Overwrite columns of an edit list."""
        await tx.execute(update(edit_lists).where(edit_lists.c.id == edit_id).values(**values))

    async def append(self, tx: AsyncConnection, revision: Revision) -> None:
        """Add a revision and let its list stand there."""
        await tx.execute(insert(edit_revisions).values(**_revision_row(revision)))
        await self.change(tx, revision.edit_id, revision=revision.revision)
        is_of_replay = (edit_lists.c.id == revision.edit_id, edit_lists.c.replay_id == revision.edit_id)
        org_id = (await tx.execute(select(edit_lists.c.org_id).where(*is_of_replay))).scalar_one_or_none()
        if org_id is not None:  # the replay's own chapters
            await mark(tx, org_id, [ShelfKey("replay", revision.edit_id)])

    async def steps(self, tx: AsyncConnection, edit_id: str) -> list[Step]:
        """Return how revisions 1, 2, 3, … came to be."""
        return (await self.steps_of(tx, [edit_id])).get(edit_id, [])

    async def steps_of(self, tx: AsyncConnection, edit_ids: Sequence[str]) -> dict[str, list[Step]]:
        """Return how revisions 1, 2, 3, … of edit lists came to be."""
        found: dict[str, list[Step]] = {}
        query = (
            select(edit_revisions.c.edit_id, edit_revisions.c.step)
            .where(edit_revisions.c.edit_id.in_(edit_ids), edit_revisions.c.revision > 0)
            .order_by(edit_revisions.c.edit_id, edit_revisions.c.revision)
        )
        for row in await tx.execute(query):
            found.setdefault(row.edit_id, []).append(Step(row.step))
        return found

    async def revision(self, tx: AsyncConnection, edit_id: str, revision: int) -> Revision:
        """Return a revision.

        Raises:
            NotFound: there is none (`revision_not_found`).
        """
        query = select(edit_revisions).where(
            edit_revisions.c.edit_id == edit_id, edit_revisions.c.revision == revision
        )
        row = (await tx.execute(query)).one_or_none()
        if row is None:
            raise NotFound("revision_not_found", "There is no such revision.", revision=revision)
        return _revision(row)

    async def revision_of_change(self, tx: AsyncConnection, edit_id: str, change_id: str) -> Revision | None:
        """Return the revision that a change of a client has made."""
        query = select(edit_revisions).where(
            edit_revisions.c.edit_id == edit_id, edit_revisions.c.change_id == change_id
        )
        row = (await tx.execute(query)).one_or_none()
        return None if row is None else _revision(row)

    async def revisions(self, tx: AsyncConnection, edit_id: str, *, most: int) -> list[Revision]:
        """Return the latest revisions, newest first."""
        query = (
            select(edit_revisions)
            .where(edit_revisions.c.edit_id == edit_id)
            .order_by(edit_revisions.c.revision.desc())
            .limit(most)
        )
        return [_revision(row) for row in await tx.execute(query)]

    async def latest(self, tx: AsyncConnection, edits: Collection[Edit]) -> dict[str, Revision]:
        """Return where edit lists stand, by id."""
        if not edits:
            return {}
        key = tuple_(edit_revisions.c.edit_id, edit_revisions.c.revision)
        query = select(edit_revisions).where(key.in_([(edit.id, edit.revision) for edit in edits]))
        return {row.edit_id: _revision(row) for row in await tx.execute(query)}

    async def be_present(self, tx: AsyncConnection, present: Present, *, forget_before: UtcMs) -> None:
        """Note that somebody has the editor open, and forget who has not said so since."""
        await tx.execute(
            delete(edit_presence).where(
                edit_presence.c.replay_id == present.replay_id, edit_presence.c.seen_utc_ms < forget_before
            )
        )
        await put(tx, edit_presence, _columns(present))

    async def leave(self, tx: AsyncConnection, replay_id: str, subject: str, tab: str) -> None:
        """Note that somebody closed the editor."""
        await tx.execute(
            delete(edit_presence).where(
                edit_presence.c.replay_id == replay_id,
                edit_presence.c.subject == subject,
                edit_presence.c.tab == tab,
            )
        )

    async def present(self, tx: AsyncConnection, replay_id: str, *, since: UtcMs) -> list[Present]:
        """Return who has the editor of a replay open, in the order of their keys."""
        query = (
            select(edit_presence)
            .where(edit_presence.c.replay_id == replay_id, edit_presence.c.seen_utc_ms >= since)
            .order_by(edit_presence.c.subject, edit_presence.c.tab)
        )
        return [Present(**row._mapping) for row in await tx.execute(query)]

    async def note_cut(
        self, tx: AsyncConnection, org_id: str, microcourse_id: str, version: int, made_of: MadeOf
    ) -> None:
        """Write down what a version of a microcourse is made of."""
        row = {
            "microcourse_id": microcourse_id,
            "version": version,
            "org_id": org_id,
            "edit_id": made_of.edit_id,
            "edit_revision": made_of.edit_revision,
            "content": msgspec.to_builtins(made_of.content),
            "chapters": msgspec.to_builtins(made_of.chapters),
        }
        await tx.execute(insert(microcourse_cuts).values(**row))

    async def cuts(
        self, tx: AsyncConnection, versions: Collection[tuple[str, int]]
    ) -> Mapping[tuple[str, int], MadeOf]:
        """Return what versions of microcourses were made of, by id and version: of those that had a list."""
        if not versions:
            return {}
        key = tuple_(microcourse_cuts.c.microcourse_id, microcourse_cuts.c.version)
        rows = await tx.execute(select(microcourse_cuts).where(key.in_(list(versions))))
        return {
            (row.microcourse_id, row.version): MadeOf(
                msgspec.convert(row.content, EditList),
                msgspec.convert(row.chapters, tuple[Chapter, ...]),
                row.edit_id,
                row.edit_revision,
            )
            for row in rows
        }

    async def shift_chapters(
        self, tx: AsyncConnection, microcourse_id: str, version: int, by_ms: int
    ) -> None:
        """Let chapters begin later, or earlier: what comes before the lesson is known when it was cut."""
        made_of = (await self.cuts(tx, [(microcourse_id, version)])).get((microcourse_id, version))
        if made_of is None or by_ms == 0:
            return
        values = {"chapters": msgspec.to_builtins(shifted(made_of.chapters, by_ms))}
        of_version = (
            microcourse_cuts.c.microcourse_id == microcourse_id,
            microcourse_cuts.c.version == version,
        )
        await tx.execute(update(microcourse_cuts).where(*of_version).values(**values))

    async def forget_drafts(self, tx: AsyncConnection, replay_id: str) -> None:
        """Forget what editors saved of a replay that is erased, and who has it open.

        What versions of microcourses were made of stays with them.
        """
        mine = select(edit_lists.c.id).where(edit_lists.c.replay_id == replay_id)
        await tx.execute(delete(edit_revisions).where(edit_revisions.c.edit_id.in_(mine)))
        for table in (edit_lists, edit_presence):
            await tx.execute(delete(table).where(table.c.replay_id == replay_id))


def _columns(thing: Edit | Present) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in thing.__dataclass_fields__}


def _revision_row(revision: Revision) -> dict[str, Any]:
    row = {name: getattr(revision, name) for name in revision.__dataclass_fields__}
    return row | {"content": msgspec.to_builtins(revision.content)}


def _revision(row: Any) -> Revision:
    content = msgspec.convert(row.content, EditList)
    return Revision(**(dict(row._mapping) | {"step": Step(row.step), "content": content}))
