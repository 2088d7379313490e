"""Proposed lessons that an editor put aside: out of their way on every device, and nobody else's."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import insist_on_edit
from catalogue.edit_tables import proposals_aside
from catalogue.media import Replay
from catalogue.proposal.models import AsideModel, PutAside
from catalogue.replays import ReplayKeeper
from lectern.db.one_of import one_of
from lectern.db.upsert import insert_new
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal
from lectern.kernel.clock import UtcMs

MOST_KEPT = 200
"""Of one editor and replay; those that were put aside longest ago are shown again."""


class AsideStore:
    """What was put aside, as rows; a lesson is known by where the worker let it begin."""

    async def of(self, tx: AsyncConnection, replay_id: str, subject: str) -> list[int]:
        """Return where lessons begin that somebody put aside, in the order of the replay."""
        return sorted(await self._latest_first(tx, replay_id, subject))

    async def put(
        self, tx: AsyncConnection, replay: Replay, subject: str, starts_ms: Sequence[int], now: UtcMs
    ) -> None:
        """Put lessons aside; what was so before stays as it was."""
        rows = [
            {
                "replay_id": replay.id,
                "subject": subject,
                "start_ms": start_ms,
                "org_id": replay.org_id,
                "put_utc_ms": now,
            }
            for start_ms in sorted(set(starts_ms))
        ]
        await insert_new(tx, proposals_aside, rows)
        too_many = (await self._latest_first(tx, replay.id, subject))[MOST_KEPT:]
        if too_many:
            mine = (proposals_aside.c.replay_id == replay.id, proposals_aside.c.subject == subject)
            await tx.execute(
                delete(proposals_aside).where(*mine, one_of(proposals_aside.c.start_ms, too_many))
            )

    async def take_back(self, tx: AsyncConnection, replay_id: str, subject: str) -> None:
        """Let somebody see all of them again."""
        await tx.execute(
            delete(proposals_aside).where(
                proposals_aside.c.replay_id == replay_id, proposals_aside.c.subject == subject
            )
        )

    async def _latest_first(self, tx: AsyncConnection, replay_id: str, subject: str) -> list[int]:
        query = (
            select(proposals_aside.c.start_ms)
            .where(proposals_aside.c.replay_id == replay_id, proposals_aside.c.subject == subject)
            .order_by(proposals_aside.c.put_utc_ms.desc(), proposals_aside.c.start_ms)
        )
        return list((await tx.execute(query)).scalars())


@dataclass(frozen=True, slots=True)
class AsideDesk:
    """Answers editors of a session's replay, each about themselves."""

    keeper: ReplayKeeper
    store: AsideStore

    def routes(self) -> list[Route]:
        """Return the routes."""
        path, shown = "/api/v1/replays/{id}/set-aside", AsideModel
        return [
            Route("GET", path, self.show, "Proposals that one has put aside", shown),
            Route("POST", path, self.put, "Put proposals aside", shown, body=PutAside),
            Route("DELETE", path, self.take_back, "See all proposals again", shown),
        ]

    async def show(self, request: Request) -> AsideModel:
        """Say what was put aside."""
        who: Principal = request.who
        async with self.keeper.database.read() as tx:
            replay = await self._mine(tx, who, request.path["id"])
            return AsideModel(starts_ms=await self.store.of(tx, replay.id, who.subject_id))

    async def put(self, request: Request) -> AsideModel:
        """Put some aside."""
        who: Principal = request.who
        asked: PutAside = request.body
        async with self.keeper.database.write() as tx:
            replay = await self._mine(tx, who, request.path["id"])
            await self.store.put(tx, replay, who.subject_id, asked.starts_ms, self.keeper.clock())
            return AsideModel(starts_ms=await self.store.of(tx, replay.id, who.subject_id))

    async def take_back(self, request: Request) -> AsideModel:
        """Have all of them back."""
        who: Principal = request.who
        async with self.keeper.database.write() as tx:
            replay = await self._mine(tx, who, request.path["id"])
            await self.store.take_back(tx, replay.id, who.subject_id)
        return AsideModel(starts_ms=[])

    async def _mine(self, tx: AsyncConnection, who: Principal, replay_id: str) -> Replay:
        replay = await self.keeper.store.replay(tx, replay_id)
        insist_on_edit(who, replay.org_id, replay.session_id)
        return replay
