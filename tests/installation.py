"""A whole server process over a real store, for tests: people, cookies, and an HTTP client.

Import `house` and `services` into a `conftest.py`. Cookies are made in the store, because signing in costs
the CPU time that argon2 is meant to cost; `tests/accounts/test_sign_in.py` goes through the front door.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from accounts.credentials import fingerprint
from accounts.routes import COOKIE
from accounts.store import Org
from lectern.app.serve import build_app
from lectern.app.settings import Settings
from lectern.app.tables import metadata
from lectern.app.wired.services import Services
from lectern.app.wiring import built
from lectern.db.engine import Database
from lectern.db.migrate import upgrade
from lectern.kernel.access import Principal, SessionGrant
from lectern.kernel.clock import utc_ms
from lectern.kernel.roles import OrgRole, SessionRole
from sessions.store import Session

__all__ = ["Answer", "Installation", "house", "services", "settings_of"]

PEOPLE: dict[str, tuple[str, str, tuple[OrgRole, ...]]] = {
    "admin": ("A1", "Sales", (OrgRole.ADMIN,)),
    "presenter": ("P1", "Sales", (OrgRole.PRESENTER,)),
    "other_presenter": ("P2", "Sales", (OrgRole.PRESENTER,)),
    "host": ("H1", "Service", (OrgRole.HOST,)),
    "manager": ("M1", "Sales", (OrgRole.LINE_MANAGER, OrgRole.LEARNER)),
    "learner": ("L1", "Sales", (OrgRole.LEARNER,)),
    "colleague": ("L2", "Service", (OrgRole.LEARNER,)),
    "stranger": ("L3", "Service", (OrgRole.LEARNER,)),
}
"""Name: HR number, department, roles. The line manager manages Sales."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP. `data` is the decoded JSON body, or None."""

    status: int
    data: Any
    headers: Any

    @property
    def code(self) -> str:
        """The stable code of an error."""
        return str(self.data["error"]["code"])


@dataclass(slots=True)
class Installation:
    """A running house with the people of `PEOPLE`."""

    services: Services
    client: "TestClient[Any, Any]"
    org: Org
    people: dict[str, str] = field(default_factory=dict)
    departments: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        by: str | None = None,
        token: str | None = None,
        json: Any = None,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request by a person of `PEOPLE` (cookie and header), with a Bearer token, or by nobody."""
        sent = dict(headers or {})
        if by is not None:
            sent["Cookie"] = f"{COOKIE}={self.cookies[by]}"
            sent.setdefault("X-Lectern", "1")
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        async with self.client.request(method, path, json=json, data=data, headers=sent) as response:
            is_json = response.content_type == "application/json"
            return Answer(response.status, await response.json() if is_json else None, response.headers)

    async def plan(
        self,
        *,
        by: str | None = "presenter",
        host: str | None = "host",
        roster: tuple[str, ...] = ("learner", "colleague"),
        guests: bool = False,
        auto_start: bool = False,
    ) -> Session:
        """Plan a session and its roster."""
        session = await self.services.sessions.create(
            org_id=self.org.id,
            title="Product launch",
            starts_utc_ms=None,
            zone="Asia/Shanghai",
            presenter_person_id=self.people[by] if by else None,
            host_person_id=self.people[host] if host else None,
            guests_allowed=guests,
            auto_start=auto_start,
        )
        await self.services.sessions.expect(session, [self.people[name] for name in roster])
        return session

    def grant(
        self, session: Session, role: SessionRole, *, person: str | None = None, guest: str | None = None
    ) -> SessionGrant:
        """Say what a token would say."""
        person_id = self.people[person] if person else None
        return SessionGrant(
            session.id, role, person_id, guest_id=f"g-{guest}" if guest else None, guest_name=guest
        )

    def token(
        self, session: Session, role: SessionRole, *, person: str | None = None, guest: str | None = None
    ) -> str:
        """Issue a join token, good for an hour."""
        grant = self.grant(session, role, person=person, guest=guest)
        return self.services.tokens.issue(self.org.id, grant, now_s=utc_ms() // 1000, ttl_s=3600)

    async def api_key(self, *scopes: str) -> str:
        """Make an API key and return its text."""
        admin = Principal(org_id=self.org.id, subject_id=self.people["admin"], permissions=frozenset())
        return (await self.services.accounts.create_api_key(admin, "test", list(scopes)))[1]


def settings_of(data: Path, **others: Any) -> Settings:
    """Return settings for an installation in `data`; nothing comes from the environment's `.env`."""
    return Settings(data=data, _env_file=None, **others)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy, so that not every test migrates its own."""
    import asyncio  # noqa: PLC0415 (a session-wide fixture must not use the loop of one test)

    path = tmp_path_factory.mktemp("migrated") / "lectern.db"

    async def migrate() -> None:
        database = Database(f"sqlite:///{path}")
        await upgrade(database, metadata)
        await database.close()

    asyncio.run(migrate())
    return path


@pytest.fixture
async def services(tmp_path: Path, migrated_file: Path) -> AsyncIterator[Services]:
    """Every service of a server process, over an empty store."""
    shutil.copy(migrated_file, tmp_path / "lectern.db")
    async with built(settings_of(tmp_path)) as all_services:
        yield all_services


@pytest.fixture
async def house(services: Services) -> AsyncIterator[Installation]:
    """An installation with people, and a client at its door."""
    accounts = services.accounts
    org = await accounts.set_up("Demo Company", "Asia/Shanghai")
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(TestClient(TestServer(build_app(services))))
        made = Installation(services, client, org)
        async with services.database.write() as tx:
            for name in ("Sales", "Service"):
                made.departments[name] = await accounts.store.create_department(tx, org.id, name)
            for name, (external_id, department, roles) in PEOPLE.items():
                made.people[name] = await accounts.store.create_person(
                    tx,
                    org_id=org.id,
                    external_id=external_id,
                    name=name.replace("_", " ").title(),
                    department_id=made.departments[department],
                    now=utc_ms(),
                )
                for role in roles:
                    limit = made.departments["Sales"] if role is OrgRole.LINE_MANAGER else None
                    await accounts.store.grant(tx, org.id, made.people[name], role, limit)
                made.cookies[name] = f"cookie-of-{name}"
                person = await accounts.store.person(tx, made.people[name])
                assert person is not None
                await accounts.store.open_web_session(
                    tx, fingerprint(made.cookies[name]), person, utc_ms(), utc_ms() + 3_600_000
                )
        yield made
