"""Series on the wire: for learners with how far they have come, for editors with what is in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import insist_on_library, viewer_of
from catalogue.cards import Card, Cards, edits_all
from catalogue.media import MediumKind
from catalogue.neighbours import Progress
from catalogue.routes import CatalogueDeps
from catalogue.series import MOST_ITEMS, Key, Seen, Series, checked_series, next_item
from catalogue.series_store import PAGE, SeriesStore
from catalogue.series_tables import series
from catalogue.shelf.marking import ShelfKey
from catalogue.terms import Rules
from catalogue.terms_store import TermsStore
from catalogue.watch_due import moved
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal
from lectern.kernel.errors import Conflict, Forbidden, NotFound
from lectern.kernel.ids import new_id


class ItemKey(BaseModel):
    """Which medium."""

    medium: MediumKind
    id: str = Field(max_length=64)


class SeriesItemModel(BaseModel):
    """A medium in a series. What learners do not see (`shown` false) is only in editors' answers.

    `renewed`: they watched an earlier version than the one that is shown.
    """

    medium: MediumKind
    id: str
    title: str
    duration_ms: int
    thumbnail_url: str | None
    shown: bool
    coverage: float
    completed: bool
    renewed: bool


class SeriesModel(BaseModel):
    """A series; `done` of its items are completed, and `next` is where one goes on (null: all are done).

    `required`: whoever it is for is to watch all of it, until `due_utc_ms` (null: nobody said).
    """

    id: str
    title: str
    description: str
    shown: bool
    version: int
    cover_url: str | None
    items: list[SeriesItemModel]
    done: int
    duration_ms: int
    next: ItemKey | None
    begun: bool
    required: bool
    due_utc_ms: int | None


class SeriesPage(BaseModel):
    """Series, newest first; `next` is the cursor of the next page."""

    items: list[SeriesModel]
    next: str | None


class NewSeries(BaseModel):
    """A series that begins empty and hidden."""

    title: str = Field(max_length=1_000)
    description: str = Field(default="", max_length=10_000)


class SeriesChange(NewSeries):
    """What a series is to be; `version` is the one that was read.

    `required` and `due_utc_ms` (until when all of it is to be watched; null: nobody says) stay if left out.
    """

    version: int
    shown: bool
    items: list[ItemKey] = Field(max_length=2 * MOST_ITEMS)
    required: bool = False
    due_utc_ms: int | None = Field(default=None, ge=0)


class SeriesQuery(BaseModel):
    """Which series."""

    q: str = Field(default="", max_length=200)
    cursor: str | None = Field(default=None, max_length=64)


@dataclass(frozen=True, slots=True)
class SeriesRoutes:
    """The handlers."""

    deps: CatalogueDeps
    progress: Progress
    completed_from: float
    store: SeriesStore = field(default_factory=SeriesStore)
    terms: TermsStore = field(default_factory=TermsStore)

    def routes(self) -> list[Route]:
        """Return the routes."""
        many, shown = "/api/v1/series", SeriesModel
        one = f"{many}/{{id}}"
        return [
            Route("GET", many, self.page, "List series", SeriesPage, query=SeriesQuery),
            Route("POST", many, self.create, "Begin a series", shown, body=NewSeries, status=201),
            Route("GET", one, self.one, "One series", shown),
            Route("PUT", one, self.change, "Change a series", shown, body=SeriesChange),
            Route("DELETE", one, self.delete, "Delete a series"),
        ]

    async def page(self, request: Request) -> SeriesPage:
        """See `routes`."""
        who: Principal = request.who
        insist_on_library(who)
        query: SeriesQuery = request.query
        async with self.deps.keeper.database.read() as tx:
            found = await self.store.page(
                tx,
                who.org_id,
                shown_only=not edits_all(who),
                q=query.q.strip(),
                cursor=query.cursor,
                reach=await self.deps.audiences.reach(tx, who, "series", series.c.id),
            )
        page = found[:PAGE]
        drawn = await self.drawn(who, page)
        if not edits_all(who):  # a series of which one may watch nothing is none
            drawn = [each for each in drawn if each.items]
        return SeriesPage(items=drawn, next=page[-1].id if len(found) > PAGE else None)

    async def one(self, request: Request) -> SeriesModel:
        """See `routes`."""
        who: Principal = request.who
        insist_on_library(who)
        async with self.deps.keeper.database.read() as tx:
            found = await self.store.get(tx, request.path["id"])
            key = ShelfKey("series", found.id)
            admitted = await self.deps.audiences.admits(tx, who, found.org_id, key)
        if found.org_id != who.org_id or not admitted or not (found.shown or edits_all(who)):
            raise NotFound("series_not_found", "There is no such series.")
        return await self._draw(who, found)

    async def create(self, request: Request) -> SeriesModel:
        """See `routes`."""
        who: Principal = request.who
        body: NewSeries = request.body
        _insist_on_edit(who)
        title, description, _ = checked_series(body.title, body.description, ())
        now = self.deps.clock()
        made = Series(new_id(), who.org_id, title, description, False, 1, who.subject_id, now, now)
        async with self.deps.keeper.database.write() as tx:
            await self.store.add(tx, made)
            await self.deps.trail.write(tx, who, "series_created", made.id, {"name": made.title})
        return await self._draw(who, made)

    async def change(self, request: Request) -> SeriesModel:
        """Overwrite a series.

        Raises:
            Conflict: somebody changed it since (`series_changed`). Rejected: it cannot be kept like this.
            NotFound: an item is no medium of the organisation (`medium_unknown`). Rejected too: the deadline
            is no moment to come (`deadline_wrong`).
        """
        who: Principal = request.who
        body: SeriesChange = request.body
        keys = [Key(item.medium, item.id) for item in body.items]
        title, description, items = checked_series(body.title, body.description, keys)
        _insist_on_edit(who)
        async with self.deps.keeper.database.write() as tx:
            old = await self._mine(request)
            locked = await self.store.get(tx, old.id, lock=True)
            if locked.version != body.version:
                raise Conflict("series_changed", "Somebody else has just changed this series. Look again.")
            known = await self.deps.keeper.store.media(tx, who.org_id, items)
            if set(known) != set(items):
                raise NotFound("medium_unknown", "Something in this series does not exist any more.")
            await self.store.set_items(tx, locked, items)
            values = {"title": title, "description": description, "shown": body.shown}
            await self.store.change(
                tx, locked.id, **values, version=locked.version + 1, updated_utc_ms=self.deps.clock()
            )
            details = {"name": title, "shown": body.shown, "count": len(items)}
            details |= await self._require(tx, locked, body)
            await self.deps.trail.write(tx, who, "series_changed", locked.id, details)
            changed = await self.store.get(tx, locked.id)
        return await self._draw(who, changed)

    async def delete(self, request: Request) -> web.StreamResponse | None:
        """See `routes`."""
        _insist_on_edit(request.who)
        gone = await self._mine(request)
        async with self.deps.keeper.database.write() as tx:
            await self.store.delete(tx, gone.id)
            await self.terms.forget(tx, "series", gone.id)
            await self.deps.trail.write(tx, request.who, "series_deleted", gone.id, {"name": gone.title})
        return None

    async def _require(self, tx: AsyncConnection, of: Series, body: SeriesChange) -> dict[str, Any]:
        """Take in whether the series is required; return what the audit log says of it."""
        named = body.model_fields_set & {"required", "due_utc_ms"}
        if not named:
            return {}
        rules = await self.terms.rules(tx, "series", of.id)
        required = body.required if "required" in named else rules.required
        deadline = rules.deadline
        if "due_utc_ms" in named:
            deadline = moved(deadline, body.due_utc_ms, self.deps.clock())
        await self.terms.set_rules(tx, of.org_id, "series", of.id, Rules(required, deadline=deadline))
        return {"required": required, "due_utc_ms": deadline.due_utc_ms if deadline else None}

    async def _mine(self, request: Request) -> Series:
        async with self.deps.keeper.database.read() as tx:
            found = await self.store.get(tx, request.path["id"])
        if found.org_id != request.who.org_id:
            raise NotFound("series_not_found", "There is no such series.")
        return found

    async def _draw(self, who: Principal, one: Series) -> SeriesModel:
        [drawn] = await self.drawn(who, [one])
        return drawn

    async def drawn(self, who: Principal, found: Sequence[Series]) -> list[SeriesModel]:
        """Return series as `who` gets them."""
        async with self.deps.keeper.database.read() as tx:
            items = await self.store.items(tx, [each.id for each in found])
            keys = {key for held in items.values() for key in held}
            subject = viewer_of(who)
            seen = {} if subject is None else await self.progress.seen(tx, subject, keys)
            rules = await self.terms.many(tx, "series", list(items))
        cards = await Cards(self.deps).of(who, keys)
        return [
            self._model(who, each, items[each.id], cards, seen, rules=rules.get(each.id, Rules()))
            for each in found
        ]

    def _model(
        self,
        who: Principal,
        of: Series,
        keys: Sequence[Key],
        cards: Mapping[Key, Card],
        seen: Mapping[Key, Seen],
        *,
        rules: Rules,
    ) -> SeriesModel:
        shown = [key for key in keys if key in cards and (cards[key].shown or edits_all(who))]
        watchable = [key for key in shown if cards[key].shown]
        items = [self._item(key, cards[key], seen.get(key)) for key in shown]
        going_on = next_item(watchable, seen, self.completed_from)
        return SeriesModel(
            id=of.id,
            title=of.title,
            description=of.description,
            shown=of.shown,
            version=of.version,
            cover_url=next((item.thumbnail_url for item in items if item.thumbnail_url), None),
            items=items,
            done=sum(item.completed for item in items if item.shown),
            duration_ms=sum(item.duration_ms for item in items if item.shown),
            next=None if going_on is None else ItemKey(medium=going_on.medium, id=going_on.id),
            begun=any(item.coverage > 0 for item in items),
            required=rules.required,
            due_utc_ms=rules.deadline.due_utc_ms if rules.required and rules.deadline else None,
        )

    def _item(self, key: Key, card: Card, seen: Seen | None) -> SeriesItemModel:
        share = 0.0 if seen is None else seen.coverage
        return SeriesItemModel(
            medium=key.medium,
            id=key.id,
            title=card.title,
            duration_ms=card.duration_ms,
            thumbnail_url=card.thumbnail_url,
            shown=card.shown,
            coverage=share,
            completed=share >= self.completed_from,
            renewed=seen is not None and seen.version < card.version,
        )


def _insist_on_edit(who: Principal) -> None:
    if not edits_all(who):
        raise Forbidden("not_allowed", "You are not allowed to edit recordings. Ask an administrator.")
