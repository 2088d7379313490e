"""Letting somebody in, and noticing that they have gone. Keeps what the attendance record rests on."""

from collections.abc import Iterable
from dataclasses import dataclass

from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import Forbidden, Gone
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from lectern.timeline.engine import Change, TimelineEngine
from lectern.timeline.event import NewEvent, ParticipantJoined, ScreenScanned
from sessions.lesson.idea import LESSON, LessonState
from sessions.presence.idea import PRESENCE, ConnectionClosed, ConnectionOpened
from sessions.store import Connection, Participant, SessionStore

SILENT_AFTER_MS = 20_000
DEVICES = frozenset({"pc", "phone", "tablet", "screen"})


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a client says of itself when it connects."""

    device: str
    source: str | None
    campaign: str | None
    consent: str | None


@dataclass(frozen=True, slots=True)
class Entered:
    """A connection that was let in."""

    participant_id: str
    connection_id: str


class Presence:
    """Participants and connections, on the timeline and in rows."""

    def __init__(self, engine: TimelineEngine, consent_version: str) -> None:
        self._engine = engine
        self._store = SessionStore()
        self.consent_version = consent_version

    async def participant_of(self, grant: SessionGrant) -> str | None:
        """Return the participant that the holder of a token has become, if they were here before."""
        subject = grant.person_id or grant.guest_id
        if subject is None:
            return None
        async with self._engine.database.read() as tx:
            known = await self._store.participant(tx, grant.session_id, _kind(grant), subject)
        return known.id if known else None

    async def was_removed(self, grant: SessionGrant) -> bool:
        """Tell whether the holder of a token was sent out; the token itself does not know."""
        participant_id = grant.participant_id or await self.participant_of(grant)
        if participant_id is None:
            return False
        participants = (await self._engine.current(grant.session_id)).state.of(PRESENCE).participants
        present = participants.get(participant_id)
        return present is not None and present.removed

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
            Forbidden: removed by the host, or the consent text was not accepted (`consent_required`).
        """
        kind = _kind(grant)
        subject = grant.person_id or grant.guest_id or new_id()
        async with self._engine.change(grant.session_id) as change:
            known = await self._store.participant(change.tx, grant.session_id, kind, subject)
            present = change.state.of(PRESENCE).participants.get(known.id) if known else None
            may_enter_late = known is not None or grant.role.is_staff
            self._check(change, removed=present is not None and present.removed, known=may_enter_late)
            consented = present.joined.consent if present is not None else None
            if grant.role is SessionRole.SCREEN:  # nobody in particular, so nobody who could consent
                consented = self.consent_version
            if self.consent_version not in (consented, arrival.consent):
                raise Forbidden(
                    "consent_required",
                    "Please read what is recorded and accept it first.",
                    version=self.consent_version,
                )
            participant_id = known.id if known else new_id()
            is_new = known is None or known.role != grant.role or consented != self.consent_version
            came = change.state.of(LESSON).state is LessonState.LIVE or (known is not None and known.came)
            if is_new or (known is not None and known.came != came):
                await self._store.put_participant(
                    change.tx,
                    org_id,
                    Participant(participant_id, grant.session_id, kind, subject, grant.role, came),
                )
            if is_new:
                change.append(_joined(participant_id, kind, grant, name, self.consent_version))
            if grant.screen_id is not None and (present is None or present.screen != grant.screen_id):
                scanned = ScreenScanned(participant=participant_id, screen=grant.screen_id)
                change.append(NewEvent(payload=scanned, actor=participant_id))
            connection_id = new_id()
            await self._store.open_connection(
                change.tx,
                org_id,
                Connection(connection_id, grant.session_id, participant_id, change.now, change.now),
            )
            opened = ConnectionOpened(
                connection=connection_id,
                participant=participant_id,
                device=arrival.device if arrival.device in DEVICES else "pc",
                source=_source(grant, arrival),
                campaign=arrival.campaign[:64] if arrival.campaign else None,
            )
            change.append(NewEvent(payload=opened, actor=participant_id))
        return Entered(participant_id, connection_id)

    def _check(self, change: Change, *, removed: bool, known: bool) -> None:
        if removed:
            raise Forbidden("removed", "You were removed from this session.")
        if not known and change.state.of(LESSON).state is LessonState.ENDED:
            raise Gone("session_over", "This session is over.")

    async def left(self, session_id: str, connection_id: str, reason: str = "left") -> None:
        """Close a connection now."""
        async with self._engine.change(session_id) as change:
            connection = await self._store.close_connection(change.tx, connection_id)
            if connection is not None:
                change.append(_closed(connection, change.now, reason))

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
        for connection in silent:
            async with self._engine.change(connection.session_id) as change:
                closed = await self._store.close_connection(change.tx, connection.id, silent_since=before)
                if closed is not None:
                    change.append(_closed(closed, closed.last_seen_utc_ms, "silent"))
        return len(silent)


def _source(grant: SessionGrant, arrival: Arrival) -> str | None:
    """Return what brought a connection: a scanned code is proved by the token, the rest said by the link."""
    if grant.screen_id is not None:
        return "screen"
    return arrival.source[:64] if arrival.source else None


def _kind(grant: SessionGrant) -> str:
    if grant.role is SessionRole.SCREEN:
        return "screen"
    return "person" if grant.person_id else "guest"


def _joined(participant_id: str, kind: str, grant: SessionGrant, name: str, consent: str) -> NewEvent:
    ref = new_id()
    joined = ParticipantJoined(
        participant=participant_id,
        kind=kind,
        role=grant.role,
        person=grant.person_id,
        name_ref=ref,
        consent=consent,
    )
    return NewEvent(payload=joined, actor=participant_id, texts={ref: name})


def _closed(connection: Connection, at_utc_ms: int, reason: str) -> NewEvent:
    closed = ConnectionClosed(
        connection=connection.id,
        participant=connection.participant_id,
        at_utc_ms=at_utc_ms,
        reason=reason,
    )
    return NewEvent(payload=closed, actor=connection.participant_id)
