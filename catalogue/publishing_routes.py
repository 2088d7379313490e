"""Whether replays are published by themselves, and publishing one, or taking it back."""

from dataclasses import dataclass, field

import msgspec
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.asides import asides, still_in_replay
from catalogue.bin.store import BinStore
from catalogue.media import Replay
from catalogue.neighbours import Leaders, People, PublishingNews
from catalogue.publishing import ReplayRules, changed, decided, in_force
from catalogue.publishing_store import PublishingStore
from catalogue.store import CatalogueStore
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal, insist_on_running
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import NotFound


class ReplayRulesModel(BaseModel):
    """`by_decision`: held at the lesson's end, until somebody publishes it. Null: as the organisation.

    The others: learners' cameras, microphones, and who they are, are not in the replay.
    """

    by_decision: bool | None = None
    learners_unseen: bool | None = None
    learners_unheard: bool | None = None
    learners_unnamed: bool | None = None


class PublishingModel(BaseModel):
    """What a lesson asks of its replay (`own`), what counts (`in_force`), and whether it is held now.

    `live`: what is about learners stays. `over`: the lesson is; before, there is nothing to decide upon.
    `decided_by_name` is null where the rules did. `microcourses` that are cut from it are shown to learners,
    whether it is held or not. `aside_within`: from where to where (milliseconds of the replay) it may hold
    what was said aside. `deleted`: the replay was, so nothing is to be decided; rules about learners stay.
    """

    own: ReplayRulesModel
    in_force: ReplayRulesModel
    replay_id: str | None
    live: bool
    over: bool
    deleted: bool
    held: bool
    decided_by_name: str | None
    decided_utc_ms: int | None
    microcourses: int
    aside_within: list[tuple[int, int]]


class PublicationBody(BaseModel):
    """Whether learners are to see it."""

    published: bool


@dataclass(frozen=True, slots=True)
class PublishingRoutes:
    """The handlers. For whoever runs the session, administrators, and staff with a link to it."""

    database: Database
    store: CatalogueStore
    leaders: Leaders
    people: People
    trail: Trail
    news: PublishingNews
    clock: Clock = utc_ms
    publishing: PublishingStore = field(default_factory=PublishingStore)
    bin: BinStore = field(default_factory=BinStore)

    def routes(self) -> list[Route]:
        """Return the routes."""
        of_org, one = "/api/v1/replay-rules", "/api/v1/sessions/{id}/replay-rules"
        shown, rules = PublishingModel, ReplayRulesModel
        publication = "/api/v1/sessions/{id}/replay-publication"
        return [
            Route("GET", of_org, self.org_rules, "What the organisation asks of replays", rules),
            Route("PUT", of_org, self.set_org_rules, "Change that", rules, body=rules),
            Route("GET", one, self.rules, "What a lesson asks of its replay", shown),
            Route("PUT", one, self.set_rules, "Change that", shown, body=rules),
            Route(
                "PUT", publication, self.decide, "Publish a replay, or take it back", shown,
                body=PublicationBody,
            ),
        ]  # fmt: skip

    async def org_rules(self, request: Request) -> ReplayRulesModel:
        """See `routes`."""
        who: Principal = request.who
        who.require(Permission.REPLAYS_WRITE)
        async with self.database.read() as tx:
            found = await self.publishing.rules(tx, who.org_id)
        return _rules(in_force(found, ReplayRules()))

    async def set_org_rules(self, request: Request) -> ReplayRulesModel:
        """Change what counts for lessons that ask nothing themselves, when they end.

        What is over stays as it was decided.
        """
        who: Principal = request.who
        who.require(Permission.ADMIN)
        rules = in_force(ReplayRules(**request.body.model_dump()), ReplayRules())
        async with self.database.write() as tx:
            await self.publishing.set_rules(tx, who.org_id, who.org_id, rules, self.clock())
            await self.trail.write(tx, who, "replay_rules_set", who.org_id, msgspec.to_builtins(rules))
        return _rules(rules)

    async def rules(self, request: Request) -> PublishingModel:
        """See `routes`."""
        async with self.database.read() as tx:
            await self._insist_on_running(tx, request)
            return await self._drawn(tx, request)

    async def set_rules(self, request: Request) -> PublishingModel:
        """Change what counts when the lesson begins, and when it ends.

        Raises:
            Conflict: it has begun, and what is about learners stays.
        """
        who: Principal = request.who
        session_id = request.path["id"]
        wanted = ReplayRules(**request.body.model_dump())
        async with self.database.write() as tx:
            await self._insist_on_running(tx, request)
            await self.publishing.wait_for_lesson(tx, session_id)
            replay = await self.store.replay_of(tx, session_id, lock=True)
            has_begun = replay is not None or await self.bin.replay_of(tx, session_id) is not None
            rules = changed(await self.publishing.rules(tx, session_id), wanted, has_begun=has_begun)
            await self.publishing.set_rules(tx, who.org_id, session_id, rules, self.clock())
            await self.trail.write(tx, who, "replay_rules_set", session_id, msgspec.to_builtins(rules))
            return await self._drawn(tx, request)

    async def decide(self, request: Request) -> PublishingModel:
        """Publish a replay, or take it back; what is so already stays as it was decided.

        Raises:
            Conflict: the lesson is not over.
        """
        who: Principal = request.who
        session_id = request.path["id"]
        body: PublicationBody = request.body
        async with self.database.write() as tx:
            await self._insist_on_running(tx, request)
            replay = await self.store.replay_of(tx, session_id, lock=True)
            decision = decided(replay, held=not body.published, by=who.subject_id, now=self.clock())
            if decision.held != (await self.publishing.decision(tx, session_id)).held:
                await self.publishing.decide(tx, who.org_id, session_id, decision)
                await self._note(tx, who, session_id, replay, held=decision.held)
                if replay is not None:
                    await (self.news.replay_held if decision.held else self.news.replay_shown)(tx, replay)
            return await self._drawn(tx, request)

    async def _note(
        self, tx: AsyncConnection, who: Principal, session_id: str, replay: Replay | None, *, held: bool
    ) -> None:
        action = "replay_held" if held else "replay_published"
        details = {"session_id": session_id, "version": None if replay is None else replay.version}
        await self.trail.write(tx, who, action, session_id if replay is None else replay.id, details)

    async def _insist_on_running(self, tx: AsyncConnection, request: Request) -> None:
        """Let pass whoever runs the session.

        Raises:
            NotFound: there is no such session for them. Forbidden: it is somebody else's.
        """
        who: Principal = request.who
        session_id = request.path["id"]
        led = await self.leaders.led(tx, session_id)
        if led is None or led.org_id != who.org_id:
            raise NotFound("session_not_found", "There is no such session.")
        insist_on_running(who, led.by, by_link_to=session_id)

    async def _drawn(self, tx: AsyncConnection, request: Request) -> PublishingModel:
        org_id, session_id = request.who.org_id, request.path["id"]
        own = await self.publishing.rules(tx, session_id)
        decision = await self.publishing.decision(tx, session_id)
        replay = await self.store.replay_of(tx, session_id)
        names = await self.people.names(tx, org_id, {decision.decided_by} if decision.decided_by else ())
        is_deleted = replay is None and await self.bin.replay_of(tx, session_id) is not None
        shown = await self.store.count_shown(tx, session_id)
        within: list[tuple[int, int]] = []
        if replay is not None and replay.recorded is not None:
            happened = await self.store.happened(tx, session_id)
            within = still_in_replay(asides(happened), replay.recorded.clock_map)
        return PublishingModel(
            own=_rules(own),
            in_force=_rules(in_force(own, await self.publishing.rules(tx, org_id))),
            replay_id=None if replay is None else replay.id,
            live=replay is not None and replay.ended_utc_ms is None,
            over=replay is not None and replay.ended_utc_ms is not None,
            deleted=is_deleted,
            held=decision.held,
            decided_by_name=names.get(decision.decided_by or ""),
            decided_utc_ms=decision.decided_utc_ms,
            microcourses=shown,
            aside_within=within,
        )


def _rules(rules: ReplayRules) -> ReplayRulesModel:
    return ReplayRulesModel.model_validate(msgspec.to_builtins(rules))
