"""What the office arranges: the tree of categories, tags, and where and for whom a medium stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from aiohttp import web
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import insist_on_edit, insist_on_library
from catalogue.media import Microcourse, Replay
from catalogue.neighbours import People
from catalogue.review_store import ReviewStore
from catalogue.series_store import SeriesStore
from catalogue.shelf.arrange import (
    Category,
    Settings,
    ShelfKind,
    Tag,
    Target,
    TargetKind,
    checked_name,
    checked_settings,
    checked_tag,
    in_tree_order,
    insist_on_place,
    sees_every_audience,
    subtree,
)
from catalogue.shelf.audience import Audiences
from catalogue.shelf.folding import folded
from catalogue.shelf.index import ITEM, Asked, ShelfIndex, Visible
from catalogue.shelf.indexer import Indexer
from catalogue.shelf.marking import ShelfKey, mark, waiting
from catalogue.shelf.store import ArrangementStore
from catalogue.shelf.tables import shelf
from catalogue.store import CatalogueStore
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, NotFound, Rejected
from lectern.kernel.ids import new_id

_SUGGESTIONS = 12


class CategoryModel(BaseModel):
    """A category; `depth` 0 is the top, `media` how many stand in it itself that the asker may watch.

    Those whom no audience binds are told of all that there is.
    """

    id: str
    parent_id: str | None
    name: str
    depth: int
    media: int


class CategoryList(BaseModel):
    """The tree, each category before those in it."""

    items: list[CategoryModel]


class NewCategory(BaseModel):
    """A category at the end of its parent's."""

    name: str = Field(max_length=400)
    parent_id: str | None = Field(default=None, max_length=64)


class CategoryChange(NewCategory):
    """What a category is to be; `position` among those of its parent, from 0 (null: where it is, or last)."""

    position: int | None = Field(default=None, ge=0, le=10_000)


class TagModel(BaseModel):
    """A tag, and how many media have it."""

    id: str
    name: str
    media: int


class TagList(BaseModel):
    """Tags, the most used first."""

    items: list[TagModel]


class TagQuery(BaseModel):
    """Which tags: those with `q` in them."""

    q: str = Field(default="", max_length=100)


class TagRename(BaseModel):
    """Another name; `merge`: where a tag has that name already, let the two be one."""

    name: str = Field(max_length=400)
    merge: bool = False


class TargetModel(BaseModel):
    """Somebody a medium is for; `name` is ignored in requests."""

    kind: TargetKind
    id: str = Field(max_length=64)
    name: str = ""


class ShelfSettingsModel(BaseModel):
    """Where a medium stands and for whom; without `targets` it is for everybody."""

    description: str = Field(default="", max_length=10_000)
    category_id: str | None = Field(default=None, max_length=64)
    tags: list[str] = Field(default=[], max_length=50)
    targets: list[TargetModel] = Field(default=[], max_length=1_000)


class RereadModel(BaseModel):
    """How many media wait to be read anew."""

    waiting: int


@dataclass(frozen=True, slots=True)
class OfficeRoutes:
    """The handlers."""

    database: Database
    media: CatalogueStore
    people: People
    trail: Trail
    indexer: Indexer
    store: ArrangementStore = field(default_factory=ArrangementStore)
    series: SeriesStore = field(default_factory=SeriesStore)
    reviews: ReviewStore = field(default_factory=ReviewStore)
    index: ShelfIndex = field(default_factory=ShelfIndex)
    clock: Clock = utc_ms

    @property
    def audiences(self) -> Audiences:
        """Whom a medium is for."""
        return Audiences(self.people)

    def routes(self) -> list[Route]:
        """Return the routes."""
        tree, tags = "/api/v1/categories", "/api/v1/tags"
        shelf = "/api/v1/shelf/{medium}/{id}"
        one, settings = f"{tree}/{{id}}", ShelfSettingsModel
        return [
            Route("GET", tree, self.categories, "The tree of categories", CategoryList),
            Route("POST", tree, self.add_category, "Add one", CategoryList, body=NewCategory, status=201),
            Route("PUT", one, self.change_category, "Rename or move one", CategoryList, body=CategoryChange),
            Route("DELETE", one, self.delete_category, "Delete one; what is in it moves up", CategoryList),
            Route("GET", tags, self.tags, "Tags, or suggestions", TagList, query=TagQuery),
            Route("PUT", f"{tags}/{{id}}", self.rename_tag, "Rename or merge a tag", TagList, body=TagRename),
            Route("DELETE", f"{tags}/{{id}}", self.delete_tag, "Take a tag off everything"),
            Route("GET", shelf, self.settings, "Where a medium stands and for whom", settings),
            Route("PUT", shelf, self.set, "Change that", settings, body=settings),
            Route("POST", "/api/v1/library/reread", self.reread, "Read everything anew", RereadModel),
        ]

    async def categories(self, request: Request) -> CategoryList:
        """See `routes`."""
        who: Principal = request.who
        insist_on_library(who)
        await self._catch_up(who)
        async with self.database.read() as tx:
            if sees_every_audience(who, who.org_id):
                return await self._tree(tx, who.org_id)
            return await self._tree(tx, who.org_id, await self.index.filed(tx, await self._visible(tx, who)))

    async def add_category(self, request: Request) -> CategoryList:
        """See `routes`."""
        who: Principal = request.who
        who.require(Permission.ADMIN)
        body: NewCategory = request.body
        name = checked_name(body.name)
        async with self.database.write() as tx:
            found = await self.store.categories(tx, who.org_id)
            insist_on_place(found, name, body.parent_id)
            last = max((each.position for each in found if each.parent_id == body.parent_id), default=-1)
            new = Category(new_id(), who.org_id, body.parent_id, name, last + 1)
            await self.store.add_category(tx, new)
            await self.trail.write(tx, who, "category_created", new.id, {"name": name})
            return await self._tree(tx, who.org_id)

    async def change_category(self, request: Request) -> CategoryList:
        """See `routes`."""
        who: Principal = request.who
        who.require(Permission.ADMIN)
        body: CategoryChange = request.body
        name = checked_name(body.name)
        async with self.database.write() as tx:
            found = await self.store.categories(tx, who.org_id)
            old = _category(found, request.path["id"])
            insist_on_place(found, name, body.parent_id, moving=old.id)
            await self.store.change_category(tx, old, name=name, parent_id=body.parent_id)
            moved = replace(old, name=name, parent_id=body.parent_id)
            stays = old.parent_id == body.parent_id and body.position is None
            if not stays:
                await self._order(tx, found, moved, body.position)
            await self.store.mark_filed(tx, who.org_id, subtree(found, old.id))
            details = {"name": name, "was": old.name, "parent_id": body.parent_id}
            await self.trail.write(tx, who, "category_changed", old.id, details)
            return await self._tree(tx, who.org_id)

    async def delete_category(self, request: Request) -> CategoryList:
        """See `routes`."""
        who: Principal = request.who
        who.require(Permission.ADMIN)
        async with self.database.write() as tx:
            found = await self.store.categories(tx, who.org_id)
            gone = _category(found, request.path["id"])
            beside = [each for each in found if each.parent_id == gone.parent_id and each.id != gone.id]
            taken = {folded(each.name) for each in beside}
            if any(each.parent_id == gone.id and folded(each.name) in taken for each in found):
                raise Conflict(
                    "category_exists", "Two categories would have one name. Rename one of them first."
                )
            await self.store.mark_filed(tx, who.org_id, subtree(found, gone.id))
            await self.store.delete_category(tx, gone)
            await self.trail.write(tx, who, "category_deleted", gone.id, {"name": gone.name})
            return await self._tree(tx, who.org_id)

    async def tags(self, request: Request) -> TagList:
        """See `routes`."""
        who: Principal = request.who
        insist_on_library(who)
        query: TagQuery = request.query
        like = folded(query.q.strip())
        limit = _SUGGESTIONS if like else 500
        await self._catch_up(who)
        async with self.database.read() as tx:
            if sees_every_audience(who, who.org_id):
                return _tag_list(await self.store.tags(tx, who.org_id, like=like, limit=limit))
            return _tag_list(await self.index.tags(tx, await self._visible(tx, who), like=like, limit=limit))

    async def _catch_up(self, who: Principal) -> None:
        """Have what has just changed read, for those who are told what the index knows."""
        if not sees_every_audience(who, who.org_id):
            await self.indexer.catch_up()

    async def _visible(self, tx: AsyncConnection, who: Principal) -> Visible:
        """Return of what alone the asker may be told how much there is."""
        asked = Asked(
            who.org_id,
            self.clock(),
            reach=await self.audiences.reach(tx, who, shelf.c.medium, shelf.c.medium_id),
            replay_days=(await self.reviews.terms(tx, who.org_id)).replay_days,
        )
        return Visible(asked, await self.audiences.reach(tx, who, ITEM.c.medium, ITEM.c.medium_id))

    async def rename_tag(self, request: Request) -> TagList:
        """Give a tag another name; where another has it, they become one if that is what was asked for.

        Raises:
            Conflict: another tag has this name (`tag_exists`). NotFound: the tag is gone.
        """
        who: Principal = request.who
        who.require(Permission.ADMIN)
        body: TagRename = request.body
        name = checked_tag(body.name)
        async with self.database.write() as tx:
            old = await self.store.tag(tx, who.org_id, request.path["id"])
            other = await self.store.tag_named(tx, who.org_id, name)
            if other is None or other.id == old.id:
                await self.store.rename_tag(tx, who.org_id, old, name)
                await self.trail.write(tx, who, "tag_renamed", old.id, {"name": name, "was": old.name})
            elif body.merge:
                await self.store.merge_tags(tx, who.org_id, old, other)
                details = {"name": other.name, "was": old.name}
                await self.trail.write(tx, who, "tags_merged", other.id, details)
            else:
                raise Conflict("tag_exists", "There is a tag with this name.", name=other.name)
            return _tag_list(await self.store.tags(tx, who.org_id))

    async def delete_tag(self, request: Request) -> web.StreamResponse | None:
        """See `routes`."""
        who: Principal = request.who
        who.require(Permission.ADMIN)
        async with self.database.write() as tx:
            gone = await self.store.tag(tx, who.org_id, request.path["id"])
            await self.store.delete_tag(tx, who.org_id, gone)
            await self.trail.write(tx, who, "tag_deleted", gone.id, {"name": gone.name})
        return None

    async def settings(self, request: Request) -> ShelfSettingsModel:
        """See `routes`."""
        async with self.database.read() as tx:
            key, _ = await self._editable(tx, request)
            return await self._drawn(tx, request.who, await self.store.settings(tx, key))

    async def set(self, request: Request) -> ShelfSettingsModel:
        """Put a medium where it belongs, and say for whom it is.

        Raises:
            NotFound, Forbidden: it is not theirs to edit. Rejected: something in it cannot be kept, or is not
                the organisation's.
        """
        who: Principal = request.who
        body: ShelfSettingsModel = request.body
        targets = [Target(each.kind, each.id) for each in body.targets]
        wanted = checked_settings(body.description, body.category_id, body.tags, targets)
        async with self.database.write() as tx:
            key, title = await self._editable(tx, request)
            tree = await self.store.categories(tx, who.org_id)
            if wanted.category_id not in {None, *(each.id for each in tree)}:
                raise Rejected("category_unknown", "This category does not exist any more.")
            await self._insist_on_targets(tx, who.org_id, wanted.targets)
            await self.store.set(tx, who.org_id, key, wanted)
            if key.medium == "series":  # its title leads to what is in it, while it is for everybody
                items = (await self.series.items(tx, [key.id])).get(key.id, [])
                await mark(tx, who.org_id, [ShelfKey(each.medium, each.id) for each in items])
            details = {
                "medium": key.medium,
                "name": title,
                "category_id": wanted.category_id,
                "tags": list(wanted.tags),
                "audience": [f"{each.kind}:{each.id}" for each in wanted.targets],
            }
            await self.trail.write(tx, who, "shelf_settings_changed", key.id, details)
            return await self._drawn(tx, who, await self.store.settings(tx, key))

    async def reread(self, request: Request) -> RereadModel:
        """Have the index made anew: names of people and departments that changed elsewhere come in."""
        who: Principal = request.who
        who.require(Permission.ADMIN)
        async with self.database.write() as tx:
            await self.indexer.mark_all(tx, who.org_id)
            await self.trail.write(tx, who, "library_reread", who.org_id, {})
            return RereadModel(waiting=await waiting(tx))

    async def _tree(
        self, tx: AsyncConnection, org_id: str, seen: Mapping[str, int] | None = None
    ) -> CategoryList:
        """Draw the tree with how much stands in it: as `seen` by somebody, or all that there is."""
        found = in_tree_order(await self.store.categories(tx, org_id))
        filed = await self.store.filed(tx, org_id) if seen is None else seen
        return CategoryList(
            items=[
                CategoryModel(
                    id=each.id,
                    parent_id=each.parent_id,
                    name=each.name,
                    depth=depth,
                    media=filed.get(each.id, 0),
                )
                for each, depth in found
            ]
        )

    async def _order(
        self, tx: AsyncConnection, found: Sequence[Category], moved: Category, position: int | None
    ) -> None:
        """Number the categories of one parent anew, with `moved` at its position or last."""
        beside = [
            each
            for each, _ in in_tree_order(found)
            if each.parent_id == moved.parent_id and each.id != moved.id
        ]
        beside.insert(len(beside) if position is None else position, moved)
        for number, each in enumerate(beside):
            await self.store.change_category(tx, each, position=number)

    async def _editable(self, tx: AsyncConnection, request: Request) -> tuple[ShelfKey, str]:
        """Return which medium it is and what it is called, if the asker may edit it."""
        who: Principal = request.who
        kind, id_ = request.path["medium"], request.path["id"]
        if kind == "series":
            series = await self.series.get(tx, id_)
            if series.org_id != who.org_id:
                raise NotFound("series_not_found", "There is no such series.")
            insist_on_edit(who, series.org_id, "")
            return ShelfKey("series", id_), series.title
        medium: Replay | Microcourse
        kinds: dict[str, ShelfKind] = {"replay": "replay", "microcourse": "microcourse"}
        if kind not in kinds:
            raise NotFound("medium_unknown", "There is no such kind of medium.")
        if kind == "replay":
            medium = await self.media.replay(tx, id_)
        else:
            medium = await self.media.microcourse(tx, id_)
        insist_on_edit(who, medium.org_id, medium.session_id)
        return ShelfKey(kinds[kind], id_), medium.title

    async def _insist_on_targets(self, tx: AsyncConnection, org_id: str, targets: Sequence[Target]) -> None:
        for kind in ("department", "person", "lesson"):
            ids = [each.id for each in targets if each.kind == kind]
            if ids and set(ids) - set(await self.people.targets(tx, org_id, kind, ids)):
                raise Rejected("audience_unknown", "Somebody in this audience does not exist any more.")

    async def _drawn(self, tx: AsyncConnection, who: Principal, settings: Settings) -> ShelfSettingsModel:
        """Draw settings with names: also of who has left, and of departments that are gone (empty then)."""
        names: dict[tuple[str, str], str] = {}
        for kind in ("department", "person", "lesson"):
            ids = [each.id for each in settings.targets if each.kind == kind]
            if ids:
                known = await self.people.targets(tx, who.org_id, kind, ids)
                names |= {(kind, id_): name for id_, name in known.items()}
        return ShelfSettingsModel(
            description=settings.description,
            category_id=settings.category_id,
            tags=list(settings.tags),
            targets=[
                TargetModel(kind=each.kind, id=each.id, name=names.get((each.kind, each.id), ""))
                for each in settings.targets
            ],
        )


def _category(found: Sequence[Category], category_id: str) -> Category:
    for each in found:
        if each.id == category_id:
            return each
    raise NotFound("category_not_found", "There is no such category any more.")


def _tag_list(found: Sequence[tuple[Tag, int]]) -> TagList:
    return TagList(items=[TagModel(id=tag.id, name=tag.name, media=media) for tag, media in found])
