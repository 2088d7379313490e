"""What a server process consists of."""

import time
from collections import Counter
from dataclasses import dataclass, field

from accounts.service import Accounts
from analytics.attendance.report import AttendanceReports
from analytics.live.folding import LiveFolding
from catalogue.brand.routes import BrandRoutes
from catalogue.console.routes import ConsoleRoutes
from catalogue.response.rating import RatingKeys
from catalogue.routes import CatalogueDeps
from catalogue.shelf.indexer import Indexer
from catalogue.workers.routes import WorkerRoutes
from interactions.deadlines.clockwork import Deadlines
from interactions.live.namespace import ClassNamespace
from lectern.app.answers import (
    DoorsOfSessions,
    ReportFacts,
)
from lectern.app.authenticate import Authenticator
from lectern.app.mail import NoticeDesk
from lectern.app.settings import Settings
from lectern.app.steering import Steering
from lectern.db.engine import Database
from lectern.servers.stewards import Stewards
from lectern.timeline.engine import TimelineEngine
from notices.outbox import Outbox
from sessions.presence.admission import Presence
from sessions.service import Sessions
from signaling.entry.join_tokens import JoinTokens
from signaling.entry.routes import EntryRoutes
from signaling.entry.turn import Turn
from signaling.namespace import SignalNamespace
from signaling.plane.media import MediaPlane
from signaling.screens.service import Screens
from signaling.stream_keys.service import StreamKeys
from signaling.trial.trials import Trials
from signaling.whip.endpoint import WhipEndpoint


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
    live: LiveFolding
    workers: WorkerRoutes
    brand: BrandRoutes
    console: ConsoleRoutes
    rating_keys: RatingKeys
    views_refused: Counter[str] = field(default_factory=Counter)
    """How many reported intervals did not count since this process began, by the reason."""

    @property
    def facts(self) -> ReportFacts:
        """What reports ask of people and sessions."""
        return ReportFacts(self.accounts, self.sessions)

    async def org_name(self) -> str:
        """Return what the organisation is called."""
        return (await self.accounts.org()).name

    async def org_zone(self) -> str:
        """Return the organisation's time zone."""
        return (await self.accounts.org()).zone
