"""What was said aside in a lesson: how much of it is kept, and erasing it for good."""

from dataclasses import dataclass, field
from typing import Literal

import structlog
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.aside_erasure import AsideEraser
from catalogue.asides import asides
from catalogue.bin.states import deleted
from catalogue.bin.store import BinStore
from catalogue.erasure_store import Erasure, ErasureStore
from catalogue.neighbours import Leaders, People
from catalogue.states import ReplayState
from catalogue.store import CatalogueStore
from lectern.db.trail import Trail
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal, insist_on_running
from lectern.kernel.errors import Conflict, Gone, NotFound
from lectern.recordings import store as recordings

_log = structlog.get_logger()


class AsidesModel(BaseModel):
    """`stretches` of the session's clock that were said aside; none: `none`. `kept`: their recordings are.

    `erasing`: asked for, and under way; `erased` for good.
    """

    state: Literal["none", "kept", "erasing", "erased"]
    stretches: list[tuple[int, int]]
    erased_by_name: str | None
    erased_utc_ms: int | None


@dataclass(frozen=True, slots=True)
class AsideRoutes:
    """The handlers, for whoever runs the session and administrators; no link opens them."""

    eraser: AsideEraser
    store: CatalogueStore
    leaders: Leaders
    people: People
    trail: Trail
    erasures: ErasureStore = field(default_factory=ErasureStore)

    def routes(self) -> list[Route]:
        """Return the routes."""
        one = "/api/v1/sessions/{id}/asides"
        return [
            Route("GET", one, self.asides, "What was said aside", AsidesModel),
            Route("DELETE", one, self.erase, "Erase it for good", AsidesModel),
        ]

    async def asides(self, request: Request) -> AsidesModel:
        """See `routes`."""
        async with self.eraser.database.read() as tx:
            await self._insist_on_running(tx, request)
            return await self._drawn(tx, request)

    async def erase(self, request: Request) -> AsidesModel:
        """Erase the recordings of what was said aside. There is no way back.

        Raises:
            Conflict: the replay is not complete yet, so recordings may still be read (`lesson_not_over`).
            Deleted: it is in the bin with all the rest.
        """
        who: Principal = request.who
        session_id = request.path["id"]
        async with self.eraser.database.write() as tx:
            await self._insist_on_running(tx, request)
            replay = await self.store.replay_of(tx, session_id, lock=True)
            if replay is None and await BinStore().replay_of(tx, session_id) is not None:
                raise deleted("replay")
            if replay is None or replay.state is not ReplayState.READY:
                raise Conflict("lesson_not_over", "This can be erased when the replay is complete.")
            before = await self._drawn(tx, request)
            if before.state == "kept":
                newest = await recordings.newest(tx, session_id)
                now = self.eraser.clock()
                asked = Erasure(session_id, who.org_id, replay.version, newest, who.subject_id, now)
                await self.erasures.ask(tx, asked)
                details = {"session_id": session_id, "stretches": before.stretches}
                await self.trail.write(tx, who, "asides_erased", session_id, details)
        if before.state in {"kept", "erasing"}:
            try:
                await self.eraser.erase(session_id)
            except Gone as error:  # it is written down: `AsideEraser.run` does it when the bucket is back
                _log.warning("aside_erasing_waits", session_id=session_id, code=error.code)
        return await self.asides(request)

    async def _insist_on_running(self, tx: AsyncConnection, request: Request) -> None:
        who: Principal = request.who
        led = await self.leaders.led(tx, request.path["id"])
        if led is None or led.org_id != who.org_id:
            raise NotFound("session_not_found", "There is no such session.")
        insist_on_running(who, led.by)

    async def _drawn(self, tx: AsyncConnection, request: Request) -> AsidesModel:
        session_id = request.path["id"]
        stretches = asides(await self.store.happened(tx, session_id))
        replay = await self.store.replay_of(tx, session_id)
        erasure = await self.erasures.erasure(tx, session_id)
        if not stretches:
            return AsidesModel(state="none", stretches=[], erased_by_name=None, erased_utc_ms=None)
        binned = None if replay is not None else await BinStore().replay_of(tx, session_id)
        version = replay.version if replay is not None else binned and int(binned.content["version"])
        if erasure is None or version is None or erasure.version != version:
            return AsidesModel(state="kept", stretches=stretches, erased_by_name=None, erased_utc_ms=None)
        names = await self.people.names(tx, request.who.org_id, {erasure.asked_by})
        return AsidesModel(
            state="erasing" if erasure.done_utc_ms is None else "erased",
            stretches=stretches,
            erased_by_name=names.get(erasure.asked_by),
            erased_utc_ms=erasure.done_utc_ms,
        )
