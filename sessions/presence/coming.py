"""Coming and going as works on a timeline: a whole class that returns at once shares a few transactions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.kernel.access import SessionGrant
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Forbidden, Gone
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantJoined, ScreenScanned
from lectern.timeline.idea import ClassState
from lectern.timeline.store import Head
from lectern.timeline.work import Outcome, Work
from sessions import links
from sessions.lesson.idea import LESSON, LessonState
from sessions.presence.grounds import Grounds, grounds_of, refuse_unfounded
from sessions.presence.idea import PRESENCE, ConnectionClosed, ConnectionOpened, refuse_outdated
from sessions.store import Connection, Participant, SessionStore

DEVICES = frozenset({"pc", "phone", "tablet", "screen"})


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a client says of itself when it connects."""

    device: str
    source: str | None
    campaign: str | None
    consent: str | None


@dataclass(slots=True)
class _Known:
    """The participants that works of one batch are about, by kind and subject, and those to be written."""

    by_subject: dict[tuple[str, str], Participant]
    changed: dict[str, Participant] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Coming(Work):
    """Somebody connects; the participant comes to be with the first connection."""

    store: SessionStore
    org_id: str
    grant: SessionGrant
    name: str
    arrival: Arrival
    consent_version: str
    subject: str
    administers: bool = False
    participant_id: str = ""
    connection: Connection | None = None
    _known: _Known = field(default_factory=lambda: _Known({}))
    _grounds: Grounds = field(default_factory=lambda: Grounds(frozenset(), frozenset()))

    @property
    def kind(self) -> str:
        """Of the participant."""
        return kind_of(self.grant)

    @classmethod
    async def read(cls, tx: AsyncConnection, head: Head, works: Sequence[Self]) -> None:
        """See `Work`."""
        subjects = {work.subject for work in works}
        found = await works[0].store.participants_of(tx, head.session_id, subjects)
        known = _Known({(participant.kind, participant.subject): participant for participant in found})
        grounds = await grounds_of(tx, works[0].store, head.session_id, [work.grant for work in works])
        for work in works:
            work.refusal, work.connection, work._known, work._grounds = None, None, known, grounds

    def decide(self, state: ClassState, now: UtcMs) -> Outcome:
        """See `Work`.

        Raises:
            Gone: it is over and this participant was never in it (`session_over`); staff may still come, for
                the questions that were left.
            Forbidden: removed by the host, no longer staff (`role_changed`), by a link that was taken back
                (`link_ended`), or the consent text was not accepted (`consent_required`).
        """
        known = self._known.by_subject.get((self.kind, self.subject))
        present = state.of(PRESENCE).participants.get(known.id) if known else None
        refuse_unfounded(self.grant, self._grounds, administers=self.administers)
        if present is not None:
            refuse_outdated(present, self.grant)
        may_enter_late = known is not None or self.grant.role.is_staff
        if not may_enter_late and state.of(LESSON).state is LessonState.ENDED:
            raise Gone("session_over", "This session is over.")
        consented = present.joined.consent if present is not None else None
        if self.grant.role is SessionRole.SCREEN:  # nobody in particular, so nobody who could consent
            consented = self.consent_version
        if self.consent_version not in (consented, self.arrival.consent):
            raise Forbidden(
                "consent_required",
                "Please read what is recorded and accept it first.",
                version=self.consent_version,
            )
        events: list[NewEvent] = []
        self.participant_id = known.id if known else new_id()
        is_news = known is None or known.role != self.grant.role or consented != self.consent_version
        came = state.of(LESSON).state is LessonState.LIVE or (known is not None and known.came)
        if is_news or (known is not None and known.came != came):
            self._remember(is_new=known is None, came=came)
        if is_news:
            events.append(self._joined())
        screen = self.grant.screen_id
        if screen is not None and (present is None or present.screen != screen):
            scanned = ScreenScanned(participant=self.participant_id, screen=screen)
            events.append(NewEvent(payload=scanned, actor=self.participant_id))
        self.connection = Connection(new_id(), self.grant.session_id, self.participant_id, now, now)
        opened = ConnectionOpened(
            connection=self.connection.id,
            participant=self.participant_id,
            device=self.arrival.device if self.arrival.device in DEVICES else "pc",
            source=self._source(),
            campaign=self.arrival.campaign[:64] if self.arrival.campaign else None,
        )
        events.append(NewEvent(payload=opened, actor=self.participant_id))
        return Outcome(tuple(events))

    @classmethod
    async def write(cls, tx: AsyncConnection, head: Head, works: Sequence[Self]) -> None:
        """See `Work`."""
        store, known = works[0].store, works[0]._known
        new = [participant for id_, participant in known.changed.items() if id_ in known.new]
        await store.add_participants(tx, head.org_id, new)
        for id_, participant in known.changed.items():
            if id_ not in known.new:
                await store.put_participant(tx, head.org_id, participant)
        opened = [work.connection for work in works if work.connection is not None]
        await store.open_connections(tx, head.org_id, opened)
        # Who returns shows the token they were given inside; only the link's own counts as its use.
        by_link = [work for work in works if work.grant.link_id and work.grant.participant_id is None]
        if by_link and opened:
            uses = Counter(work.grant.link_id or "" for work in by_link)
            await links.count_uses(tx, uses, UtcMs(opened[0].opened_utc_ms))

    def _remember(self, *, is_new: bool, came: bool) -> None:
        session_id, role = self.grant.session_id, self.grant.role
        participant = Participant(self.participant_id, session_id, self.kind, self.subject, role, came)
        self._known.by_subject[self.kind, self.subject] = participant
        self._known.changed[participant.id] = participant
        if is_new:
            self._known.new.add(participant.id)

    def _source(self) -> str | None:
        """What brought it: a scanned code is proved by the token, the rest is said by the link."""
        if self.grant.screen_id is not None:
            return "screen"
        return self.arrival.source[:64] if self.arrival.source else None

    def _joined(self) -> NewEvent:
        ref = new_id()
        joined = ParticipantJoined(
            participant=self.participant_id,
            kind=self.kind,
            role=self.grant.role,
            person=self.grant.person_id,
            name_ref=ref,
            consent=self.consent_version,
            link=self.grant.link_id,
        )
        return NewEvent(payload=joined, actor=self.participant_id, texts={ref: self.name})


@dataclass(slots=True, eq=False)
class Going(Work):
    """A connection is gone. With `silent_since`, only if it was not seen since: it went when it last was."""

    store: SessionStore
    connection_id: str
    reason: str
    silent_since: int | None = None
    _open: dict[str, Connection] = field(default_factory=dict)
    _closed: set[str] = field(default_factory=set)

    @classmethod
    async def read(cls, tx: AsyncConnection, head: Head, works: Sequence[Self]) -> None:
        """See `Work`."""
        found = await works[0].store.open_connections_of(tx, {work.connection_id for work in works})
        open_, closed = {connection.id: connection for connection in found}, set[str]()
        for work in works:
            work.refusal, work._open, work._closed = None, open_, closed

    def decide(self, state: ClassState, now: UtcMs) -> Outcome:
        """See `Work`."""
        del state
        connection = self._open.get(self.connection_id)
        if connection is None:
            return Outcome()
        if self.silent_since is not None and connection.last_seen_utc_ms >= self.silent_since:
            return Outcome()
        del self._open[connection.id]
        self._closed.add(connection.id)
        closed = ConnectionClosed(
            connection=connection.id,
            participant=connection.participant_id,
            at_utc_ms=now if self.silent_since is None else connection.last_seen_utc_ms,
            reason=self.reason,
        )
        return Outcome((NewEvent(payload=closed, actor=connection.participant_id),))

    @classmethod
    async def write(cls, tx: AsyncConnection, head: Head, works: Sequence[Self]) -> None:
        """See `Work`."""
        await works[0].store.close_connections(tx, works[0]._closed)


def kind_of(grant: SessionGrant) -> str:
    """Return what kind of participant a token makes."""
    if grant.role is SessionRole.SCREEN:
        return "screen"
    return "person" if grant.person_id else "guest"
