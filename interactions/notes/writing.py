"""Accepting changes of notes: those that wait together are checked one by one and written at once.

An accepted change is in the database before it is acknowledged. What a process holds of a document is
disposable: under the lock of its row it is caught up with what other processes accepted.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.notes import store
from interactions.notes.notebook import Notebook
from interactions.notes.update import Update
from lectern.kernel.errors import Conflict, LecternError
from lectern.timeline.bus import NOTES
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.line import Line

NOTEBOOKS_HELD = 200


@dataclass(slots=True, eq=False)
class Writing:
    """One change on its way; `n` is its number once accepted (of the last one, if it brought nothing new)."""

    session_id: str
    group_id: str
    author: str
    update: Update
    n: int = 0
    refusal: LecternError | None = None


class Writer:
    """Writes to all notes of this process, in one line: whatever waits shares a commit."""

    def __init__(self, engine: TimelineEngine) -> None:
        self._engine = engine
        self._line: Line[Writing] = Line(self._carry_out)
        self._held: OrderedDict[str, Notebook] = OrderedDict()

    async def write(self, writing: Writing) -> int:
        """Accept a change, tell all processes, and return its number.

        Raises:
            LecternError: it is refused, see `Notebook.take`; or the notes are closed (`notes_closed`).
        """
        await self._line.together(writing)
        if writing.refusal is not None:
            raise writing.refusal
        await self._engine.bus.announce(writing.group_id, writing.n, NOTES)
        return writing.n

    async def _carry_out(self, batch: Sequence[Writing]) -> None:
        groups: dict[str, list[Writing]] = {}
        for writing in batch:
            writing.n, writing.refusal = 0, None
            groups.setdefault(writing.group_id, []).append(writing)
        read: dict[str, Notebook] = {}
        async with self._engine.database.write() as tx:
            for group_id in sorted(groups):
                read[group_id] = await self._write(tx, group_id, groups[group_id])
        for group_id, notebook in read.items():
            self._held[group_id] = notebook
            self._held.move_to_end(group_id)
            if len(self._held) > NOTEBOOKS_HELD:
                self._held.popitem(last=False)

    async def _write(self, tx: AsyncConnection, group_id: str, batch: Sequence[Writing]) -> Notebook:
        """Write those changes of one group that are accepted; the notebook is held again after the commit."""
        notebook = self._held.pop(group_id, None) or Notebook()
        head = await self._engine.store.head(tx, batch[0].session_id)
        owner = store.Owner(head.session_id, head.org_id)
        record, is_kept = await store.lock(tx, group_id, owner)
        if is_kept:
            for writing in batch:
                writing.refusal = Conflict(
                    "notes_closed", "The groups have ended, and their notes with them."
                )
            return notebook
        await store.catch_up(tx, group_id, notebook)
        accepted: list[store.Change] = []
        for writing in batch:
            before = record.n
            try:
                notebook.take(record, writing.author, writing.update)
            except LecternError as refusal:
                writing.refusal = refusal
                if notebook.is_spoiled:
                    notebook = await _read_again(tx, group_id, accepted)
                continue
            writing.n = record.n
            if record.n > before:
                accepted.append(store.Change(record.n, writing.update.raw, writing.author))
        if accepted:
            await store.append(tx, group_id, owner, accepted, record)
            await store.compact(tx, group_id, notebook)
        return notebook


async def _read_again(tx: AsyncConnection, group_id: str, accepted: Sequence[store.Change]) -> Notebook:
    notebook = Notebook()
    await store.catch_up(tx, group_id, notebook)
    store.load(notebook, accepted)
    return notebook
