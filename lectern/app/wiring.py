"""Every service of a server process, built once, handed to whoever needs it. Knows all packages."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from accounts.routes import AccountRoutes
from accounts.service import Accounts
from lectern.app.answers import DoorsOfSessions, PeopleOfAccounts
from lectern.app.authenticate import Authenticator
from lectern.app.consent import TEXT
from lectern.app.secrets import load_keys
from lectern.app.settings import Settings
from lectern.app.tables import metadata
from lectern.db.engine import Database
from lectern.db.migrate import upgrade
from lectern.edge.routes import Route
from lectern.timeline.bus import LocalBus, RedisBus
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.idea import Registry
from sessions.lesson import idea as lesson
from sessions.presence import idea as presence
from sessions.presence.admission import Presence
from sessions.routes import Consent, SessionRoutes
from sessions.service import Sessions
from sessions.store import LessonFollower
from signaling.entry.join_tokens import JoinTokens
from signaling.entry.routes import EntryRoutes
from signaling.stage.idea import STAGE


def registry() -> Registry:
    """Every idea and command of the class."""
    return Registry.of(
        ideas=(lesson.LESSON, presence.PRESENCE, STAGE),
        commands=(*lesson.COMMANDS, *presence.COMMANDS),
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
    authenticate: Authenticator

    def routes(self) -> list[Route]:
        """Every HTTP operation."""
        sessions = SessionRoutes(
            self.sessions,
            self.engine,
            public_url=self.settings.url,
            org_name=self._org_name,
            org_zone=self._org_zone,
            consent=Consent(version=self.settings.consent_version, text=TEXT),
            replay_ids=_no_replays,
        )
        accounts = AccountRoutes(self.accounts, secure=self.settings.url.startswith("https://"))
        return [*accounts.routes(), *sessions.routes(), *self.entry.routes()]

    async def _org_name(self) -> str:
        return (await self.accounts.org()).name

    async def _org_zone(self) -> str:
        return (await self.accounts.org()).zone


async def _no_replays(_session_ids: Sequence[str]) -> dict[str, str]:
    return {}


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
        engine = TimelineEngine(
            database, registry(), bus, followers=(LessonFollower(),), guard=presence.guard
        )
        accounts = Accounts(database)
        sessions = Sessions(database, engine, PeopleOfAccounts(accounts))
        tokens = JoinTokens(load_keys(settings.data / "secrets", "join"))
        doors = DoorsOfSessions(sessions, accounts)
        yield Services(
            settings=settings,
            database=database,
            engine=engine,
            accounts=accounts,
            sessions=sessions,
            presence=Presence(engine, settings.consent_version),
            tokens=tokens,
            doors=doors,
            entry=EntryRoutes(doors, tokens, public_url=settings.url, now_s=now_s, mono_s=time.monotonic),
            authenticate=Authenticator(accounts, tokens, now_s),
        )
