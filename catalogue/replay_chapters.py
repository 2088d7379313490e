"""The chapters of a replay: an editor's own, or those that follow from what happened in class."""

from collections.abc import Iterable

from catalogue.chapters import Chapter, derived
from catalogue.edit_store import EditStore
from catalogue.marks import Mark
from catalogue.media import Replay
from lectern.db.engine import Database


async def chapters_of(
    database: Database, edits: EditStore, replay: Replay, marks: Iterable[Mark]
) -> tuple[Chapter, ...]:
    """Return the chapters of a replay whose class left `marks`; an editor may have taken them all away."""
    async with database.read() as tx:
        own = await edits.find(tx, replay.id)
        saved = None if own is None else (await edits.latest(tx, [own])).get(own.id)
    if saved is not None and saved.content.chapters is not None:
        return saved.content.chapters
    return derived(marks, replay.duration_ms, replay.title)
