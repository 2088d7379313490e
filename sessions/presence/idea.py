"""Who is here, as the class sees it."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

import msgspec

from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import Conflict, NotFound
from lectern.kernel.roles import SessionRole
from lectern.kernel.standing import Lapse, Standing, removed, role_changed
from lectern.timeline.event import (
    Event,
    NewEvent,
    ParticipantJoined,
    ParticipantRemoved,
    RosterChanged,
    ScreenScanned,
    TimelineEvent,
)
from lectern.timeline.idea import (
    STAFF,
    STAFF_ONLY,
    Actor,
    Audience,
    Call,
    ClassState,
    Command,
    Decision,
    Texts,
    Touch,
)


class ConnectionOpened(Event, frozen=True, kw_only=True):
    """A tab or device of a participant is here. `source` and `campaign` say what brought them (PUS-06/07)."""

    TYPE: ClassVar[str] = "connection_opened"
    connection: str
    participant: str
    device: str
    source: str | None = None
    campaign: str | None = None


class ConnectionClosed(Event, frozen=True, kw_only=True):
    """It is gone. `at_utc_ms` is when it was last seen, which after a crash is before this event."""

    TYPE: ClassVar[str] = "connection_closed"
    connection: str
    participant: str
    at_utc_ms: int
    reason: str


@cache
def _standing(role: str, is_removed: bool) -> Standing:
    """A handful of values, asked for of everybody at each step of a class."""
    return Standing(SessionRole(role), is_removed)


@dataclass(slots=True)
class Present:
    """One participant. `connections` maps those that are open to their device.

    `left_utc_ms` is when the latest one that closed was last seen. `role_utc_ms` is since when they have
    their role. `screen` is the one whose code they scanned last.
    """

    joined: ParticipantJoined
    role_utc_ms: int
    connections: dict[str, str] = field(default_factory=dict)
    device: str | None = None
    removed: bool = False
    left_utc_ms: int | None = None
    screen: str | None = None

    @property
    def standing(self) -> Standing:
        """What they are by now, as the timeline says."""
        return _standing(self.joined.role, self.removed)


@dataclass(slots=True)
class Presence:
    """The slice: participants by id, in the order in which they first came.

    `is_news` tells whether the last event changed what anybody sees of its participant: a second tab does
    not, nor does coming back before it was noticed that one was gone.
    """

    participants: dict[str, Present] = field(default_factory=dict)
    is_news: bool = False
    roster: set[str] = field(default_factory=set)
    """The persons who should come."""
    came_as: dict[str, str] = field(default_factory=dict)
    """By person, the participant as whom they joined last."""


class PresenceIdea:
    """Entities `participant/<id>`."""

    name = "presence"
    events = (
        ParticipantJoined,
        ParticipantRemoved,
        RosterChanged,
        ScreenScanned,
        ConnectionOpened,
        ConnectionClosed,
    )
    paths = ("participant",)

    def empty(self) -> Presence:
        """See `Idea`."""
        return Presence()

    def apply(self, slice_: Presence, event: TimelineEvent) -> None:
        """See `Idea`."""
        payload = event.payload
        slice_.is_news = True
        if isinstance(payload, RosterChanged):
            slice_.roster.difference_update(payload.removed)
            slice_.roster.update(payload.added)
            return
        if isinstance(payload, ParticipantJoined):
            if payload.person is not None:
                slice_.came_as[payload.person] = payload.participant
            known = slice_.participants.get(payload.participant)
            if known is None:
                slice_.participants[payload.participant] = Present(payload, event.utc_ms)
            else:
                if known.joined.role != payload.role:
                    known.role_utc_ms = event.utc_ms
                known.joined = payload
            return
        assert isinstance(payload, ConnectionOpened | ConnectionClosed | ParticipantRemoved | ScreenScanned)
        present = slice_.participants.get(payload.participant)
        if present is None:
            slice_.is_news = False
            return
        before = bool(present.connections), present.device, present.removed
        if isinstance(payload, ConnectionOpened):
            present.connections[payload.connection] = payload.device
            present.device = payload.device
        elif isinstance(payload, ConnectionClosed):
            present.connections.pop(payload.connection, None)
            present.left_utc_ms = payload.at_utc_ms
        elif isinstance(payload, ScreenScanned):
            present.screen = payload.screen
        else:
            present.removed = True
        slice_.is_news = before != (bool(present.connections), present.device, present.removed)

    def touched(self, slice_: Presence, event: TimelineEvent) -> list[Touch]:
        """See `Idea`."""
        payload = event.payload
        if isinstance(payload, ScreenScanned):
            return []
        if isinstance(payload, RosterChanged):
            here = (slice_.came_as.get(person) for person in (*payload.removed, *payload.added))
            return [Touch(f"participant/{id_}", STAFF_ONLY) for id_ in here if id_ is not None]
        assert isinstance(
            payload, ParticipantJoined | ConnectionOpened | ConnectionClosed | ParticipantRemoved
        )
        if not slice_.is_news:
            return []
        return [Touch(f"participant/{payload.participant}")]

    def entities(self, slice_: Presence) -> list[Touch]:
        """See `Idea`."""
        return [Touch(f"participant/{id_}") for id_ in slice_.participants]

    def render(
        self, slice_: Presence, touch: Touch, audience: Audience, texts: Texts
    ) -> dict[str, Any] | None:
        """See `Idea`."""
        id_ = touch.path.partition("/")[2]
        present = slice_.participants.get(id_)
        if present is None or present.removed:
            return None
        entity = {
            "id": id_,
            "name": texts.get(present.joined.name_ref),
            "role": present.joined.role,
            "kind": present.joined.kind,
            "online": bool(present.connections),
            "device": present.device,
        }
        if audience is Audience.STAFF:
            entity["expected"] = present.joined.person in slice_.roster
        return entity


PRESENCE = PresenceIdea()


def refuse_outdated(present: Present, grant: SessionGrant) -> None:
    """Refuse the token of somebody who was sent out, or who has lost their place among the staff since.

    A token made after that says so anew. It knows when it was made to the second; the same second counts.

    Raises:
        Forbidden: `removed`, or `role_changed`.
    """
    lapse = present.standing.lapse(grant.role)
    if lapse is Lapse.REMOVED:
        raise removed()
    made_s = grant.issued_s
    if lapse is Lapse.ROLE_CHANGED and made_s is not None and (made_s + 1) * 1_000 <= present.role_utc_ms:
        raise role_changed()


def guard(state: ClassState, actor: Actor) -> None:
    """Refuse commands of somebody who was sent out, or who is no longer staff but was when they connected.

    Raises:
        Forbidden: see `Standing.insist`.
    """
    present = state.of(PRESENCE).participants.get(actor.participant_id)
    if present is not None:
        present.standing.insist(actor.role)


class Remove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to send out."""

    participant: str


def remove(state: ClassState, call: Call, data: Remove) -> Decision:
    """Send a learner, a screen, or somebody out who is staff by a link alone and nobody in person.

    Raises:
        NotFound: nobody of that id is here.
        Conflict: staff cannot be sent out.
    """
    present = state.of(PRESENCE).participants.get(data.participant)
    if present is None:
        raise NotFound("participant_not_found", "This person is not in the session.")
    if present.removed:
        return Decision()
    if present.standing.is_staff() and present.joined.person is not None:
        raise Conflict("is_staff", "The presenter and the host cannot be removed.")
    removed = ParticipantRemoved(participant=data.participant)
    return Decision((NewEvent(payload=removed, actor=call.actor.participant_id),))


COMMANDS = (Command("participant_remove", Remove, STAFF, remove, takes_away=True),)
