"""The library: what somebody may watch, by category and tag, and what of it has their words in it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, and_, false
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import insist_on_library, viewer_of
from catalogue.cards import Card, Cards
from catalogue.dues import Dues
from catalogue.neighbours import Progress
from catalogue.response.store import ResponseStore
from catalogue.review_store import ReviewStore
from catalogue.routes import CatalogueDeps
from catalogue.series import Key, Seen
from catalogue.series_routes import SeriesModel, SeriesRoutes
from catalogue.series_store import SeriesStore
from catalogue.shelf.arrange import ShelfKind, Tag, subtree
from catalogue.shelf.folding import words_of
from catalogue.shelf.index import Asked, Cursor, Hit, ShelfIndex
from catalogue.shelf.indexer import Indexer
from catalogue.shelf.marking import ShelfKey
from catalogue.shelf.places import Field as PlaceField
from catalogue.shelf.places import Found, found
from catalogue.shelf.store import ArrangementStore
from catalogue.shelf.tables import shelf
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal

PAGE = 24
_ROUNDS = 8
_READ_AT_ONCE = 28
_MOST_TAGS = 5


class LibraryQuery(BaseModel):
    """What somebody looks for. `tags`: ids with commas between; all of them. `kept`: only what they keep."""

    q: str = Field(default="", max_length=200)
    kind: ShelfKind | None = None
    category: str | None = Field(default=None, max_length=64)
    tags: str = Field(default="", max_length=400)
    kept: bool = False
    cursor: str | None = Field(default=None, max_length=64)


class FoundModel(BaseModel):
    """Where the words stand: `marks` are [from, to) in `text`; `at_ms` is when it is said or shown."""

    field: PlaceField
    text: str
    at_ms: int | None
    marks: list[tuple[int, int]]


class LibraryTag(BaseModel):
    """A tag of a medium."""

    id: str
    name: str


class LibraryItem(BaseModel):
    """Something to watch. `done` of `of` is completed (parts of a series; a medium is one part).

    `required`: the asker is to watch it, until `due_utc_ms` (null: nobody said).
    """

    medium: ShelfKind
    id: str
    title: str
    duration_ms: int
    thumbnail_url: str | None
    coverage: float
    done: int
    of: int
    category_id: str | None
    tags: list[LibraryTag]
    required: bool
    due_utc_ms: int | None
    shown_utc_ms: int
    found: FoundModel | None


class LibraryPage(BaseModel):
    """What was found, best first (without words: latest first); `next` is the cursor of the next page."""

    items: list[LibraryItem]
    next: str | None


@dataclass(frozen=True, slots=True)
class LibraryRoutes:
    """The handlers. The index proposes; what is shown is read from what is so now."""

    deps: CatalogueDeps
    series: SeriesRoutes
    progress: Progress
    indexer: Indexer
    dues: Dues
    completed_from: float
    index: ShelfIndex = field(default_factory=ShelfIndex)
    arrangement: ArrangementStore = field(default_factory=ArrangementStore)
    reviews: ReviewStore = field(default_factory=ReviewStore)
    responses: ResponseStore = field(default_factory=ResponseStore)

    def routes(self) -> list[Route]:
        """Return the routes."""
        page = LibraryPage
        return [Route("GET", "/api/v1/library", self.page, "What can be watched", page, query=LibraryQuery)]

    async def page(self, request: Request) -> LibraryPage:
        """Return what the asker may watch of what they look for."""
        who: Principal = request.who
        insist_on_library(who)
        query: LibraryQuery = request.query
        after = None if query.cursor is None else Cursor.read(query.cursor)
        words = words_of(query.q)
        if query.q.strip() and not words:
            return LibraryPage(items=[], next=None)
        if after is None:
            await self.indexer.catch_up()
        items: list[LibraryItem] = []
        for _ in range(_ROUNDS):  # rarely more than one: the index proposes hardly anything that is not so
            hits = await self._hits(who, query, words, after)
            kept: list[tuple[Hit, Found | None]] = []
            for hit in hits:
                after = hit.at
                # Hours of captions are looked through beside the loop, on which classes go on.
                place = None
                if words and hit.places is not None:
                    place = await asyncio.to_thread(found, words, hit.places)
                if not words or place is not None:
                    kept.append((hit, place))
                if len(items) + len(kept) == PAGE:
                    break
            items += await self._drawn(who, kept)
            is_all = len(hits) < _READ_AT_ONCE and (not hits or after == hits[-1].at)
            if is_all or len(items) == PAGE:
                return LibraryPage(items=items, next=None if is_all else str(after))
        return LibraryPage(items=items, next=str(after))

    async def _hits(
        self, who: Principal, query: LibraryQuery, words: tuple[str, ...], after: Cursor | None
    ) -> list[Hit]:
        async with self.deps.keeper.database.read() as tx:
            within: Sequence[str] | None = None
            if query.category is not None:
                within = subtree(await self.arrangement.categories(tx, who.org_id), query.category)
            asked = Asked(
                who.org_id,
                self.deps.clock(),
                words,
                query.kind,
                within,
                tuple(id_ for id_ in query.tags.split(",") if id_)[:_MOST_TAGS],
                await self._reach(tx, who, kept=query.kept),
                (await self.reviews.terms(tx, who.org_id)).replay_days,
            )
            return await self.index.find(tx, asked, after=after, limit=_READ_AT_ONCE)

    async def _reach(self, tx: AsyncConnection, who: Principal, *, kept: bool) -> ColumnElement[bool] | None:
        """Return the condition of the audience; with `kept`, and that the asker keeps it for later."""
        reach = await self.deps.audiences.reach(tx, who, shelf.c.medium, shelf.c.medium_id)
        if not kept:
            return reach
        if who.person_id is None:
            return false()
        mine = self.responses.kept_by(who.person_id, shelf.c.medium, shelf.c.medium_id)
        return mine if reach is None else and_(reach, mine)

    async def _drawn(self, who: Principal, kept: Sequence[tuple[Hit, Found | None]]) -> list[LibraryItem]:
        """Return what is so of them now; what the index does not know yet is left out."""
        keys = [hit.key for hit, _ in kept]
        media = [Key(key.medium, key.id) for key in keys if key.medium != "series"]
        cards = await Cards(self.deps).of(who, media, admitted=media)
        async with self.deps.keeper.database.read() as tx:
            subject = viewer_of(who)
            seen = {} if subject is None else await self.progress.seen(tx, subject, media)
            owed = await self.dues.of(tx, who) if keys else {}
            tags = await self.arrangement.tags_of(tx, keys)
            ids = [key.id for key in keys if key.medium == "series"]
            held = [one for one in await SeriesStore().many(tx, who.org_id, ids) if one.shown] if ids else []
        series = {each.id: each for each in await self.series.drawn(who, held)} if held else {}
        # Who was there need not watch it again; only of what is asked of somebody it is looked up.
        asked = [key for key in media if key.medium == "replay" and ShelfKey(key.medium, key.id) in owed]
        left = [key.id for key in asked if not self._is_done(seen.get(key))]
        lived = (await self.dues.in_all(who, left)).shares
        drawn: list[LibraryItem] = []
        for hit, place in kept:
            if hit.key.medium == "series":
                shown = _of_series(series.get(hit.key.id))
            else:
                key = Key(hit.key.medium, hit.key.id)
                live = lived.get(key.id, 0.0) if key.medium == "replay" else 0.0
                shown = self._of_medium(cards.get(key), seen.get(key), live)
            if shown is not None:
                item = _item(hit, shown, place, tags.get(hit.key, []))
                item.required, item.due_utc_ms = hit.key in owed, owed.get(hit.key)
                drawn.append(item)
        return drawn

    def _is_done(self, seen: Seen | None) -> bool:
        return seen is not None and seen.coverage >= self.completed_from

    def _of_medium(self, card: Card | None, seen: Seen | None, live: float) -> "_Shown | None":
        if card is None or not card.shown:
            return None
        coverage = max(live, 0.0 if seen is None else seen.coverage)
        done = int(coverage >= self.completed_from)
        return _Shown(card.title, card.duration_ms, card.thumbnail_url, coverage, done, 1)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is so now of something in the list."""

    title: str
    duration_ms: int
    thumbnail_url: str | None
    coverage: float
    done: int
    of: int


def _of_series(one: SeriesModel | None) -> _Shown | None:
    """Return what is shown of a series; one of which somebody may watch nothing is none."""
    parts = 0 if one is None else sum(item.shown for item in one.items)
    if one is None or not parts:
        return None
    return _Shown(one.title, one.duration_ms, one.cover_url, one.done / parts, one.done, parts)


def _item(hit: Hit, shown: _Shown, place: Found | None, tags: Sequence[Tag]) -> LibraryItem:
    where = None
    if place is not None:
        where = FoundModel(field=place.field, text=place.text, at_ms=place.at_ms, marks=list(place.marks))
    return LibraryItem(
        medium=hit.key.medium,
        id=hit.key.id,
        title=shown.title,
        duration_ms=shown.duration_ms,
        thumbnail_url=shown.thumbnail_url,
        coverage=shown.coverage,
        done=shown.done,
        of=shown.of,
        category_id=hit.category_id,
        tags=[LibraryTag(id=tag.id, name=tag.name) for tag in tags],
        required=False,
        due_utc_ms=None,
        shown_utc_ms=hit.shown_utc_ms,
        found=where,
    )
