"""How a class took part, minute by minute of its replay, for whoever edits it."""

from dataclasses import dataclass

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import insist_on_edit
from catalogue.asides import asides
from catalogue.participation import READ, STEP_MS, Act, people_by_minute
from catalogue.replays import ReplayKeeper
from lectern.edge.routes import Request, Route
from lectern.timeline.tables import events


class ParticipationModel(BaseModel):
    """How many learners took part in each `step_ms` of the replay; empty while it is not ready."""

    step_ms: int
    people: list[int]


@dataclass(frozen=True, slots=True)
class ParticipationRoutes:
    """One figure per minute; for others than editors of the session it does not exist, or is forbidden."""

    keeper: ReplayKeeper

    def routes(self) -> list[Route]:
        """Return the route."""
        path = "/api/v1/replays/{id}/participation"
        return [Route("GET", path, self.participation, "How many took part, by minute", ParticipationModel)]

    async def participation(self, request: Request) -> ParticipationModel:
        """Return the curve."""
        async with self.keeper.database.read() as tx:
            replay = await self.keeper.store.replay(tx, request.path["id"])
            insist_on_edit(request.who, replay.org_id, replay.session_id)
            if replay.recorded is None:
                return ParticipationModel(step_ms=STEP_MS, people=[])
            acts = await _acts(tx, replay.session_id)
            left_out = asides(await self.keeper.store.happened(tx, replay.session_id))
        people = people_by_minute(acts, replay.recorded.clock_map, left_out)
        return ParticipationModel(step_ms=STEP_MS, people=people)


async def _acts(tx: AsyncConnection, session_id: str) -> list[Act]:
    query = (
        select(events.c.type, events.c.session_ms, events.c.actor, events.c.payload)
        .where(events.c.session_id == session_id, events.c.type.in_(READ))
        .order_by(events.c.seq)
    )
    return [Act(row.type, row.session_ms, row.actor, row.payload) for row in await tx.execute(query)]
