"""Every service of a server process, built once, handed to whoever needs it. Knows all packages."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from accounts.service import Accounts
from accounts.store import AccountStore
from analytics.attendance.report import AttendanceReports
from analytics.attendance.rule import Rule
from analytics.attendance.store import CaseStore
from analytics.closing.store import ClosingStore
from analytics.live.folding import LiveFolding
from analytics.store import AnalyticsStore
from catalogue.brand.look import LookStore
from catalogue.brand.routes import BrandRoutes
from catalogue.brand.upload import Uploads
from catalogue.console.routes import ConsoleRoutes
from catalogue.lesson_replays import LessonReplays
from catalogue.media import Limits
from catalogue.play_grant import PlaySigner
from catalogue.replays import ReplayKeeper
from catalogue.response.rating import RatingKeys
from catalogue.routes import CatalogueDeps
from catalogue.shelf.indexer import Indexer
from catalogue.store import CatalogueStore
from catalogue.workers.bell import Bell
from catalogue.workers.grants import WorkSigner
from catalogue.workers.tokens import WorkerTokens
from interactions import registry as class_ideas
from interactions.breakout.arrivals import Arrivals
from interactions.checkin.commands import MAKE_UP_HOURS
from interactions.checkin.orders import StandingChanges
from interactions.deadlines.book import DeadlineBook
from interactions.deadlines.clockwork import Deadlines
from interactions.live.namespace import ClassNamespace
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
from lectern.app.closing_answers import (
    CorrectionsOfClosed,
)
from lectern.app.control import control_ends
from lectern.app.job_calls import calls_of
from lectern.app.join_links import LinksOfSessions
from lectern.app.left_out import LeftOutOfRules
from lectern.app.lesson_news import LessonNews
from lectern.app.mail import notice_desk
from lectern.app.media_orders import media_endings, step_of
from lectern.app.secrets import load_keys
from lectern.app.settings import Settings
from lectern.app.situation import loses_rights, situation_of
from lectern.app.steering import Steering
from lectern.app.storage import files_of
from lectern.app.tables import metadata
from lectern.app.wired.analytics import analytics_operations
from lectern.app.wired.catalogue import catalogue_operations
from lectern.app.wired.classes import class_operations
from lectern.app.wired.services import Services, now_s
from lectern.app.workers_door import intake_of, workers_door
from lectern.db.engine import Database
from lectern.db.migrate import upgrade
from lectern.edge.routes import CLIENT_IP, Route
from lectern.jobs.store import JobStore
from lectern.kernel.clock import utc_ms
from lectern.servers.stewards import Stewards
from lectern.timeline.bus import LocalBus, RedisBus
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.idea import Registry
from notices.outbox import Outbox
from notices.store import NoticeStore
from sessions.lesson import idea as lesson
from sessions.presence import idea as presence
from sessions.presence.admission import Presence
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
from signaling.screens.service import Screens
from signaling.stage import commands as stage
from signaling.stage.idea import STAGE
from signaling.stage.recording import RECORDING
from signaling.stream_keys.service import StreamKeys
from signaling.stream_keys.store import StreamKeyStore
from signaling.trial.trials import Trials
from signaling.whip.bearer import Bearers
from signaling.whip.endpoint import WhipEndpoint


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


def operations(services: Services) -> list[Route]:
    """Return every HTTP operation."""
    return [
        *class_operations(services),
        *catalogue_operations(services),
        *analytics_operations(services),
    ]


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
            insist_open=CorrectionsOfClosed(ClosingStore()).insist_open,
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
                watermark=settings.watermark,
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
            live=LiveFolding(database),
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
