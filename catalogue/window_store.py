"""Windows of replays in SQL. Every method works inside the caller's transaction."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import may_edit
from catalogue.media import Replay
from catalogue.publishing_store import PublishingStore
from catalogue.review_store import ReviewStore
from catalogue.review_tables import replay_windows
from catalogue.shelf.marking import ShelfKey, mark
from catalogue.window import ALWAYS, Window, window_of
from lectern.db.upsert import put
from lectern.kernel.access import Principal
from lectern.kernel.clock import UtcMs


class WindowStore:
    """When replays are shown, where somebody said so."""

    def __init__(self) -> None:
        self._terms = ReviewStore()
        self._publishing = PublishingStore()

    async def own(self, tx: AsyncConnection, replay_ids: Collection[str]) -> dict[str, Window]:
        """Return the windows of those replays that have one of their own."""
        query = select(replay_windows).where(replay_windows.c.replay_id.in_(replay_ids))
        return {row.replay_id: Window(row.from_utc_ms, row.to_utc_ms) for row in await tx.execute(query)}

    async def set(self, tx: AsyncConnection, replay: Replay, window: Window | None) -> None:
        """Give a replay a window of its own, or take it away: then it follows the organisation's rule."""
        await mark(tx, replay.org_id, [ShelfKey("replay", replay.id)])
        if window is None:
            await tx.execute(delete(replay_windows).where(replay_windows.c.replay_id == replay.id))
            return
        row = {"from_utc_ms": window.from_utc_ms, "to_utc_ms": window.to_utc_ms}
        await put(tx, replay_windows, {"replay_id": replay.id, "org_id": replay.org_id, **row})

    async def windows(self, tx: AsyncConnection, replays: Sequence[Replay]) -> dict[str, Window]:
        """Return when replays of one organisation are shown, by id; those that are not here always are."""
        if not replays:
            return {}
        terms = await self._terms.terms(tx, replays[0].org_id)
        own = await self.own(tx, [replay.id for replay in replays])
        held = await self._publishing.held(tx, [replay.session_id for replay in replays])
        found = {
            replay.id: replace(window_of(replay, own.get(replay.id), terms), held=replay.session_id in held)
            for replay in replays
        }
        return {id_: window for id_, window in found.items() if window != ALWAYS}

    async def insist_on_open(self, tx: AsyncConnection, who: Principal, replay: Replay, now: UtcMs) -> None:
        """Refuse learners a replay that is held, or shown at other times; whoever edits sees it always.

        Raises:
            Conflict: it is not shown now.
        """
        if not may_edit(who, replay.org_id, replay.session_id):
            (await self.windows(tx, [replay])).get(replay.id, ALWAYS).insist_on_open(now)
