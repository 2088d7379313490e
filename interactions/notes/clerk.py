"""Closing notes: what stands in them goes to the timeline, in the transaction that closes them."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.breakout.events import BreakoutKept, GroupNotes
from interactions.notes import store
from interactions.notes.notebook import Notebook
from interactions.notes.orders import KeepNotes
from interactions.wording import clear
from lectern.kernel.ids import new_id
from lectern.timeline.event import NewEvent
from lectern.timeline.store import Head


class NotesClerk:
    """Carries out `KeepNotes` (a `Clerk` of the engine)."""

    async def carry_out(self, tx: AsyncConnection, head: Head, order: Any) -> Sequence[NewEvent]:
        """See `Clerk`."""
        assert isinstance(order, KeepNotes)
        owner = store.Owner(head.session_id, head.org_id)
        found: list[tuple[str, str, dict[str, int]]] = []
        for group_id in sorted(order.groups):
            record, is_kept = await store.lock(tx, group_id, owner)
            if record.n and not is_kept:
                text = await asyncio.to_thread(_text_of, await store.since(tx, group_id, 0))
                found.append((group_id, text, record.chars))
            await store.close(tx, group_id)
        return (kept(order, found, new_id),)


def kept(
    order: KeepNotes, found: Sequence[tuple[str, str, dict[str, int]]], new_id: Callable[[], str]
) -> NewEvent:
    """Return what the timeline is told: groups whose notes are empty in the end are only named."""
    texts: dict[str, str] = {}
    notes: list[GroupNotes] = []
    for group_id, text, chars in found:
        words = clear(text)
        if words:
            ref = new_id()
            texts[ref] = words
            notes.append(GroupNotes(group=group_id, text_ref=ref, chars=chars))
    return NewEvent(payload=BreakoutKept(groups=order.groups, notes=tuple(notes)), texts=texts)


def _text_of(changes: Sequence[store.Change]) -> str:
    notebook = Notebook()
    store.load(notebook, changes)
    return notebook.text
