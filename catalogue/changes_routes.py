"""For a library elsewhere: every finished replay and published microcourse, with its file, by a cursor."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pydantic import BaseModel, Field

from catalogue.changes import START, Change, ChangeStore, read_cursor
from catalogue.media import MediumKind, Microcourse, Replay
from catalogue.models import MicrocourseModel, ReplayModel
from catalogue.review_store import ReviewStore
from catalogue.store import PAGE, CatalogueStore
from lectern.db.engine import Database
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Forbidden

SETTLED_MS = 10_000
"""What changed later than this ago is told next time: transactions end in another order than they begin."""


class ChangesQuery(BaseModel):
    """From where on; without a cursor from the beginning."""

    cursor: str | None = Field(default=None, max_length=64)


class MediumChange(BaseModel):
    """A medium as it is now. `gone`: held, or withdrawn; then there is neither `replay` nor `microcourse`."""

    changed_utc_ms: int
    medium: MediumKind
    id: str
    gone: bool
    replay: ReplayModel | None
    microcourse: MicrocourseModel | None


class ChangesPage(BaseModel):
    """What changed, in order. `cursor` is for the next request, at once if there is `more`, else some day."""

    items: list[MediumChange]
    cursor: str | None
    more: bool


@dataclass(frozen=True, slots=True)
class ChangesRoutes:
    """One list. `draw_replays` and `draw_microcourses` make what the single media's routes answer."""

    database: Database
    store: CatalogueStore
    draw_replays: Callable[[Principal, list[Replay]], Awaitable[list[ReplayModel]]]
    draw_microcourses: Callable[[Principal, list[Microcourse]], Awaitable[list[MicrocourseModel]]]
    clock: Clock = utc_ms
    changes: ChangeStore = field(default_factory=ChangeStore)
    reviews: ReviewStore = field(default_factory=ReviewStore)

    def routes(self) -> list[Route]:
        """Return the route."""
        summary = "What was finished, published or withdrawn since"
        return [Route("GET", "/api/v1/media-changes", self.listed, summary, ChangesPage, query=ChangesQuery)]

    async def listed(self, request: Request) -> ChangesPage:
        """Return what changed behind the cursor.

        Raises:
            Forbidden: neither an API key with `replays:read`, nor somebody who edits.
            ProtocolViolation: no such cursor.
        """
        who: Principal = request.who
        who.require(Permission.REPLAYS_READ)
        if who.grant is not None or (who.person_id is not None and not who.allows(Permission.REPLAYS_WRITE)):
            raise Forbidden("not_allowed", "This list is for API keys and for those who edit recordings.")
        query: ChangesQuery = request.query
        after = START if query.cursor is None else read_cursor(query.cursor)
        async with self.database.read() as tx:
            until = self.clock() - SETTLED_MS
            found = await self.changes.changes(tx, who.org_id, after, until, PAGE + 1)
            page = found[:PAGE]
            replays = {
                change.id: await self.store.replay(tx, change.id)
                for change in page
                if change.medium == "replay" and not change.gone
            }
            courses = {
                change.id: await self.store.microcourse(tx, change.id)
                for change in page
                if change.medium == "microcourse" and not change.gone
            }
            live = await self.reviews.live(tx, list(courses.values()))
        drawn = {one.id: one for one in await self.draw_replays(who, list(replays.values()))}
        cut = {one.id: one for one in await self.draw_microcourses(who, live)}
        return ChangesPage(
            items=[_drawn(change, drawn.get(change.id), cut.get(change.id)) for change in page],
            cursor=str(page[-1]) if page else query.cursor,
            more=len(found) > PAGE,
        )


def _drawn(change: Change, replay: ReplayModel | None, microcourse: MicrocourseModel | None) -> MediumChange:
    return MediumChange(
        changed_utc_ms=change.utc_ms,
        medium=change.medium,
        id=change.id,
        gone=replay is None and microcourse is None,
        replay=replay,
        microcourse=microcourse,
    )
