"""The catalogue's HTTP routes."""

from dataclasses import dataclass, field

import msgspec

from catalogue.access import insist_on_edit, may_edit, viewer_of
from catalogue.brand.choosing import LookChooser
from catalogue.changes_routes import ChangesRoutes
from catalogue.chapters import Chapter
from catalogue.drawing import Drawing
from catalogue.edit_store import EditStore
from catalogue.held_back import HeldBack
from catalogue.marks import Remembered
from catalogue.media import Limits, Microcourse, Replay, hls_folder
from catalogue.microcourses import MicrocourseDesk
from catalogue.models import (
    BroadcastModel,
    MicrocourseChange,
    MicrocourseModel,
    MicrocoursePage,
    MicrocourseQuery,
    NewMicrocourse,
    ReplayModel,
    ReplayPage,
    ReplayQuery,
    VersionQuery,
)
from catalogue.neighbours import Links, News, NoLinks, People, Rosters
from catalogue.play import Player
from catalogue.play_grant import PlaySigner
from catalogue.play_keys import PlayKeys
from catalogue.proposal.desk import ProposalDesk
from catalogue.proposal.set_aside import AsideDesk, AsideStore
from catalogue.publishing import TAIL_MS
from catalogue.replay_chapters import chapters_of
from catalogue.replays import ReplayKeeper, remembered_of
from catalogue.review import may_review
from catalogue.review_routes import ReviewRoutes
from catalogue.review_store import ReviewStore
from catalogue.reviewing import ReviewDesk
from catalogue.shelf.audience import Audiences
from catalogue.shelf.marking import ShelfKey
from catalogue.states import MicrocourseState, ReplayState
from catalogue.store import PAGE
from catalogue.tables import microcourses, replays
from catalogue.terms import Rules
from catalogue.terms_store import TermsStore
from catalogue.watching import Watching
from catalogue.window import ALWAYS
from catalogue.window_routes import WindowRoutes
from catalogue.window_store import WindowStore
from lectern.db.trail import Trail
from lectern.edge.routes import Request, Route
from lectern.jobs.states import JobState
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, Forbidden, NotFound
from lectern.manifest.so_far import SoFar, read_so_far
from lectern.timeline.engine import TimelineEngine

_LIVE_VIDEOS = {"camera": "camera/live.m3u8", "screen": "screen/live.m3u8"}
_LIVE_AUDIO = "audio/live.m3u8"
_LIVE_PROGRAM = "live-program.m3u8"
_SO_FAR = "so-far.json"
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class CatalogueDeps:
    """What the routes stand on; wired in `lectern.app`."""

    keeper: ReplayKeeper
    engine: TimelineEngine
    signer: PlaySigner
    rosters: Rosters
    trail: Trail
    people: People
    news: News
    limits: Limits = field(default_factory=Limits)
    play_ttl_ms: int = 12 * _HOUR_MS
    live_ttl_ms: int = _HOUR_MS // 4
    watermark: bool = False
    links: Links = field(default_factory=NoLinks)
    clock: Clock = utc_ms

    @property
    def watching(self) -> Watching:
        """Who may watch what; the viewing analytics need it too."""
        return Watching(self.keeper.database, self.keeper.store, self.rosters, self.audiences)

    @property
    def audiences(self) -> Audiences:
        """Whom a medium is for."""
        return Audiences(self.people)

    @property
    def looks(self) -> LookChooser:
        """In which look something is cut."""
        return LookChooser(self.people)

    @property
    def microcourse_desk(self) -> MicrocourseDesk:
        """Cutting."""
        keeper = self.keeper
        return MicrocourseDesk(keeper.database, keeper.store, keeper.jobs, self.looks, self.clock)

    @property
    def review_desk(self) -> ReviewDesk:
        """From a finished cut to what learners see."""
        return ReviewDesk(
            self.keeper.database, self.keeper.store, self.people, self.trail, self.news, clock=self.clock
        )


def routes(deps: CatalogueDeps) -> list[Route]:
    """Return every route of the catalogue, the player's files among them."""
    keeper = deps.keeper
    held = HeldBack(keeper.database)
    catalogue = CatalogueRoutes(deps, deps.microcourse_desk)
    changes = ChangesRoutes(
        keeper.database, keeper.store, catalogue.drawn_replays, catalogue.drawn_microcourses, deps.clock
    )
    return [
        *catalogue.routes(),
        *changes.routes(),
        *ReviewRoutes(deps.review_desk, catalogue.drawn).routes(),
        *WindowRoutes(keeper.database, keeper.store, deps.trail, deps.clock).routes(),
        *ProposalDesk(keeper, EditStore()).routes(),
        *AsideDesk(keeper, AsideStore()).routes(),
        *PlayKeys(deps.signer, deps.watching, deps.links, held, deps.clock).routes(),
        *Player(keeper.files, deps.signer, deps.clock, held).routes(),
    ]


class CatalogueRoutes:
    """Replays and microcourses."""

    def __init__(self, deps: CatalogueDeps, desk: MicrocourseDesk) -> None:
        self._deps = deps
        self._desk = desk
        self._keeper = deps.keeper
        self._store = deps.keeper.store
        self._watching = deps.watching
        self._reviews = ReviewStore()
        self._edits = EditStore()
        self._windows = WindowStore()
        self._terms = TermsStore()

    def routes(self) -> list[Route]:
        """Return the routes."""
        api = "/api/v1"
        one = f"{api}/microcourses/{{id}}"
        cut, shown = NewMicrocourse, MicrocourseModel
        return [
            Route("GET", f"{api}/replays", self.replays, "List replays", ReplayPage, query=ReplayQuery),
            Route("GET", f"{api}/replays/{{id}}", self.replay, "One replay, ready to play", ReplayModel),
            Route(
                "POST", f"{api}/replays/{{id}}/retry", self.finish_again, "Try again to finish a replay",
                ReplayModel,
            ),
            Route(
                "GET", f"{api}/sessions/{{id}}/broadcast", self.broadcast, "The live HLS", BroadcastModel
            ),
            Route(
                "POST", f"{api}/replays/{{id}}/microcourses", self.create, "Cut a microcourse", shown,
                body=cut, status=201,
            ),
            Route(
                "GET", f"{api}/microcourses", self.microcourses, "List microcourses", MicrocoursePage,
                query=MicrocourseQuery,
            ),
            Route("GET", one, self.microcourse, "One microcourse", shown, query=VersionQuery),
            Route("PATCH", one, self.edit, "Change and cut again", shown, body=MicrocourseChange),
            Route("POST", f"{one}/retry", self.retry, "Try a failed cut again", shown),
        ]  # fmt: skip

    async def replays(self, request: Request) -> ReplayPage:
        who: Principal = request.who
        session_id = None if who.grant is None else who.grant.session_id
        if session_id is None:
            who.require(Permission.REPLAYS_READ)
        query: ReplayQuery = request.query
        async with self._keeper.database.read() as tx:
            reach = await self._deps.audiences.reach(tx, who, "replay", replays.c.id)
            found = await self._store.replays(
                tx,
                who.org_id,
                search=query.q.strip(),
                session_id=session_id,
                cursor=query.cursor,
                reach=reach,
            )
        page = found[:PAGE]
        return ReplayPage(
            items=await self.drawn_replays(who, page), next=page[-1].id if len(found) > PAGE else None
        )

    async def replay(self, request: Request) -> ReplayModel:
        who: Principal = request.who
        replay = await self._watching.replay(who, request.path["id"])
        if replay.state is not ReplayState.READY and await self._keeper.refresh(replay.session_id):
            replay = await self._watching.replay(who, replay.id)
        await self._insist_on_open(who, replay)
        [drawn] = await self.drawn_replays(who, [replay], with_marks=True)
        return drawn

    async def finish_again(self, request: Request) -> ReplayModel:
        """Have the finished file of a replay made after all; what an administrator holds stays held.

        Raises:
            NotFound, Forbidden: it is not theirs to edit. Conflict: nothing failed (`nothing_failed`).
        """
        who: Principal = request.who
        async with self._keeper.database.write() as tx:
            replay = await self._store.replay(tx, request.path["id"])
            insist_on_edit(who, replay.org_id, replay.session_id)
            made_by = replay.download_job_id
            job = await self._keeper.jobs.get(tx, made_by, lock=True) if made_by is not None else None
            if job is None or job.state not in {JobState.FAILED, JobState.HELD} or job.reason_code == "held":
                raise Conflict("nothing_failed", "The video of this replay is being made, or is there.")
            await self._keeper.jobs.resume(tx, job.id, self._deps.clock())
            await self._deps.trail.write(tx, who, "media_job_resumed", job.id, {"kind": job.kind})
        [drawn] = await self.drawn_replays(who, [replay], with_marks=True)
        return drawn

    async def broadcast(self, request: Request) -> BroadcastModel:
        who: Principal = request.who
        session_id = request.path["id"]
        if who.grant is not None and who.grant.screen_id is not None:
            raise Forbidden("media_on_screen", "The picture is on the screen. This device takes part.")
        async with self._keeper.database.read() as tx:
            replay = await self._store.replay_of(tx, session_id)
        if replay is None or not await self._watching.allows(who, replay.org_id, session_id):
            raise NotFound("session_not_found", "There is no such session, or it has not started yet.")
        if replay.ended_utc_ms is not None:  # what is left of the broadcast is the replay
            async with self._keeper.database.read() as tx:
                key = ShelfKey("replay", replay.id)
                admitted = await self._deps.audiences.admits(tx, who, replay.org_id, key)
            if not admitted:
                raise NotFound("session_not_found", "There is no such session, or it has not started yet.")
            await self._insist_on_open(who, replay)
            if self._deps.clock() >= replay.ended_utc_ms + TAIL_MS:
                # What opens a broadcast opens what was said aside in it, too: only while it is one.
                raise Conflict("broadcast_over", "The lesson is over. Watch its replay.")
        hls = hls_folder(session_id)
        there = {
            path
            for path in (*_LIVE_VIDEOS.values(), _LIVE_AUDIO, _LIVE_PROGRAM)
            if await self._exists(hls + path)
        }
        videos = {source: path for source, path in _LIVE_VIDEOS.items() if path in there}
        if not videos:
            raise Conflict("broadcast_not_ready", "The broadcast starts in a few seconds.", retry_after_s=2)
        deps = self._deps
        drawing = Drawing(deps.signer, deps.limits, who, deps.clock(), deps.live_ttl_ms)
        return drawing.broadcast(
            session_id,
            videos,
            audio=_LIVE_AUDIO if _LIVE_AUDIO in there else None,
            program=_LIVE_PROGRAM if _LIVE_PROGRAM in there else None,
            so_far=await self._so_far(hls),
        )

    async def _so_far(self, hls: str) -> SoFar | None:
        """Return what can be looked back at; nothing yet in the first seconds, or of an earlier release."""
        try:
            return read_so_far(await self._keeper.files.get(hls + _SO_FAR))
        except (NotFound, msgspec.DecodeError):
            return None

    async def create(self, request: Request) -> MicrocourseModel:
        cut: NewMicrocourse = request.body
        made = await self._desk.create(
            request.who, request.path["id"], title=cut.title, start_ms=cut.start_ms, end_ms=cut.end_ms
        )
        return await self.drawn(request.who, made)

    async def microcourses(self, request: Request) -> MicrocoursePage:
        who: Principal = request.who
        query: MicrocourseQuery = request.query
        session_id = query.session
        if who.grant is not None:
            session_id = who.grant.session_id
        else:
            who.require(Permission.REPLAYS_READ)
        editing = may_edit(who, who.org_id, session_id or "") or may_review(who, who.org_id)
        shown = query.state is MicrocourseState.PUBLISHED or (query.state is None and not editing)
        states = set(MicrocourseState) if query.state is None else {query.state}
        async with self._keeper.database.read() as tx:
            found = await self._store.microcourses(
                tx,
                who.org_id,
                reach=await self._deps.audiences.reach(tx, who, "microcourse", microcourses.c.id),
                session_id=session_id,
                states=None if shown else states if editing else (),
                cursor=query.cursor,
            )
            page = found[:PAGE]
            drawn = await self._reviews.live(tx, page) if shown else page
        return MicrocoursePage(
            items=await self.drawn_microcourses(who, drawn), next=page[-1].id if len(found) > PAGE else None
        )

    async def microcourse(self, request: Request) -> MicrocourseModel:
        query: VersionQuery = request.query
        found = await self._watching.microcourse(request.who, request.path["id"], version=query.version)
        return await self.drawn(request.who, found)

    async def edit(self, request: Request) -> MicrocourseModel:
        change: MicrocourseChange = request.body
        changed = await self._desk.edit(
            request.who,
            request.path["id"],
            title=change.title,
            start_ms=change.start_ms,
            end_ms=change.end_ms,
        )
        return await self.drawn(request.who, changed)

    async def retry(self, request: Request) -> MicrocourseModel:
        return await self.drawn(request.who, await self._desk.retry(request.who, request.path["id"]))

    async def drawn_replays(
        self, who: Principal, replays: list[Replay], *, with_marks: bool = False
    ) -> list[ReplayModel]:
        """Return replays as `who` gets them."""
        async with self._keeper.database.read() as tx:
            jobs = await self._keeper.jobs.get_many(
                tx, [replay.download_job_id for replay in replays if replay.download_job_id]
            )
            positions = await self._store.positions(tx, viewer_of(who), "replay", [r.id for r in replays])
            windows = await self._windows.windows(tx, replays)
            rules = await self._terms.many(tx, "replay", [replay.id for replay in replays])
        drawn = []
        for replay in replays:
            window = windows.get(replay.id, ALWAYS)
            if may_edit(who, replay.org_id, replay.session_id):
                drawing = self._drawing(who)
            elif window.is_open(self._deps.clock()):
                drawing = self._drawing(who).until(window.to_utc_ms)
            else:
                drawn.append(self._drawing(who).closed_replay(replay, window))
                continue
            job, position_ms = jobs.get(replay.download_job_id or ""), positions.get(replay.id, 0)
            here_alone = self._here_alone(who, rules.get(replay.id))
            of_class, chapters = Remembered(), list[Chapter]()
            if with_marks:
                of_class = await remembered_of(self._deps.engine, self._store, replay)
                chapters += await chapters_of(self._keeper.database, self._edits, replay, of_class.marks)
            drawn.append(
                drawing.replay(
                    replay, job, of_class, position_ms, chapters, window=window, here_alone=here_alone
                )
            )
        return drawn

    def _here_alone(self, who: Principal, rules: Rules | None) -> bool:
        """Tell whether somebody gets no file; a program has no name to move over it, and does not skip."""
        return viewer_of(who) is not None and (rules or Rules()).is_watched_here_alone(self._deps.watermark)

    async def _insist_on_open(self, who: Principal, replay: Replay) -> None:
        """See `WindowStore.insist_on_open`."""
        async with self._keeper.database.read() as tx:
            await self._windows.insist_on_open(tx, who, replay, self._deps.clock())

    async def drawn(self, who: Principal, microcourse: Microcourse) -> MicrocourseModel:
        """Return a microcourse as `who` gets it."""
        [drawn] = await self.drawn_microcourses(who, [microcourse])
        return drawn

    async def drawn_microcourses(self, who: Principal, found: list[Microcourse]) -> list[MicrocourseModel]:
        """Return microcourses as `who` gets them."""
        async with self._keeper.database.read() as tx:
            jobs = await self._keeper.jobs.get_many(tx, [m.job_id for m in found if m.job_id])
            positions = await self._store.positions(tx, viewer_of(who), "microcourse", [m.id for m in found])
            made_of = await self._edits.cuts(tx, [(m.id, m.version) for m in found])
            edited = {m.id for m in found if may_edit(who, m.org_id, m.session_id)}
            looks = await self._deps.looks.store.many(
                tx, {m.look_id for m in found if m.id in edited and m.look_id is not None}
            )
            sources = await self._store.sources(tx, {m.replay_id for m in found})
            rules = await self._terms.many(tx, "microcourse", [m.id for m in found])
        acts = await self._deps.review_desk.acts(who, found)
        drawing = self._drawing(who)
        return [
            drawing.microcourse(
                m,
                jobs.get(m.job_id or ""),
                positions.get(m.id, 0),
                made_of.get((m.id, m.version)),
                editing=m.id in edited,
                may=acts.get(m.id, ()),
                look=looks.get(m.look_id or ""),
                source_gone=m.replay_id not in sources,
                here_alone=self._here_alone(who, rules.get(m.id)),
            )
            for m in found
        ]

    def _drawing(self, who: Principal) -> Drawing:
        deps = self._deps
        return Drawing(deps.signer, deps.limits, who, deps.clock(), deps.play_ttl_ms)

    async def _exists(self, key: str) -> bool:
        try:
            await self._keeper.files.find(key)
        except NotFound:
            return False
        return True
