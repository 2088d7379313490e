"""The operations of the analytics, and what they do in the background."""

import time
from functools import partial

from analytics.attendance.cases import Cases
from analytics.attendance.routes import AttendanceRoutes
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
from analytics.live.seen_in_all import LiveAndLater
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
from catalogue.bin.store import BinStore
from catalogue.groups.door import GroupDoor
from catalogue.groups.viewing import WatchingAll
from catalogue.window import ALWAYS
from catalogue.window_store import WindowStore
from lectern.app.closing_answers import (
    HeadsByMail,
    LessonsToClose,
    WordsOfTimelines,
)
from lectern.app.lesson_facts import LessonsForSignals
from lectern.app.measure_facts import ResponsesForMeasures, ResponsesOfPeople, ShelfForMeasures
from lectern.app.reactions import ReactionsByFeedback
from lectern.app.shared_keys import KeysOfServers
from lectern.app.signing_keys import AttendanceKeys
from lectern.app.watch_dues import RequiredLessons, SeriesOfTheHouse
from lectern.app.watch_reminders import WatchReminders
from lectern.app.wired.classes import news
from lectern.app.wired.services import Services
from lectern.edge.routes import Route
from lectern.kernel.clock import utc_ms
from sessions.store import SessionStore


def analytics_operations(services: Services) -> list[Route]:
    """Return the operations on attendance, viewing, and reports of both."""
    books = closings(services)
    return [
        *_incidents(services).routes(),
        *_viewing(services).routes(),
        *_rankings(services).routes(),
        *_measures(services).routes(),
        *_statistics(services).routes(),
        *_lesson_signals(services).routes(),
        *_session_reports(services, books).routes(),
        *PlayFeed(_view_reports(services), services.accounts).routes(),
        *LessonCoverageRoutes(coverages(services)).routes(),
        *StillToWatchRoutes(_watching_dues(services), services.accounts).routes(),
        *ClosingRoutes(books).routes(),
        *_attendance(services).routes(),
        *_poll_results(services).routes(),
        *_growth(services).routes(),
    ]


def coverages(services: Services) -> LessonCoverages:
    """What was seen live and later."""
    return LessonCoverages(services.attending, services.catalogue.watching)


def live_and_later(services: Services) -> LiveAndLater:
    """What somebody saw in all, of presence that is kept."""
    return LiveAndLater(services.attending, services.live)


def required_lessons(services: Services) -> RequiredLessons:
    """Knowing of lessons whose replays are required who was there."""
    return RequiredLessons(services.live)


def _attendance(services: Services) -> AttendanceRoutes:
    cases = Cases(
        services.database,
        services.attending.cases,
        services.attending,
        seats=services.presence,
        trail=news(services),
        books=ClosingStore(),
        objection_days=services.settings.objection_days,
    )
    return AttendanceRoutes(services.attending, cases, services.accounts, services.settings.weak_sign_in)


def closings(services: Services) -> Closings:
    """Closing attendance."""
    facts = services.facts
    return Closings(
        services.database,
        services.attending,
        facts,
        LessonsToClose(
            services.sessions, services.accounts, services.engine, services.settings.make_up_hours
        ),
        services.attending.cases,
        KeysOfServers(
            AttendanceKeys(services.settings.data / "secrets"),
            services.database if services.settings.redis_url else None,
        ),
        services.accounts,
        HeadsByMail(services.outbox, services.accounts, services.settings.attendance_heads_to),
        press=Press(),
    )


def forgetting_people(services: Services) -> Forgetting:
    """Erasing people from attendance."""
    return Forgetting(
        services.database,
        services.attending,
        services.attending.cases,
        WordsOfTimelines(services.engine, SessionStore(), AnalyticsStore()),
        services.accounts,
        others=[ResponsesOfPeople(services.rating_keys)],
    )


def _growth(services: Services) -> CourseRoutes:
    facts = services.facts
    reports = CourseReports(services.database, AnalyticsStore(), people=facts, sessions=facts)
    return CourseRoutes(reports, services.accounts)


def _poll_results(services: Services) -> PollRoutes:
    facts = services.facts
    reports = PollReports(services.database, AnalyticsStore(), people=facts, sessions=facts)
    return PollRoutes(reports, services.accounts)


def _incidents(services: Services) -> IncidentRoutes:
    facts = services.facts
    return IncidentRoutes(
        Reports(
            services.database, AnalyticsStore(), people=facts, sessions=facts, attending=services.attending
        )
    )


def group_door(services: Services) -> GroupDoor:
    """What groups recorded, for whoever asks."""
    return GroupDoor(services.catalogue, services.presence)


def view_intake(services: Services) -> ViewIntake:
    """The way in for what players report."""
    facts = services.facts
    return ViewIntake(
        services.database,
        ViewStore(),
        WatchingAll(group_door(services)),
        services.presence,
        services.org_zone,
        people=facts,
        refused=services.views_refused,
    )


def _view_reports(services: Services) -> ViewReports:
    facts = services.facts
    return ViewReports(services.database, people=facts, media=WatchingAll(group_door(services)))


def _watching_dues(services: Services) -> WatchingDues:
    return WatchingDues(
        coverages(services),
        live_and_later(services),
        series=SeriesOfTheHouse(services.catalogue, services.settings.completion_threshold),
    )


def watch_reminders(services: Services) -> WatchReminders:
    """Reminding whoever has not watched what is required."""
    return WatchReminders(
        services.database,
        services.outbox,
        _watching_dues(services),
        services.org_zone,
        partial(_insist_on_shown, services),
    )


async def _insist_on_shown(services: Services, replay_id: str) -> None:
    """Raises Conflict: learners do not get this replay now."""
    async with services.database.read() as tx:
        replay = await services.catalogue.keeper.store.replay(tx, replay_id)
        window = (await WindowStore().windows(tx, [replay])).get(replay.id, ALWAYS)
    window.insist_on_open(utc_ms())


def _session_reports(services: Services, closings: Closings) -> SessionReportRoutes:
    facts = services.facts

    async def replay_of(session_id: str) -> str | None:
        async with services.database.read() as tx:
            found = (await services.catalogue.keeper.store.replay_ids(tx, [session_id])).get(session_id)
            binned = None if found else await BinStore().replay_of(tx, session_id)
        return found if binned is None else binned.id

    reports = SessionReports(
        services.attending,
        PollReports(services.database, AnalyticsStore(), people=facts, sessions=facts),
        _view_reports(services),
        coverages(services),
        ReactionsByFeedback(services.accounts, services.settings.feedback_fewest),
        replay_of,
        limits=_signal_limits(services),
    )
    papers = Papers(reports, closings.lessons, closings.keys, closings.press)
    return SessionReportRoutes(reports, services.accounts, papers)


def _statistics(services: Services) -> StatisticsRoutes:
    facts = services.facts
    house = HouseStatistics(
        services.attending,
        _view_reports(services),
        facts,
        departments=facts.departments,
        zone=services.org_zone,
        mono_s=time.monotonic,
    )
    return StatisticsRoutes(house, services.accounts)


def _lesson_signals(services: Services) -> LessonSignalsRoutes:
    signals = LessonSignals(
        services.attending,
        LessonsForSignals(services.database),
        departments=services.facts.departments,
        zone=services.org_zone,
        mono_s=time.monotonic,
        limits=_signal_limits(services),
    )
    return LessonSignalsRoutes(signals, services.accounts)


def _signal_limits(services: Services) -> SignalLimits:
    settings = services.settings
    return SignalLimits(
        settings.weak_sign_in, settings.weak_completion, settings.weak_signal, settings.weak_participation
    )


def _rankings(services: Services) -> RankingRoutes:
    settings = services.settings
    limits = Bounds(settings.weak_completion, settings.promote_positive, settings.fewest_viewers)
    reactions = ReactionsByFeedback(services.accounts, settings.feedback_fewest)
    return RankingRoutes(_view_reports(services), reactions, services.accounts, limits)


def _measures(services: Services) -> MeasureRoutes:
    facts = ShelfForMeasures(services.database)
    reports = MeasureReports(
        _view_reports(services), ResponsesForMeasures(services.database), facts, time.monotonic
    )
    return MeasureRoutes(reports, services.accounts)


def _viewing(services: Services) -> ViewRoutes:
    return ViewRoutes(
        view_intake(services),
        _view_reports(services),
        services.accounts,
        services.settings.completion_threshold,
        services.settings.weak_completion,
    )


def following(services: Services) -> Following:
    """Making the sums of viewing follow what is reported."""
    facts = services.facts
    return Following(services.database, ViewStore(), services.org_zone, facts)
