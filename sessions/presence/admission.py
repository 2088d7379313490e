"""Letting somebody in, and noticing that they have gone. Keeps what the attendance record rests on."""

from collections.abc import Iterable
from dataclasses import dataclass

from lectern.kernel.access import SessionGrant
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from lectern.kernel.tasks import task_group
from lectern.timeline.engine import TimelineEngine
from sessions.people import People
from sessions.presence.coming import DEVICES, Arrival, Coming, Going, kind_of
from sessions.presence.grounds import grounds_of, refuse_unfounded
from sessions.presence.idea import PRESENCE, refuse_outdated
from sessions.store import SessionStore

SILENT_AFTER_MS = 20_000

__all__ = ["DEVICES", "Arrival", "Entered", "Presence"]


@dataclass(frozen=True, slots=True)
class Entered:
    """A connection that was let in."""

    participant_id: str
    connection_id: str


class Presence:
    """Participants and connections, on the timeline and in rows."""

    def __init__(self, engine: TimelineEngine, consent_version: str, people: People) -> None:
        self._engine = engine
        self._people = people
        self._store = SessionStore()
        self.consent_version = consent_version

    async def participant_of(self, grant: SessionGrant) -> str | None:
        """Return the participant that the holder of a token has become, if they were here before."""
        subject = grant.person_id or grant.guest_id
        if subject is None:
            return None
        async with self._engine.database.read() as tx:
            known = await self._store.participant(tx, grant.session_id, kind_of(grant), subject)
        return known.id if known else None

    async def refuse_lapsed(self, grant: SessionGrant) -> None:
        """Refuse the holder of a token who has lost what it says; the token itself does not know.

        Raises:
            Forbidden: they were sent out (`removed`), are no longer staff (`role_changed`), or came by a link
                that was taken back (`link_ended`).
        """
        if grant.link_id is not None or (grant.role.is_staff and grant.person_id is not None):
            administers = await self._administers(grant)
            async with self._engine.database.read() as tx:
                grounds = await grounds_of(tx, self._store, grant.session_id, [grant])
            refuse_unfounded(grant, grounds, administers=administers)
        participant_id = grant.participant_id or await self.participant_of(grant)
        if participant_id is None:
            return
        participants = (await self._engine.current(grant.session_id)).state.of(PRESENCE).participants
        present = participants.get(participant_id)
        if present is not None:
            refuse_outdated(present, grant)

    async def _administers(self, grant: SessionGrant) -> bool:
        """Whether the holder of a staff token is an administrator; nobody asks it of others."""
        if not grant.role.is_staff or grant.person_id is None or grant.link_id is not None:
            return False
        person = (await self._people.by_id([grant.person_id])).get(grant.person_id)
        return person is not None and person.administers

    async def name_of_screen(self, session_id: str, participant_id: str) -> str | None:
        """Return a screen's name ("" where it was erased); None if there is none, or it was removed."""
        state = (await self._engine.current(session_id)).state
        present = state.of(PRESENCE).participants.get(participant_id)
        if present is None or present.removed or present.joined.role != SessionRole.SCREEN:
            return None
        return state.texts.get(present.joined.name_ref, "")

    async def enter(self, org_id: str, grant: SessionGrant, name: str, arrival: Arrival) -> Entered:
        """Let a connection in; the participant comes to be with the first one.

        Raises:
            NotFound: no such session.
            Gone: it is over and this participant was never in it (`session_over`); staff may still come, for
                the questions that were left.
            Forbidden: removed by the host, the consent text was not accepted (`consent_required`), or the
                token says more than is so by now, see `refuse_unfounded`.
        """
        coming = Coming(
            self._store,
            org_id,
            grant,
            name,
            arrival,
            self.consent_version,
            subject=grant.person_id or grant.guest_id or new_id(),
            administers=await self._administers(grant),
        )
        await self._engine.carry_out(grant.session_id, coming)
        assert coming.connection is not None, "whoever was not refused is connected"
        return Entered(coming.participant_id, coming.connection.id)

    async def left(self, session_id: str, connection_id: str, reason: str = "left") -> None:
        """Close a connection now."""
        await self._engine.carry_out(session_id, Going(self._store, connection_id, reason))

    async def seen(self, connection_ids: Iterable[str]) -> None:
        """Persist that connections are alive; called at least every 5 s for all of a process."""
        ids = list(connection_ids)
        if ids:
            async with self._engine.database.write() as tx:
                await self._store.seen(tx, ids, self._engine.clock())

    async def sweep(self) -> int:
        """Close connections whose process died: at the moment they were last seen. Return how many."""
        before = self._engine.clock() - SILENT_AFTER_MS
        async with self._engine.database.read() as tx:
            silent = await self._store.silent_connections(tx, before)
        async with task_group() as tasks:
            for connection in silent:
                going = Going(self._store, connection.id, "silent", silent_since=before)
                tasks.create_task(self._engine.carry_out(connection.session_id, going))
        return len(silent)
