"""Every service of a server process, built once, handed to whoever needs it. Knows all packages."""

import hashlib
import os
import stat
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from accounts.routes import AccountRoutes
from accounts.service import Accounts
from accounts.store import AccountStore
from analytics.attendance.cases import Cases
from analytics.attendance.report import AttendanceReports
from analytics.attendance.routes import AttendanceRoutes
from analytics.attendance.rule import Rule
from analytics.attendance.store import CaseStore
from analytics.closing.forgetting import Forgetting
from analytics.closing.press import Press
from analytics.closing.routes import ClosingRoutes
from analytics.closing.service import Closings
from analytics.closing.store import ClosingStore
from analytics.course_measures_report import MeasureReports
from analytics.course_measures_routes import MeasureRoutes
from analytics.course_report import CourseReports
from analytics.course_routes import CourseRoutes
from analytics.incident_routes import IncidentRoutes
from analytics.lesson_coverage_report import LessonCoverages
from analytics.lesson_coverage_routes import LessonCoverageRoutes
from analytics.lesson_signals_report import LessonSignals
from analytics.lesson_signals_routes import LessonSignalsRoutes
from analytics.lesson_statistics import HouseStatistics
from analytics.lesson_statistics_routes import StatisticsRoutes
from analytics.paper.papers import Papers
from analytics.play_feed import PlayFeed
from analytics.poll_report import PollReports
from analytics.poll_routes import PollRoutes
from analytics.ranking import Bounds
from analytics.ranking_routes import RankingRoutes
from analytics.reports import Reports
from analytics.session_report_routes import SessionReportRoutes
from analytics.session_reports import SessionReports
from analytics.signals import SignalLimits
from analytics.still_to_watch import WatchingDues
from analytics.still_to_watch_routes import StillToWatchRoutes
from analytics.store import AnalyticsStore
from analytics.view_intake import Following, ViewIntake
from analytics.view_reports import ViewReports
from analytics.view_routes import ViewRoutes
from analytics.view_store import ViewStore
from catalogue.aside_erasure import AsideEraser
from catalogue.aside_routes import AsideRoutes
from catalogue.bin.desk import BinDesk
from catalogue.bin.eraser import BinEraser
from catalogue.bin.routes import BinRoutes
from catalogue.bin.store import BinStore
from catalogue.bin.uses import UseReader
from catalogue.brand.look import LookStore
from catalogue.brand.look_routes import LookRoutes
from catalogue.brand.routes import BrandRoutes
from catalogue.brand.upload import Uploads
from catalogue.console.routes import ConsoleRoutes
from catalogue.dues import Dues, DuesRoutes
from catalogue.edit_routes import routes as edit_routes
from catalogue.groups.door import GroupDoor
from catalogue.groups.routes import GroupReplayRoutes
from catalogue.groups.viewing import WatchingAll
from catalogue.lesson_replays import LessonReplays
from catalogue.media import Limits
from catalogue.play_grant import PlaySigner
from catalogue.publishing_routes import PublishingRoutes
from catalogue.replays import ReplayKeeper
from catalogue.response.rating import RatingKeys
from catalogue.response.routes import ResponseRoutes
from catalogue.routes import CatalogueDeps
from catalogue.routes import routes as catalogue_routes
from catalogue.series_routes import SeriesRoutes
from catalogue.shelf.indexer import Indexer
from catalogue.shelf.library_routes import LibraryRoutes
from catalogue.shelf.marking import ShelfKey
from catalogue.shelf.office_routes import OfficeRoutes
from catalogue.store import CatalogueStore
from catalogue.terms_routes import TermsRoutes
from catalogue.window import ALWAYS
from catalogue.window_store import WindowStore
from catalogue.workers.bell import Bell
from catalogue.workers.door import Door, WorkOrder
from catalogue.workers.grants import WorkSigner
from catalogue.workers.intake import BucketIntake, DiskIntake, Intake
from catalogue.workers.leftovers import Leftovers
from catalogue.workers.routes import WorkerRoutes
from catalogue.workers.tokens import WorkerTokens
from interactions import registry as class_ideas
from interactions.breakout.arrivals import Arrivals
from interactions.breakout.routes import GroupRoutes
from interactions.checkin.commands import MAKE_UP_HOURS
from interactions.checkin.orders import StandingChanges
from interactions.checkin.routes import CheckinRoutes
from interactions.deadlines.book import DeadlineBook
from interactions.deadlines.clockwork import Deadlines
from interactions.feedback.commands import Terms
from interactions.feedback.routes import FeedbackRoutes
from interactions.live.namespace import ClassNamespace
from interactions.question_sets.library import Library
from interactions.question_sets.routes import QuestionSetRoutes
from interactions.quiet_hint.idea import HINT_MINUTES
from lectern.app.admission import ClassAdmission, SeatsOfPresence
from lectern.app.answers import (
    ClocksOfReplays,
    DoorsOfSessions,
    PeopleOfAccounts,
    ReportFacts,
    SessionFactsForCatalogue,
)
from lectern.app.audit_trail import AuditTrail
from lectern.app.authenticate import Authenticator
from lectern.app.brand_studio import STUDIO
from lectern.app.catalogue_people import NewsOfCatalogue, PeopleOfCatalogue
from lectern.app.catalogue_progress import ProgressOfViewing, UsesOfMedia
from lectern.app.closing_answers import (
    CorrectionsOfClosed,
    HeadsByMail,
    LessonsToClose,
    WordsOfTimelines,
)
from lectern.app.consent import TEXT
from lectern.app.feedback_facts import FeedbackFacts, Workbooks
from lectern.app.group_files import GroupFiles
from lectern.app.job_calls import calls_of
from lectern.app.join_links import LinksOfSessions
from lectern.app.left_out import LeftOutOfRules
from lectern.app.lesson_facts import LessonsForSignals
from lectern.app.lesson_news import LessonNews, PublishingCalls
from lectern.app.mail import NoticeDesk, notice_desk
from lectern.app.measure_facts import ResponsesForMeasures, ResponsesOfPeople, ShelfForMeasures
from lectern.app.media_orders import Orders, media_endings, step_of
from lectern.app.reactions import ReactionsByFeedback
from lectern.app.secrets import load_keys, secret_in
from lectern.app.settings import Settings
from lectern.app.shared_keys import KeysOfServers
from lectern.app.signing_keys import AttendanceKeys
from lectern.app.situation import loses_rights, situation_of
from lectern.app.steering import Steering
from lectern.app.storage import bucket_of, files_of
from lectern.app.tables import metadata
from lectern.app.viewers import Viewers
from lectern.app.watch_dues import SeenInAll, SeriesOfTheHouse
from lectern.app.watch_reminders import WatchReminders
from lectern.app.work_news import TrailWithNews
from lectern.db.engine import Database
from lectern.db.migrate import upgrade
from lectern.edge.routes import CLIENT_IP, Route
from lectern.jobs.job import Job
from lectern.jobs.store import JobStore
from lectern.kernel.access import Principal
from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Conflict
from lectern.servers.stewards import Stewards
from lectern.timeline.bus import LocalBus, RedisBus
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.idea import Registry
from notices.outbox import Outbox
from notices.store import NoticeStore
from sessions.lesson import idea as lesson
from sessions.presence import idea as presence
from sessions.presence.admission import Presence
from sessions.routes import Consent, SessionRoutes
from sessions.service import Sessions
from sessions.store import LessonFollower, SessionStore
from signaling.entry.join_tokens import JoinTokens
from signaling.entry.routes import EntryRoutes
from signaling.entry.turn import Turn
from signaling.health.idea import HEALTH
from signaling.namespace import SignalNamespace
from signaling.plane.media import MediaPlane
from signaling.plane.recording_numbers import RecordingNumbers
from signaling.plane.stewardship import Alone
from signaling.screens.passes import ScreenPasses
from signaling.screens.routes import ScreenRoutes
from signaling.screens.service import Screens
from signaling.stage import commands as stage
from signaling.stage.idea import STAGE
from signaling.stage.recording import RECORDING
from signaling.stream_keys.routes import StreamKeyRoutes
from signaling.stream_keys.service import StreamKeys
from signaling.stream_keys.store import StreamKeyStore
from signaling.trial.routes import TrialRoutes
from signaling.trial.trials import Trials
from signaling.whip.bearer import Bearers
from signaling.whip.endpoint import WhipEndpoint
from streaming.control.ends import ControlEnd, control_end


def registry(make_up_hours: int = MAKE_UP_HOURS, hint_minutes: int = HINT_MINUTES) -> Registry:
    """Every idea and command of the class; `make_up_hours` and `hint_minutes` as in the settings."""
    return Registry.of(
        ideas=(lesson.LESSON, presence.PRESENCE, STAGE, RECORDING, HEALTH, *class_ideas.ideas(hint_minutes)),
        commands=(
            *lesson.COMMANDS,
            *presence.COMMANDS,
            *stage.COMMANDS,
            *class_ideas.commands(make_up_hours),
        ),
    )


def now_s() -> int:
    """Wall clock in whole seconds, for tokens."""
    return time.time_ns() // 1_000_000_000


@dataclass(frozen=True, slots=True)
class Services:
    """What a server process consists of."""

    settings: Settings
    database: Database
    engine: TimelineEngine
    accounts: Accounts
    sessions: Sessions
    presence: Presence
    tokens: JoinTokens
    doors: DoorsOfSessions
    entry: EntryRoutes
    screens: Screens
    stream_keys: StreamKeys
    authenticate: Authenticator
    plane: MediaPlane
    stewards: Stewards | None
    steering: Steering
    catalogue: CatalogueDeps
    shelf_indexer: Indexer
    whip: WhipEndpoint
    trials: Trials
    turn: Turn
    class_namespace: ClassNamespace
    deadlines: Deadlines
    outbox: Outbox
    notices: NoticeDesk
    signal_namespace: SignalNamespace
    attending: AttendanceReports
    workers: WorkerRoutes
    brand: BrandRoutes
    console: ConsoleRoutes
    rating_keys: RatingKeys

    def routes(self) -> list[Route]:
        """Every HTTP operation."""
        sessions = SessionRoutes(
            self.sessions,
            self.engine,
            public_url=self.settings.url,
            org_name=self._org_name,
            org_zone=self._org_zone,
            consent=Consent(version=self.settings.consent_version, text=TEXT),
            replay_ids=self._replay_ids,
        )
        closings = self.closings()
        is_secure = self.settings.url.startswith("https://")
        accounts = AccountRoutes(self.accounts, self.engine.store.words, secure=is_secure)
        return [
            *accounts.routes(),
            *sessions.routes(),
            *self.entry.routes(),
            *ScreenRoutes(
                self.screens, self.doors, public_url=self.settings.url, mono_s=time.monotonic
            ).routes(),
            *TrialRoutes(self.trials, self.turn, now_s=now_s, mono_s=time.monotonic).routes(),
            *StreamKeyRoutes(self.stream_keys, self.doors, public_url=self.settings.url).routes(),
            *QuestionSetRoutes(self.library()).routes(),
            *catalogue_routes(self.catalogue),
            *self._library(),
            *self._watch_terms().routes(),
            *self._publishing().routes(),
            *self._asides().routes(),
            *self._group_replays().routes(),
            *self._bin().routes(),
            *self.workers.routes(),
            *self.brand.routes(),
            *LookRoutes(self.brand, self.catalogue.looks, self.catalogue.keeper.store).routes(),
            *self.console.routes(),
            *edit_routes(self.catalogue, PeopleOfAccounts(self.accounts)),
            *self._incidents().routes(),
            *self._viewing().routes(),
            *self._rankings().routes(),
            *self._measures().routes(),
            *self._statistics().routes(),
            *self._lesson_signals().routes(),
            *self._session_reports(closings).routes(),
            *PlayFeed(self._view_reports(), self.accounts).routes(),
            *LessonCoverageRoutes(LessonCoverages(self.attending, self.catalogue.watching)).routes(),
            *StillToWatchRoutes(self._watching_dues(), self.accounts).routes(),
            *ClosingRoutes(closings).routes(),
            *AttendanceRoutes(
                self.attending,
                Cases(
                    self.database,
                    self.attending.cases,
                    self.attending,
                    seats=self.presence,
                    trail=self.news(),
                    books=ClosingStore(),
                    objection_days=self.settings.objection_days,
                ),
                self.accounts,
                self.settings.weak_sign_in,
            ).routes(),
            *GroupRoutes(self.engine, GroupFiles(self.accounts)).routes(),
            *self._feedback().routes(),
            *self._poll_results().routes(),
            *self.notices.mine.routes(),
            *self.notices.administration.routes(),
            *self._growth().routes(),
            *CheckinRoutes(
                self.engine,
                self.doors,
                ReportFacts(self.accounts, self.sessions),
                self.presence,
                self.settings.make_up_hours,
            ).routes(),
        ]

    def _library(self) -> list[Route]:
        deps, progress, done = self.catalogue, ProgressOfViewing(), self.settings.completion_threshold
        series = SeriesRoutes(deps, progress, done)
        office = OfficeRoutes(self.database, deps.keeper.store, deps.people, deps.trail, self.shelf_indexer)
        dues = Dues(deps, SeenInAll(LessonCoverages(self.attending, deps.watching)))
        library = LibraryRoutes(deps, series, progress, self.shelf_indexer, dues, done)
        mine = DuesRoutes(dues, series, progress, done)
        answers = ResponseRoutes(
            deps, series, progress, self.rating_keys, self._org_zone, self.settings.feedback_fewest
        )
        return [
            *series.routes(),
            *office.routes(),
            *library.routes(),
            *mine.routes(),
            *answers.routes(),
        ]

    def closings(self) -> Closings:
        """Closing attendance."""
        facts = ReportFacts(self.accounts, self.sessions)
        return Closings(
            self.database,
            self.attending,
            facts,
            LessonsToClose(self.sessions, self.accounts, self.engine, self.settings.make_up_hours),
            self.attending.cases,
            KeysOfServers(
                AttendanceKeys(self.settings.data / "secrets"),
                self.database if self.settings.redis_url else None,
            ),
            self.accounts,
            HeadsByMail(self.outbox, self.accounts, self.settings.attendance_heads_to),
            press=Press(),
        )

    def forgetting(self) -> Forgetting:
        """Erasing people from attendance."""
        return Forgetting(
            self.database,
            self.attending,
            self.attending.cases,
            WordsOfTimelines(self.engine, SessionStore(), AnalyticsStore()),
            self.accounts,
            others=[ResponsesOfPeople(self.rating_keys)],
        )

    def news(self) -> TrailWithNews:
        """The audit log, for acts that somebody has to be told of."""
        return TrailWithNews(self.accounts, self.outbox, SessionStore(), self.settings.lesson_minutes)

    def library(self) -> Library:
        """Prepared questions."""
        return Library(self.database, self.doors)

    def _feedback(self) -> FeedbackRoutes:
        facts = FeedbackFacts(self.sessions, self.presence, self.accounts)
        terms = Terms(self.settings.feedback_days, self.settings.feedback_fewest)
        return FeedbackRoutes(self.engine, facts, self.news(), Workbooks(), terms)

    def _growth(self) -> CourseRoutes:
        facts = ReportFacts(self.accounts, self.sessions)
        reports = CourseReports(self.database, AnalyticsStore(), people=facts, sessions=facts)
        return CourseRoutes(reports, self.accounts)

    def _poll_results(self) -> PollRoutes:
        facts = ReportFacts(self.accounts, self.sessions)
        reports = PollReports(self.database, AnalyticsStore(), people=facts, sessions=facts)
        return PollRoutes(reports, self.accounts)

    def _incidents(self) -> IncidentRoutes:
        facts = ReportFacts(self.accounts, self.sessions)
        return IncidentRoutes(
            Reports(self.database, AnalyticsStore(), people=facts, sessions=facts, attending=self.attending)
        )

    def _intake(self) -> ViewIntake:
        facts = ReportFacts(self.accounts, self.sessions)
        return ViewIntake(
            self.database, ViewStore(), self._all_media(), self.presence, self._org_zone, people=facts
        )

    def _all_media(self) -> WatchingAll:
        return WatchingAll(self._group_door())

    def _group_door(self) -> GroupDoor:
        return GroupDoor(self.catalogue, self.presence)

    def _watch_terms(self) -> TermsRoutes:
        catalogue = self.catalogue
        return TermsRoutes(
            self.database,
            catalogue.keeper.store,
            catalogue.watching,
            Viewers(ReportFacts(self.accounts, self.sessions), self._intake()),
            catalogue.trail,
            self.settings.watermark,
        )

    def _publishing(self) -> PublishingRoutes:
        keeper, leaders = self.catalogue.keeper, SessionFactsForCatalogue(SessionStore())
        return PublishingRoutes(
            keeper.database,
            keeper.store,
            leaders,
            self.catalogue.people,
            self.catalogue.trail,
            PublishingCalls(NoticeStore()),
        )

    def aside_eraser(self) -> AsideEraser:
        """Erasing what was said aside; `run` finishes what was left undone."""
        return AsideEraser(self.database, self.catalogue.keeper.files)

    def _asides(self) -> AsideRoutes:
        deps, leaders = self.catalogue, SessionFactsForCatalogue(SessionStore())
        return AsideRoutes(self.aside_eraser(), deps.keeper.store, leaders, deps.people, deps.trail)

    def _group_replays(self) -> GroupReplayRoutes:
        return GroupReplayRoutes(self._group_door(), SessionFactsForCatalogue(SessionStore()))

    def _bin(self) -> BinRoutes:
        keeper, people = self.catalogue.keeper, self.catalogue.people
        desk = BinDesk(
            self.database,
            keeper.store,
            keeper.jobs,
            SessionFactsForCatalogue(SessionStore()),
            UseReader(keeper.store, UsesOfMedia()),
            self.catalogue.trail,
            PublishingCalls(NoticeStore()),
            self.settings.bin_days,
        )
        return BinRoutes(desk, people)

    def bin_eraser(self) -> BinEraser:
        """Erasing what was long enough in the bin; `run` finishes what was left undone."""
        keeper = self.catalogue.keeper
        return BinEraser(self.database, keeper.files, keeper.jobs, keeper.store)

    def _view_reports(self) -> ViewReports:
        facts = ReportFacts(self.accounts, self.sessions)
        return ViewReports(self.database, people=facts, media=self._all_media())

    def _watching_dues(self) -> WatchingDues:
        return WatchingDues(
            LessonCoverages(self.attending, self.catalogue.watching),
            series=SeriesOfTheHouse(self.catalogue, self.settings.completion_threshold),
        )

    def watch_reminders(self) -> WatchReminders:
        """Reminding whoever has not watched what is required."""
        return WatchReminders(
            self.database,
            self.outbox,
            self._watching_dues(),
            self._org_zone,
            self._insist_on_shown,
        )

    async def _insist_on_shown(self, replay_id: str) -> None:
        """Raises Conflict: learners do not get this replay now."""
        async with self.database.read() as tx:
            replay = await self.catalogue.keeper.store.replay(tx, replay_id)
            window = (await WindowStore().windows(tx, [replay])).get(replay.id, ALWAYS)
        window.insist_on_open(utc_ms())

    def _session_reports(self, closings: Closings) -> SessionReportRoutes:
        facts = ReportFacts(self.accounts, self.sessions)

        async def replay_of(session_id: str) -> str | None:
            async with self.database.read() as tx:
                found = (await self.catalogue.keeper.store.replay_ids(tx, [session_id])).get(session_id)
                binned = None if found else await BinStore().replay_of(tx, session_id)
            return found if binned is None else binned.id

        reports = SessionReports(
            self.attending,
            PollReports(self.database, AnalyticsStore(), people=facts, sessions=facts),
            self._view_reports(),
            LessonCoverages(self.attending, self.catalogue.watching),
            ReactionsByFeedback(self.accounts, self.settings.feedback_fewest),
            replay_of,
            limits=self._signal_limits(),
        )
        papers = Papers(reports, closings.lessons, closings.keys, closings.press)
        return SessionReportRoutes(reports, self.accounts, papers)

    def _statistics(self) -> StatisticsRoutes:
        facts = ReportFacts(self.accounts, self.sessions)
        house = HouseStatistics(
            self.attending,
            self._view_reports(),
            facts,
            departments=facts.departments,
            zone=self._org_zone,
            mono_s=time.monotonic,
        )
        return StatisticsRoutes(house, self.accounts)

    def _lesson_signals(self) -> LessonSignalsRoutes:
        facts = ReportFacts(self.accounts, self.sessions)
        signals = LessonSignals(
            self.attending,
            LessonsForSignals(self.database),
            departments=facts.departments,
            zone=self._org_zone,
            mono_s=time.monotonic,
            limits=self._signal_limits(),
        )
        return LessonSignalsRoutes(signals, self.accounts)

    def _signal_limits(self) -> SignalLimits:
        settings = self.settings
        return SignalLimits(
            settings.weak_sign_in, settings.weak_completion, settings.weak_signal, settings.weak_participation
        )

    def _rankings(self) -> RankingRoutes:
        settings = self.settings
        limits = Bounds(settings.weak_completion, settings.promote_positive, settings.fewest_viewers)
        reactions = ReactionsByFeedback(self.accounts, settings.feedback_fewest)
        return RankingRoutes(self._view_reports(), reactions, self.accounts, limits)

    def _measures(self) -> MeasureRoutes:
        facts = ShelfForMeasures(self.database)
        reports = MeasureReports(
            self._view_reports(), ResponsesForMeasures(self.database), facts, time.monotonic
        )
        return MeasureRoutes(reports, self.accounts)

    def _viewing(self) -> ViewRoutes:
        return ViewRoutes(
            self._intake(),
            self._view_reports(),
            self.accounts,
            self.settings.completion_threshold,
            self.settings.weak_completion,
        )

    def leftovers(self) -> Leftovers:
        """Throwing away what workers wrote for nobody."""
        keeper = self.catalogue.keeper
        return Leftovers(self.database, intake_of(self.settings), keeper.files, keeper.jobs)

    def following(self) -> Following:
        """Making the sums of viewing follow what is reported."""
        facts = ReportFacts(self.accounts, self.sessions)
        return Following(self.database, ViewStore(), self._org_zone, facts)

    async def _replay_ids(self, who: Principal, session_ids: Sequence[str]) -> dict[str, str]:
        """Return the replays of sessions, by session: of those whose audience somebody is in."""
        async with self.database.read() as tx:
            found = await self.catalogue.keeper.store.replay_ids(tx, session_ids)
            keys = {ShelfKey("replay", replay_id) for replay_id in found.values()}
            admitted = await self.catalogue.audiences.admitted(tx, who, who.org_id, keys)
        return {id_: replay for id_, replay in found.items() if ShelfKey("replay", replay) in admitted}

    async def _org_name(self) -> str:
        return (await self.accounts.org()).name

    async def _org_zone(self) -> str:
        return (await self.accounts.org()).zone


def control_ends(settings: Settings) -> list[ControlEnd]:
    """Return where each media process takes its orders.

    Raises:
        Conflict: see `control_paths`; or the file that holds the secret cannot be read.
    """
    if not settings.media_nodes:
        return [ControlEnd(path=str(path)) for path in control_paths(settings)]
    secret = settings.media_control_secret
    if settings.media_control_secret_file is not None:
        secret = secret_in(settings.media_control_secret_file, "LECTERN_MEDIA_CONTROL_SECRET_FILE")
    try:
        return [control_end(node, secret) for node in settings.media_nodes]
    except ValueError as error:
        raise Conflict("media_nodes_unusable", f"LECTERN_MEDIA_NODES: {error}.") from None


def control_paths(settings: Settings) -> list[Path]:
    """Return where the media processes that the server runs itself listen for their orders.

    The paths are short enough for Unix sockets, and private to this installation's user.

    Raises:
        Conflict: the folder for them belongs to somebody else, who could then pose as a media process.
    """
    name = hashlib.sha256(str(settings.data).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"lectern-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077:
        raise Conflict(
            "folder_foreign",
            f"{folder} must be a folder of this user alone (mode 700). Remove it, or set TMPDIR.",
        )
    return [folder / f"{name}.media{number}" for number in range(settings.media_processes)]


def intake_of(settings: Settings) -> Intake:
    """Where what workers send waits. Raises Conflict: the bucket's keys cannot be read."""
    bucket = bucket_of(settings)
    if bucket is None:
        return DiskIntake(settings.data)
    return BucketIntake(bucket, settings.data / "incoming")


def workers_door(
    settings: Settings, keeper: ReplayKeeper, accounts: Accounts, signer: WorkSigner, bell: Bell
) -> WorkerRoutes:
    """What workers with a token alone speak to.

    Raises:
        Conflict: the bucket's keys cannot be read.
    """
    database, bucket = keeper.database, bucket_of(settings)
    orders = Orders(database, settings.org_name)

    async def order_of(job: Job) -> WorkOrder:
        order = await orders.of(job)
        return WorkOrder(
            order.root, order.as_row()["media"], order.output, order.sources, order.assets, order.form
        )

    door = Door(
        database,
        keeper.files,
        intake_of(settings),
        bell,
        signer,
        order_of=order_of,
        endings=media_endings(),
        bucket=bucket,
        store=keeper.jobs,
        now=time.monotonic,
    )
    return WorkerRoutes(door, WorkerTokens(database, accounts), keeper.files)


@asynccontextmanager
async def built(settings: Settings) -> AsyncIterator[Services]:
    """Build everything over a migrated database, and take it down again."""
    async with AsyncExitStack() as stack:
        database = Database(settings.database)
        stack.push_async_callback(database.close)
        await upgrade(database, metadata)
        bus = LocalBus()
        if settings.redis_url:
            bus = await stack.enter_async_context(RedisBus.connected(settings.redis_url))
        jobs = JobStore()
        calls = await stack.enter_async_context(calls_of(settings.redis_url, database))
        bell = await stack.enter_async_context(
            Bell(database, jobs, now=time.monotonic, calls=calls).attended()
        )
        titles = SessionFactsForCatalogue(SessionStore())
        engine = TimelineEngine(
            database,
            registry(settings.make_up_hours, settings.hint_minutes),
            bus,
            followers=(
                LessonFollower(),
                LessonReplays(titles, CatalogueStore()),
                DeadlineBook(),
                AuditTrail(AccountStore(), SessionStore()),
                LessonNews(SessionStore(), NoticeStore()),
            ),
            guard=presence.guard,
            clerks={**class_ideas.CLERKS, StandingChanges: CorrectionsOfClosed(ClosingStore())},
        )
        keeper = ReplayKeeper(engine, files_of(settings), CatalogueStore(), jobs)
        outbox = Outbox(mail=bool(settings.smtp_host), give_up_hours=settings.mail_give_up_hours)
        accounts = Accounts(database)
        people = PeopleOfAccounts(accounts)
        sessions = Sessions(
            database,
            engine,
            people,
            audit=accounts.store.audit,
            relieved=(StreamKeyStore().revoke_of,),
        )
        play_keys = load_keys(settings.data / "secrets", "play")
        tokens = JoinTokens(load_keys(settings.data / "secrets", "join"))
        doors = DoorsOfSessions(sessions, accounts)
        at_door = Presence(engine, settings.consent_version, people)
        seats = SeatsOfPresence(at_door, doors)
        passes = ScreenPasses(load_keys(settings.data / "secrets", "screen"))
        screens = Screens(database, tokens, passes, doors=doors, seats=seats, names=at_door, clock=utc_ms)
        stream_keys = StreamKeys(database, doors, mono_s=time.monotonic)
        stewards = (
            None
            if not settings.redis_url
            else Stewards(
                database,
                settings.address,
                # What a server's own media processes carry is nobody else's business.
                loads=lambda: plane.loads() if settings.media_nodes else {},
                mono_s=time.monotonic,
            )
        )
        steering = stewards or Alone()
        plane = MediaPlane(
            engine,
            stewards=steering,
            control_ends=control_ends(settings),
            sessions_dir=settings.sessions_dir,
            numbers=RecordingNumbers(database),
            situation_of=situation_of,
            live_sessions=sessions.live_ids,
            viewers_per_process=settings.media_process_viewers,
            loses_rights=loses_rights,
            left_out_of=LeftOutOfRules(database),
        )
        if stewards is not None:
            stewards.listen(plane.drop)
        turn = Turn(settings.turn_urls, settings.turn_secret)
        facts = ReportFacts(accounts, sessions)
        yield Services(
            settings=settings,
            database=database,
            engine=engine,
            accounts=accounts,
            sessions=sessions,
            presence=at_door,
            tokens=tokens,
            doors=doors,
            entry=EntryRoutes(
                doors,
                tokens,
                screens,
                LinksOfSessions(sessions, accounts, engine),
                public_url=settings.url,
                now_s=now_s,
                mono_s=time.monotonic,
            ),
            screens=screens,
            stream_keys=stream_keys,
            authenticate=Authenticator(accounts, tokens, at_door, now_s),
            plane=plane,
            stewards=stewards,
            steering=Steering(
                database,
                stewards,
                plane,
                SessionStore(),
                keeper,
                waits_for_bucket=bool(settings.storage_url and settings.redis_url),
            ),
            catalogue=CatalogueDeps(
                keeper,
                engine,
                PlaySigner(play_keys.secrets, play_keys.current, seals=settings.encrypt_media),
                doors,
                accounts,
                PeopleOfCatalogue(accounts.store),
                NewsOfCatalogue(outbox),
                Limits(
                    settings.microcourse_long_minutes * 60_000,
                    settings.microcourse_very_long_minutes * 60_000,
                ),
                links=at_door,
            ),
            shelf_indexer=Indexer(keeper, PeopleOfCatalogue(accounts.store)),
            whip=WhipEndpoint(
                plane,
                Bearers(tokens, stream_keys, now_s),
                stream_keys,
                doors,
                seats,
                turn=turn,
                now_s=now_s,
                stewards=steering,
            ),
            trials=Trials(plane.clients),
            turn=turn,
            class_namespace=ClassNamespace(
                engine,
                ClassAdmission(at_door, Arrivals(engine), tokens, doors, now_s),
                client_ip=lambda environ: environ["aiohttp.request"].get(CLIENT_IP, ""),
            ),
            deadlines=Deadlines(engine),
            outbox=outbox,
            notices=notice_desk(
                settings, database, outbox, accounts=accounts, sessions=sessions, engine=engine
            ),
            signal_namespace=SignalNamespace(
                plane, tokens, doors, seats, now_s, turn=turn, stewards=steering
            ),
            attending=AttendanceReports(
                database,
                AnalyticsStore(),
                CaseStore(),
                people=facts,
                sessions=facts,
                recordings=ClocksOfReplays(CatalogueStore()),
                standard=Rule(**settings.attendance_rule),
                completed_from=settings.completion_threshold,
            ),
            workers=workers_door(
                settings, keeper, accounts, WorkSigner(play_keys.secrets, play_keys.current), bell
            ),
            console=ConsoleRoutes(
                database,
                keeper.jobs,
                WorkerTokens(database, accounts),
                accounts,
                media_endings(),
                step_of,
                intake_of(settings).drop,
            ),
            brand=BrandRoutes(
                database,
                keeper.files,
                Uploads(settings.data / "incoming"),
                STUDIO,
                PlaySigner(play_keys.secrets, play_keys.current),
                accounts,
                LookStore(),
                keeper.jobs,
                PeopleOfCatalogue(accounts.store),
            ),
            rating_keys=RatingKeys(play_keys.secrets, play_keys.current),
        )
