"""What an organisation asks of its catalogue, and from when to when a replay is shown."""

from dataclasses import dataclass, field

import msgspec
from pydantic import BaseModel, Field

from catalogue.access import insist_on_edit
from catalogue.review import Terms
from catalogue.review_store import ReviewStore
from catalogue.store import CatalogueStore
from catalogue.window import Window, checked_window, window_of
from catalogue.window_store import WindowStore
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import Clock, utc_ms


class CatalogueTermsModel(BaseModel):
    """`review_needed`: only what a reviewer approved is published. `replay_days`: null means for good."""

    review_needed: bool
    replay_days: int | None = Field(ge=1, le=3_650)


class WindowModel(BaseModel):
    """When a replay is shown; `own` is false where the organisation's rule decides. Null: no such bound."""

    own: bool
    from_utc_ms: int | None
    to_utc_ms: int | None


class WindowChange(BaseModel):
    """A window of its own, or (`own` false) none."""

    own: bool
    from_utc_ms: int | None = Field(default=None, ge=0)
    to_utc_ms: int | None = Field(default=None, ge=0)


@dataclass(frozen=True, slots=True)
class WindowRoutes:
    """The handlers."""

    database: Database
    store: CatalogueStore
    trail: Trail
    clock: Clock = utc_ms
    windows: WindowStore = field(default_factory=WindowStore)
    reviews: ReviewStore = field(default_factory=ReviewStore)

    def routes(self) -> list[Route]:
        """Return the routes."""
        terms, one = "/api/v1/catalogue-terms", "/api/v1/replays/{id}/window"
        of_org, shown = CatalogueTermsModel, WindowModel
        return [
            Route("GET", terms, self.terms, "What the organisation asks of its catalogue", of_org),
            Route("PUT", terms, self.set_terms, "Change that", of_org, body=of_org),
            Route("GET", one, self.window, "When a replay is shown", shown),
            Route("PUT", one, self.set_window, "Change that", shown, body=WindowChange),
        ]

    async def terms(self, request: Request) -> CatalogueTermsModel:
        """See `routes`."""
        who: Principal = request.who
        who.require(Permission.REPLAYS_WRITE)
        async with self.database.read() as tx:
            found = await self.reviews.terms(tx, who.org_id)
        return CatalogueTermsModel(review_needed=found.review_needed, replay_days=found.replay_days)

    async def set_terms(self, request: Request) -> CatalogueTermsModel:
        """See `routes`."""
        who: Principal = request.who
        who.require(Permission.ADMIN)
        body: CatalogueTermsModel = request.body
        terms = Terms(body.review_needed, body.replay_days)
        async with self.database.write() as tx:
            await self.reviews.set_terms(tx, who.org_id, terms, self.clock())
            await self.trail.write(tx, who, "catalogue_terms_set", who.org_id, msgspec.to_builtins(terms))
        return body

    async def window(self, request: Request) -> WindowModel:
        """See `routes`."""
        async with self.database.read() as tx:
            replay = await self.store.replay(tx, request.path["id"])
            insist_on_edit(request.who, replay.org_id, replay.session_id)
            own = (await self.windows.own(tx, [replay.id])).get(replay.id)
            shown = window_of(replay, own, await self.reviews.terms(tx, replay.org_id))
        return WindowModel(own=own is not None, from_utc_ms=shown.from_utc_ms, to_utc_ms=shown.to_utc_ms)

    async def set_window(self, request: Request) -> WindowModel:
        """Show a replay from a moment on, until another.

        Raises:
            Rejected: the window is empty.
        """
        body: WindowChange = request.body
        own: Window | None = checked_window(body.from_utc_ms, body.to_utc_ms) if body.own else None
        async with self.database.write() as tx:
            replay = await self.store.replay(tx, request.path["id"], lock=True)
            insist_on_edit(request.who, replay.org_id, replay.session_id)
            await self.windows.set(tx, replay, own)
            details = {"session_id": replay.session_id, **body.model_dump()}
            await self.trail.write(tx, request.who, "replay_window_set", replay.id, details)
        return await self.window(request)
