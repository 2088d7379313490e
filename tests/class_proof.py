"""Proving that viewers can trust what they see: snapshot + wire events == fresh snapshot, for everybody.

A `Proof` plays commands on a timeline of its own, without a database, through the same pure steps that the
engine takes. After every command it checks, for every viewer,

* that the entities a client built from events equal a snapshot taken now;
* that folding the stored events from scratch (words erased since left out) gives the same snapshots.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Forbidden, LecternError
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantJoined, TextErased, TimelineEvent
from lectern.timeline.fold import Alike, Projected, WireEvent, apply, apply_wire, project, snapshot
from lectern.timeline.idea import (
    Actor,
    Audience,
    Call,
    ClassState,
    Entity,
    Registry,
    Viewer,
)
from lectern.timeline.numbering import START, number
from lectern.timeline.recent import Recent, Stretch

FIRST_UTC_MS = UtcMs(1_795_312_800_000)


@dataclass(slots=True)
class Client:
    """One viewer's client, from its first snapshot on."""

    viewer: Viewer
    entities: dict[str, Entity] = field(default_factory=dict)
    events: list[WireEvent] = field(default_factory=list)


@dataclass(slots=True)
class Proof:
    """A timeline with an audience that checks every step."""

    registry: Registry
    now: UtcMs = FIRST_UTC_MS
    state: ClassState = field(init=False)
    stored: list[TimelineEvent] = field(default_factory=list)
    projected: list[Projected] = field(default_factory=list)
    recent: Recent = field(default_factory=Recent)
    clients: dict[str, Client] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    clerks: dict[type, Callable[["Proof", Any], Sequence[NewEvent]]] = field(default_factory=dict)
    """Who carries out the orders of decisions, by their type; without a database."""
    rng: Random = field(default_factory=lambda: Random(7))
    _position: Any = START
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.state = self.registry.empty()

    def new_id(self) -> str:
        """Return the next id of this proof; the same script gets the same ids."""
        return f"x{next(self._ids):04d}"

    def join(self, participant_id: str, role: SessionRole, person: str | None = None) -> None:
        """Let somebody take part and watch from here on."""
        kind = "screen" if role is SessionRole.SCREEN else "person"
        ref = self.new_id()
        joined = ParticipantJoined(
            participant=participant_id, kind=kind, role=role.value, person=person, name_ref=ref
        )
        self.actors[participant_id] = Actor(participant_id, role, person)
        self.append(NewEvent(payload=joined, actor=participant_id, texts={ref: participant_id}))
        self.watch(participant_id, Audience.of(role))

    def watch(self, participant_id: str, audience: Audience) -> None:
        """Add a viewer who starts with a snapshot of now."""
        viewer = Viewer(participant_id, audience)
        self.clients[participant_id] = Client(viewer, snapshot(self.registry, self.state, viewer))

    def command(self, participant_id: str, command_type: str, **data: Any) -> dict[str, Any]:
        """Carry out a command as the engine would, and check everybody.

        Raises:
            LecternError: it is refused; nothing has changed then, which is checked too.
        """
        actor = self.actors[participant_id]
        command = self.registry.commands[command_type]
        if actor.role not in command.roles:
            raise Forbidden("not_allowed", "Your role in this session does not allow this.")
        try:
            decision = command.decide(
                self.state,
                Call(actor, self.now, self.new_id, self.rng),
                msgspec.convert(data, command.data),
            )
        except LecternError:
            self.check()
            raise
        erasures = (NewEvent(payload=TextErased(ref=ref)) for ref in decision.erase)
        self.carry_out(decision.events, decision.orders, *erasures)
        return decision.result

    def carry_out(self, events: Sequence[NewEvent], orders: Sequence[Any], *more: NewEvent) -> None:
        """Append what was decided and what its orders come to, as one change."""
        followed = [event for order in orders for event in self.clerks[type(order)](self, order)]
        self.append(*events, *more, *followed)

    def append(self, *events: NewEvent) -> None:
        """Append events, deliver them, and check everybody."""
        placed, self._position = number(self._position, events, self.now)
        for event in placed:
            apply(self.registry, self.state, event)
            if isinstance(event.payload, TextErased):
                self.projected = [p.without_words(event.payload.ref) for p in self.projected]
                self.recent.forget(event.payload.ref)
            projected = project(self.registry, self.state, event)
            self.projected.append(projected)
            self.recent.add(projected)
            self.stored.append(event)
            for client in self.clients.values():
                wire = projected.for_viewer(client.viewer)
                if wire is not None:
                    wire = through_json(wire)
                    client.events.append(wire)
                    apply_wire(client.entities, wire)
        self.check()

    def check(self) -> None:
        """Check every viewer against a fresh snapshot, of this state and of one folded from scratch."""
        again, alike = self.folded_from_scratch(), Alike()
        for client in self.clients.values():
            fresh = through_json(snapshot(self.registry, self.state, client.viewer, alike))
            assert through_json(client.entities) == fresh, (
                f"{client.viewer}: events do not lead to the snapshot"
            )
            scratch = through_json(snapshot(self.registry, again, client.viewer))
            assert scratch == fresh, f"{client.viewer}: folding from scratch differs"

    def folded_from_scratch(self) -> ClassState:
        """Fold what the database would hold: payloads through JSON, erased words missing."""
        state = self.registry.empty()
        for event in self.stored:
            payload = self.registry.decode(event.type, through_json(event.raw))
            texts = {ref: text for ref, text in event.texts.items() if ref in self.state.texts}
            apply(self.registry, state, msgspec.structs.replace(event, payload=payload, texts=texts))
        return state

    def check_resync(self, participant_id: str, after: int, before: dict[str, Entity]) -> None:
        """Check that a client that held `before` at `after` catches up, with all events and with few."""
        viewer = self.clients[participant_id].viewer
        coalesced = self.recent.between(after, self.state.seq)
        assert coalesced is not None
        everything = Stretch(after, self.state.seq, self.projected[after:])
        for stretch in (everything, coalesced):
            entities = dict(before)
            for wire in stretch.for_viewer(viewer):
                apply_wire(entities, wire)
            assert entities == snapshot(self.registry, self.state, viewer)


def through_json(value: Any) -> Any:
    """Return `value` as it arrives after a journey."""
    return msgspec.json.decode(msgspec.json.encode(value))


def everybody(proof: Proof, learners: Sequence[str] = ("l1", "l2", "l3")) -> None:
    """Fill a lesson: presenter `p`, host `h`, a screen `s`, and learners."""
    proof.join("p", SessionRole.PRESENTER)
    proof.join("h", SessionRole.HOST)
    proof.join("s", SessionRole.SCREEN)
    for learner in learners:
        proof.join(learner, SessionRole.LEARNER)
