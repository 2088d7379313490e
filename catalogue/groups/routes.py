"""Groups' recordings over HTTP: which there are, one to play, and who is shown it."""

from dataclasses import dataclass, field

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import may_edit
from catalogue.drawing import Drawing
from catalogue.groups.recordings import (
    READ,
    GroupRecording,
    ShownTo,
    gaps_of_group,
    is_shown,
    recordings,
    seats,
)
from catalogue.groups.store import GroupStore
from catalogue.media import Replay
from catalogue.models import ReplayModel
from catalogue.neighbours import Leaders
from catalogue.routes import CatalogueDeps
from catalogue.window import ALWAYS, Window
from catalogue.window_store import WindowStore
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Principal, insist_on_running, runs
from lectern.kernel.errors import NotFound


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
class _Found:
    """A replay, what its groups recorded, and what is known of them."""

    replay: Replay
    recordings: list[GroupRecording]
    words: dict[str, str]
    shown_to: dict[str, ShownTo]
    member_of: frozenset[str]

    def drawn(self, group: GroupRecording) -> GroupReplayModel:
        return GroupReplayModel(
            id=group.id,
            round=group.round,
            place=group.place,
            name=self.words.get(group.name_ref),
            task=None if group.task_ref is None else self.words.get(group.task_ref),
            breakout=group.breakout,
            at_ms=group.at_ms,
            duration_ms=group.recorded.duration_ms,
            shown_to=self.shown_to.get(group.id, "staff"),
        )

    def is_shown(self, group: GroupRecording) -> bool:
        return is_shown(self.shown_to.get(group.id, "staff"), is_member=group.id in self.member_of)


@dataclass(frozen=True, slots=True)
class GroupReplayRoutes:
    """The handlers. Whoever may watch the replay, while it is shown; of groups, what they are shown."""

    deps: CatalogueDeps
    leaders: Leaders
    store: GroupStore = field(default_factory=GroupStore)
    windows: WindowStore = field(default_factory=WindowStore)

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
        async with self.deps.keeper.database.read() as tx:
            await self.windows.insist_on_open(tx, who, replay, self.deps.clock())
            found = await self._found(tx, who, replay)
        return GroupReplaysModel(
            items=[found.drawn(group) for group in found.recordings if _sees(who, found, group)]
        )

    async def group(self, request: Request) -> OpenGroupReplayModel:
        """See `routes`.

        Raises:
            NotFound: there is no such recording, or not for them.
        """
        who: Principal = request.who
        replay = await self.deps.watching.replay(who, request.path["id"])
        async with self.deps.keeper.database.read() as tx:
            await self.windows.insist_on_open(tx, who, replay, self.deps.clock())
            found = await self._found(tx, who, replay)
            group = _one(found, request.path["group"])
            if not _sees(who, found, group):
                raise _not_found()
            window = (await self.windows.windows(tx, [replay])).get(replay.id, ALWAYS)
            happened = await self.deps.keeper.store.happened(tx, replay.session_id)
            left_out = await self.deps.keeper.left_out(tx, replay.session_id)
            may_decide = await self._may_decide(tx, who, replay)
        drawing = self._drawing(who, replay, window)
        about = found.drawn(group)
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
        async with self.deps.keeper.database.write() as tx:
            led = await self.leaders.led(tx, replay.session_id)
            insist_on_running(who, () if led is None else led.by, by_link_to=replay.session_id)
            group = _one(await self._found(tx, who, replay), request.path["group"])
            before = (await self.store.shown_to(tx, replay.session_id)).get(group.id, "staff")
            if before != body.shown_to:
                await self.store.decide(
                    tx, replay.org_id, replay.session_id, group.id, body.shown_to, who.subject_id,
                    self.deps.clock(),
                )  # fmt: skip
                details = {"session_id": replay.session_id, "group": group.id, "shown_to": body.shown_to}
                await self.deps.trail.write(tx, who, "group_replay_shown", replay.id, details)
            return (await self._found(tx, who, replay)).drawn(group)

    async def _found(self, tx: AsyncConnection, who: Principal, replay: Replay) -> _Found:
        if replay.recorded is None or replay.ready_utc_ms is None or not replay.recorded.groups:
            return _Found(replay, [], {}, {}, frozenset())
        moments = await self.deps.keeper.store.moments(tx, replay.session_id, READ)
        groups = recordings(replay.recorded, moments)
        theirs = seats(moments, who.person_id if who.grant is None else who.grant.person_id)
        if who.grant is not None and who.grant.participant_id is not None:
            theirs.add(who.grant.participant_id)
        refs = set[str]().union(*(group.refs for group in groups))
        return _Found(
            replay,
            groups,
            await self.store.words(tx, replay.session_id, refs),
            await self.store.shown_to(tx, replay.session_id),
            frozenset(group.id for group in groups if theirs & group.members),
        )

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


def _sees(who: Principal, found: _Found, group: GroupRecording) -> bool:
    return may_edit(who, found.replay.org_id, found.replay.session_id) or found.is_shown(group)


def _one(found: _Found, group_id: str) -> GroupRecording:
    group = next((each for each in found.recordings if each.id == group_id), None)
    if group is None:
        raise _not_found()
    return group


def _not_found() -> NotFound:
    return NotFound("group_replay_not_found", "There is no such recording of a group.")
