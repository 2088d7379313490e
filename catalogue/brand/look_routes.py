"""Which looks an organisation has, whose each is by itself, and which an editor may choose."""

from dataclasses import dataclass, replace

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import insist_on_edit
from catalogue.brand.choosing import LookChooser
from catalogue.brand.look import MOST_LOOKS, LookStore, NamedLook
from catalogue.brand.models import (
    BrandingModel,
    LookChoice,
    LookChoices,
    LookInList,
    LookPeople,
    LooksModel,
    NewLook,
)
from catalogue.brand.routes import BrandRoutes
from catalogue.store import CatalogueStore
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, Rejected
from lectern.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class LookRoutes:
    """The handlers. Editors see the list; administrators change it. `brand` draws a look."""

    brand: BrandRoutes
    chooser: LookChooser
    catalogue: CatalogueStore

    @property
    def _database(self) -> Database:
        return self.brand.database

    @property
    def _store(self) -> LookStore:
        return self.brand.store

    @property
    def _trail(self) -> Trail:
        return self.brand.trail

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        api, shown = "/api/v1/branding/looks", BrandingModel
        one = f"{api}/{{id}}"
        return [
            Route("GET", api, self.looks, "The looks there are", LooksModel),
            Route("POST", api, self.create, "Make a look", shown, NewLook, status=201),
            Route("DELETE", one, self.delete, "Delete a look that nothing was made in"),
            Route("POST", f"{one}/retire", self.retire, "Let a look be chosen no more", shown),
            Route("POST", f"{one}/use-again", self.use_again, "Let a look be chosen again", shown),
            Route("POST", f"{one}/make-default", self.make_default, "Let it be the organisation's", shown),
            Route("PUT", f"{one}/people", self.give, "Whose look it is by itself", shown, LookPeople),
            Route(
                "GET", "/api/v1/replays/{id}/looks", self.choices, "Looks for what is cut from a replay",
                LookChoices,
            ),
        ]  # fmt: skip

    async def looks(self, request: Request) -> LooksModel:
        """List them."""
        who: Principal = request.who
        who.require(Permission.REPLAYS_WRITE)
        async with self._database.read() as tx:
            found = await self._store.all(tx, who.org_id)
            default_id = await self.brand.default_id(tx, who.org_id)
            given = await self._store.given(tx, who.org_id)
            uses = await self._store.uses(tx, who.org_id)
        people = [look_id for subject, look_id in given.items() if subject != who.org_id]
        return LooksModel(
            items=[
                LookInList(
                    id=look.id,
                    name=look.name,
                    version=look.version,
                    is_default=look.id == default_id,
                    retired=look.retired_utc_ms is not None,
                    people=people.count(look.id),
                    microcourses=uses.get(look.id, 0),
                )
                for look in found
            ],
            may_edit=who.allows(Permission.ADMIN),
        )

    async def create(self, request: Request) -> BrandingModel:
        """Make one."""
        who: Principal = request.who
        who.require(Permission.ADMIN)
        asked: NewLook = request.body
        now, id_ = self.brand.clock(), new_id()
        async with self._database.write() as tx:
            if len(await self._store.all(tx, who.org_id)) >= MOST_LOOKS:
                raise Rejected("looks_too_many", "There are too many looks. Delete some.", limit=MOST_LOOKS)
            await self._store.add(tx, NamedLook(id_, who.org_id, asked.name, 0, who.subject_id, now))
            if asked.like is not None:
                like = await self._store.named(tx, who.org_id, asked.like)
                shows = await self._store.look(tx, like.id, like.version)
                if shows.version > 0:
                    copy = replace(shows, id=id_, version=0)
                    await self._store.add_version(tx, who.org_id, copy, who.subject_id, now)
            await self._trail.write(tx, who, "look_created", id_, {"name": asked.name})
        return await self.brand.shown(who, id_)

    async def delete(self, request: Request) -> web.StreamResponse | None:
        """Delete one.

        Raises:
            Conflict: it is the organisation's, or something stands in it (`look_used`).
        """
        async with self._database.write() as tx:
            look = await self._mine(tx, request)
            if look.id == look.org_id or await self._store.is_used(tx, look.org_id, look.id):
                raise Conflict("look_used", "Microcourses or drafts use this look. It stays retired instead.")
            await self._store.delete(tx, look.id)
            await self._trail.write(tx, request.who, "look_deleted", look.id, {"name": look.name})
        return None

    async def retire(self, request: Request) -> BrandingModel:
        """Let it be chosen no more. What was made in it stays, and can be made again."""
        async with self._database.write() as tx:
            look = await self._mine(tx, request)
            await self._store.change(tx, look.id, retired_utc_ms=self.brand.clock())
            await self._trail.write(tx, request.who, "look_retired", look.id, {"name": look.name})
        return await self.brand.shown(request.who, look.id)

    async def use_again(self, request: Request) -> BrandingModel:
        """Let it be chosen again; it is theirs again whose it was."""
        async with self._database.write() as tx:
            look = await self._mine(tx, request, may_be_default=True)
            await self._store.change(tx, look.id, retired_utc_ms=None)
            await self._trail.write(tx, request.who, "look_used_again", look.id, {"name": look.name})
        return await self.brand.shown(request.who, look.id)

    async def make_default(self, request: Request) -> BrandingModel:
        """Let it be the organisation's."""
        who: Principal = request.who
        async with self._database.write() as tx:
            look = await self._mine(tx, request, may_be_default=True)
            await self._store.usable(tx, who.org_id, look.id)
            await self._store.give(tx, who.org_id, who.org_id, look.id, who.subject_id, self.brand.clock())
            await self._trail.write(tx, who, "look_made_default", look.id, {"name": look.name})
        return await self.brand.shown(who, look.id)

    async def give(self, request: Request) -> BrandingModel:
        """Say whose look it is by itself: theirs and nobody else's."""
        who: Principal = request.who
        now: UtcMs = self.brand.clock()
        wanted = set(request.body.people)
        async with self._database.write() as tx:
            look = await self._mine(tx, request, may_be_default=True)
            known = await self.brand.people.targets(tx, who.org_id, "person", wanted) if wanted else {}
            if wanted - set(known):
                raise Rejected("look_person_unknown", "Somebody in it is not one of your people (any more).")
            had = {
                subject
                for subject, its in (await self._store.given(tx, who.org_id)).items()
                if its == look.id and subject != who.org_id
            }
            await self._store.take(tx, who.org_id, had - wanted)
            for person in sorted(wanted - had):
                await self._store.give(tx, who.org_id, person, look.id, who.subject_id, now)
            await self._trail.write(tx, who, "look_given", look.id, {"people": len(wanted)})
        return await self.brand.shown(who, look.id)

    async def choices(self, request: Request) -> LookChoices:
        """Say what an editor of a replay may choose from, also one who came by a link."""
        who: Principal = request.who
        async with self._database.read() as tx:
            replay = await self.catalogue.replay(tx, request.path["id"])
            insist_on_edit(who, replay.org_id, replay.session_id)
            found = await self._store.all(tx, replay.org_id)
            by_itself = await self.chooser.by_itself(tx, who, replay.org_id, replay.session_id)
        usable = [look for look in found if look.retired_utc_ms is None]
        return LookChoices(
            items=[LookChoice(id=look.id, name=look.name) for look in usable], by_itself=by_itself
        )

    async def _mine(
        self, tx: AsyncConnection, request: Request, *, may_be_default: bool = False
    ) -> NamedLook:
        """Return the look that is asked for, locked, for an administrator."""
        who: Principal = request.who
        who.require(Permission.ADMIN)
        look = await self._store.named(tx, who.org_id, request.path["id"], lock=True, now=self.brand.clock())
        if not may_be_default and look.id == await self.brand.default_id(tx, who.org_id):
            raise Conflict("look_is_default", "This is the organisation's look. Make another one that first.")
        return look
