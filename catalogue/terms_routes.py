"""On which terms somebody watches a medium: what its player asks for beside the medium itself."""

from dataclasses import dataclass

from pydantic import BaseModel

from catalogue.access import viewer_of
from catalogue.media import MediumKind
from catalogue.store import CatalogueStore
from catalogue.watching import Watching
from lectern.db.engine import Database
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import NotFound


class TermsModel(BaseModel):
    """The terms for the asker: `viewer` is who they are to the records of viewing (null: nobody, a program).

    They stopped at `position_ms`, `position_age_ms` ago (null: never began); ages, because clocks differ.
    """

    viewer: str | None
    position_ms: int
    position_age_ms: int | None


@dataclass(frozen=True, slots=True)
class TermsRoutes:
    """The handlers."""

    database: Database
    store: CatalogueStore
    watching: Watching
    clock: Clock = utc_ms

    def routes(self) -> list[Route]:
        """Return what the catalogue mounts."""
        one = "/api/v1/watch-terms/{medium}/{id}"
        return [Route("GET", one, self.terms, "On which terms one watches it", TermsModel)]

    async def terms(self, request: Request) -> TermsModel:
        """Return the terms for the asker.

        Raises:
            NotFound: there is no such medium for them.
        """
        who: Principal = request.who
        medium, medium_id = await self._watchable(request)
        viewer = viewer_of(who)
        async with self.database.read() as tx:
            stopped = await self.store.stopped(tx, viewer, medium, medium_id)
        position_ms, watched_utc_ms = stopped or (0, None)
        age_ms = None if watched_utc_ms is None else max(0, self.clock() - watched_utc_ms)
        return TermsModel(viewer=viewer, position_ms=position_ms, position_age_ms=age_ms)

    async def _watchable(self, request: Request) -> tuple[MediumKind, str]:
        """Return the medium that is asked for, which the asker may watch."""
        kind, medium_id = request.path["medium"], request.path["id"]
        if kind == "replay":
            return "replay", (await self.watching.replay(request.who, medium_id)).id
        if kind == "microcourse":
            return "microcourse", (await self.watching.microcourse(request.who, medium_id)).id
        raise NotFound("medium_unknown", "There is no such kind of medium.")
