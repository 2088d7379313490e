"""Deleting media, what would miss them, and the bin: its HTTP side."""

from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, Field

from catalogue.bin.desk import PAGE, BinDesk
from catalogue.bin.states import Binned, Place, read_place
from catalogue.bin.uses import UsesOfReplay
from catalogue.groups.recordings import ShownTo
from catalogue.media import MediumKind
from catalogue.neighbours import People
from catalogue.series import Key
from catalogue.states import MicrocourseState
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import NotFound


class UsingMicrocourse(BaseModel):
    """A microcourse that was cut from the replay; `shown`: learners see it. `due_utc_ms` as `required`."""

    id: str
    title: str
    state: MicrocourseState
    shown: bool
    watched_by: int
    required: bool
    due_utc_ms: int | None


class UsingSeries(BaseModel):
    """A series in which the replay stands (`replay`), or so many of its microcourses."""

    id: str
    title: str
    replay: bool
    microcourses: int


class UsingGroup(BaseModel):
    """What a group recorded, erased with the replay. `round`: of which breakout, `place`: which group of it.

    `name` is null where it has none any more. `shown_to`: staff, its group, or the class.
    """

    id: str
    round: int
    place: int
    name: str | None
    shown_to: ShownTo


class UsesModel(BaseModel):
    """What uses a replay. `required`: it has to be watched, until `due_utc_ms` if there is a deadline.

    `api_keys` may read media: other tools may have copies. `mark` goes along with the deletion: it says what
    was seen. In the bin it waits `days` days.
    """

    title: str
    microcourses: list[UsingMicrocourse]
    drafts: int
    series: list[UsingSeries]
    watched_by: int
    required: bool
    due_utc_ms: int | None
    api_keys: int
    groups: list[UsingGroup]
    mark: str
    days: int


class DeletionQuery(BaseModel):
    """`mark` as the uses had it; `microcourses`: `keep` them, or `delete` them too."""

    mark: str = Field(max_length=64)
    microcourses: Literal["keep", "delete"]


class BinnedModel(BaseModel):
    """Something in the bin, erased at `due_utc_ms`. `with_replay`: deleted together with that one.

    `together`: so many microcourses were deleted together with it and come back or go with it. `may_erase`:
    the asker may have it erased at once.
    """

    medium: MediumKind
    id: str
    title: str
    session_id: str
    duration_ms: int
    put_utc_ms: int
    put_by_name: str | None
    due_utc_ms: int
    with_replay: str | None
    together: int
    may_erase: bool


class BinList(BaseModel):
    """What the asker may take out, the latest first; `days` is how long things wait here.

    `next` is the cursor of the next page.
    """

    items: list[BinnedModel]
    days: int
    next: str | None


class BinQuery(BaseModel):
    """Behind what; without a cursor from the latest deletion on."""

    cursor: str | None = Field(default=None, max_length=100)


@dataclass(frozen=True, slots=True)
class BinRoutes:
    """The handlers."""

    desk: BinDesk
    people: People

    def routes(self) -> list[Route]:
        """Return the routes."""
        replay, in_bin = "/api/v1/replays/{id}", "/api/v1/bin/{medium}/{id}"
        return [
            Route("GET", f"{replay}/uses", self.uses, "What uses a replay", UsesModel),
            Route("DELETE", replay, self.delete_replay, "Delete a replay", BinnedModel, query=DeletionQuery),
            Route("DELETE", "/api/v1/microcourses/{id}", self.delete_microcourse, "Delete a microcourse"),
            Route(
                "GET", "/api/v1/bin", self.listed, "What was deleted and can be taken back", BinList,
                query=BinQuery,
            ),
            Route("POST", f"{in_bin}/restore", self.restore, "Take something out of the bin", BinnedModel),
            Route("DELETE", in_bin, self.erase, "Erase something in the bin at once"),
        ]  # fmt: skip

    async def uses(self, request: Request) -> UsesModel:
        """See `routes`."""
        found = await self.desk.uses_of(request.who, request.path["id"])
        return _uses(found, self.desk.days)

    async def delete_replay(self, request: Request) -> BinnedModel:
        """Put a replay into the bin.

        Raises:
            Conflict: the lesson goes on, or something else uses it than was seen.
        """
        query: DeletionQuery = request.query
        with_microcourses = query.microcourses == "delete"
        one = await self.desk.delete_replay(
            request.who, request.path["id"], seen=query.mark, with_microcourses=with_microcourses
        )
        return (await self._drawn(request.who, [one]))[0]

    async def delete_microcourse(self, request: Request) -> web.StreamResponse | None:
        """Put a microcourse into the bin."""
        await self.desk.delete_microcourse(request.who, request.path["id"])
        return None

    async def listed(self, request: Request) -> BinList:
        """See `routes`.

        Raises:
            ProtocolViolation: no such cursor.
        """
        who: Principal = request.who
        query: BinQuery = request.query
        found = await self.desk.listed(who, None if query.cursor is None else read_place(query.cursor))
        page = found[:PAGE]
        last = page[-1] if len(found) > PAGE else None
        return BinList(
            items=await self._drawn(who, page),
            days=self.desk.days,
            next=None if last is None else str(Place(last.changed_utc_ms, last.medium, last.id)),
        )

    async def restore(self, request: Request) -> BinnedModel:
        """Take something out of the bin."""
        one = await self.desk.restore(request.who, _medium(request), request.path["id"])
        return (await self._drawn(request.who, [one]))[0]

    async def erase(self, request: Request) -> web.StreamResponse | None:
        """Have something in the bin erased within a minute. There is no way back."""
        await self.desk.hurry(request.who, _medium(request), request.path["id"])
        return None

    async def _drawn(self, who: Principal, found: list[Binned]) -> list[BinnedModel]:
        async with self.desk.database.read() as tx:
            names = await self.people.names(tx, who.org_id, {one.put_by for one in found})
            together = await self.desk.bin.counts_together(tx, [o.id for o in found if o.medium == "replay"])
        return [
            BinnedModel(
                medium=one.medium,
                id=one.id,
                title=one.title,
                session_id=one.session_id,
                duration_ms=one.content.get("duration_ms") or 0,
                put_utc_ms=one.changed_utc_ms,
                put_by_name=names.get(one.put_by),
                due_utc_ms=one.due_utc_ms,
                with_replay=one.with_replay,
                together=together.get(one.id, 0),
                may_erase=who.allows(Permission.ADMIN),
            )
            for one in found
        ]


def _medium(request: Request) -> MediumKind:
    match request.path["medium"]:
        case "replay" | "microcourse" as medium:
            return medium
    raise NotFound("medium_unknown", "There is no such kind of medium.")


def _uses(found: UsesOfReplay, days: int) -> UsesModel:
    own = Key("replay", found.replay.id)
    keys = {each.id: Key("microcourse", each.id) for each in found.microcourses}
    return UsesModel(
        title=found.replay.title,
        microcourses=[
            UsingMicrocourse(
                id=each.id,
                title=each.title,
                state=each.state,
                shown=each.live_version is not None,
                watched_by=found.watched_by.get(keys[each.id], 0),
                required=keys[each.id] in found.due,
                due_utc_ms=found.due.get(keys[each.id]),
            )
            for each in found.microcourses
        ],
        drafts=found.drafts,
        series=[
            UsingSeries(
                id=each.id,
                title=each.title,
                replay=own in each.media,
                microcourses=sum(key != own for key in each.media),
            )
            for each in found.series
        ],
        watched_by=found.watched_by.get(own, 0),
        required=own in found.due,
        due_utc_ms=found.due.get(own),
        api_keys=found.readers,
        groups=[
            UsingGroup(id=each.id, round=each.round, place=each.place, name=each.name, shown_to=each.shown_to)
            for each in found.groups
        ],
        mark=found.mark,
        days=days,
    )
