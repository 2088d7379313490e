"""The operations of people, sessions and the class."""

import time
from collections.abc import Sequence
from functools import partial

from accounts.routes import AccountRoutes
from catalogue.shelf.marking import ShelfKey
from interactions.breakout.routes import GroupRoutes
from interactions.checkin.routes import CheckinRoutes
from interactions.feedback.commands import Terms
from interactions.feedback.routes import FeedbackRoutes
from interactions.question_sets.library import Library
from interactions.question_sets.routes import QuestionSetRoutes
from lectern.app.consent import TEXT
from lectern.app.feedback_facts import FeedbackFacts, Workbooks
from lectern.app.group_files import GroupFiles
from lectern.app.wired.services import Services, now_s
from lectern.app.work_news import TrailWithNews
from lectern.edge.routes import Route
from lectern.kernel.access import Principal
from sessions.routes import Consent, SessionRoutes
from sessions.store import SessionStore
from signaling.screens.routes import ScreenRoutes
from signaling.stream_keys.routes import StreamKeyRoutes
from signaling.trial.routes import TrialRoutes


def class_operations(services: Services) -> list[Route]:
    """Return the operations on people, sessions, the ways into them, and what a class does."""
    settings = services.settings
    accounts = AccountRoutes(
        services.accounts, services.engine.store.words, secure=settings.url.startswith("https://")
    )
    sessions = SessionRoutes(
        services.sessions,
        services.engine,
        public_url=settings.url,
        org_name=services.org_name,
        org_zone=services.org_zone,
        consent=Consent(version=settings.consent_version, text=TEXT),
        replay_ids=partial(_replay_ids, services),
    )
    return [
        *accounts.routes(),
        *sessions.routes(),
        *services.entry.routes(),
        *ScreenRoutes(
            services.screens, services.doors, public_url=settings.url, mono_s=time.monotonic
        ).routes(),
        *TrialRoutes(services.trials, services.turn, now_s=now_s, mono_s=time.monotonic).routes(),
        *StreamKeyRoutes(services.stream_keys, services.doors, public_url=settings.url).routes(),
        *QuestionSetRoutes(question_library(services)).routes(),
        *GroupRoutes(services.engine, GroupFiles(services.accounts)).routes(),
        *_feedback(services).routes(),
        *services.notices.mine.routes(),
        *services.notices.administration.routes(),
        *CheckinRoutes(
            services.engine, services.doors, services.facts, services.presence, settings.make_up_hours
        ).routes(),
    ]


def news(services: Services) -> TrailWithNews:
    """The audit log, for acts that somebody has to be told of."""
    return TrailWithNews(services.accounts, services.outbox, SessionStore(), services.settings.lesson_minutes)


def question_library(services: Services) -> Library:
    """Prepared questions."""
    return Library(services.database, services.doors)


def _feedback(services: Services) -> FeedbackRoutes:
    facts = FeedbackFacts(services.sessions, services.presence, services.accounts)
    terms = Terms(services.settings.feedback_days, services.settings.feedback_fewest)
    return FeedbackRoutes(services.engine, facts, news(services), Workbooks(), terms)


async def _replay_ids(services: Services, who: Principal, session_ids: Sequence[str]) -> dict[str, str]:
    """Return the replays of sessions, by session: of those whose audience somebody is in."""
    async with services.database.read() as tx:
        found = await services.catalogue.keeper.store.replay_ids(tx, session_ids)
        keys = {ShelfKey("replay", replay_id) for replay_id in found.values()}
        admitted = await services.catalogue.audiences.admitted(tx, who, who.org_id, keys)
    return {id_: replay for id_, replay in found.items() if ShelfKey("replay", replay) in admitted}
