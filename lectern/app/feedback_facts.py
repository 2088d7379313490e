"""What feedback asks of its neighbours, answered where all of them are known."""

from collections.abc import Collection, Mapping, Sequence

from accounts.service import Accounts
from analytics.workbook import Table, csv_file, disposition, xlsx_file
from interactions.feedback.neighbours import Cell, SessionFacts
from lectern.kernel.access import SessionGrant
from lectern.kernel.roles import SessionRole
from sessions.presence.admission import Presence
from sessions.service import Sessions


class FeedbackFacts:
    """`interactions.feedback.neighbours.Facts`, answered by sessions, presence and accounts."""

    def __init__(self, sessions: Sessions, presence: Presence, accounts: Accounts) -> None:
        self._sessions = sessions
        self._presence = presence
        self._accounts = accounts

    async def session(self, session_id: str) -> SessionFacts:
        """See `Facts`."""
        found = await self._sessions.get(session_id)
        return SessionFacts(
            id=found.id,
            org_id=found.org_id,
            title=found.title,
            presenter_person_id=found.presenter_person_id,
            host_person_id=found.host_person_id,
        )

    async def titles(self, session_ids: Collection[str]) -> Mapping[str, str]:
        """See `Facts`."""
        async with self._sessions.database.read() as tx:
            return await self._sessions.store.titles(tx, session_ids)

    async def run_by(self, org_id: str, person_id: str) -> Sequence[str]:
        """See `Facts`."""
        async with self._sessions.database.read() as tx:
            return await self._sessions.store.run_by(tx, org_id, person_id)

    async def attendees(self, session_id: str) -> Collection[str]:
        """See `Facts`."""
        async with self._sessions.database.read() as tx:
            return await self._sessions.store.learners_who_came(tx, session_id)

    async def participant_of(self, grant: SessionGrant) -> str | None:
        """See `Facts`."""
        return await self._presence.participant_of(grant)

    async def participant_of_person(self, session_id: str, person_id: str) -> str | None:
        """See `Facts`."""
        return await self._presence.participant_of(SessionGrant(session_id, SessionRole.LEARNER, person_id))

    async def person_by_external_id(self, org_id: str, external_id: str) -> str | None:
        """See `Facts`."""
        async with self._accounts.database.read() as tx:
            found = await self._accounts.store.persons_by_external_id(tx, org_id, [external_id])
        return found[external_id].id if external_id in found else None

    async def names(self, org_id: str, person_ids: Collection[str]) -> Mapping[str, str]:
        """See `Facts`."""
        async with self._accounts.database.read() as tx:
            found = await self._accounts.store.persons_by_id(tx, list(person_ids))
        return {id_: person.name for id_, person in found.items() if person.org_id == org_id}


class Workbooks:
    """`interactions.feedback.neighbours.Sheets`, written by the analytics' workbook."""

    def csv(self, table: tuple[str, Sequence[str], Sequence[Sequence[Cell]]]) -> bytes:
        """See `Sheets`."""
        return csv_file(Table(*table))

    def xlsx(self, tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[Cell]]]]) -> bytes:
        """See `Sheets`."""
        return xlsx_file(Table(*table) for table in tables)

    def disposition(self, *parts: str, ending: str) -> str:
        """See `Sheets`."""
        return disposition(*parts, ending=ending)
