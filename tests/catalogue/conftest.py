"""A catalogue over a real store, with a lesson behind it and an HTTP client in front."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.aside_erasure import AsideEraser
from catalogue.aside_routes import AsideRoutes
from catalogue.bin.desk import BinDesk
from catalogue.bin.eraser import BinEraser
from catalogue.bin.routes import BinRoutes
from catalogue.bin.uses import UseReader
from catalogue.dues import Dues, DuesRoutes, SeenInAll
from catalogue.edit_routes import routes as edit_routes
from catalogue.groups.door import GroupDoor
from catalogue.groups.routes import GroupReplayRoutes
from catalogue.lesson_replays import LessonReplays
from catalogue.media import MediumKind
from catalogue.media import Replay as KeptReplay
from catalogue.neighbours import BinNews, Circle, Led, ReviewNews
from catalogue.play_grant import PlaySigner
from catalogue.publishing_routes import PublishingRoutes
from catalogue.replays import ReplayKeeper
from catalogue.response.rating import RatingKeys
from catalogue.response.routes import ResponseRoutes
from catalogue.routes import CatalogueDeps, routes
from catalogue.series import Key, Seen
from catalogue.series_routes import SeriesRoutes
from catalogue.shelf.indexer import Indexer
from catalogue.shelf.library_routes import LibraryRoutes
from catalogue.shelf.office_routes import OfficeRoutes
from catalogue.store import CatalogueStore
from catalogue.terms_routes import TermsRoutes
from catalogue.work import endings
from lectern.db.engine import Database
from lectern.edge.routes import mount
from lectern.jobs.job import Job, JobFailed
from lectern.jobs.store import JobStore
from lectern.kernel.access import ALLOWED, Permission, Principal, SessionGrant
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Forbidden
from lectern.kernel.roles import OrgRole, SessionRole
from lectern.manifest.clock_map import ClockPiece
from lectern.manifest.replay import Replay, ReplaySpan, ReplayVideo
from lectern.manifest.so_far import SoFar
from lectern.storage.local import LocalFiles
from lectern.timeline.event import NewEvent, SessionEnded, SessionStarted
from tests.lesson import START, Lesson, PollOpened, PollVoted

SESSION = "s1"
KEY = b"k" * 32
RATING_KEYS = RatingKeys({"1": KEY, "2": b"j" * 32}, "2")
FEWEST = 3


def person(id_: str, role: OrgRole, org_id: str = "org") -> Principal:
    """Somebody with a cookie."""
    return Principal(
        org_id=org_id, subject_id=id_, permissions=ALLOWED[role], roles=frozenset({role}), person_id=id_
    )


def guest(session_id: str, role: SessionRole = SessionRole.LEARNER) -> Principal:
    """The holder of a session's token."""
    grant = SessionGrant(session_id, role, None, guest_id="g1", guest_name="Guest")
    return Principal(org_id="org", subject_id="g1", permissions=frozenset(), grant=grant)


PEOPLE = {
    "presenter": person("presenter", OrgRole.PRESENTER),
    "host": person("host", OrgRole.HOST),
    "other": person("other", OrgRole.PRESENTER),
    "learner": person("learner", OrgRole.LEARNER),
    "admin": person("admin", OrgRole.ADMIN),
    "manager": person("manager", OrgRole.LINE_MANAGER),
    "stranger": person("stranger", OrgRole.ADMIN, org_id="elsewhere"),
    "guest": guest(SESSION),
    "guest_host": guest(SESSION, SessionRole.HOST),
    "other_guest": guest("s2"),
    "key": Principal(org_id="org", subject_id="key", permissions=frozenset()),
    "reading_key": Principal(
        org_id="org", subject_id="reading_key", permissions=frozenset({Permission.REPLAYS_READ})
    ),
    "planning_key": Principal(
        org_id="org", subject_id="planning_key", permissions=frozenset({Permission.SESSIONS_WRITE})
    ),
    "roster_only": Principal(org_id="org", subject_id="r", permissions=frozenset(), person_id="r"),
    "off_roster": Principal(org_id="org", subject_id="o", permissions=frozenset(), person_id="o"),
}


@dataclass
class House:
    """The catalogue, and what stands around it."""

    database: Database
    files: LocalFiles
    jobs: JobStore
    store: CatalogueStore
    signer: PlaySigner
    audit_log: list[tuple[str, str]] = field(default_factory=list)
    reviewing: set[str] = field(default_factory=lambda: {"admin", "manager"})
    watched: dict[tuple[str, Key], Seen] = field(default_factory=dict)
    lived: dict[tuple[str, str], float] = field(default_factory=dict)
    uncounted: int = 0
    told: list[tuple[str, list[str]]] = field(default_factory=list)
    furthest: int = 0
    openings: list[tuple[str, str, str, int]] = field(default_factory=list)
    asked_who_leads: int = 0
    lapsed: set[str | None] = field(default_factory=set)
    circles: dict[str, Circle] = field(default_factory=dict)
    came_as: dict[str, str] = field(default_factory=dict)
    now: UtcMs = START
    keeper: ReplayKeeper = field(init=False)
    lesson: Lesson = field(init=False)
    client: "TestClient[web.Request, web.Application]" = field(init=False)

    async def participant_of(self, grant: SessionGrant) -> str | None:
        return self.came_as.get(grant.guest_id or "")

    async def session_title(self, tx: AsyncConnection, session_id: str) -> str:
        return f"Lesson {session_id}: 安全/生产"

    async def reviewers(self, tx: AsyncConnection, org_id: str) -> Mapping[str, str]:
        return {id_: id_.title() for id_ in self.reviewing}

    async def review_asked(self, tx: AsyncConnection, about: ReviewNews, reviewers: Collection[str]) -> None:
        self.told.append(("review_asked", sorted(reviewers)))

    async def reviewed(self, tx: AsyncConnection, about: ReviewNews, people: Collection[str]) -> None:
        self.told.append(("approved" if about.approved else "sent_back", sorted(people)))

    async def replay_shown(self, tx: AsyncConnection, replay: KeptReplay) -> None:
        self.told.append(("replay_shown", [replay.id]))

    async def replay_held(self, tx: AsyncConnection, replay: KeptReplay) -> None:
        self.told.append(("replay_held", [replay.id]))

    async def put_in(self, tx: AsyncConnection, about: BinNews) -> None:
        self.told.append((f"{about.key.medium}_put_in", [about.key.id, *about.reviews]))

    async def taken_out(self, tx: AsyncConnection, about: BinNews) -> None:
        self.told.append((f"{about.key.medium}_taken_out", [about.key.id, *about.reviews]))

    async def seen(self, tx: AsyncConnection, subject: str, media: Collection[Key]) -> Mapping[Key, Seen]:
        return {key: self.watched[subject, key] for key in media if (subject, key) in self.watched}

    async def together(self, org_id: str, person_id: str, replay_ids: Collection[str]) -> SeenInAll:
        known = {id_: self.lived[person_id, id_] for id_ in replay_ids if (person_id, id_) in self.lived}
        return SeenInAll(known, self.uncounted)

    def deps(self) -> CatalogueDeps:
        return CatalogueDeps(
            self.keeper, self.lesson.engine, self.signer, self, self, self, self, clock=self.clock, links=self
        )

    async def refuse_lapsed(self, grant: SessionGrant) -> None:
        if grant.guest_id in self.lapsed:
            raise Forbidden("removed", "You were removed from this session.")

    async def on_roster(self, session_id: str, person_id: str) -> bool:
        return (session_id, person_id) == (SESSION, "r")

    async def led(self, tx: AsyncConnection, session_id: str) -> Led | None:
        return Led("org", ("presenter", "host")) if session_id == SESSION else None

    async def led_by(self, tx: AsyncConnection, org_id: str, person_id: str) -> Collection[str]:
        self.asked_who_leads += 1
        return [SESSION] if org_id == "org" and person_id in {"presenter", "host"} else []

    async def name_and_number(self, org_id: str, person_id: str) -> tuple[str, str] | None:
        return ("李伟", "E00012345") if person_id == "learner" else None

    async def furthest_ms(self, who: Principal, medium: MediumKind, medium_id: str, version: int) -> int:
        return self.furthest

    async def opened(self, who: Principal, medium: MediumKind, medium_id: str, version: int) -> None:
        self.openings.append((who.subject_id, medium, medium_id, version))

    async def names(self, tx: AsyncConnection, org_id: str, person_ids: Collection[str]) -> Mapping[str, str]:
        return {id_: id_.title() for id_ in person_ids if id_ in PEOPLE}

    async def circle(self, tx: AsyncConnection, org_id: str, person_id: str) -> Circle:
        return self.circles.get(person_id, Circle())

    async def circles_of(
        self, tx: AsyncConnection, org_id: str, person_ids: Collection[str], lessons: Collection[str]
    ) -> Mapping[str, Circle]:
        return {id_: self.circles.get(id_, Circle()) for id_ in person_ids}

    async def watched_by(self, tx: AsyncConnection, media: Collection[Key]) -> Mapping[Key, int]:
        seen = [key for _, key in self.watched]
        return {key: seen.count(key) for key in media if key in seen}

    async def readers(self, tx: AsyncConnection, org_id: str) -> int:
        return 2

    async def presenter(self, tx: AsyncConnection, session_id: str) -> str | None:
        return "Zoë Müller 王芳"

    async def presenter_id(self, tx: AsyncConnection, session_id: str) -> str | None:
        return "presenter"

    async def targets(
        self, tx: AsyncConnection, org_id: str, kind: str, ids: Collection[str]
    ) -> Mapping[str, str]:
        return {id_: f"{kind} {id_}" for id_ in ids if org_id == "org" and id_ != "unknown"}

    def indexer(self) -> Indexer:
        return Indexer(self.keeper, self)

    def bin_desk(self) -> BinDesk:
        uses = UseReader(self.store, self)
        return BinDesk(self.database, self.store, self.jobs, self, uses, self, self, 30, self.clock)

    def eraser(self) -> BinEraser:
        return BinEraser(self.database, self.files, self.jobs, self.store, self.clock)

    async def index(self) -> None:
        """Have everything that changed read by the index."""
        while await self.indexer().step():
            pass

    async def write(
        self, tx: AsyncConnection, who: Principal, action: str, target: str, details: Mapping[str, Any]
    ) -> None:
        self.audit_log.append((who.subject_id, action))

    def clock(self) -> UtcMs:
        return self.now

    async def zone(self) -> str:
        return "UTC"

    async def call(
        self, method: str, path: str, who: str | None = "presenter", **arguments: Any
    ) -> tuple[int, Any]:
        """Make a request and return the status and the decoded answer."""
        response = await self.raw(method, path, who, **arguments)
        body = await response.read()
        return response.status, msgspec.json.decode(body) if body else None

    async def raw(self, method: str, path: str, who: str | None, **arguments: Any) -> ClientResponse:
        headers = arguments.pop("headers", {})
        if who is not None:
            headers["X-Who"] = who
        return await self.client.request(method, path, headers=headers, **arguments)

    async def teach(self) -> None:
        """Go through a lesson with a poll."""
        await self.lesson.at(0, SessionStarted())
        opened = PollOpened(id="p1", question_ref="t1")
        await self.lesson.at(70, NewEvent(payload=opened, texts={"t1": "Which one?"}))
        await self.lesson.at(80, PollVoted(id="p1"), PollVoted(id="p1"))
        await self.lesson.at(600, SessionEnded())

    async def pack(self, duration_ms: int = 590_000, session_id: str = SESSION) -> None:
        """Leave what a packager leaves when it has closed a recording that began 10 s into the lesson."""
        hls = f"sessions/{session_id}/hls/"
        await self.files.put(hls + "program.m3u8", b"#EXTM3U\n#EXT-X-ENDLIST\n")
        await self.files.put(hls + "camera/index.m3u8", b"#EXTM3U\n#EXT-X-ENDLIST\n")
        await self.files.put(hls + "camera/1.m4s", bytes(range(256)))
        replay = Replay(
            duration_ms=duration_ms,
            utc_ms=START + 10_000,
            videos=(ReplayVideo("camera", "camera/index.m3u8", (ReplaySpan(0, duration_ms),)),),
            clock=(ClockPiece(session_ms=10_000, media_ms=0, duration_ms=duration_ms),),
        )
        await self.files.put(hls + "replay.json", msgspec.json.encode(replay))

    async def broadcast(self) -> None:
        """Leave what a packager leaves a few seconds into a lesson."""
        for playlist in ("camera/live.m3u8", "audio/live.m3u8", "live-program.m3u8"):
            await self.files.put(f"sessions/{SESSION}/hls/{playlist}", b"#EXTM3U\n")

    async def so_far(self, tracks: tuple[str, ...]) -> None:
        """Leave what a packager leaves for looking back, 25 minutes into a lesson."""
        so_far = SoFar(1_500_000, self.now - 3_000, tracks)
        await self.files.put(f"sessions/{SESSION}/hls/so-far.json", msgspec.json.encode(so_far))
        for track in tracks:
            await self.files.put(f"sessions/{SESSION}/hls/{track}/page-000002.m3u8", b"#EXTM3U\n")

    async def replay_id(self) -> str:
        async with self.database.read() as tx:
            return (await self.store.replay_ids(tx, [SESSION]))[SESSION]

    async def ready_replay(self) -> str:
        await self.teach()
        await self.pack()
        assert await self.keeper.refresh(SESSION)
        return await self.replay_id()

    async def publish(self, microcourse_id: str) -> None:
        """Have a finished cut approved by somebody who did not make it, and shown."""
        path = f"/api/v1/microcourses/{microcourse_id}"
        _, shown = await self.call("GET", path, "admin")
        body = {"version": shown["version"], "approve": True, "publish": True}
        status, published = await self.call("POST", path + "/review", "admin", json=body)
        assert (status, published["state"]) == (200, "published")

    async def work(self, kind: str, outcome: dict[str, Any] | JobFailed) -> Job:
        """Do the oldest job of a kind as a runner does, with this outcome."""
        async with self.database.write() as tx:
            job = (await self.jobs.claim(tx, [kind], "w", self.now)).job
        assert job is not None
        assert job.lease_owner is not None
        async with self.database.write() as tx:
            if isinstance(outcome, JobFailed):
                ended = await self.jobs.fail(tx, job.id, job.lease_owner, outcome, self.now)
            else:
                ended = await self.jobs.complete(tx, job.id, job.lease_owner, outcome, self.now)
            if ended is not None and ended.finished_ms is not None:
                await endings()[kind](tx, ended)
        return job


async def open_house(database: Database, folder: Path) -> House:
    """Build a house without an HTTP side."""
    signer = PlaySigner({"1": KEY}, "1")
    house = House(database, LocalFiles(folder / "files"), JobStore(), CatalogueStore(), signer)
    house.lesson = await Lesson.open(database, SESSION, LessonReplays(house, house.store))
    house.keeper = ReplayKeeper(house.lesson.engine, house.files, house.store, house.jobs, house.clock)
    return house


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with served_house(sqlite_database, tmp_path) as house:
        yield house


@pytest.fixture
async def any_house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """The house on SQLite, and on PostgreSQL."""
    async with served_house(database, tmp_path) as house:
        yield house


@asynccontextmanager
async def served_house(database: Database, folder: Path) -> AsyncIterator[House]:
    """Build a house with its HTTP side."""
    house = await open_house(database, folder)

    async def authenticate(http: web.Request) -> Principal | None:
        return PEOPLE.get(http.headers.get("X-Who", ""))

    app = web.Application()
    deps = house.deps()
    terms = TermsRoutes(house.database, house.store, deps.watching, house, house, clock=house.clock)
    series = SeriesRoutes(deps, house, 0.8)
    publishing = PublishingRoutes(house.database, house.store, house, house, house, house, house.clock)
    office = OfficeRoutes(house.database, house.store, house, house, house.indexer(), clock=house.clock)
    dues = Dues(deps, house)
    library = LibraryRoutes(deps, series, house, house.indexer(), dues, 0.8)
    more = [*edit_routes(deps, house), *terms.routes(), *series.routes(), *publishing.routes()]
    eraser = AsideEraser(house.database, house.files, house.clock)
    asides = AsideRoutes(eraser, house.store, house, house, house)
    answers = ResponseRoutes(deps, series, house, RATING_KEYS, house.zone, FEWEST)
    more += [
        *office.routes(),
        *library.routes(),
        *asides.routes(),
        *answers.routes(),
        *BinRoutes(house.bin_desk(), house).routes(),
    ]
    more += DuesRoutes(dues, series, house, 0.8).routes()
    more += GroupReplayRoutes(GroupDoor(deps, house), house).routes()
    mount(app, [*routes(deps), *more], authenticate)
    async with TestClient(TestServer(app)) as client:
        house.client = client
        yield house
