"""What sibling packages ask one another, answered here, where all of them are known."""

from collections.abc import Collection, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.service import Accounts
from accounts.store import Person
from analytics.neighbours import Held, PersonCard
from analytics.neighbours import SessionFacts as ReportedSession
from catalogue.bin.store import BinStore
from catalogue.neighbours import Led
from catalogue.parts import ShownPart
from catalogue.shown import ShownParts
from catalogue.store import CatalogueStore, replay_of_row
from lectern.kernel.clock import utc_ms
from lectern.kernel.roles import MAY_HOST, OrgRole
from lectern.manifest.clock_map import ClockMap
from sessions.people import PersonFacts
from sessions.service import Sessions
from sessions.store import SessionStore
from signaling.entry.facts import SessionFacts


class PeopleOfAccounts:
    """`sessions.people.People`, answered by the accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def by_id(self, ids: Collection[str]) -> dict[str, PersonFacts]:
        """See `People`."""
        async with self._accounts.database.read() as tx:
            found = await self._accounts.store.persons_by_id(tx, ids)
        return {id_: _facts(person) for id_, person in found.items()}

    async def names(self, tx: AsyncConnection, org_id: str, person_ids: Collection[str]) -> dict[str, str]:
        """See `catalogue.edit_desk.Names`."""
        found = await self._accounts.store.names_by_id(tx, org_id, person_ids) if person_ids else []
        return {row[0]: row[2] for row in found}

    async def by_external_id(self, org_id: str, external_ids: Collection[str]) -> dict[str, PersonFacts]:
        """See `People`."""
        async with self._accounts.database.read() as tx:
            found = await self._accounts.store.persons_by_external_id(tx, org_id, external_ids)
        return {external_id: _facts(person) for external_id, person in found.items()}


class DoorsOfSessions:
    """`signaling.entry.facts.Doors`, answered by sessions and accounts."""

    def __init__(self, sessions: Sessions, accounts: Accounts) -> None:
        self._sessions = sessions
        self._accounts = accounts

    async def session(self, session_id: str) -> SessionFacts:
        """See `Doors`."""
        found = await self._sessions.get(session_id)
        return SessionFacts(
            id=found.id,
            org_id=found.org_id,
            state=found.state,
            guests_allowed=found.guests_allowed,
            auto_start=found.auto_start,
            presenter_person_id=found.presenter_person_id,
            host_person_id=found.host_person_id,
        )

    async def expects(self, session_id: str, person_id: str) -> bool:
        """See `Doors`."""
        async with self._sessions.database.read() as tx:
            return person_id in await self._sessions.store.roster(tx, session_id)

    async def on_roster(self, session_id: str, person_id: str) -> bool:
        """See `catalogue.neighbours.Rosters`."""
        return await self.expects(session_id, person_id)

    async def person_by_external_id(self, org_id: str, external_id: str) -> str | None:
        """See `Doors`."""
        async with self._accounts.database.read() as tx:
            found = await self._accounts.store.persons_by_external_id(tx, org_id, [external_id])
        return found[external_id].id if external_id in found else None

    async def name_of(self, person_id: str) -> str | None:
        """See `Doors`."""
        async with self._accounts.database.read() as tx:
            person = await self._accounts.store.person(tx, person_id)
        return person.name if person else None

    async def start(self, session_id: str) -> None:
        """See `Doors`."""
        await self._sessions.start(session_id)

    async def audit(self, tx: AsyncConnection, *, org_id: str, actor: str, action: str, target: str) -> None:
        """See `Doors`."""
        await self._accounts.store.audit(
            tx, org_id=org_id, actor=actor, action=action, target=target, now=utc_ms()
        )


class ReportFacts:
    """`analytics.neighbours.People` and `.Sessions`, answered by accounts and sessions."""

    def __init__(self, accounts: Accounts, sessions: Sessions) -> None:
        self._accounts = accounts
        self._sessions = sessions

    async def cards(self, org_id: str, person_ids: Collection[str]) -> dict[str, PersonCard]:
        """See `People`."""
        if not person_ids:
            return {}
        async with self._accounts.database.read() as tx:
            found = await self._accounts.store.names_by_id(tx, org_id, person_ids)
        return {row[0]: PersonCard(*row) for row in found}

    async def departments(self, org_id: str) -> dict[str, str]:
        """Return the names of departments, by id."""
        async with self._accounts.database.read() as tx:
            return await self._accounts.store.departments(tx, org_id)

    async def facts(self, session_id: str) -> ReportedSession:
        """See `Sessions`."""
        session = await self._sessions.get(session_id)
        return ReportedSession(
            session.org_id,
            session.title,
            session.zone,
            session.starts_utc_ms,
            session.presenter_person_id,
            session.host_person_id,
            session.ended_utc_ms,
            session.planned_minutes,
        )

    async def held(
        self, org_id: str, q: str, from_utc_ms: int, to_utc_ms: int, *, run_by: str | None = None
    ) -> list[Held]:
        """See `Courses`."""
        async with self._sessions.database.read() as tx:
            found = await self._sessions.store.held(tx, org_id, q, from_utc_ms, to_utc_ms, run_by=run_by)
        return [
            Held(session.id, session.zone, session.first_started_utc_ms or from_utc_ms) for session in found
        ]

    async def expected(self, session_id: str) -> list[str]:
        """See `Sessions`."""
        async with self._sessions.database.read() as tx:
            return sorted(await self._sessions.store.roster(tx, session_id))

    async def expects(self, session_id: str, person_id: str) -> bool:
        """See `Sessions`."""
        async with self._sessions.database.read() as tx:
            return person_id in await self._sessions.store.roster(tx, session_id)

    async def set_length(self, tx: AsyncConnection, session_id: str, minutes: int | None) -> None:
        """See `Sessions`."""
        await self._sessions.store.update(tx, session_id, planned_minutes=minutes)


class ClocksOfReplays:
    """`analytics.neighbours.Recordings`, answered by the catalogue."""

    def __init__(self, store: CatalogueStore) -> None:
        self._store = store

    async def clock(self, tx: AsyncConnection, session_id: str) -> ClockMap | None:
        """See `Recordings`."""
        replay = await self._store.replay_of(tx, session_id)
        if replay is None:  # of one that was deleted, what people saw of it is still to be read
            binned = await BinStore().replay_of(tx, session_id)
            replay = None if binned is None else replay_of_row(binned.content)
        return None if replay is None or replay.recorded is None else replay.recorded.clock_map

    async def shown(self, tx: AsyncConnection, microcourse_id: str, version: int) -> Sequence[ShownPart]:
        """See `Recordings`."""
        return await ShownParts(self._store).of(tx, microcourse_id, version)


class SessionFactsForCatalogue:
    """`catalogue.neighbours.Titles` and `Leaders`, answered by the sessions' rows."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store

    async def session_title(self, tx: AsyncConnection, session_id: str) -> str:
        """See `Titles`."""
        session = await self._store.get(tx, session_id)
        return session.title if session else ""

    async def led(self, tx: AsyncConnection, session_id: str) -> Led | None:
        """See `Leaders`."""
        session = await self._store.get(tx, session_id)
        if session is None:
            return None
        return Led(session.org_id, (session.presenter_person_id, session.host_person_id))

    async def led_by(self, tx: AsyncConnection, org_id: str, person_id: str) -> Collection[str]:
        """See `Leaders`."""
        return await self._store.run_by(tx, org_id, person_id)


def _facts(person: Person) -> PersonFacts:
    return PersonFacts(
        id=person.id,
        external_id=person.external_id,
        name=person.name,
        department_id=person.department_id,
        department=person.department,
        may_present=OrgRole.PRESENTER in person.roles,
        administers=person.active and OrgRole.ADMIN in person.roles,
        may_host=person.active and bool(person.roles & MAY_HOST),
    )
