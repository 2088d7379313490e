"""Reports over a real store, with a lesson behind them, a medium, and an HTTP client in front."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.attendance.cases import Cases
from analytics.attendance.report import AttendanceReports
from analytics.attendance.routes import AttendanceRoutes
from analytics.attendance.rule import Rule
from analytics.attendance.store import CaseStore
from analytics.closing.store import ClosingStore
from analytics.course_report import CourseReports
from analytics.course_routes import CourseRoutes
from analytics.incident_routes import IncidentRoutes
from analytics.lesson_coverage_report import LessonCoverages
from analytics.lesson_coverage_routes import LessonCoverageRoutes
from analytics.live.folding import LiveFolding
from analytics.live.seen_in_all import LiveAndLater
from analytics.neighbours import Held, MediumKind, PersonCard, PlayedKind, Position, SessionFacts
from analytics.play_feed import PlayFeed
from analytics.poll_report import PollReports
from analytics.poll_routes import PollRoutes
from analytics.reports import Reports
from analytics.still_to_watch import WatchingDues
from analytics.still_to_watch_routes import StillToWatchRoutes
from analytics.store import AnalyticsStore
from analytics.view_intake import Following, ViewIntake
from analytics.view_reports import ViewReports
from analytics.view_routes import ViewRoutes
from analytics.view_store import MediumVersion, ViewStore
from lectern.db.engine import Database
from lectern.edge.routes import mount
from lectern.kernel.access import ALLOWED, Principal, SessionGrant
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import NotFound
from lectern.kernel.roles import OrgRole, SessionRole
from lectern.manifest.clock_map import ClockMap
from tests.lesson import START, Lesson

SESSION = "s1"
NOW = UtcMs(START + 3_600_000)
CARDS = {
    card.id: card
    for card in (
        PersonCard("ann", "E1", "安 Ann", "d_shop", "Shops"),
        PersonCard("bob", "E2", "Bob", "d_lab", "Laboratory"),
        PersonCard("eve", "E3", "=HYPERLINK(1)", "d_lab", "Laboratory"),
    )
}


def person(
    id_: str, role: OrgRole, org_id: str = "org", departments: frozenset[str] = frozenset()
) -> Principal:
    return Principal(
        org_id=org_id,
        subject_id=id_,
        permissions=ALLOWED[role],
        roles=frozenset({role}),
        departments=departments,
        person_id=id_,
    )


def guest(role: SessionRole, session_id: str = SESSION) -> Principal:
    grant = SessionGrant(session_id, role, None, guest_id="g1")
    return Principal(org_id="org", subject_id="g1", permissions=frozenset(), grant=grant)


READERS = {
    "admin": person("admin", OrgRole.ADMIN),
    "manager": person("manager", OrgRole.LINE_MANAGER, departments=frozenset({"d_lab"})),
    "teacher": person("teacher", OrgRole.PRESENTER),
    "other_teacher": person("other_teacher", OrgRole.PRESENTER),
    "ann": person("ann", OrgRole.LEARNER),
    "bob": person("bob", OrgRole.LEARNER),
    "eve": person("eve", OrgRole.LEARNER),
    "newcomer": person("newcomer", OrgRole.LEARNER),
    "stranger": person("stranger", OrgRole.ADMIN, org_id="elsewhere"),
    "guest": guest(SessionRole.LEARNER),
    "host": guest(SessionRole.HOST),
    "other_host": guest(SessionRole.HOST, "s2"),
    "key": Principal(org_id="org", subject_id="key", permissions=frozenset(ALLOWED[OrgRole.ADMIN])),
}


@dataclass(frozen=True)
class Film:
    """The medium of these tests."""

    org_id: str = "org"
    session_id: str = SESSION
    version: int = 2
    duration_ms: int = 100_000
    no_skipping: bool = False


@dataclass(frozen=True)
class Part:
    """A part of a microcourse that shows a part of the replay."""

    at_ms: int
    replay_ms: int
    duration_ms: int


LONG_OPEN = START - 300 * 86_400_000


class OpenedLongAgo(ViewStore):
    """Everybody opened everything long ago, but for the newcomer."""

    async def opened(self, tx: AsyncConnection, named: MediumVersion, subject: str) -> int | None:
        return await super().opened(tx, named, subject) if subject == "newcomer" else LONG_OPEN


@dataclass
class Office:
    """The analytics, and what stands around them."""

    database: Database
    lesson: Lesson
    store: AnalyticsStore = field(default_factory=AnalyticsStore)
    roster: list[str] = field(default_factory=lambda: ["ann", "bob", "eve"])
    positions: dict[tuple[str, str], int] = field(default_factory=dict)
    no_skipping: bool = False
    watched_at: dict[tuple[str, str], int] = field(default_factory=dict)
    audit_log: list[tuple[str, str, str]] = field(default_factory=list)
    now: UtcMs = NOW
    replay_clock: ClockMap | None = None
    parts: tuple[Part, ...] = ()
    ended_utc_ms: int | None = None
    planned_minutes: int | None = None
    client: "TestClient[web.Request, web.Application]" = field(init=False)
    attending: AttendanceReports = field(init=False)
    intake: ViewIntake = field(init=False)
    org_zone: str = "Asia/Shanghai"
    asked: list[str] = field(default_factory=list)
    is_open: bool = True
    film_ms: int = 100_000
    inside_only: str | None = None
    sessions: set[str] = field(default_factory=lambda: {SESSION})

    def __post_init__(self) -> None:
        self.intake = ViewIntake(
            self.database, OpenedLongAgo(), self, self, self.zone, people=self, clock=lambda: self.now
        )
        self.attending = AttendanceReports(
            self.database,
            self.store,
            CaseStore(),
            self,
            self,
            self,
            Rule(tolerance_minutes=0),
            clock=lambda: self.now,
        )

    @property
    def cases(self) -> Cases:
        return Cases(
            self.database,
            CaseStore(),
            self.attending,
            self,
            self,
            ClosingStore(),
            objection_days=14,
            clock=lambda: self.now,
        )

    @property
    def in_all(self) -> LiveAndLater:
        return LiveAndLater(self.attending, LiveFolding(self.database))

    @property
    def reports(self) -> Reports:
        return Reports(self.database, self.store, self, self, self.attending)

    @property
    def following(self) -> Following:
        return Following(self.database, ViewStore(), self.zone, self)

    @property
    def view_reports(self) -> ViewReports:
        return ViewReports(self.database, self, self)

    async def zone(self) -> str:
        return self.org_zone

    async def cards(self, org_id: str, person_ids: Collection[str]) -> Mapping[str, PersonCard]:
        return {id_: CARDS[id_] for id_ in person_ids if id_ in CARDS and org_id == "org"}

    async def facts(self, session_id: str) -> SessionFacts:
        if session_id not in self.sessions:
            raise NotFound("session_not_found", "There is no such session.")
        return SessionFacts(
            "org",
            '安全 "培训" / ../x',
            "Asia/Shanghai",
            START,
            None,
            None,
            self.ended_utc_ms,
            self.planned_minutes,
        )

    async def held(
        self, org_id: str, q: str, from_utc_ms: int, to_utc_ms: int, *, run_by: str | None = None
    ) -> Sequence[Held]:
        was_held = org_id == "org" and q in "安全" and from_utc_ms <= START <= to_utc_ms
        was_held = was_held and run_by in (None, "teacher")
        return [Held(SESSION, "Asia/Shanghai", START)] if was_held else []

    async def expected(self, session_id: str) -> Sequence[str]:
        return self.roster

    async def expects(self, session_id: str, person_id: str) -> bool:
        return person_id in self.roster

    async def set_length(self, tx: AsyncConnection, session_id: str, minutes: int | None) -> None:
        self.planned_minutes = minutes

    async def clock(self, tx: AsyncConnection, session_id: str) -> ClockMap | None:
        return self.replay_clock

    async def shown(self, tx: AsyncConnection, microcourse_id: str, version: int) -> Sequence[Part]:
        return self.parts

    async def write(
        self, tx: AsyncConnection, who: Principal, action: str, target: str, details: Mapping[str, Any]
    ) -> None:
        self.audit_log.append((who.subject_id, action, target))

    async def participant_of(self, grant: SessionGrant) -> str | None:
        return "p_guest" if grant.guest_id == "g1" else None

    async def audit(self, who: Principal, action: str, target: str, details: dict[str, Any]) -> None:
        self.audit_log.append((who.subject_id, action, target))

    async def find(
        self, who: Principal, medium: PlayedKind, medium_id: str, *, version: int | None = None
    ) -> Film:
        self.asked.append(who.subject_id)
        if not self.is_open or medium_id != "film" or who.org_id != "org":
            raise NotFound("replay_not_found", "There is no such replay.")
        return Film(duration_ms=self.film_ms, no_skipping=self.no_skipping)

    async def remember_positions(
        self, tx: AsyncConnection, positions: Sequence[Position], *, now: UtcMs
    ) -> None:
        for each in positions:
            self.positions[each.who.subject_id, each.medium_id] = each.position_ms
            self.watched_at[each.who.subject_id, each.medium_id] = now - each.age_ms

    async def inside(
        self,
        tx: AsyncConnection,
        org_id: str,
        medium: MediumKind,
        medium_id: str,
        person_ids: Collection[str],
    ) -> Collection[str]:
        return [id_ for id_ in person_ids if self.inside_only in (None, id_)]

    async def titles(
        self, tx: AsyncConnection, org_id: str, medium: MediumKind, medium_ids: Collection[str]
    ) -> Mapping[str, str]:
        return {id_: "=安全 Film" for id_ in medium_ids if (org_id, medium, id_) == ("org", "replay", "film")}

    async def call(self, method: str, path: str, who: str | None, **arguments: Any) -> tuple[int, Any]:
        response = await self.raw(method, path, who, **arguments)
        return response.status, msgspec.json.decode(await response.read())

    async def raw(self, method: str, path: str, who: str | None, **arguments: Any) -> ClientResponse:
        headers = arguments.pop("headers", {})
        if who is not None:
            headers["Authorization"] = who
        return await self.client.request(method, path, headers=headers, **arguments)


@pytest.fixture
async def office(sqlite_database: Database) -> AsyncIterator[Office]:
    office = Office(sqlite_database, await Lesson.open(sqlite_database, SESSION))

    async def authenticate(http: web.Request) -> Principal | None:
        return READERS.get(http.headers.get("Authorization", ""))

    app = web.Application()
    mount(app, IncidentRoutes(office.reports).routes(), authenticate)
    mount(app, ViewRoutes(office.intake, office.view_reports, office).routes(), authenticate)
    mount(app, PlayFeed(office.view_reports, office).routes(), authenticate)
    coverages = LessonCoverages(office.attending, office)
    mount(app, LessonCoverageRoutes(coverages).routes(), authenticate)
    mount(app, StillToWatchRoutes(WatchingDues(coverages, office.in_all), office).routes(), authenticate)
    mount(app, AttendanceRoutes(office.attending, office.cases, office, 0.5).routes(), authenticate)
    polls = PollReports(sqlite_database, office.store, office, office)
    mount(app, PollRoutes(polls, office).routes(), authenticate)
    growth = CourseReports(sqlite_database, office.store, office, office)
    mount(app, CourseRoutes(growth, office).routes(), authenticate)
    async with TestClient(TestServer(app)) as client:
        office.client = client
        yield office
