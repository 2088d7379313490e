"""Folding events into class state, and projecting what changed to viewers. Pure.

The proof obligation of this module, for every command and every viewer: a snapshot taken before, plus the
wire events since, equals a snapshot taken now (`tests/class_proof.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lectern.timeline.event import TextErased, TimelineEvent
from lectern.timeline.idea import Audience, ClassState, Entity, Idea, Registry, Texts, Touch, Viewer

WireEvent = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Put:
    """One entity as one audience (or one owner) sees it after an event."""

    touch: Touch
    entities: dict[Audience, Entity | None]

    def for_viewer(self, viewer: Viewer) -> Entity | None:
        """Return the entity as `viewer` sees it."""
        return self.entities.get(viewer.audience)


@dataclass(frozen=True, slots=True)
class Projected:
    """An event with everything that any viewer may be told of it."""

    event: TimelineEvent
    puts: tuple[Put, ...]

    def for_viewer(self, viewer: Viewer) -> WireEvent | None:
        """Return the wire event for `viewer`, or None if it is not their business."""
        seen: dict[str, Entity | None] = {}
        for put in self.puts:
            if put.touch.addresses(viewer):
                seen[put.touch.path] = put.for_viewer(viewer)
        if not seen:
            return None
        return {
            "seq": self.event.seq,
            "type": self.event.type,
            "utc_ms": self.event.utc_ms,
            "session_ms": self.event.session_ms,
            "actor": self.event.actor,
            "put": [[path, entity] for path, entity in seen.items()],
        }

    @property
    def shared_by(self) -> bool:
        """Whether all viewers of one audience see the same frame of it."""
        return all(put.touch.owner is None and put.touch.members is None for put in self.puts)


def apply(registry: Registry, state: ClassState, event: TimelineEvent) -> None:
    """Fold one event into `state`. Events come in order and without gaps.

    Raises:
        ValueError: the event is not the next one.
    """
    if event.seq != state.seq + 1:
        msg = f"event {event.seq} does not follow {state.seq}"
        raise ValueError(msg)
    state.texts.update(event.texts)
    if isinstance(event.payload, TextErased):
        state.texts.pop(event.payload.ref, None)
    if event.payload is not None:
        for idea in registry.ideas_of(event):
            idea.apply(state.slices[idea.name], event)
    state.seq = event.seq


def project(registry: Registry, state: ClassState, event: TimelineEvent) -> Projected:
    """Draw what `event`, the last one folded into `state`, changed for each audience."""
    if isinstance(event.payload, TextErased):
        return Projected(event, tuple(_mentions(registry, state)))
    puts: list[Put] = []
    if event.payload is not None:
        for idea in registry.ideas_of(event):
            slice_ = state.slices[idea.name]
            puts.extend(_draw(idea, slice_, touch, state.texts) for touch in idea.touched(slice_, event))
    return Projected(event, tuple(puts))


def snapshot(registry: Registry, state: ClassState, viewer: Viewer) -> dict[str, Entity]:
    """Return every entity that `viewer` may see, by path."""
    seen: dict[str, Entity | None] = {}
    for idea in registry.ideas:
        slice_ = state.slices[idea.name]
        for touch in idea.entities(slice_):
            if touch.addresses(viewer):
                seen[touch.path] = idea.render(slice_, touch, viewer.audience, state.texts)
    return {path: entity for path, entity in seen.items() if entity is not None}


def apply_wire(entities: dict[str, Entity], event: WireEvent) -> None:
    """Apply a wire event to a viewer's entities, as every client does (web: `core/entities.ts`)."""
    for path, entity in event["put"]:
        if entity is None:
            entities.pop(path, None)
        else:
            entities[path] = entity


def _draw(idea: Idea[Any], slice_: Any, touch: Touch, texts: Texts) -> Put:
    audiences: Iterable[Audience] = Audience if touch.owner is not None else touch.audiences
    return Put(touch, {audience: idea.render(slice_, touch, audience, texts) for audience in audiences})


def _mentions(registry: Registry, state: ClassState) -> Iterable[Put]:
    """All entities: an erased text may stand in any of them, and erasing is rare."""
    for idea in registry.ideas:
        slice_ = state.slices[idea.name]
        for touch in idea.entities(slice_):
            yield _draw(idea, slice_, touch, state.texts)
