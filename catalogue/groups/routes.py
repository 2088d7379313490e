"""Groups' recordings over HTTP: which there are, one to play, and who is shown it."""

from dataclasses import dataclass

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import may_edit
from catalogue.drawing import Drawing
from catalogue.groups.door import GroupDoor, GroupsOfReplay
from catalogue.groups.recordings import GroupRecording, ShownTo, gaps_of_group
from catalogue.media import Replay
from catalogue.models import ReplayModel
from catalogue.neighbours import Leaders
from catalogue.routes import CatalogueDeps
from catalogue.window import ALWAYS, Window
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal, insist_on_running, runs


class GroupReplayModel(BaseModel):
    """What a group recorded. `round`: which breakout of the lesson, `place`: which group of it, from 1.

    `name` and `task` are null where there are none, or they were erased. `breakout` is the id of the replay's
    mark, `at_ms` where on the replay's clock it begins. `shown_to`: staff, its group, or the class.
    """

    id: str
    round: int
    place: int
    name: str | None
    task: str | None
    breakout: str
    at_ms: int
    duration_ms: int
    shown_to: ShownTo


class GroupReplaysModel(BaseModel):
    """Those that the asking person is shown, in the order of breakouts and groups."""

    items: list[GroupReplayModel]


class OpenGroupReplayModel(BaseModel):
    """One of them, ready to play as a replay is: `replay.id` is the lesson's. It has no download.

    `may_decide`: the asking person says who else is shown it.
    """

    about: GroupReplayModel
    replay: ReplayModel
    lesson_title: str
    may_decide: bool


class GroupAudienceBody(BaseModel):
    """Who is to be shown it."""

    shown_to: ShownTo


@dataclass(frozen=True, slots=True)
class GroupReplayRoutes:
    """The handlers. Whoever may watch the replay, while it is shown; of groups, what they are shown."""

    door: GroupDoor
    leaders: Leaders

    @property
    def deps(self) -> CatalogueDeps:
        """What the catalogue stands on."""
        return self.door.deps

    def routes(self) -> list[Route]:
        """Return the routes."""
        every = "/api/v1/replays/{id}/groups"
        one = f"{every}/{{group}}"
        return [
            Route("GET", every, self.groups, "What groups of the class recorded", GroupReplaysModel),
            Route("GET", one, self.group, "One of them, ready to play", OpenGroupReplayModel),
            Route(
                "PUT", f"{one}/audience", self.show, "Say who is shown it", GroupReplayModel,
                body=GroupAudienceBody,
            ),
        ]  # fmt: skip

    async def groups(self, request: Request) -> GroupReplaysModel:
        """See `routes`."""
        who: Principal = request.who
        replay = await self.deps.watching.replay(who, request.path["id"])
        came_as = await self.door.came_as(who)
        async with self.deps.keeper.database.read() as tx:
            await self.door.windows.insist_on_open(tx, who, replay, self.deps.clock())
            found = await self.door.groups(tx, who, replay, came_as)
        return GroupReplaysModel(
            items=[_drawn(found, group) for group in found.recordings if found.sees(group)]
        )

    async def group(self, request: Request) -> OpenGroupReplayModel:
        """See `routes`.

        Raises:
            NotFound: there is no such recording, or not for them.
        """
        who: Principal = request.who
        replay = await self.deps.watching.replay(who, request.path["id"])
        came_as = await self.door.came_as(who)
        async with self.deps.keeper.database.read() as tx:
            await self.door.windows.insist_on_open(tx, who, replay, self.deps.clock())
            found = await self.door.groups(tx, who, replay, came_as)
            group = found.shown(request.path["group"])
            window = (await self.door.windows.windows(tx, [replay])).get(replay.id, ALWAYS)
            happened = await self.deps.keeper.store.happened(tx, replay.session_id)
            left_out = await self.deps.keeper.left_out(tx, replay.session_id)
            may_decide = await self._may_decide(tx, who, replay)
        drawing = self._drawing(who, replay, window)
        about = _drawn(found, group)
        return OpenGroupReplayModel(
            about=about,
            replay=drawing.group(
                replay,
                group.recorded,
                about.name or "",
                gaps_of_group(group, happened, left_out),
                is_member=group.id in found.member_of,
                window=window,
            ),
            lesson_title=replay.title,
            may_decide=may_decide,
        )

    async def show(self, request: Request) -> GroupReplayModel:
        """Show a group's recording to its group, to the class, or to staff alone again.

        Raises:
            NotFound: there is no such recording for them. Forbidden: it is somebody else's lesson.
        """
        who: Principal = request.who
        body: GroupAudienceBody = request.body
        replay = await self.deps.watching.replay(who, request.path["id"])
        came_as = await self.door.came_as(who)
        async with self.deps.keeper.database.write() as tx:
            led = await self.leaders.led(tx, replay.session_id)
            insist_on_running(who, () if led is None else led.by, by_link_to=replay.session_id)
            group = (await self.door.groups(tx, who, replay, came_as)).one(request.path["group"])
            before = (await self.door.store.shown_to(tx, replay.session_id)).get(group.id, "staff")
            if before != body.shown_to:
                await self.door.store.decide(
                    tx, replay.org_id, replay.session_id, group.id, body.shown_to, who.subject_id,
                    self.deps.clock(),
                )  # fmt: skip
                details = {"session_id": replay.session_id, "group": group.id, "shown_to": body.shown_to}
                await self.deps.trail.write(tx, who, "group_replay_shown", replay.id, details)
            return _drawn(await self.door.groups(tx, who, replay, came_as), group)

    async def _may_decide(self, tx: AsyncConnection, who: Principal, replay: Replay) -> bool:
        led = await self.leaders.led(tx, replay.session_id)
        edits = may_edit(who, replay.org_id, replay.session_id)
        return edits and led is not None and runs(who, led.by, by_link_to=replay.session_id)

    def _drawing(self, who: Principal, replay: Replay, window: Window) -> Drawing:
        deps = self.deps
        drawing = Drawing(deps.signer, deps.limits, who, deps.clock(), deps.play_ttl_ms)
        if may_edit(who, replay.org_id, replay.session_id):
            return drawing
        return drawing.until(window.to_utc_ms)


def _drawn(found: GroupsOfReplay, group: GroupRecording) -> GroupReplayModel:
    return GroupReplayModel(
        id=group.id,
        round=group.round,
        place=group.place,
        name=found.words.get(group.name_ref),
        task=None if group.task_ref is None else found.words.get(group.task_ref),
        breakout=group.breakout,
        at_ms=group.at_ms,
        duration_ms=group.recorded.duration_ms,
        shown_to=found.shown_to.get(group.id, "staff"),
    )
